"""A file is known by its content, not by its size and time."""

import os

import pytest
import torch

from compute.digest import file_digest
from compute.errors import BadCheckpoint
from compute.zoo import checkpoints
from compute.zoo.checkpoints import load_weights, model_ref
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
