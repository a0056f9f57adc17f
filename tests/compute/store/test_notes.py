"""Small answers outlive the process, whole or not at all."""

import numpy as np

from compute.store.notes import read_note, write_note

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


def test_a_folder_that_cannot_be_written_keeps_nothing_and_stops_nobody(tmp_path, caplog):
    (tmp_path / "file").touch()
    write_note(tmp_path / "file", "a", ARRAYS)
    assert "note not kept" in caplog.text
