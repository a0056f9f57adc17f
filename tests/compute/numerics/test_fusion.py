import pytest
import torch
import torch.nn.functional as F
from torch import fx, nn

from compute.numerics.fusion import ConvReLU, joined
from compute.zoo.registry import build
from tests.compute.numerics.test_folding import folded, plane_through, used


class Orders(nn.Module):
    """Every way in which a convolution, an addition and a ReLU may meet, and some in which they must not join."""

    def __init__(self):
        super().__init__()
        self.convs = nn.ModuleList(nn.Conv2d(2, 2, 3, padding=1, bias=index % 2 == 0) for index in range(8))
        self.relu = nn.ReLU()

    def forward(self, x):
        a = torch.relu(self.convs[0](x) + x)
        b = self.relu(a + self.convs[1](a))
        c = (self.convs[2](b) + self.convs[3](b)).relu()
        raw = self.convs[4](c)
        d = F.relu(raw)
        e = F.relu(raw + self.convs[5](d))
        f = F.relu(self.convs[6](e) + 1.0)
        return self.convs[7](f) + c


def test_joining_changes_nothing_but_rounding():
    torch.manual_seed(0)
    network = Orders().eval()
    graph = fx.symbolic_trace(network)
    whole = joined(graph)
    images = torch.randn(3, 2, 6, 6)
    torch.testing.assert_close(whole(images), network(images), rtol=1e-5, atol=1e-6)
    assert sum(isinstance(module, ConvReLU) for module in whole.modules()) == 4
    assert not any(isinstance(module, ConvReLU) for module in graph.modules())
    assert set(dict(whole.named_parameters())) == set(dict(network.named_parameters()))


@pytest.mark.parametrize(("name", "count"), [("resnet20", 19), ("resnet20-noshort", 19), ("vgg9-slim", 7)])
def test_every_convolution_of_the_zoo_joins(name, count):
    network = used(build(name, (1, 8, 8), 10))
    light, _ = folded(network, plane_through(network))
    whole = joined(light)
    images = torch.randn(3, 1, 8, 8)
    torch.testing.assert_close(whole(images), light(images), rtol=1e-3, atol=1e-3)
    assert sum(isinstance(module, ConvReLU) for module in whole.modules()) == count
