import pytest
import torch
from torch import nn
from torch.func import functional_call, vmap

from compute.numerics.calling import call_with
from compute.numerics.evaluation import Examples, mean_loss
from tests.compute.numerics.test_folding import plane_through


class Shared(nn.Module):
    """One module under three names, one parameter in two modules, and a buffer."""

    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(7, 4)
        self.encoder, self.decoder = nn.ModuleList([self.embed]), nn.ModuleDict({"words": self.embed})
        self.head = nn.Linear(4, 7, bias=False)
        self.head.weight = self.embed.weight
        self.norm = nn.BatchNorm1d(4)

    def forward(self, ids, fail=False):
        hidden = self.norm((self.encoder[0](ids) + self.decoder["words"](ids)).mean(1))
        if fail:
            raise RuntimeError("as asked")
        return self.head(hidden)


@pytest.fixture
def network():
    torch.manual_seed(0)
    return Shared().eval()


IDS = torch.arange(20).reshape(5, 4) % 7


def moved(network):
    """A copy whose parameters have the values that are asked for."""
    weights = {name: weight.detach() + 0.3 for name, weight in network.named_parameters()}
    other = Shared().eval()
    other.load_state_dict(network.state_dict())
    with torch.no_grad():
        for name, weight in other.named_parameters():
            weight.copy_(weights[name])
    return weights, other


@pytest.mark.parametrize("alias", ["embed.weight", "encoder.0.weight", "decoder.words.weight", "head.weight"])
def test_a_weight_stands_for_all_places_of_its_tensor_and_the_network_stays_as_it_is(network, alias):
    weights, other = moved(network)
    weights = {alias if name == "embed.weight" else name: weight for name, weight in weights.items()}
    before = {name: (weight, weight.clone()) for name, weight in network.state_dict(keep_vars=True).items()}
    torch.testing.assert_close(call_with(network, weights, IDS), other(IDS))
    for name, tensor in network.state_dict(keep_vars=True).items():
        assert tensor is before[name][0]
        assert torch.equal(tensor, before[name][1])
    assert network.head.weight is network.embed.weight


def test_the_network_stays_as_it_is_where_it_fails(network):
    weights, _ = moved(network)
    before = network.embed.weight
    with pytest.raises(RuntimeError, match="as asked"):
        vmap(lambda shift: call_with(network, {n: w + shift for n, w in weights.items()}, (IDS, True)))(torch.ones(3))
    assert network.embed.weight is before
    assert network(IDS).shape == (5, 7)


def test_buffers_may_be_others_too(network):
    mean = torch.full((4,), 0.7)
    found = call_with(network, {"norm.running_mean": mean}, IDS)
    network.norm.running_mean.copy_(mean)
    torch.testing.assert_close(found, network(IDS))


def test_points_of_a_network_that_shares_modules_do_not_follow_on_another(network):
    examples = Examples(IDS, IDS[:, 0])
    plane = plane_through(network)
    first = mean_loss(network, plane, (0.0, 0.0), examples)
    mean_loss(network, plane, (1.0, -1.0), examples)
    assert nn.functional.cross_entropy(network(IDS), IDS[:, 0]).item() == pytest.approx(first[0])


def test_networks_without_shared_modules_give_what_torch_gives():
    torch.manual_seed(1)
    network = nn.Sequential(nn.utils.parametrizations.weight_norm(nn.Linear(4, 3)), nn.BatchNorm1d(3)).eval()
    weights = {name: weight.detach() * 1.3 for name, weight in network.named_parameters()}
    x = torch.randn(5, 4)
    assert torch.equal(call_with(network, weights, x), functional_call(network, weights, (x,)))
