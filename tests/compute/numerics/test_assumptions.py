"""What a landscape assumes is checked, and what breaks it is named."""

import random

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from compute.errors import BadNetwork
from compute.numerics.assumptions import check
from compute.numerics.evaluation import Examples
from compute.zoo.registry import ARCHITECTURES, SEQUENCES, build
from tests.compute.numerics.test_folding import used
from tests.compute.numerics.varied import N, vectors


class Part(nn.Module):
    """A layer, and something after it that a test says."""

    def __init__(self, after):
        super().__init__()
        self.layer, self.after = nn.Linear(4, 6), after

    def forward(self, x):
        return self.after(torch.relu(self.layer(x)))


class Net(nn.Module):
    def __init__(self, after):
        super().__init__()
        self.part, self.head = Part(after), nn.Linear(6, 3)

    def forward(self, x):
        return self.head(self.part(x))


class Noise(nn.Module):
    def __init__(self, draw):
        super().__init__()
        self.draw = draw

    def forward(self, x):
        return x + self.draw(x)


class Counter(nn.Module):
    """Remembers what it saw before."""

    def __init__(self):
        super().__init__()
        self.register_buffer("mean", torch.zeros(6))

    def forward(self, x):
        self.mean.mul_(0.9).add_(0.1 * x.detach().mean(0))
        return x - self.mean


class Depth(nn.Module):
    """Stochastic depth, which leaves few examples out."""

    def forward(self, x):
        return x * (torch.rand(len(x), 1) > 0.02)


class Centred(nn.Module):
    def forward(self, x):
        return x - x.mean(0, keepdim=True)


class Sorted(nn.Module):
    """Gives each example a share of a batch's capacity."""

    def forward(self, x):
        return x * x.sum(1).softmax(0)[:, None]


class Reawakened(nn.Module):
    """Turns dropout on in its forward pass."""

    def __init__(self):
        super().__init__()
        self.drop = nn.Dropout(0.5)

    def forward(self, x):
        self.drop.train()
        return self.drop(x)


def functional_batchnorm(x):
    return F.batch_norm(x, None, None, training=True)


RANDOM = {
    "functional dropout": (lambda x: F.dropout(x, 0.3), r"the forward function of|part \(Part\)"),
    "noise": (Noise(lambda x: 0.01 * torch.randn_like(x)), r"part\.after \(Noise\)"),
    "NumPy's noise": (Noise(lambda x: 0.01 * float(np.random.randn())), r"part\.after \(Noise\)"),
    "Python's noise": (Noise(lambda x: 0.01 * random.random()), r"part\.after \(Noise\)"),
    "stochastic depth": (Depth(), r"part\.after \(Depth\)"),
    "dropout turned on": (Reawakened(), r"part\.after\.drop \(Dropout\)"),
    "random ReLU": (lambda x: F.rrelu(x - 0.5, training=True), r"part \(Part\)"),
    "Gumbel": (lambda x: F.gumbel_softmax(x), r"part \(Part\)"),
    "feature dropout": (lambda x: F.feature_alpha_dropout(x, training=True), r"part \(Part\)"),
    "sampled": (lambda x: torch.distributions.Normal(x, 0.1).sample(), r"part \(Part\)"),
}


def examples():
    return Examples(vectors(4), torch.arange(N) % 3)


@pytest.mark.parametrize("name", RANDOM)
def test_what_draws_random_numbers_is_named(name):
    after, named = RANDOM[name]
    with pytest.raises(BadNetwork, match=rf"same loss every time.*({named}) draws random numbers.*switch that off"):
        check(Net(after).eval(), examples())


def test_what_keeps_something_between_calls_is_named():
    with pytest.raises(BadNetwork, match=r"same loss every time.*part\.after \(Counter\) keeps something"):
        check(Net(Counter()).eval(), examples())


MIXING = {
    "no running statistics": (nn.BatchNorm1d(6, track_running_stats=False), r"part\.after \(BatchNorm1d\) normalises"),
    "functional": (functional_batchnorm, r"part \(Part\) mixes the examples"),
    "centred": (Centred(), r"part\.after \(Centred\) mixes the examples"),
    "capacity": (Sorted(), r"part\.after \(Sorted\) mixes the examples"),
    "scaled by the batch": (lambda x: x / x.norm(), r"part \(Part\) mixes the examples"),
    "cumulated": (lambda x: x.cumsum(0), r"part \(Part\) mixes the examples"),
    "attention over examples": (
        lambda x: F.scaled_dot_product_attention(x[None], x[None], x[None])[0],
        r"part \(Part\) mixes the examples",
    ),
}


@pytest.mark.parametrize("name", MIXING)
def test_what_mixes_examples_is_named(name):
    after, named = MIXING[name]
    with pytest.raises(BadNetwork, match=rf"depends on it alone.*beside 7 others.*{named}.*running statistics"):
        check(Net(after).eval(), examples())


def test_batchnorm_left_in_training_mode_is_named():
    network = Net(nn.BatchNorm1d(6)).eval()
    network.part.after.train()
    with pytest.raises(BadNetwork, match=r"part\.after \(BatchNorm1d\)"):
        check(network, examples())


def test_a_loss_that_mixes_examples_is_named():
    def judge(outputs, targets):
        return F.cross_entropy(outputs, targets, reduction="none") / len(targets), None

    with pytest.raises(BadNetwork, match=r"its loss mixes examples; take reduction='none'"):
        check(Net(nn.Tanh()).eval(), Examples(vectors(4), torch.arange(N) % 3, judge))


def test_a_random_loss_is_named():
    def judge(outputs, targets):
        return F.cross_entropy(outputs + torch.randn(3), targets, reduction="none"), None

    with pytest.raises(BadNetwork, match=r"its loss draws random numbers"):
        check(Net(nn.Tanh()).eval(), Examples(vectors(4), torch.arange(N) % 3, judge))


class Overwriting(nn.Linear):
    def forward(self, x):
        x.data.mul_(2)  # what no version counter tells
        return super().forward(x)


@pytest.mark.parametrize(
    ("network", "overwrites"),
    [
        (nn.Linear(4, 3), False),
        (nn.Sequential(nn.ReLU(inplace=True), nn.Linear(4, 3)), True),
        (Overwriting(4, 3), True),
    ],
)
def test_inputs_that_are_overwritten_are_noticed_and_left_alone(network, overwrites):
    given = examples()
    before = given.inputs.clone()
    assert check(network.eval(), given) == overwrites
    assert torch.equal(given.inputs, before)


def test_targets_that_a_loss_overwrites_are_left_alone():
    def judge(outputs, targets):
        targets[targets == 2] = 0
        return F.cross_entropy(outputs, targets, reduction="none"), None

    given = Examples(vectors(4), torch.arange(N) % 3, judge)
    assert check(nn.Linear(4, 3).eval(), given)
    assert given.targets.max() == 2


def test_dropout_that_evaluation_mode_does_not_reach_is_switched_off(caplog):
    network = Net(nn.Dropout(0.5)).eval()
    network.part.after.train()
    check(network, examples())
    assert "set to evaluation mode: part.after (Dropout)" in caplog.text


def test_random_numbers_that_change_nothing_are_fine():
    check(Net(Noise(lambda x: 0 * torch.randn_like(x))).eval(), examples())
    check(Net(lambda x: F.dropout(x, 0.0)).eval(), examples())


def test_one_example_alone_is_enough():
    check(Net(nn.Tanh()).eval(), examples().part(0, 1))


ZOO = [name for name in ARCHITECTURES if "-k" not in name and "110" not in name and "164" not in name]


@pytest.mark.parametrize("name", ZOO)
def test_every_network_of_the_zoo_passes(name):
    if name in SEQUENCES:
        symbols = torch.arange(8 * 16).reshape(8, 16) % 10
        check(build(name, (16,), 10).eval(), Examples(symbols, symbols))
    else:
        images = torch.randn(8, 1, 8, 8, generator=torch.Generator().manual_seed(0))
        check(used(build(name, (1, 8, 8), 10)), Examples(images, torch.arange(8)))
