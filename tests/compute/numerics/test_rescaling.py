import pytest
import torch
from torch import nn

from compute.errors import BadReference
from compute.numerics.directions import gaussian, scaled
from compute.numerics.evaluation import Examples, mean_loss
from compute.numerics.planes import Plane
from compute.numerics.rescaling import free, rescaled
from compute.zoo.registry import build
from tests.compute.numerics.test_folding import used

NAMES = ["mlp", "alexnet-slim", "vgg9-slim", "resnet20", "resnet20-noshort", "wrn56-k1-slim", "densenet121-slim"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("factor", [10.0, 0.1])
def test_the_function_stays_and_the_weights_do_not(name, factor):
    network, images = used(build(name, (1, 8, 8), 10)), torch.randn(8, 1, 8, 8)
    other = rescaled(network, factor)
    before, after = (one.double()(images.double()) for one in (network, other))
    assert (after - before).abs().max() <= 1e-5 * before.abs().max()
    lengths = [nn.utils.parameters_to_vector(one.parameters()).norm() for one in (network, other)]
    assert abs(lengths[1] / lengths[0] - 1) > 0.5


@pytest.fixture
def pair():
    """A network, and the same function with other weights; both in float64."""
    network = used(build("vgg9-slim", (1, 8, 8), 10)).double()
    return network, rescaled(network, 10.0)


def landscape(network, norm):
    """Its losses at a few points of the same plane."""
    weights = {name: weight.detach() for name, weight in network.named_parameters()}
    plane = Plane(weights, *(scaled(gaussian(weights, 0, axis), weights, norm) for axis in (0, 1)))
    torch.manual_seed(5)
    examples = Examples(torch.randn(32, 1, 8, 8).double(), torch.randint(0, 10, (32,)))
    return torch.tensor([mean_loss(network, plane, at, examples)[0] for at in ((0, 0), (0.3, 0), (-0.2, 0.4))])


def test_a_filter_normalised_landscape_stays_and_a_raw_one_does_not(pair):
    one, other = (landscape(network, "filter") for network in pair)
    torch.testing.assert_close(other, one, rtol=1e-5, atol=0)
    one, other = (landscape(network, "none") for network in pair)
    torch.testing.assert_close(other[0], one[0], rtol=1e-5, atol=0)
    assert ((other[1:] / one[1:] - 1).abs() > 0.05).all()


def test_rescaling_back_gives_the_weights_back(pair):
    network, other = pair
    for name, value in rescaled(other, 0.1).state_dict().items():
        torch.testing.assert_close(value, network.state_dict()[name])


def test_layers_are_taken_once():
    for name in NAMES:
        normed, chained = free(build(name, (1, 8, 8), 10))
        layers = [layer for layer, _ in normed] + [layer for pair in chained for layer in pair]
        assert len(layers) == len(set(layers)) > 0


@pytest.mark.parametrize("factor", [0.0, -1.0, float("inf"), float("nan")])
def test_only_positive_factors_are_taken(factor):
    with pytest.raises(BadReference, match=r"factor above 0, got"):
        rescaled(nn.Linear(2, 2), factor)


def test_a_network_without_free_layers_is_refused():
    with pytest.raises(BadReference, match="Linear has no such layer"):
        rescaled(nn.Linear(2, 2), 2.0)
    with pytest.raises(BadReference, match="Sequential has no such layer"):
        rescaled(nn.Sequential(nn.Linear(2, 2), nn.Sigmoid(), nn.Linear(2, 2)), 2.0)
