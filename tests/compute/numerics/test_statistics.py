import copy

import pytest
import torch
from torch import nn

from compute.numerics.statistics import coordinates, norms, recompute, running
from compute.zoo.registry import build
from tests.compute.numerics.test_folding import used

NAMES = ["resnet20", "vgg9-slim", "mlp"]


def naive(network, batches):
    """Each BatchNorm's statistics, written out: the mean over all inputs of their batches' means and variances."""
    network, kept = copy.deepcopy(network), {}

    def note(name):
        def hook(module, inputs):
            x = inputs[0].double().transpose(0, 1).flatten(1)
            size = len(inputs[0])
            total, means, variances = kept.get(name, (0, 0.0, 0.0))
            kept[name] = total + size, means + size * x.mean(1), variances + size * x.var(1)

        return hook

    for name, norm in norms(network).items():
        norm.train().register_forward_pre_hook(note(name))
    for batch in batches:
        network(batch)
    return {
        f"{name}.{buffer}": value / total
        for name, (total, *sums) in kept.items()
        for buffer, value in zip(("running_mean", "running_var"), sums, strict=True)
    }


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("count", [48, 41])
def test_statistics_are_those_of_the_inputs_as_a_naive_implementation_finds_them(name, count):
    network, inputs = used(build(name, (1, 8, 8), 10)), torch.randn(count, 1, 8, 8)
    expected = naive(network, inputs.split(16))
    recompute(network, inputs, batch=16)
    found = running(network)
    assert found.keys() == expected.keys()
    for key, value in found.items():
        torch.testing.assert_close(value.double(), expected[key], rtol=1e-4, atol=1e-5)


def test_equal_batches_agree_with_torchs_own_cumulative_average():
    network, inputs = used(build("resnet20", (1, 8, 8), 10)), torch.randn(48, 1, 8, 8)
    other = copy.deepcopy(network)
    for norm in norms(other).values():
        norm.reset_running_stats()
        norm.momentum = None
    other.train()
    for batch in inputs.split(16):
        other(batch)
    recompute(network, inputs, batch=16)
    for key, value in running(network).items():
        torch.testing.assert_close(value, running(other)[key], rtol=1e-4, atol=1e-5)


def test_recomputing_again_changes_nothing_and_what_was_before_does_not_count():
    network, inputs = used(build("vgg9-slim", (1, 8, 8), 10)), torch.randn(32, 1, 8, 8)
    recompute(network, inputs, batch=16)
    before = {name: value.clone() for name, value in running(network).items()}
    for norm in norms(network).values():
        nn.init.constant_(norm.running_mean, 7.0)
    recompute(network, inputs, batch=16)
    assert all(torch.equal(value, before[name]) for name, value in running(network).items())


def test_only_batchnorm_is_in_training_mode_meanwhile():
    network = nn.Sequential(nn.Linear(4, 3), nn.Dropout(0.9), nn.BatchNorm1d(3)).eval()
    inputs = torch.randn(64, 4)
    recompute(network, inputs, batch=64)
    torch.testing.assert_close(network[2].running_mean, network[0](inputs).mean(0))
    assert not any(module.training for module in network.modules())
    assert network[2].momentum == nn.BatchNorm1d(3).momentum


def test_coordinates_are_all_but_the_counters_layer_by_layer():
    network = used(build("resnet20", (1, 8, 8), 10))
    found = coordinates(network)
    assert list(found) == [name for name in network.state_dict() if not name.endswith("num_batches_tracked")]
    assert list(coordinates(build("mlp", (1, 8, 8), 10))) == list(build("mlp", (1, 8, 8), 10).state_dict())
