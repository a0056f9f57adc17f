"""A file that keeps libhdf5 busy without end, or crashes it, is a sentence wherever HDF5 of others is read."""

import subprocess
import sys
from functools import partial

import h5py
import numpy as np
import pytest
import torch
from torch import nn

from compute.errors import BadDirections, LandscapeError
from compute.foreign import TooSlow, read_here
from compute.jobs import reading, stored
from compute.jobs.reading import read_apart, reading_process
from compute.lattice import Lattice
from compute.settings import ROOT
from compute.specs import StoredPlane
from compute.store.imports import read
from compute.store.paper import read_blocks, write_surface
from compute.store.shelf import Shelf
from compute.zoo import gallery
from tests.compute.store.hostile import crashing, endless
from tests.compute.store.test_imports import as_the_public_code_does

GOOD = as_the_public_code_does(5, 5)[0]


@pytest.fixture(scope="module")
def process():
    process = reading_process({}, None)
    yield process
    process.shutdown()


@pytest.fixture
def reader(process, monkeypatch):
    monkeypatch.setattr(reading, "LEAST_SECONDS", 1.0)
    return partial(read_apart, process)


class Slow:
    """A reader whom every file keeps busy; counts the files."""

    count = 0

    def __call__(self, file, size, function, *args):
        self.count += 1
        raise TooSlow(f"{file} should be read within 1 s, but takes longer.")


def test_an_import_is_a_sentence_and_the_next_is_read(reader):
    content = endless()
    with pytest.raises(TooSlow, match=r"a\.h5 should be read within 1 s, but takes longer"):
        reader("a.h5", len(content), read, "a.h5", content)
    content = crashing()
    with pytest.raises(LandscapeError, match=r"a\.h5 .*(the process that read it was ended by|cannot be read as)"):
        reader("a.h5", len(content), read, "a.h5", content)
    assert reader("a.h5", len(GOOD), read, "a.h5", GOOD).digest == read("a.h5", GOOD).digest


def test_a_surface_in_the_folder_of_imports_is_left_out_and_asked_for_once(tmp_path):
    slow = Slow()
    shelf = Shelf(tmp_path, slow)
    (tmp_path / "bad.h5").write_bytes(GOOD)
    assert shelf.cards() == shelf.cards() == ()
    with pytest.raises(TooSlow):
        shelf.surface("import:bad", "train")
    assert slow.count == 1
    assert [card.run for card in Shelf(tmp_path).cards()] == ["import:bad"]


def test_a_surface_in_the_folder_of_imports_is_read_apart(reader, tmp_path):
    (tmp_path / "bad.h5").write_bytes(endless())
    shelf = Shelf(tmp_path, reader)
    run = shelf.take_in("good.h5", GOOD)
    assert [card.run for card in shelf.cards()] == [run]


@pytest.fixture
def runs(tmp_path):
    """A folder of one run of the gallery, which did not ship."""
    folder = tmp_path / "runs" / "mlp"
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_bytes((gallery.GALLERY / "mlp" / "manifest.json").read_bytes())
    return folder.parent


def test_a_surface_beside_weights_leaves_its_card_without_picture(runs, reader):
    (runs / "mlp" / "surface.h5").write_bytes(endless())
    (card,) = gallery.cards([runs], reader=reader)
    assert (card.picture, card.stored) == (None, 0)
    assert list(read_blocks(runs / "mlp" / "surface.h5", "key", reader)) == []


def test_a_surface_beside_weights_is_asked_for_once_and_one_that_ships_is_read_at_once(runs):
    (runs / "mlp" / "surface.h5").write_bytes(GOOD)
    slow = Slow()
    for _ in range(2):
        (card,) = gallery.cards([runs], reader=slow)
        assert card.picture is None
    assert slow.count == 1
    assert all(card.picture is not None for card in gallery.cards([gallery.GALLERY], reader=slow) if not card.missing)
    assert slow.count == 1


def test_a_picture_shows_no_number_of_another_file(runs, tmp_path):
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["train_loss"] = np.ones((5, 5))
    for link in (h5py.ExternalLink(str(tmp_path / "other.h5"), "train_loss"), h5py.SoftLink("/a")):
        with h5py.File(runs / "mlp" / "surface.h5", "w") as file:
            file["a"] = np.ones((5, 5))
            file["train_loss"] = link
        (card,) = gallery.cards([runs])
        assert card.picture is None


def directions(path, content=None):
    """A file of directions of one linear layer; the first array of the second is linked to something else."""
    with h5py.File(path, "w") as file:
        for name in ("xdirection", "ydirection"):
            file[f"{name}/0"], file[f"{name}/1"] = np.ones((2, 3)), np.ones(2)
        if content is not None:
            del file["ydirection/0"]
            file["ydirection/0"] = content
    return str(path)


def test_directions_are_a_sentence(reader, tmp_path):
    path = tmp_path / "d.h5"
    content = bytearray(endless("xdirection/0"))
    path.write_bytes(content)
    with h5py.File(path, "a") as file:
        file["ydirection/0"] = np.ones((2, 3))
    with pytest.raises(TooSlow, match=r"d\.h5 should be read within 1 s, but takes longer"):
        stored.moving(str(path), nn.Linear(3, 2))
    network = nn.Linear(3, 2)
    assert set(stored.moving(directions(path), network)) == {"weight", "bias"}


@pytest.mark.parametrize(
    "content", [h5py.SoftLink("/xdirection/0"), h5py.ExternalLink("other.h5", "a"), h5py.SoftLink("/nowhere")]
)
def test_directions_are_of_the_file_itself(content, tmp_path):
    with pytest.raises(BadDirections, match="0 should lie in the file itself, it is a link"):
        stored.moving(directions(tmp_path / "d.h5", content), nn.Linear(3, 2))


def test_directions_are_those_that_were_named(tmp_path):
    path = directions(tmp_path / "d.h5")
    named = StoredPlane(path, stored.file_digest(tmp_path / "d.h5"))
    assert stored.unchanged(named) == path
    with h5py.File(path, "a") as file:
        file["xdirection/0"][...] = 2.0
    with pytest.raises(BadDirections, match=r"d\.h5 should be those that were named, but the file has changed"):
        stored.unchanged(named)
    (tmp_path / "d.h5").unlink()
    with pytest.raises(BadDirections, match="has changed or is gone"):
        stored.unchanged(named)


LATTICE = Lattice(1, (-2, 2), (-2, 2))


def test_a_surface_is_not_put_beside_what_cannot_be_read(reader, tmp_path):
    path, losses = tmp_path / "out.h5", {"train_loss": np.ones(LATTICE.shape)}
    path.write_bytes(endless())
    with h5py.File(path, "a") as file:  # as one of the same model on the same points
        for axis in "xy":
            del file[f"{axis}coordinates"]
            file[f"{axis}coordinates"] = LATTICE.coordinates(axis)
        file.attrs["provenance"] = "{}"
    before = path.read_bytes()
    with pytest.raises(LandscapeError, match=r"beside what .*out\.h5 holds, but that is damaged .* remove it, or"):
        write_surface(path, LATTICE, losses, {}, "key", "test", reader=reader)
    assert path.read_bytes() == before
    assert [found.name for found in tmp_path.iterdir()] == ["out.h5"]
    path.unlink()
    write_surface(path, LATTICE, losses, {}, "key", "train", reader=reader)
    write_surface(path, LATTICE, {"test_loss": torch.zeros(LATTICE.shape).numpy()}, {}, "key", "test", reader=reader)
    with h5py.File(path) as file:
        assert (file["train_loss"][...] == 1).all()
        assert file["train_loss"].attrs["key"] == "key"
        assert (file["test_loss"][...] == 0).all()


def test_here_nothing_limits_a_reader():
    assert read_here("a.h5", 0, len, "abc") == 3


@pytest.mark.slow
@pytest.mark.parametrize("content", [endless(), crashing()])
def test_the_command_ends_with_a_sentence(content, tmp_path):
    (tmp_path / "a.h5").write_bytes(content)
    command = [sys.executable, str(ROOT / "run.py"), "import", "--imports-dir", str(tmp_path / "imports")]
    done = subprocess.run([*command, str(tmp_path / "a.h5")], capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("run.py: a.h5 should be read ")
    assert not (tmp_path / "imports").exists()
