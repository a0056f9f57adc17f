"""Small answers outlive the process, whole or not at all."""

from pathlib import Path

import numpy as np

from compute.store.notes import KEPT, Notes, read_note, write_note

ARRAYS = {"places": np.arange(8.0).reshape(2, 4), "cosine": np.array(0.25)}


def test_what_was_kept_is_read_back(tmp_path):
    folder = tmp_path / "new" / "notes"
    assert read_note(folder, "a") is None
    write_note(folder, "a", ARRAYS)
    found = read_note(folder, "a")
    assert list(found) == list(ARRAYS)
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(found[name], array)
    assert [path.name for path in folder.iterdir()] == ["a.npz"]


def test_a_damaged_note_is_none_and_the_log_says_so(tmp_path, caplog):
    write_note(tmp_path, "a", ARRAYS)
    whole = (tmp_path / "a.npz").read_bytes()
    for damaged in (b"", b"noise", whole[: len(whole) // 2]):
        (tmp_path / "a.npz").write_bytes(damaged)
        caplog.clear()
        assert read_note(tmp_path, "a") is None
        assert "note damaged, asking again" in caplog.text


def test_a_folder_that_cannot_be_written_keeps_notes_in_memory_and_says_so_once(tmp_path, caplog):
    (tmp_path / "file").touch()
    notes = Notes(tmp_path / "file")
    for key in ("a", "b", "c"):
        notes.write(key, ARRAYS)
    assert notes.problem.startswith("The cache folder does not work (File exists): new results stay in memory;")
    assert len(caplog.records) == 1
    assert sorted(notes.read("b")) == ["cosine", "places"]
    (tmp_path / "file").unlink()
    notes.write("d", ARRAYS)
    assert notes.problem is None
    assert sorted(path.stem for path in (tmp_path / "file").iterdir()) == ["a", "b", "c", "d"]


def test_memory_for_notes_is_bounded(tmp_path):
    (tmp_path / "file").touch()
    notes = Notes(tmp_path / "file")
    for number in range(KEPT + 5):
        notes.write(str(number), ARRAYS)
    assert [notes.read(str(number)) is None for number in (0, 4, 5, KEPT + 4)] == [True, True, False, False]


def test_a_note_that_lacks_an_array_is_none(tmp_path):
    notes = Notes(tmp_path)
    notes.write("a", ARRAYS)
    assert notes.read("a", "places") is not None
    assert notes.read("a", "places", "loss") is None


def test_a_note_is_never_unpickled(tmp_path):
    np.savez(tmp_path / "a.npz", places=np.array([Path("x")], dtype=object))
    assert read_note(tmp_path, "a") is None
