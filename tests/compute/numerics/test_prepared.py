import pytest
import torch

from compute.numerics.evaluation import Examples, mean_loss, per_example
from compute.numerics.prepared import prepared
from compute.zoo.registry import build
from tests.compute.numerics.test_folding import NAMES, plane_through, used

POINTS = [(0.0, 0.0), (0.5, -0.25), (-1.0, 1.0)]


@pytest.fixture
def examples():
    torch.manual_seed(2)
    return Examples(torch.randn(37, 1, 8, 8), torch.randint(0, 10, (37,)))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("ignore", ["biasbn", "none"])
def test_a_prepared_network_gives_the_plain_losses(name, ignore, examples):
    network = used(build(name, (1, 8, 8), 10))
    plane = plane_through(network, ignore)
    ready = prepared(network, plane, examples, batch=10)
    for at in POINTS:
        losses, correct = ready.per_example(*at)
        expected, right = per_example(network, plane.embed(*at), examples, 37)
        torch.testing.assert_close(losses, expected, rtol=1e-3, atol=1e-4)  # float64 below is the strict one
        assert torch.equal(correct, right)


@pytest.mark.parametrize("name", NAMES)
def test_in_float64_preparing_changes_nothing_but_rounding(name, examples):
    network = used(build(name, (1, 8, 8), 10)).double()
    plane = plane_through(network)
    wide = Examples(examples.inputs.double(), examples.labels)
    ready = prepared(network, plane, wide, torch.float64)
    for at in POINTS:
        assert ready.mean_loss(*at) == pytest.approx(mean_loss(network, plane, at, wide), rel=1e-10)


def test_bfloat16_stays_close(examples):
    network = used(build("resnet20", (1, 8, 8), 10))
    plane = plane_through(network)
    ready = prepared(network, plane, examples, torch.bfloat16)
    for at in POINTS:
        assert ready.mean_loss(*at)[0] == pytest.approx(mean_loss(network, plane, at, examples)[0], rel=0.1)


def test_a_point_is_computed_from_the_origin_whatever_came_before(examples):
    network = used(build("resnet20", (1, 8, 8), 10))
    ready = prepared(network, plane_through(network), examples)
    first = ready.mean_loss(0.3, 0.7)
    for at in POINTS:
        ready.mean_loss(*at)
    assert ready.mean_loss(0.3, 0.7) == first


def test_preparing_changes_none_of_its_arguments(examples):
    network = used(build("resnet20", (1, 8, 8), 10))
    plane = plane_through(network)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    origin = {name: value.clone() for name, value in plane.origin.items()}
    inputs = examples.inputs.clone()
    prepared(network, plane, examples).mean_loss(1, 1)
    prepared(network, plane, examples, torch.bfloat16).mean_loss(1, 1)
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert all(torch.equal(value, origin[name]) for name, value in plane.origin.items())
    assert torch.equal(examples.inputs, inputs)
