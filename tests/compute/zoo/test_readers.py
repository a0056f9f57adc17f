"""Checkpoints read in part hold what they hold when they are read whole."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from compute.errors import BadCheckpoint, BadReference
from compute.settings import ROOT
from compute.zoo import readers as reading
from compute.zoo.checkpoints import load_weights, model_ref
from compute.zoo.gallery import trajectory
from compute.zoo.readers import readers
from compute.zoo.registry import build

SHAPE, CLASSES = (1, 8, 8), 10


@pytest.fixture
def state():
    torch.manual_seed(0)
    return build("mlp", SHAPE, CLASSES).state_dict()


def lightning(state, path):
    torch.save({"state_dict": {f"model.{name}": tensor for name, tensor in state.items()}}, path)


def half(state, path):
    save_file({name: tensor.half() for name, tensor in state.items()}, path)


def compiled(state, path):
    save_file({f"_orig_mod.module.{name}": tensor for name, tensor in state.items()}, path)


@pytest.mark.parametrize(
    ("save", "name"),
    [(half, "m.safetensors"), (compiled, "m.safetensors"), (torch.save, "m.pt"), (lightning, "m.ckpt")],
)
def test_rows_are_those_of_the_whole(state, tmp_path, save, name):
    save(state, tmp_path / name)
    model = model_ref(tmp_path / name, "mlp", SHAPE, CLASSES)
    pieces = [(name, rows) for name in state for rows in (slice(None), slice(1, 4))]
    with readers([model, model]) as sources:
        found = [source(pieces) for source in sources]
    whole = load_weights(model)
    for (name, rows), one, other in zip(pieces, *found, strict=True):
        torch.testing.assert_close(one.float(), whole[name][rows], rtol=0, atol=0)
        torch.testing.assert_close(one, other)


def test_only_what_cannot_be_read_in_part_is_copied(state, tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "load_weights", lambda model: pytest.fail("read whole"))
    with readers(trajectory([ROOT / "data" / "gallery"], "resnet20")) as sources:
        assert all(source([("linear.weight", slice(0, 1))])[0].shape[0] == 1 for source in sources)
    torch.save(state, tmp_path / "m.pt")
    with pytest.raises(pytest.fail.Exception, match="read whole"), readers([named(tmp_path / "m.pt")]):
        pass


def test_copies_are_gone_in_the_end(state, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    torch.save(state, tmp_path / "m.pt")
    with readers([named(tmp_path / "m.pt")]):
        assert len(list(tmp_path.rglob("*"))) == 3
    assert [path.name for path in tmp_path.iterdir()] == ["m.pt"]


@pytest.mark.parametrize("name", ["m.safetensors", "m.pt"])
def test_a_file_that_has_changed_or_is_of_another_architecture_is_refused(state, tmp_path, name):
    path = tmp_path / name
    (half if path.suffix == ".safetensors" else torch.save)(state, path)
    model, wrong = named(path), model_ref(path, "resnet20", SHAPE, CLASSES)
    with pytest.raises(BadCheckpoint, match="should fit resnet20"), readers([wrong]):
        pass
    (half if path.suffix == ".safetensors" else torch.save)({"weight": torch.zeros(1)}, path)
    with pytest.raises(BadCheckpoint, match="its content has changed"), readers([model]):
        pass


def named(path: Path):
    return model_ref(path, "mlp", SHAPE, CLASSES)


def test_a_network_that_is_not_as_stored_is_refused(state, tmp_path):
    half(state, tmp_path / "m.safetensors")
    model = replace(named(tmp_path / "m.safetensors"), rescale=2.0)
    with pytest.raises(BadReference, match="read as they are stored, m should be rescaled"), readers([model]):
        pass
