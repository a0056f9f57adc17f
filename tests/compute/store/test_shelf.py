import io
import json
from pathlib import Path

import h5py
import numpy as np
import pytest

from compute.errors import BadSurface, LandscapeError
from compute.minima import minima
from compute.snapshot import JobState
from compute.store.exports import FORMATS
from compute.store.shelf import Shelf
from tests.compute.store.test_imports import ABSENT, GOOD, LOSS, as_the_public_code_does, hdf5, npz


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "imports"


@pytest.fixture
def shelf(folder):
    return Shelf(folder)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_surface_is_kept_whole_in_the_papers_layout_and_shown_as_it_is(shelf, folder):
    content, x, _ = as_the_public_code_does(7, 4, known=lambda index: index != 5)
    run = shelf.take_in("C:\\files\\My Surface [51].h5", content)
    assert run == "import:my-surface-51"
    shot = shelf.snapshot(shelf.surface(run, "train"))
    with h5py.File(folder / "my-surface-51.h5") as file:
        assert file["train_loss"].shape == (4, 7)
        assert json.loads(file.attrs["provenance"])["imported"] == "My Surface [51].h5"
        np.testing.assert_array_equal(np.where(shot.known, shot.loss, ABSENT), file["train_loss"][:])
        np.testing.assert_allclose(shot.accuracy[shot.known], file["train_acc"][:][shot.known] / 100)
    assert np.argwhere(~shot.known).tolist() == [[0, 5]]
    assert np.isnan(shot.error).all()
    assert not shot.examples.any()
    progress = shot.progress
    assert (progress.state, progress.share, progress.done, progress.total) == (JobState.DONE, 1, 27, 28)
    assert (progress.evaluated, progress.reused, progress.standard_error) == (0, 0, None)
    np.testing.assert_array_equal(shot.survey.lattice.coordinates("x"), x)


def test_the_same_numbers_are_the_same_surface_and_others_get_a_number(shelf, folder):
    first = shelf.take_in("surface.h5", GOOD)
    axis = np.array([-1.0, 0.0, 1.0])
    again = npz(xcoordinates=axis, ycoordinates=axis, train_loss=LOSS)
    assert shelf.take_in("another name.npz", again) == first == "import:surface"
    other = hdf5(xcoordinates=axis, ycoordinates=axis, train_loss=2 * LOSS)
    assert shelf.take_in("surface.h5", other) == "import:surface-2"
    assert shelf.take_in("surface.h5", other, name="Twice") == "import:surface-2"
    third = hdf5(xcoordinates=axis, ycoordinates=axis, train_loss=3 * LOSS)
    assert shelf.take_in("surface.h5", third, name="3") == "import:3"
    assert names(folder) == ["3.h5", "surface-2.h5", "surface.h5"]
    ids = {shelf.surface(run, "train").id for run in ("import:surface", "import:surface-2", "import:3")}
    assert len(ids) == 3


def test_what_is_refused_leaves_nothing(shelf, folder):
    with pytest.raises(LandscapeError, match=r"notes\.txt: A surface needs two axes"):
        shelf.take_in("notes.txt", b"hello")
    assert not folder.exists() or names(folder) == []


def test_a_split_that_is_absent_is_stood_in_for_and_each_is_a_surface_of_its_own(shelf):
    axis = np.array([-1.0, 0.0, 1.0])
    both = shelf.take_in("both.h5", hdf5(xcoordinates=axis, ycoordinates=axis, train_loss=LOSS, test_loss=2 * LOSS))
    train, test = (shelf.surface(both, split) for split in ("train", "test"))
    assert train.id != test.id
    np.testing.assert_array_equal(shelf.snapshot(test).loss, 2 * shelf.snapshot(train).loss)
    one = shelf.take_in("one.h5", hdf5(xcoordinates=axis, ycoordinates=axis, test_loss=3 * LOSS))
    assert shelf.surface(one, "train") == shelf.surface(one, "test")
    assert shelf.surface(one, "train").split == "test"
    plain = shelf.take_in("plain.npz", npz(x=axis, y=axis, loss=4 * LOSS))
    assert shelf.surface(plain, "test").split == ""
    np.testing.assert_array_equal(shelf.snapshot(shelf.surface(plain, "test")).loss, 4 * LOSS)


@pytest.mark.parametrize("kind", ["h5", "npz", "csv"])
@pytest.mark.parametrize("split", ["train_", "test_", ""])
def test_an_imported_surface_is_exported_and_is_itself_when_it_comes_back(shelf, kind, split):
    axis = np.array([-1.0, 0.25, 1.0])
    content = npz(xcoordinates=axis, ycoordinates=axis, **{split + "loss": LOSS, split + "acc": 10 * LOSS})
    surface = shelf.surface(shelf.take_in("mine.npz", content), "train")
    back = FORMATS[kind](shelf.snapshot(surface))
    assert shelf.take_in("back", back) == surface.run
    assert FORMATS["vtk"](shelf.snapshot(surface)).startswith(b"# vtk DataFile")


def test_cards_tell_what_a_file_tells_and_a_broken_file_is_skipped(shelf, folder):
    run = shelf.take_in("Bowl.h5", as_the_public_code_does(101, 51)[0])
    (folder / "broken.h5").write_bytes(b"\x89HDF\r\n\x1a\nnothing")
    (card,) = shelf.cards()
    assert (card.run, card.title, card.file, card.shape, card.splits) == (run, "bowl", "Bowl.h5", (51, 101), ("train",))
    assert max(card.picture.shape) <= 49
    assert len(minima(shelf.snapshot(shelf.surface(run, "train")))) == 1


def test_a_file_put_into_the_folder_by_hand_is_a_surface_too(shelf, folder):
    folder.mkdir()
    (folder / "by-hand.h5").write_bytes(GOOD)
    np.testing.assert_array_equal(shelf.snapshot(shelf.surface("import:by-hand", "train")).loss, LOSS)
    assert shelf.take_in("again.h5", GOOD) == "import:by-hand"


def test_what_is_gone_or_changed_is_a_sentence(shelf, folder):
    surface = shelf.surface(shelf.take_in("bowl.h5", GOOD), "train")
    (folder / "bowl.h5").write_bytes(as_the_public_code_does(5, 5)[0])
    with pytest.raises(LandscapeError, match="import:bowl has changed since it was opened: close its panel"):
        shelf.snapshot(surface)
    (folder / "bowl.h5").unlink()
    with pytest.raises(LandscapeError, match="no imported surface 'import:bowl': import its file"):
        shelf.snapshot(surface)


def test_what_is_removed_is_gone_its_name_is_free_and_the_others_stay(shelf, folder):
    first, second = shelf.take_in("bowl.h5", GOOD), shelf.take_in("bowl.h5", as_the_public_code_does(5, 5)[0])
    surface = shelf.surface(first, "train")
    shelf.remove(first)
    assert [card.run for card in shelf.cards()] == [second]
    for again in (lambda: shelf.remove(first), lambda: shelf.snapshot(surface)):
        with pytest.raises(BadSurface, match="no imported surface 'import:bowl': import its file"):
            again()
    assert shelf.take_in("bowl.h5", GOOD) == first
    np.testing.assert_array_equal(shelf.snapshot(surface).loss, LOSS)


def test_nothing_outside_the_folder_is_removed(shelf, folder):
    shelf.take_in("bowl.h5", GOOD)
    (folder.parent / "mine.h5").write_bytes(GOOD)
    for run in ("import:../mine", f"import:{folder.parent}/mine", "mine", "import:", ""):
        with pytest.raises(BadSurface, match="no imported surface"):
            shelf.remove(run)
    assert (folder.parent / "mine.h5").exists()


def test_what_cannot_be_deleted_is_a_sentence(shelf, monkeypatch):
    run = shelf.take_in("bowl.h5", GOOD)

    def refuse(_path, missing_ok):
        raise PermissionError("Permission denied")

    monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.raises(
        BadSurface, match=r"Removing import:bowl should delete .*bowl\.h5, but cannot \(Permission denied"
    ):
        shelf.remove(run)


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(LandscapeError, match=r"folder that can be written, .*file cannot .*: choose another with --im"):
        Shelf(tmp_path / "file").take_in("bowl.h5", GOOD)


def test_an_uploads_name_leads_nowhere_else(shelf, folder):
    for name in ("../../escape.h5", "/etc/passwd", "..", "", "\0\n.h5", "é" * 300, io.BytesIO.__name__):
        assert shelf.take_in(name, GOOD).startswith("import:")
    assert len(names(folder)) == 1
