import pytest
import torch
from torch import nn
from torch.func import functional_call

from compute.numerics.directions import gaussian, scaled
from compute.numerics.planes import Plane
from compute.numerics.preparation import lightened
from compute.numerics.steps import Step
from compute.zoo.registry import build


def plane_through(network, ignore="biasbn"):
    weights = {name: parameter.detach().clone() for name, parameter in network.named_parameters()}
    return Plane(weights, *(scaled(gaussian(weights, 0, axis), weights, ignore=ignore) for axis in (0, 1)))


def used(network, shape=(1, 8, 8)):
    """A network whose BatchNorm has seen data, so that folding it wrongly shows."""
    torch.manual_seed(0)
    for _ in range(3):
        network.train()(3 * torch.randn(16, *shape) + 1)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d | nn.BatchNorm1d):
            nn.init.uniform_(module.weight, -1, 2)
            nn.init.normal_(module.bias)
    return network.eval()


def folded(network, plane):
    dtype = next(iter(plane.origin.values())).dtype
    return lightened(network, plane, dtype, frozenset({Step.COPY, Step.FOLD}))


def norms(network):
    return [module for module in network.modules() if isinstance(module, nn.BatchNorm2d | nn.BatchNorm1d)]


NAMES = ["resnet20", "resnet20-noshort", "resnet20-projection", "vgg9-slim", "mlp"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("at", [(0.0, 0.0), (0.5, -0.25), (-1.0, 1.0)])
def test_a_folded_plane_gives_the_same_outputs_everywhere(name, at):
    network = used(build(name, (1, 8, 8), 10)).double()
    plane = plane_through(network)
    light, folded_plane = folded(network, plane)
    images = torch.randn(5, 1, 8, 8).double()
    expected = functional_call(network, plane.embed(*at), (images,))
    found = functional_call(light, folded_plane.embed(*at), (images,))
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-9)
    assert norms(light) == []


def test_folding_changes_neither_the_network_nor_the_plane():
    network = used(build("resnet20", (1, 8, 8), 10))
    plane = plane_through(network)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    kept = {name: value.clone() for name, value in plane.x.items()}
    folded(network, plane)
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert all(torch.equal(value, kept[name]) for name, value in plane.x.items())


def test_batchnorm_that_the_plane_moves_stays():
    network = used(build("resnet20", (1, 8, 8), 10)).double()
    plane = plane_through(network, ignore="none")
    light, folded_plane = folded(network, plane)
    assert len(norms(light)) == len(norms(network)) > 0
    images = torch.randn(5, 1, 8, 8).double()
    torch.testing.assert_close(
        functional_call(light, folded_plane.embed(0.3, 0.2), (images,)),
        functional_call(network, plane.embed(0.3, 0.2), (images,)),
    )


class Branching(nn.Module):
    """No graph can be traced through a condition on data."""

    def __init__(self):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2)

    def forward(self, x):
        return self.norm(self.conv(x)).mean((2, 3)) if x.sum() > 0 else self.conv(x).mean((2, 3))


class Shared(nn.Module):
    """One convolution read twice must not be folded."""

    def __init__(self):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(1, 1, 3, padding=1), nn.BatchNorm2d(1)

    def forward(self, x):
        raw = self.conv(x)
        return (self.norm(raw) + raw + self.conv(raw)).flatten(1)


@pytest.mark.parametrize("network", [Branching, Shared])
def test_what_cannot_be_folded_works_unfolded(network):
    whole = used(network()).double()
    plane = plane_through(whole)
    light, same = folded(whole, plane)
    images = torch.randn(4, 1, 8, 8).double()
    torch.testing.assert_close(
        functional_call(light, same.embed(0.4, 0.1), (images,)),
        functional_call(whole, plane.embed(0.4, 0.1), (images,)),
    )
    assert len(norms(light)) == 1
