"""Every network, however it is written, has its own loss at every point."""

from copy import deepcopy
from dataclasses import replace

import numpy as np
import pytest
import torch

from compute.errors import BadNetwork
from compute.inputs import call, map_tensors
from compute.jobs.tuning import stacked
from compute.numerics import proof
from compute.numerics.arithmetic import arithmetic
from compute.numerics.assumptions import check, evaluate
from compute.numerics.copies import converted
from compute.numerics.directions import gaussian, scaled
from compute.numerics.evaluation import Examples
from compute.numerics.folding import fold
from compute.numerics.gradients import gradient_norm
from compute.numerics.planes import Plane, movable
from compute.numerics.proof import FEW, POINTS, Reference, distance, proved
from compute.numerics.steps import ALL, Step
from compute.zoo.registry import build
from tests.compute.numerics.test_folding import plane_through, used
from tests.compute.numerics.varied import NETWORKS, N, vectors

AT = np.array([(0.0, 0.0), (0.4, 0.3), (-0.6, 1.0)])
CPU = torch.device("cpu")


def squares(outputs, targets):
    """Each example's mean square of whatever is given for it, and how far that is from its target."""
    return (outputs.flatten(1) - targets[:, None]).square().mean(1), None


def made(name, dtype=torch.float32):
    torch.manual_seed(0)
    network, inputs = NETWORKS[name]()
    network = converted(network.eval(), CPU, dtype)
    return network, Examples(inputs, vectors(1)[:, 0], squares).to(dtype)


def plane_of(network):
    weights = {name: weight.clone() for name, weight in movable(network).items()}
    return Plane(weights, *(scaled(gaussian(weights, 0, axis), weights, ignore="none") for axis in (0, 1)))


def plainly(network, plane, examples):
    """The losses (points, examples), by the network's own parameters and nothing else."""
    evaluate(network)
    found = []
    for alpha, beta in AT.tolist():
        with torch.no_grad():
            for name, parameter in network.named_parameters():
                if name in plane.origin:
                    parameter.copy_(plane.origin[name] + (alpha * plane.x[name] + beta * plane.y[name]))
        with arithmetic(next(iter(plane.origin.values())).abs().dtype, gradients=True):
            outputs = call(network, map_tensors(torch.Tensor.clone, examples.inputs))
            found.append(examples.judge(outputs, examples.targets)[0].detach())
    return torch.stack(found).numpy()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_has_its_own_loss(name, dtype):
    if name == "autocast" and dtype == torch.float64:
        pytest.skip("float64 is not cast down")
    network, examples = made(name, dtype)
    ready = proved(network, plane_of(network), examples, dtype, clones=check(network, examples, dtype))
    losses, _, _ = ready.losses(AT, 0, N)
    other, _ = made(name, dtype)
    tolerance = 1e-5 if dtype == torch.float32 else 1e-11
    np.testing.assert_allclose(losses, plainly(other, plane_of(other), examples), rtol=tolerance, atol=tolerance / 100)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", NETWORKS)
def test_several_points_at_once_have_the_same_losses_or_are_not_tried(name, monkeypatch):
    network, examples = made(name)
    ready = proved(network, plane_of(network), examples, clones=check(network, examples))
    one_by_one = ready.losses(AT, 0, N)[0]
    monkeypatch.setattr("compute.jobs.tuning.SMALL", float("inf"))
    monkeypatch.setattr("compute.jobs.tuning.seconds_per_point", lambda found: 1 / found.stack)
    found = stacked(replace(ready, batch=N))
    np.testing.assert_allclose(found.losses(AT, 0, N)[0], one_by_one, rtol=1e-5, atol=1e-7)


TIED = ["tiedembeddings", "sharedlayer", "tiedconvnorms", "siamese"]


@pytest.mark.parametrize("name", TIED)
def test_a_parameter_with_several_owners_counts_once_in_the_gradient(name):
    network, examples = made(name, torch.float64)
    weights = {key: weight.clone() for key, weight in movable(network).items()}
    losses = examples.judge(call(network, examples.inputs), examples.targets)[0]
    gradients = torch.autograd.grad(losses.mean(), tuple(network.parameters()))
    length = torch.cat([gradient.flatten() for gradient in gradients]).norm().item()
    assert gradient_norm(network, weights, examples) == pytest.approx(length, rel=1e-10)


def test_complex_weights_have_a_gradient_of_both_parts():
    network, examples = made("fourierlayer", torch.float64)
    weights = {key: weight.clone() for key, weight in movable(network).items()}
    length, step = gradient_norm(network, weights, examples), 1e-6

    def mean(moved):
        return examples.judge(torch.func.functional_call(network, moved, (examples.inputs,)), examples.targets)[
            0
        ].mean()

    slopes = []
    for key, weight in weights.items():
        for place in np.ndindex(tuple(weight.shape)):
            for unit in (1, 1j) if weight.is_complex() else (1,):
                ends = []
                for sign in (1, -1):
                    other = weight.clone()
                    other[place] += sign * step * unit
                    ends.append(mean(weights | {key: other}).item())
                slopes.append((ends[0] - ends[1]) / (2 * step))
    assert length == pytest.approx(np.linalg.norm(slopes), rel=1e-6)


def test_a_network_without_gradients_says_so():
    network, examples = made("frozentrunk")
    fixed = replace(examples, judge=lambda outputs, targets: (outputs.detach().mean(1), None))
    with pytest.raises(BadNetwork, match="computes without gradients: leave out"):
        gradient_norm(network, movable(network), fixed)


@pytest.mark.parametrize("name", ["resnet20", "vgg9-slim", "mlp", "resnet56-noshort"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_networks_of_the_zoo_keep_every_step(name, dtype):
    network = used(build(name, (1, 8, 8), 10)).to(torch.promote_types(dtype, torch.float32))
    examples = Examples(vectors(1, 8, 8), torch.arange(N) % 10).to(torch.promote_types(dtype, torch.float32))
    found = proved(network, plane_through(network), examples, dtype)
    assert found.left_out == ()
    assert found.steps == ALL


def wrongly(graph, linear, norm, parts):
    """Folds a BatchNorm but forgets its shift."""
    fold(graph, linear, norm, parts)
    parts["origin"][f"{linear}.bias"].zero_()


def test_a_step_that_changes_the_loss_is_left_out_and_named(monkeypatch, caplog):
    network, examples = used(build("resnet20", (1, 8, 8), 10)), Examples(vectors(1, 8, 8), torch.arange(N) % 10)
    plane = plane_through(network)
    expected = proved(deepcopy(network), plane, examples).losses(AT, 0, N)[0]
    monkeypatch.setattr("compute.numerics.folding.fold", wrongly)
    found = proved(network, plane, examples)
    assert found.left_out == (Step.FOLD,)
    assert Step.JOIN in found.steps
    assert "left out, for the loss would change: folded BatchNorm" in caplog.text
    np.testing.assert_allclose(found.losses(AT, 0, N)[0], expected, rtol=1e-5)


def test_a_network_that_cannot_be_copied_is_called_as_it_was_written():
    network, examples = made("locked")
    found = proved(network, plane_of(network), examples)
    assert found.network is network
    assert Step.COPY in found.left_out


def test_only_rounding_is_forgiven():
    network, examples = used(build("resnet56-noshort", (1, 8, 8), 10)), Examples(vectors(1, 8, 8), torch.arange(N) % 10)
    plain = proof.prepared(network, plane_through(network), examples, steps=())
    reference = Reference(plain)
    assert reference.agrees(reference.losses * (1 + 1e-7))
    assert not reference.agrees(reference.losses + np.array([[1e-3], [0], [0]]))
    assert not reference.agrees(reference.losses * (1 + 1e-4))
    assert not reference.agrees(np.where(np.arange(FEW) == 3, np.nan, reference.losses))
    assert reference.spread.shape == (len(POINTS), 1)
    assert distance(reference.losses, reference.losses).max() == 0
