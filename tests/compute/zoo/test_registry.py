"""Architectures have the sizes the papers print."""

import pytest
import torch

from compute.errors import UnknownName
from compute.zoo.registry import ARCHITECTURES, DEPTHS, build

CIFAR = (3, 32, 32)


def count(name):
    return sum(parameter.numel() for parameter in build(name, CIFAR, 10).parameters())


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("resnet20", 269_722),
        ("resnet20-noshort", 269_722),
        ("resnet20-projection", 272_474),
        ("resnet56", 853_018),
        ("resnet56-noshort", 853_018),
        ("resnet56-projection", 855_770),
    ],
)
def test_parameter_counts_are_the_published_ones(name, parameters):
    assert count(name) == parameters


@pytest.mark.parametrize("depth", DEPTHS)
def test_padded_shortcuts_cost_no_parameters(depth):
    assert count(f"resnet{depth}") == count(f"resnet{depth}-noshort")


@pytest.mark.parametrize("shape", [(1, 8, 8), CIFAR, (2, 12, 9)])
@pytest.mark.parametrize("name", [name for name in ARCHITECTURES if not name.startswith(("resnet44", "resnet110"))])
def test_every_network_gives_one_logit_per_class(name, shape):
    network = build(name, shape, 7).eval()
    with torch.inference_mode():
        assert network(torch.zeros(2, *shape)).shape == (2, 7)


def test_parameters_come_in_the_order_of_the_public_layout():
    names = [name for name, _ in build("resnet20-projection", CIFAR, 10).named_parameters()]
    assert names[:5] == ["conv1.weight", "bn1.weight", "bn1.bias", "layer1.0.conv1.weight", "layer1.0.bn1.weight"]
    block = [name.removeprefix("layer2.0.") for name in names if name.startswith("layer2.0.")]
    layers = ["conv1", "bn1", "conv2", "bn2", "shortcut.0", "shortcut.1"]
    assert list(dict.fromkeys(name.rpartition(".")[0] for name in block)) == layers
    assert names[-2:] == ["linear.weight", "linear.bias"]


def test_a_padded_shortcut_keeps_every_second_pixel_between_empty_channels():
    shortcut = build("resnet20", CIFAR, 10).layer2[0].shortcut
    images = torch.arange(16.0 * 16).reshape(1, 16, 4, 4)
    bridged = shortcut(images)
    assert torch.equal(bridged[:, 8:24], images[:, :, ::2, ::2])
    assert bridged[:, :8].abs().sum() == bridged[:, 24:].abs().sum() == 0


def test_an_unknown_architecture_lists_the_known():
    with pytest.raises(UnknownName, match=r"Unknown architecture 'resnet21': choose one of mlp, .*resnet20-noshort"):
        build("resnet21", CIFAR, 10)
