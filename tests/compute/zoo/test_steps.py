"""Steps that lie on a device are those that the host drives; examples in bytes are those that a surface is of."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from compute.zoo import steps as module
from compute.zoo.datasets import data_ref, examples
from compute.zoo.learner import learner, load_state, make_optimiser, rewind, state_of
from compute.zoo.recipe import Recipe
from compute.zoo.resident import resident
from compute.zoo.steps import DeviceSteps, HostSteps, draw_epoch

CPU = torch.device("cpu")
SMALL = Recipe("", "resnet20", epochs=3, batch_size=24, learning_rate=0.05, warm_up=1, augmentation="crop-flip")


@pytest.fixture(scope="module")
def ref(tmp_path_factory):
    """70 random images in bytes, so that the last batch is smaller."""
    draw, path = np.random.RandomState(0), tmp_path_factory.mktemp("images") / "images.npz"
    np.savez(path, x_train=draw.randint(0, 256, (70, 8, 8, 3), np.uint8), y_train=draw.randint(0, 4, 70))
    return data_ref(f"npz:{path}:train", (0.5, 0.4, 0.3), (0.2, 0.3, 0.4))


def made(kind, recipe, ref):
    """A learner and its steps; those of the device take the device's optimiser."""
    start = learner(recipe, ref, CPU)
    if kind is DeviceSteps:
        start = replace(start, optimiser=make_optimiser(recipe, start.network, on_device=True))
    return start, kind(start, resident(ref, CPU), recipe)


def trained(kind, recipe, ref):
    start, steps = made(kind, recipe, ref)
    losses = [[float(total) for total in steps.epoch(number)] for number in range(recipe.epochs)]
    return losses, start.network.state_dict()


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"optimiser": "adam", "learning_rate": 0.001},
        {"clip": 0.5, "nesterov": False, "schedule": "linear"},
        {"augmentation": "none", "weight_decay": 0.0},
        {"batch_size": 100},
    ],
    ids=["sgd", "adam", "clipped", "plain", "one batch"],
)
def test_steps_on_the_device_are_those_of_the_host(ref, changes):
    recipe = replace(SMALL, **changes)
    (host, weights), (device, others) = (trained(kind, recipe, ref) for kind in (HostSteps, DeviceSteps))
    for mine, theirs in zip(host, device, strict=True):
        assert mine == pytest.approx(theirs, rel=2e-3)
    for name, tensor in weights.items():
        torch.testing.assert_close(others[name], tensor, rtol=2e-2, atol=2e-3, msg=name)


def test_a_first_epoch_of_small_steps_is_the_same_to_rounding(ref):
    recipe = replace(SMALL, learning_rate=1e-3, epochs=1)
    (host, weights), (device, others) = (trained(kind, recipe, ref) for kind in (HostSteps, DeviceSteps))
    assert host[0] == pytest.approx(device[0], rel=1e-5)
    for name, tensor in weights.items():
        torch.testing.assert_close(others[name], tensor, rtol=1e-4, atol=1e-5, msg=name)


@pytest.mark.parametrize("kind", [HostSteps, DeviceSteps])
def test_a_trial_that_is_rewound_leaves_no_trace(ref, kind):
    untouched, _ = trained(kind, SMALL, ref)
    start, steps = made(kind, SMALL, ref)
    state = state_of(start, 0)
    for _ in steps.epoch(0):
        pass
    rewind(start, state)
    again = [[float(total) for total in steps.epoch(number)] for number in range(SMALL.epochs)]
    assert again == untouched


@pytest.mark.parametrize(("kind", "other"), [(HostSteps, DeviceSteps), (DeviceSteps, HostSteps)])
def test_a_run_goes_on_on_another_device(ref, kind, other):
    whole, _ = trained(kind, SMALL, ref)
    start, steps = made(kind, SMALL, ref)
    list(steps.epoch(0))
    second, _ = made(other, SMALL, ref)
    assert load_state(second, state_of(start, 1)) == 1
    rest = other(second, resident(ref, CPU), SMALL)
    assert [float(total) for total in rest.epoch(1)] == pytest.approx(whole[1], rel=1e-3)


def test_the_device_is_given_the_next_step_only_while_few_wait(ref, monkeypatch):
    _, steps = made(DeviceSteps, SMALL, ref)
    launched, waiting = [], []
    monkeypatch.setattr(module, "AHEAD", 2)
    monkeypatch.setattr(steps, "_step", launched.append)
    monkeypatch.setattr(steps, "_behind", lambda few: len(waiting) >= few)
    taken = steps.epoch(0, {1})
    waiting[:] = [1]
    assert next(taken) is None  # the first step is a stop
    assert launched == [24]
    waiting.clear()
    assert next(taken) is not None
    waiting[:] = [1, 2]
    assert next(taken) is None
    assert launched == [24]
    waiting[:] = [1]
    assert next(taken) is not None
    assert launched == [24, 24]


def test_images_in_bytes_are_normalised_to_the_same_bits(ref):
    whole, kept = examples(ref), resident(ref, CPU)
    assert kept.inputs.dtype == torch.uint8
    assert torch.equal(kept.examples().inputs, whole.inputs)
    chosen = torch.tensor([3, 69, 3, 0])
    inputs, targets = kept.batch(chosen)
    assert torch.equal(inputs, whole.inputs[chosen])
    assert torch.equal(targets, whole.targets[chosen])


def test_the_draws_of_an_epoch_cover_all_examples_once():
    order, moves = draw_epoch(70, SMALL, torch.Generator().manual_seed(0))
    assert order.sort().values.tolist() == list(range(70))
    assert moves.shape == (3, 70)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_replayed_graphs_are_the_steps_one_by_one(ref, precision):
    recipe, device = replace(SMALL, precision=precision), torch.device("cuda")
    found = []
    for graphs in (True, False):
        start = learner(recipe, ref, device)
        steps = DeviceSteps(start, resident(ref, device), recipe)
        assert sorted(steps.graphs) == [22, 24]
        if not graphs:
            steps.graphs = {}
        totals = [float(total) for number in range(3) for total in steps.epoch(number) if total is not None]
        found.append(totals[-1])
    assert found[0] == pytest.approx(found[1], rel=0.02)
