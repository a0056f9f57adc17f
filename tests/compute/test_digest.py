"""A file is known by its content, not by its size and time."""

import io
import os

import h5py
import numpy as np
import pytest
import torch
from PIL import Image

from compute.digest import file_digest, file_state
from compute.errors import BadCheckpoint
from compute.store.shelf import Shelf
from compute.zoo import checkpoints, gallery
from compute.zoo.checkpoints import load_weights, model_ref
from compute.zoo.datasets import data_ref
from compute.zoo.layouts import layout


def saved(path, value):
    torch.save({name: torch.full(shape, value) for name, shape in layout("mlp", (1, 8, 8), 10).items()}, path)


@pytest.mark.parametrize("how", ["written", "replaced"])
def test_a_file_of_the_same_size_and_time_is_another(how, tmp_path):
    path, other = tmp_path / "a.pt", tmp_path / "b"
    path.write_bytes(b"one")
    os.utime(path, ns=(10**18, 10**18))
    before = file_digest(path)
    target = path if how == "written" else other
    target.write_bytes(b"two")
    os.utime(target, ns=(10**18, 10**18))
    if how == "replaced":
        os.replace(other, path)
    assert file_digest(path) != before


def test_a_replaced_checkpoint_of_the_same_size_and_time_is_another_model(tmp_path):
    path = tmp_path / "a.pt"
    saved(path, 1.0)
    os.utime(path, ns=(10**18, 10**18))
    first = model_ref(path, "mlp", (1, 8, 8), 10)
    saved(path, 2.0)
    os.utime(path, ns=(10**18, 10**18))
    second = model_ref(path, "mlp", (1, 8, 8), 10)
    assert first.digest != second.digest
    assert load_weights(second)["layers.0.bias"].unique().item() == 2.0
    with pytest.raises(BadCheckpoint, match="its content has changed"):
        load_weights(first)


def test_a_checkpoint_that_changes_while_it_is_loaded_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "a.pt"
    saved(path, 1.0)
    ref = model_ref(path, "mlp", (1, 8, 8), 10)
    read = checkpoints.entries

    def between(file):
        saved(file, 2.0)
        return read(file)

    monkeypatch.setattr(checkpoints, "entries", between)
    with pytest.raises(BadCheckpoint, match="its content has changed"):
        load_weights(ref)


def put(path, content, how):
    """Gives a file another content of the same size, with the same time."""
    assert len(content) == path.stat().st_size
    target = path if how == "written" else path.with_name("other")
    target.write_bytes(content)
    os.utime(target, ns=(path.stat().st_atime_ns, 10**18))
    os.replace(target, path)
    assert path.stat().st_mtime_ns == 10**18


def surface(value):
    file = io.BytesIO()
    with h5py.File(file, "w") as written:
        written["xcoordinates"] = written["ycoordinates"] = np.linspace(-1, 1, 5)
        written["train_loss"] = np.full((5, 5), value)
    return file.getvalue()


@pytest.mark.parametrize("how", ["written", "replaced"])
def test_an_imported_surface_of_the_same_size_and_time_is_another(how, tmp_path):
    path, shelf = tmp_path / "a.h5", Shelf(tmp_path)
    path.write_bytes(surface(1.0))
    os.utime(path, ns=(10**18, 10**18))
    assert (shelf.snapshot(shelf.surface("import:a", "train")).loss == 1).all()
    assert (shelf.cards()[0].picture == 1).all()
    put(path, surface(2.0), how)
    assert (shelf.snapshot(shelf.surface("import:a", "train")).loss == 2).all()
    assert (shelf.cards()[0].picture == 2).all()


@pytest.mark.parametrize("how", ["written", "replaced"])
def test_a_picture_of_the_same_size_and_time_is_another(how, tmp_path):
    folder = tmp_path / "mlp"
    folder.mkdir()
    (folder / "manifest.json").write_bytes((gallery.GALLERY / "mlp" / "manifest.json").read_bytes())
    path = folder / gallery.SURFACE
    path.write_bytes(surface(1.0))
    os.utime(path, ns=(10**18, 10**18))
    assert (gallery.cards([tmp_path])[0].picture == 1).all()
    put(path, surface(2.0), how)
    assert (gallery.cards([tmp_path])[0].picture == 2).all()


@pytest.mark.parametrize("how", ["written", "replaced"])
def test_images_of_the_same_size_and_time_are_others(how, tmp_path):
    path = tmp_path / "train" / "a" / "1.bmp"
    path.parent.mkdir(parents=True)
    white, black = (io.BytesIO(), io.BytesIO())
    Image.new("L", (4, 4), 255).save(white, "BMP")
    Image.new("L", (4, 4), 0).save(black, "BMP")
    path.write_bytes(white.getvalue())
    os.utime(path, ns=(10**18, 10**18))
    before = data_ref(f"folder:{tmp_path}:train").digest
    put(path, black.getvalue(), how)
    assert data_ref(f"folder:{tmp_path}:train").digest != before


def test_a_state_tells_a_file_from_any_other(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"one")
    os.utime(path, ns=(10**18, 10**18))
    before = file_state(path)
    assert file_state(str(path)) == before
    os.utime(path, ns=(10**18, 10**18))  # which changes when the inode changed, and nothing else
    assert file_state(path) != before
    path.unlink()
    assert file_state(path) == ()
