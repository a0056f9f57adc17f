from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from compute.numerics.evaluation import Examples, mean_loss, per_example
from compute.numerics.preparation import prepared
from compute.zoo.registry import ARCHITECTURES, SEQUENCES, build
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


def test_a_part_of_the_examples_gives_its_part_of_the_losses(examples):
    network = used(build("resnet20", (1, 8, 8), 10))
    ready = prepared(network, plane_through(network), examples, batch=10)
    whole, part = ready.per_example(0.3, 0.7), ready.per_example(0.3, 0.7, 5, 29)
    for all_of_them, some in zip(whole, part, strict=True):
        torch.testing.assert_close(some, all_of_them[5:29], rtol=1e-4, atol=1e-5)


def test_losses_of_many_points_come_with_their_labels(examples):
    network = used(build("mlp", (1, 8, 8), 10))
    ready = prepared(network, plane_through(network), examples, batch=10)
    losses, correct, labels = ready.losses(np.array(POINTS), 3, 20)
    assert losses.shape == correct.shape == (3, 17)
    assert labels.tolist() == examples.labels[3:20].tolist()
    np.testing.assert_array_equal(losses[1], ready.per_example(*POINTS[1], 3, 20)[0])


class Narrow(torch.nn.Linear):
    """Runs out of memory above so many examples."""

    room = 5

    def forward(self, inputs):
        if len(inputs) > self.room:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        return super().forward(inputs.flatten(1))


def test_out_of_memory_halves_the_batch_for_good_and_changes_no_number(examples, caplog):
    network = Narrow(64, 10).eval()
    plane = plane_through(network)
    ready = prepared(network, plane, examples, batch=37)
    losses, _ = ready.per_example(0.3, 0.7)
    Narrow.room = 1000
    try:
        expected, _ = per_example(network, plane.embed(0.3, 0.7), examples, 37)
    finally:
        Narrow.room = 5
    torch.testing.assert_close(losses, expected)
    assert ready.batch == 4
    assert "out of memory, batch halved" in caplog.text


def test_where_not_one_example_fits_the_error_stays(examples, monkeypatch):
    monkeypatch.setattr(Narrow, "room", 0)
    network = Narrow(64, 10).eval()
    with pytest.raises(torch.OutOfMemoryError):
        prepared(network, plane_through(network), examples, batch=37).per_example(0, 0)
    monkeypatch.setattr(Narrow, "room", 100)
    unfit = Narrow(63, 10).eval()
    ready = prepared(unfit, plane_through(unfit), examples)
    with pytest.raises(RuntimeError, match="mat1 and mat2"):
        ready.per_example(0, 0)


@pytest.mark.parametrize(("name", "dtype"), [*((name, torch.float64) for name in NAMES), ("mlp", torch.bfloat16)])
def test_points_at_once_are_the_points_one_by_one(name, dtype, examples):
    network = used(build(name, (1, 8, 8), 10)).to(torch.promote_types(dtype, torch.float32))
    ready = prepared(network, plane_through(network), examples, dtype, batch=10)
    at = np.random.default_rng(0).uniform(-1, 1, (7, 2))
    one, several = ready.losses(at, 3, 30), replace(ready, stack=4).losses(at, 3, 30)
    np.testing.assert_allclose(
        several[0], one[0], **{torch.float64: {"rtol": 1e-9}, torch.bfloat16: {"atol": 0.1}}[dtype]
    )
    assert several[0].shape == several[1].shape == (7, 27)
    assert several[2].tolist() == one[2].tolist()


def test_out_of_memory_unstacks_before_it_halves(examples):
    network = Narrow(64, 10).eval()
    ready = prepared(network, plane_through(network), examples, batch=37)
    ready.stack = 4
    losses, _, _ = ready.losses(np.zeros((6, 2)), 0, 37)
    assert (ready.stack, ready.batch) == (1, 4)
    assert np.ptp(losses, axis=0).max() == 0


ZOO = [pytest.param(name, marks=pytest.mark.slow) if "-k8" in name else name for name in ARCHITECTURES]


def some(name):
    """A few examples of the size of the digits, or a few short sequences."""
    torch.manual_seed(2)
    if name in SEQUENCES:
        return Examples(torch.randint(0, 10, (8, 16)), torch.randint(0, 10, (8, 16)))
    return Examples(torch.randn(8, 1, 8, 8).double(), torch.randint(0, 10, (8,)))


@pytest.mark.parametrize("name", ZOO)
def test_every_network_of_the_zoo_keeps_its_loss(name):
    examples = some(name)
    shape = tuple(examples.inputs.shape[1:])
    network = build(name, shape, 10).double().eval() if name in SEQUENCES else used(build(name, shape, 10)).double()
    plane = plane_through(network)
    ready = prepared(network, plane, examples, torch.float64)
    for at in POINTS[:2]:
        losses, correct = ready.per_example(*at)
        expected, right = per_example(network, plane.embed(*at), examples, 8)
        torch.testing.assert_close(losses, expected, rtol=1e-5, atol=1e-5)
        assert torch.equal(correct, right)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_symbols_stay_whole_whatever_the_arithmetic(dtype):
    examples = some("transformer")
    network = build("transformer", (16,), 10).eval()
    plane = plane_through(network)
    ready = prepared(network, plane, examples, dtype)
    losses, _ = ready.per_example(0.3, -0.2)
    expected, _ = per_example(network, plane.embed(0.3, -0.2), examples, 8)
    torch.testing.assert_close(losses, expected, rtol=1e-5 if dtype == torch.float32 else 2e-2, atol=1e-5)


def test_several_points_at_once_give_the_losses_of_sequences_too():
    examples = some("transformer")
    network = build("transformer", (16,), 10).eval()
    ready = prepared(network, plane_through(network), examples)
    losses, correct = ready.together(np.array(POINTS), examples)
    one_by_one = [ready.per_example(*at) for at in POINTS]
    torch.testing.assert_close(losses, torch.stack([loss for loss, _ in one_by_one]), rtol=1e-5, atol=1e-5)
    assert torch.equal(correct, torch.stack([right for _, right in one_by_one]))


def per_pixel(outputs, targets):
    """Segmentation: each example's mean loss over its pixels, right where most of them are."""
    losses = F.cross_entropy(outputs, targets, reduction="none").flatten(1).mean(1)
    return losses, (outputs.argmax(1) == targets).flatten(1).double().mean(1) > 0.5


def distance(outputs, targets):
    """Regression: nothing is right or wrong."""
    return (outputs - targets).flatten(1).square().mean(1), None


@pytest.mark.parametrize(
    ("judge", "targets"),
    [(per_pixel, torch.arange(37 * 64).reshape(37, 8, 8) % 3), (distance, torch.ones(37, 3, 8, 8))],
)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_any_loss_of_an_example_is_prepared_as_well(examples, judge, targets, dtype):
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 3, 1)).eval()
    judged = replace(examples, targets=targets, judge=judge)
    plane = plane_through(network)
    ready = prepared(network, plane, judged, dtype, batch=10)
    expected = [per_example(network, plane.embed(*at), judged, 37) for at in POINTS]
    losses, right, labels = ready.losses(np.array(POINTS), 0, 37)
    wanted = np.stack([loss.numpy() for loss, _ in expected])
    np.testing.assert_allclose(losses, wanted, rtol=1e-4 if dtype == torch.float32 else 0.1)
    assert not labels.any()
    assert (right is None) == (judge is distance)
    if right is not None and dtype == torch.float32:
        np.testing.assert_array_equal(right, np.stack([told.numpy() for _, told in expected]))
    assert np.isnan(ready.mean_loss(0, 0)[1]) == (judge is distance)


def test_several_points_at_once_are_judged_as_one_by_one(examples):
    torch.manual_seed(0)
    network = nn.Sequential(nn.Flatten(), nn.Linear(64, 3)).eval()
    judged = replace(examples, targets=torch.randn(37, 3), judge=distance)
    ready = prepared(network, plane_through(network), judged, batch=10)
    losses, right = ready.together(np.array(POINTS), judged)
    torch.testing.assert_close(losses, torch.stack([ready.per_example(*at)[0] for at in POINTS]))
    assert right is None
