"""Lines between networks, as a worker evaluates them, against plain loops."""

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from compute.errors import BadReference, UnknownName
from compute.jobs import tuning
from compute.jobs.axes import angle_of, spanned
from compute.jobs.build import build
from compute.jobs.networks import load_network
from compute.numerics.lines import layers
from compute.numerics.statistics import coordinates, norms
from compute.specs import CALIBRATION, CALIBRATION_BATCH, STATISTICS, Cut, Query, RandomPlane, Segment
from compute.zoo import datasets, weights
from compute.zoo.checkpoints import model_ref
from compute.zoo.registry import build as architecture

CPU = torch.device("cpu")
DATA = datasets.data_ref("digits:test:64")
ALPHAS = np.array([-0.25, 0.0, 0.5, 1.0, 1.25])


@pytest.fixture(scope="module", params=["vgg9-eighth", "resnet20"])
def ends(request, tmp_path_factory):
    """Two networks that have nothing in common but their architecture."""
    folder, found = tmp_path_factory.mktemp("ends"), []
    for seed in (1, 2):
        torch.manual_seed(seed)
        made = architecture(request.param, (1, 8, 8), 10)
        for norm in norms(made).values():
            nn.init.uniform_(norm.weight, 0.5, 1.5)
            nn.init.normal_(norm.bias, std=0.1)
        list(made.parameters())[-2].data.mul_(20)  # sure of its guesses, so that losses differ
        made.train()
        for images, _ in batches(datasets.data_ref("digits:train:256"), 64 * seed):
            made(images)
        weights.write(made.state_dict(), folder / f"{seed}.safetensors")
        found.append(model_ref(folder / f"{seed}.safetensors", request.param, (1, 8, 8), 10))
    return tuple(found)


def batches(ref, size):
    found = datasets.examples(ref)
    return list(zip(found.inputs.split(size), found.targets.split(size), strict=True))


def plain(model, ref=DATA):
    """A network's mean loss, in the plainest way."""
    ((images, labels),) = batches(ref, ref.size)
    with torch.inference_mode():
        return F.cross_entropy(model.double()(images.double()), labels).item()


def naive(ends, alpha, statistics):
    """The loss at a point of the line, a state dictionary at a time."""
    one, two = (load_network(ref).state_dict() for ref in ends)
    made = load_network(ends[0])
    for name, value in made.state_dict().items():
        buffer = name.rpartition(".")[2].startswith(("running", "num_batches"))
        moves = not buffer or (statistics == "interpolated" and not name.endswith("tracked"))
        value.copy_((1 - alpha) * one[name] + alpha * two[name] if moves else one[name])
    if statistics == "recomputed":
        for norm in norms(made).values():
            norm.reset_running_stats()
            norm.momentum = None
        made.train()
        for images, _ in batches(datasets.data_ref(f"digits:train:{CALIBRATION}"), CALIBRATION_BATCH):
            made(images)
        made.eval()
    return plain(made)


def losses(ends, at=ALPHAS, precision="exact", **options):
    """What a worker says."""
    made = build(Query(ends[0], DATA, Segment(ends[1], **options), precision), CPU).made
    return made.losses(np.stack([at, 0 * at], axis=1), 0, DATA.size)[0].mean(axis=1)


@pytest.mark.parametrize("statistics", STATISTICS)
def test_a_line_has_the_losses_of_a_naive_implementation(ends, statistics):
    expected = [naive(ends, alpha, statistics) for alpha in ALPHAS]
    np.testing.assert_allclose(losses(ends, statistics=statistics), expected, rtol=1e-4, equal_nan=True)


def test_the_statistics_make_a_difference_between_the_ends(ends):
    middle = {statistics: naive(ends, 0.5, statistics) for statistics in STATISTICS}
    assert len({round(value, 4) for value in middle.values()}) == 3


def test_a_line_that_is_stacked_leaves_one_with_recomputed_statistics_alone(ends, monkeypatch):
    monkeypatch.setattr(tuning, "_tuned", {})
    monkeypatch.setattr(tuning, "stacked", lambda made: replace(made, stack=1 if made.calibration else 4))
    losses(ends, statistics="frozen")
    found = losses(ends, statistics="recomputed")
    np.testing.assert_allclose(found, [naive(ends, alpha, "recomputed") for alpha in ALPHAS], rtol=1e-4)


def test_interpolated_statistics_give_both_networks_own_losses(ends):
    own = [plain(load_network(ref)) for ref in ends]
    np.testing.assert_allclose(losses(ends, np.array([0.0, 1.0])), own, rtol=1e-5)


def test_frozen_statistics_give_the_first_networks_own_loss_and_not_the_seconds(ends):
    own, found = [plain(load_network(ref)) for ref in ends], losses(ends, np.array([0.0, 1.0]), statistics="frozen")
    assert found[0] == pytest.approx(own[0], rel=1e-5)
    assert found[1] != pytest.approx(own[1], rel=1e-2)


def test_recomputed_statistics_give_the_losses_of_both_networks_recomputed(ends):
    there, back = (losses(order, np.array([0.0, 1.0]), statistics="recomputed") for order in (ends, ends[::-1]))
    np.testing.assert_allclose(there, back[::-1], rtol=1e-4)


def test_one_layer_goes_over_with_its_statistics_and_the_rest_stays(ends):
    one, two = (load_network(ref) for ref in ends)
    layer = list(layers(coordinates(one)))[1]
    moved = set(layers(coordinates(one))[layer])
    state = {name: (two if name in moved else one).state_dict()[name] for name in one.state_dict()}
    mixed = copy.deepcopy(one)
    mixed.load_state_dict(state)
    expected = [plain(one), plain(mixed)]
    np.testing.assert_allclose(losses(ends, np.array([0.0, 1.0]), part=layer), expected, rtol=1e-5)


def test_an_unknown_layer_is_refused(ends):
    with pytest.raises(UnknownName, match="Unknown layer 'nowhere': choose one of"):
        losses(ends, part="nowhere")


def test_float64_agrees_with_float32(ends):
    for statistics in STATISTICS:
        exact, reference = (
            losses(ends, ALPHAS, precision, statistics=statistics) for precision in ("exact", "reference")
        )
        np.testing.assert_allclose(exact, reference, rtol=1e-4, equal_nan=True)


def test_a_cut_shows_the_planes_losses_along_a_line(ends):
    ref = RandomPlane(seed=3)
    surface = build(Query(ends[0], DATA, ref), CPU).made
    cut = build(Query(ends[0], DATA, Cut(ref, (0.5, -0.25), (-0.5, 0.75))), CPU).made
    for alpha in (0.0, 0.25, 1.0):
        expected = surface.mean_loss(0.5 - alpha, -0.25 + alpha)
        assert cut.mean_loss(alpha, 0.0)[0] == pytest.approx(expected[0], rel=1e-4)


def test_a_rescaled_network_has_the_same_losses_on_filter_normalised_planes_and_others_on_raw_ones(ends):
    for norm, same in (("filter", True), ("none", False)):
        found = []
        for model in (ends[0], replace(ends[0], rescale=10.0)):
            made = build(Query(model, DATA, RandomPlane(norm=norm), "reference"), CPU).made
            found.append(made.losses(np.array([[0.0, 0.0], [0.5, 0.0], [0.25, -0.5]]), 0, DATA.size)[0].mean(axis=1))
        assert found[1][0] == pytest.approx(found[0][0], rel=1e-5)
        assert np.allclose(found[1], found[0], rtol=1e-5) == same


def test_a_line_has_no_angle_but_a_length(ends):
    query = Query(ends[0], DATA, Segment(ends[1]))
    with pytest.raises(BadReference, match="a line has one"):
        angle_of(query)
    one, two = (dict(load_network(ref).named_parameters()) for ref in ends)
    expected = sum(((two[name] - one[name]) ** 2).sum().item() for name in one) ** 0.5
    assert spanned(query.plane, query.model, one).lengths == pytest.approx((expected, 0.0), rel=1e-6)


def test_points_together_are_points_one_by_one(ends):
    made = build(Query(ends[0], DATA, Segment(ends[1])), CPU).made
    at = np.stack([ALPHAS, 0 * ALPHAS], axis=1)
    one, several = (replace(made, stack=stack).losses(at, 0, DATA.size)[0] for stack in (1, 4))
    np.testing.assert_allclose(one, several, rtol=1e-4, atol=1e-5, equal_nan=True)
