"""Checkpoints that claim much, would make much or keep their reader busy are refused in a sentence, at little cost."""

import pytest
import torch

from compute.errors import BadCheckpoint
from compute.zoo.checkpoints import held_in
from compute.zoo.layouts import layout
from tests.compute.zoo import hostile
from tests.measured import MEMORY, SECONDS, measured


@pytest.fixture(scope="module")
def files():
    return hostile.files()


@pytest.mark.slow
def test_a_checkpoint_that_claims_much_costs_little(files, tmp_path):
    paths = []
    for number, content in enumerate(files.values()):
        paths.append(tmp_path / f"{number}.{'safetensors' if content[8:9] == b'{' else 'pt'}")
        paths[-1].write_bytes(content)
    for kind, (said, memory, seconds) in zip(files, measured("checkpoint", *paths), strict=True):
        assert said == "read" or (said.endswith(".") and "\n" not in said), kind
        assert memory < MEMORY, (kind, memory)
        assert seconds < SECONDS, (kind, seconds)


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("expanded to 10^9 classes", "claims an expanded tensor among tensors that take 256,000,0"),
        ("sparse, 10^12 numbers", "claims a sparse tensor among tensors that take 4,000,000,000,000 in full"),
        ("a quantised tensor of 10^10 numbers", "claims a quantised tensor among tensors that take 40,000,000,000"),
        ("meta tensors", "should hold numbers, but holds a tensor of the meta device, which has none"),
        ("nested tensors", "should hold plain tensors, but holds one of another kind"),
        ("an array of 10 GB", "makes a bytearray of something else than its entries"),
        ("a list of a range", "makes a list of something else than its entries"),
        ("a shape of a range", "has a shape of something else than whole numbers"),
        ("a tensor of a size", "makes one of a size alone"),
        ("twins of tuples as a name", "holds tuples that hold one another over and over"),
        ("a million names that are alike", "has very long tuples or numbers for names"),
    ],
)
def test_each_kind_of_claim_is_named(kind, message, files, tmp_path):
    path = tmp_path / "a.pt"
    path.write_bytes(files[kind])
    with pytest.raises(BadCheckpoint, match=message) as refused:
        held_in(path)
    assert str(refused.value).endswith(".")


def test_what_is_stored_sparse_quantised_or_expanded_with_reason_is_read(tmp_path):
    dense = torch.zeros(100, 100)
    dense[3, 4] = 2.0
    weights = {
        "a": dense.to_sparse(),
        "b": torch.quantize_per_tensor(dense, 0.1, 0, torch.qint8),
        "c": torch.ones(1).expand(1000),
        "d": dense.to(torch.uint16),
        "e": torch.nn.Parameter(dense),
    }
    torch.save({"net": weights, "lists": [1.0] * 1000, "set": {1, 2}, "sizes": dense.shape}, tmp_path / "a.pt")
    assert {name: one.shape for name, one in held_in(tmp_path / "a.pt").items()} == {
        **{f"net.{name}": (100, 100) for name in "abde"},
        "net.c": (1000,),
    }


def test_an_architecture_of_a_billion_classes_is_told_without_building_it():
    assert layout("mlp", (1, 8, 8), 10**9)["layers.2.weight"] == (10**9, 64)
