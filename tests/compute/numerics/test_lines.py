import pytest
import torch
from hypothesis import given
from hypothesis import strategies as some

from compute.errors import UnknownName
from compute.numerics.lines import cut, layers, line, towards
from compute.numerics.planes import Plane
from compute.numerics.statistics import coordinates
from compute.zoo.registry import build

ENDS = some.floats(-2, 2, width=32)


def weights(seed=0):
    torch.manual_seed(seed)
    return {"conv.weight": torch.randn(4, 3), "norm.bias": torch.randn(4), "fc.weight": torch.randn(2, 4)}


def test_a_line_meets_both_ends():
    one, two = weights(1), weights(2)
    found = line(one, towards(one, two))
    for alpha, end in ((0.0, one), (1.0, two)):
        for name, value in found.embed(alpha, 0.0).items():
            torch.testing.assert_close(value, end[name], rtol=1e-6, atol=1e-7)


def test_one_layer_moves_and_the_rest_stays():
    one, two = weights(1), weights(2)
    direction = towards(one, two, "conv")
    moved = {name for name, part in direction.items() if part.any()}
    assert moved == {"conv.weight", "norm.bias"}


def test_the_directions_of_all_layers_add_up_to_the_whole():
    one, two = (coordinates(build("resnet20", (1, 8, 8), 10)) for _ in range(2))
    whole, parts = towards(one, two), [towards(one, two, part) for part in layers(one)]
    assert all(torch.equal(sum(part[name] for part in parts), whole[name]) for name in whole)


def test_a_layer_has_its_batchnorm():
    found = layers(coordinates(build("vgg9-slim", (1, 8, 8), 10)))
    owners = {name.rpartition(".")[0] for name in found["features.0"]}
    assert owners == {"features.0", "features.1"}
    assert list(layers(coordinates(build("mlp", (1, 8, 8), 10)))) == ["layers.0", "layers.1", "layers.2"]


def test_an_unknown_layer_is_refused_with_those_there_are():
    with pytest.raises(UnknownName, match=r"Unknown layer 'head': choose one of conv, fc\."):
        towards(weights(), weights(1), "head")


@given(some.tuples(ENDS, ENDS), some.tuples(ENDS, ENDS), some.floats(-1, 2, width=32))
def test_a_cut_is_the_plane_along_a_line(start, end, along):
    plane = Plane(weights(1), weights(2), weights(3))
    alpha, beta = (a + along * (b - a) for a, b in zip(start, end, strict=True))
    expected, found = plane.embed(alpha, beta), cut(plane, start, end).embed(along, 0.0)
    for name, value in expected.items():
        torch.testing.assert_close(found[name], value, rtol=1e-4, atol=1e-4)
