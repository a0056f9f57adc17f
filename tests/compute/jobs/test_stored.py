"""Directions of other programs' files, beside the public code's own way of adding them to a network."""

import copy
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
from torch import nn

from compute.digest import file_digest
from compute.errors import BadDirections
from compute.jobs import stored
from compute.jobs.build import build
from compute.numerics.evaluation import judged
from compute.numerics.gradients import gradient_norm
from compute.numerics.planes import Plane
from compute.settings import ROOT
from compute.specs import Cut, Query, StoredPlane
from compute.zoo import gallery
from compute.zoo.checkpoints import load_model
from compute.zoo.datasets import data_ref

CPU = torch.device("cpu")


class Small(nn.Module):
    """A network with what a state may hold beside parameters."""

    def __init__(self):
        super().__init__()
        self.first = nn.Linear(3, 4)
        self.norm = nn.BatchNorm1d(4)
        self.register_buffer("shift", torch.linspace(0, 1, 4))
        self.register_buffer("order", torch.tensor([2, 0, 1, 3]))
        self.register_buffer("scratch", torch.ones(4), persistent=False)
        self.last = nn.Linear(4, 2)

    def forward(self, x):
        return self.last(torch.relu(self.norm(self.first(x)) + self.shift)[:, self.order])


@pytest.fixture
def network():
    torch.manual_seed(0)
    made = Small()
    made(torch.randn(64, 3))
    return made.eval()


def drawn(tensors, seed, leave=()):
    """A direction for each tensor, zero for whole numbers and for those whose names end in one of `leave`."""
    draw = np.random.default_rng(seed)
    return [
        draw.standard_normal(tuple(tensor.shape))
        if tensor.is_floating_point() and not name.endswith(tuple(leave) or "\0")
        else np.zeros(tuple(tensor.shape))
        for name, tensor in tensors.items()
    ]


def write(path, x, y=None):
    with h5py.File(path, "w") as file:
        for name, arrays in (("xdirection", x), ("ydirection", y)):
            for place, array in enumerate(arrays or ()):
                file[f"{name}/{place}"] = array
    return str(path)


def set_states(network, x, y, step):
    """As the public code of Li et al. (2018) does: every entry of the state moves, in its own type."""
    moved = copy.deepcopy(network)
    states = copy.deepcopy(moved.state_dict())
    for (_, value), one, other in zip(states.items(), x, y, strict=True):
        value.add_(torch.tensor(one * step[0] + other * step[1]).type(value.type()))
    moved.load_state_dict(states)
    return moved


LEAVE = {
    "nothing": (),
    "statistics": ("running_mean", "running_var"),
    "every buffer": ("running_mean", "running_var", "shift"),
    "parameters": ("weight", "bias"),
    "all but one statistic": ("weight", "bias", "running_var", "shift"),
}


@pytest.mark.parametrize("kept", LEAVE)
def test_states_move_buffers_as_the_public_code_does(kept, network, tmp_path):
    x, y = (drawn(network.state_dict(), seed, LEAVE[kept]) for seed in (1, 2))
    path = write(tmp_path / "d.h5", x, y)
    moved = stored.moving(path, network)
    assert set(moved) - {name for name, _ in network.named_parameters()} == {
        name for name, _ in network.named_buffers() if name in moved
    }
    assert ("norm.running_mean" in moved) == (kept in {"nothing", "parameters", "all but one statistic"})
    plane = Plane(moved, *stored.directions(path, network, moved))
    inputs = torch.randn(8, 3)
    for step in ((0.0, 0.0), (0.1, 0.0), (-0.05, 0.08)):
        ours = torch.func.functional_call(network, plane.embed(*step), (inputs,))
        torch.testing.assert_close(ours, set_states(network, x, y, step)(inputs), equal_nan=True)


def test_states_without_counters_and_counters_that_count_are_taken(network, tmp_path):
    state = network.state_dict()
    x, y = (drawn(state, seed) for seed in (1, 2))
    names = list(state)
    place = next(index for index, name in enumerate(names) if name.endswith("num_batches_tracked"))
    old = [[array for index, array in enumerate(part) if index != place] for part in (x, y)]
    counted = [[np.array([7.0]) if index == place else array for index, array in enumerate(part)] for part in (x, y)]
    moved = stored.moving(write(tmp_path / "new.h5", x, y), network)
    wanted = stored.directions(str(tmp_path / "new.h5"), network, moved)
    for name, parts in (("old.h5", old), ("counted.h5", counted)):
        path = write(tmp_path / name, *parts)
        found = stored.directions(path, network, stored.moving(path, network))
        torch.testing.assert_close(found, wanted)


@pytest.mark.parametrize("kind", ["f2", "f4", ">f8", "i8"])
def test_directions_may_be_of_any_width(kind, network, tmp_path):
    parts = [[np.round(4 * array).astype(kind) for array in drawn(dict(network.named_parameters()), s)] for s in (1, 2)]
    path = write(tmp_path / "d.h5", *parts)
    x, _ = stored.directions(path, network, stored.moving(path, network))
    for tensor, array in zip(x.values(), parts[0], strict=True):
        np.testing.assert_array_equal(tensor, array.astype(float))
        assert tensor.dtype == torch.float32


def test_a_network_without_buffers_is_moved_by_either_kind_alike(tmp_path):
    network = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))
    path = write(tmp_path / "d.h5", *(drawn(network.state_dict(), seed) for seed in (1, 2)))
    assert list(stored.moving(path, network)) == [name for name, _ in network.named_parameters()]


class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.inputs, self.outputs = nn.Embedding(5, 3), nn.Linear(3, 5, bias=False)
        self.outputs.weight = self.inputs.weight


def test_tied_weights_are_one_direction(tmp_path):
    network = Tied()
    one = drawn(dict(network.named_parameters()), 1)
    for arrays in (one, one * 2):  # "weights" has it once, "states" twice
        path = write(tmp_path / "d.h5", arrays, arrays)
        x, _ = stored.directions(path, network, stored.moving(path, network))
        assert list(x) == ["inputs.weight"]
        np.testing.assert_allclose(x["inputs.weight"], one[0], rtol=1e-6)
    path = write(tmp_path / "apart.h5", [one[0], 2 * one[0]], [one[0], one[0]])
    with pytest.raises(BadDirections, match=r"move inputs\.weight and outputs\.weight alike, for they are one tensor"):
        stored.moving(path, network)


def test_the_gradients_length_is_over_parameters_alone(network):
    from compute.numerics.evaluation import Examples

    inputs, labels = torch.randn(8, 3), torch.arange(8) % 2
    parameters = {name: tensor.detach() for name, tensor in network.named_parameters()}
    everything = parameters | {"shift": network.shift, "norm.running_mean": network.norm.running_mean}
    examples = Examples(inputs, labels)
    assert gradient_norm(network, everything, examples) == gradient_norm(network, parameters, examples)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda x, _names: x[:3],
            "per parameter, 6 for this network, or one per entry of its state, 11, got 3",
        ),
        (lambda x, _names: [*x, x[0]], "entry of its state, 11, got 12: were they made for another architecture"),
        (lambda x, _names: [array.T for array in x], r"need shape \(4, 3\) for first.weight, got \(3, 4\): were they"),
        (lambda x, _names: [np.full_like(x[0], np.nan), *x[1:]], "should be finite real numbers, xdirection/0 holds"),
        (lambda x, _names: [x[0] * np.inf, *x[1:]], "should be finite real numbers"),
        (lambda x, _names: [x[0] * 1j, *x[1:]], "should be finite real numbers"),
        (
            lambda x, _names: [array * 0 for array in x],
            "directions, the xdirection in .* is zero everywhere: store",
        ),
        (
            lambda x, names: [array + 1 if name == "order" else array for name, array in zip(names, x, strict=True)],
            "should leave whole numbers alone, they move order: make it zero there",
        ),
    ],
)
def test_directions_that_do_not_fit_are_refused_in_a_sentence(change, message, network, tmp_path):
    state = network.state_dict()
    x = drawn(state, 1)
    path = write(tmp_path / "d.h5", change(x, list(state)), change(x, list(state)))
    with pytest.raises(BadDirections, match=message):
        stored.directions(path, network, stored.moving(path, network))


def test_one_direction_is_told_to_be_a_curve(network, tmp_path):
    path = write(tmp_path / "one.h5", drawn(dict(network.named_parameters()), 1))
    with pytest.raises(BadDirections, match=r"two directions, .*one\.h5 holds one, for a curve: give a file with both"):
        stored.moving(path, network)


LAST = gallery.trajectory([ROOT / "data" / "gallery"], "resnet20")[-1]


@pytest.mark.parametrize("kept", [("bias",), ("bias", "running_mean", "running_var")])
def test_a_prepared_plane_of_states_has_the_losses_of_the_public_code(kept, tmp_path):
    network = load_model(LAST)
    state = network.state_dict()
    scale = {name: float(tensor.float().norm() / max(1, tensor.numel()) ** 0.5) for name, tensor in state.items()}
    x, y = (
        [array * scale[name] for name, array in zip(state, drawn(state, seed, kept), strict=True)] for seed in (1, 2)
    )
    path = write(tmp_path / "d.h5", x, y)
    data, plane = data_ref("digits:train:64"), StoredPlane(path, file_digest(Path(path)))
    made = build(Query(LAST, data, plane), CPU).made
    cut = build(Query(LAST, data, Cut(plane, (0.0, 0.0), (0.1, 0.05))), CPU).made
    for step in ((0.0, 0.0), (0.1, 0.05), (-0.1, 0.1)):
        with torch.no_grad():
            plain = judged(set_states(network, x, y, step)(made.examples.inputs), made.examples.labels)[0].mean().item()
        assert made.mean_loss(*step)[0] == pytest.approx(plain, rel=1e-4, nan_ok=True)
    assert cut.mean_loss(1.0, 0.0)[0] == pytest.approx(made.mean_loss(0.1, 0.05)[0], rel=1e-4, nan_ok=True)
