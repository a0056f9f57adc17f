"""References of planes through checkpoints become the directions that they name."""

import pytest
import torch
from torch.func import functional_call

from compute.errors import BadDirections
from compute.jobs.axes import axes, parameters, projected
from compute.jobs.build import build
from compute.numerics.evaluation import judged
from compute.numerics.planes import Plane, dot
from compute.settings import ROOT
from compute.specs import Query, ThroughPlane, TrajectoryPlane
from compute.zoo import gallery
from compute.zoo.checkpoints import load_model
from compute.zoo.datasets import data_ref

STEPS = gallery.trajectory([ROOT / "data" / "gallery"], "resnet20")
LAST = STEPS[-1]
DATA = data_ref("digits:train:64")


def spanned(ref, model=LAST):
    weights = parameters(model)
    return Plane(weights, *axes(ref, model, weights))


def test_the_first_axis_ends_at_the_second_network_and_the_other_is_orthogonal():
    for ref in (ThroughPlane(STEPS[2]), ThroughPlane(STEPS[2], seed=1), ThroughPlane(STEPS[2], STEPS[5])):
        plane = spanned(ref)
        torch.testing.assert_close(plane.embed(1, 0), parameters(STEPS[2]), atol=1e-6, rtol=1e-5)
        assert plane.cosine == pytest.approx(0, abs=1e-6)


def test_the_third_network_lies_on_the_plane():
    plane = spanned(ThroughPlane(STEPS[2], STEPS[5]))
    third = parameters(STEPS[5])
    difference = {name: third[name] - weight for name, weight in plane.origin.items()}
    alpha = dot(difference, plane.x) / plane.lengths[0] ** 2
    torch.testing.assert_close(plane.embed(alpha, 1), third, atol=1e-6, rtol=1e-5)


def test_another_seed_turns_the_second_axis_alone():
    one, other = (spanned(ThroughPlane(STEPS[2], seed=seed)) for seed in (0, 1))
    torch.testing.assert_close(one.x, other.x)
    assert abs(dot(one.y, other.y)) < 0.1 * dot(one.y, one.y)


@pytest.mark.parametrize("ref", [ThroughPlane(LAST), ThroughPlane(STEPS[0], STEPS[0]), ThroughPlane(STEPS[0], LAST)])
def test_networks_on_a_line_span_no_plane(ref):
    with pytest.raises(BadDirections, match="A plane needs networks that do not lie on a line, but these do"):
        spanned(ref)


def test_a_plane_has_the_batch_norm_statistics_of_its_origin_everywhere():
    made = build(Query(LAST, DATA, ThroughPlane(STEPS[4])), torch.device("cpu")).made
    network, other = load_model(LAST), load_model(STEPS[4])
    inputs, labels = made.examples.inputs, made.examples.labels
    mixed = judged(functional_call(network, dict(other.named_parameters()), (inputs,)), labels)[0].mean().item()
    own = judged(other(inputs), labels)[0].mean().item()
    assert made.mean_loss(1.0, 0.0)[0] == pytest.approx(mixed, rel=1e-4)
    assert abs(mixed - own) > 0.01 * own


@pytest.mark.parametrize("ignore", ["none", "biasbn"])
def test_a_trajectorys_plane_moves_biases_and_batch_norm_only_if_it_should(ignore):
    plane = spanned(TrajectoryPlane(STEPS[::4], ignore))
    moved = {name for name, part in plane.x.items() if part.any()}
    assert moved == {name for name, part in plane.origin.items() if part.dim() > 1 or ignore == "none"}


def test_a_path_is_projected_whole_also_where_its_plane_moves_less():
    told = projected(TrajectoryPlane(STEPS, "biasbn"), LAST, STEPS)["places"]
    whole = [
        torch.cat([(one.double() - other).flatten() for one, other in zip(*pair, strict=True)]).norm().item()
        for pair in ((parameters(step).values(), parameters(LAST).values()) for step in STEPS)
    ]
    assert told[:, 2].tolist() == pytest.approx(whole, rel=1e-9)


def test_at_the_origin_a_network_has_its_own_loss():
    made = build(Query(LAST, DATA, TrajectoryPlane(STEPS)), torch.device("cpu")).made
    loss = judged(load_model(LAST)(made.examples.inputs), made.examples.labels)[0].mean().item()
    assert made.mean_loss(0.0, 0.0)[0] == pytest.approx(loss, rel=1e-4)
