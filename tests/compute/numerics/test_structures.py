"""Networks of several inputs and outputs of any structure have the losses that calling them plainly gives."""

from collections import OrderedDict, defaultdict
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from compute.numerics.evaluation import Examples, mean_loss
from compute.numerics.gradients import gradient_norm
from compute.numerics.outputs import leaves, map_outputs, widened
from compute.numerics.preparation import prepared
from compute.numerics.prepared import Calibration
from compute.numerics.statistics import recompute
from tests.compute.numerics.test_folding import plane_through

COUNT = 20
POINTS = np.array([(0.0, 0.0), (0.6, -0.4), (-1.0, 0.7)])


@dataclass
class Scores:
    """Outputs as a dataclass, with something that is no tensor."""

    logits: torch.Tensor
    hidden: tuple[torch.Tensor, ...]
    name: str = "scores"


class Pair(NamedTuple):
    """Outputs as a named tuple."""

    logits: torch.Tensor
    values: torch.Tensor


class Masked(nn.Module):
    """Mean embedding of the symbols that a mask leaves, and what is said of it."""

    def __init__(self, form):
        super().__init__()
        self.form, self.embedding, self.head = form, nn.Embedding(11, 6), nn.Linear(6, 3)

    def forward(self, ids, mask, scale=None):
        weight = mask[..., None].to(self.head.weight.dtype)
        hidden = (self.embedding(ids) * weight).sum(1) / weight.sum(1)
        if scale is not None:
            hidden = hidden * scale[:, None]
        logits = self.head(torch.tanh(hidden))
        return {
            "tensor": lambda: logits,
            "tuple": lambda: (logits, (hidden, None)),
            "list": lambda: [logits, hidden],
            "dictionary": lambda: {"logits": logits, "more": {"hidden": hidden}},
            "named tuple": lambda: Pair(logits, hidden),
            "dataclass": lambda: Scores(logits, (hidden,)),
            "columns first": lambda: logits.T,
        }[self.form]()


def logits_of(outputs):
    if isinstance(outputs, tuple | list) and not isinstance(outputs, Pair):
        return outputs[0]
    if isinstance(outputs, dict):
        return outputs["logits"]
    return outputs.logits if isinstance(outputs, Pair | Scores) else outputs


def judge(outputs, targets):
    logits = logits_of(outputs)
    logits = logits.T if logits.shape == (3, len(targets)) else logits
    return F.cross_entropy(logits, targets, reduction="none"), logits.argmax(1) == targets


def some(kind):
    torch.manual_seed(3)
    ids, mask = torch.randint(0, 11, (COUNT, 5)), (torch.rand(COUNT, 5) > 0.4).long()
    mask[:, 0], scale = 1, torch.rand(COUNT) + 0.5
    inputs = {
        "tuple": (ids, mask),
        "three": (ids, mask, scale),
        "dictionary": {"mask": mask, "ids": ids},
    }[kind]
    return Examples(inputs, torch.randint(0, 3, (COUNT,)), judge)


FORMS = ["tensor", "tuple", "list", "dictionary", "named tuple", "dataclass", "columns first"]


@pytest.mark.parametrize("kind", ["tuple", "three", "dictionary"])
@pytest.mark.parametrize("form", FORMS)
def test_any_inputs_and_outputs_give_the_plain_losses(kind, form):
    torch.manual_seed(1)
    network, examples = Masked(form).eval(), some(kind)
    plane = plane_through(network)
    ready = prepared(network, plane, examples, batch=8)
    for stack in (1, 2):
        losses, right, labels = replace(ready, stack=stack).losses(POINTS, 0, COUNT)
        for index, (alpha, beta) in enumerate(POINTS):
            with torch.no_grad():
                moved = plane.embed(alpha, beta)
                inputs = examples.inputs
                named = inputs if isinstance(inputs, dict) else {}
                placed = () if isinstance(inputs, dict) else inputs
                outputs = torch.func.functional_call(network, moved, placed, named)
            plain, hit = judge(outputs, examples.targets)
            np.testing.assert_allclose(losses[index], plain.numpy(), rtol=1e-5, atol=1e-6)
            np.testing.assert_array_equal(right[index], hit.numpy())
            assert mean_loss(network, plane, (alpha, beta), examples, 6)[0] == pytest.approx(losses[index].mean(), 1e-5)
    assert labels.tolist() == examples.targets.tolist()


def test_a_part_of_several_inputs_is_the_same_part_of_each():
    examples = some("dictionary").part(3, 9)
    assert len(examples) == 6
    assert torch.equal(examples.inputs["ids"], some("dictionary").inputs["ids"][3:9])
    wide = some("three").to(torch.float64)
    assert [tensor.dtype for tensor in wide.inputs] == [torch.int64, torch.int64, torch.float64]


def test_targets_may_be_several_and_belong_to_no_class():
    torch.manual_seed(1)

    def both(outputs, targets):
        squares = (outputs[1][0].square().sum(1) - targets["norm"]).square()
        return F.cross_entropy(outputs[0], targets["label"], reduction="none") + squares, None

    targets = {"label": torch.randint(0, 3, (COUNT,)), "norm": torch.rand(COUNT)}
    network, examples = Masked("tuple").eval(), replace(some("tuple"), targets=targets, judge=both)
    plane = plane_through(network)
    ready = prepared(network, plane, examples, batch=8)
    losses, right, labels = replace(ready, stack=2).losses(POINTS, 0, COUNT)
    assert right is None
    assert labels.tolist() == [0] * COUNT
    for index, (alpha, beta) in enumerate(POINTS):
        outputs = torch.func.functional_call(network, plane.embed(alpha, beta), examples.inputs)
        np.testing.assert_allclose(losses[index], both(outputs, targets)[0].detach().numpy(), rtol=1e-5, atol=1e-6)


def test_the_gradient_of_several_inputs_is_that_of_one_pass():
    torch.manual_seed(1)
    network, examples = Masked("dataclass").double().eval(), some("dictionary")
    weights = {name: weight.detach() for name, weight in network.named_parameters()}
    judge(network(**examples.inputs), examples.targets)[0].mean().backward()
    expected = torch.stack([weight.grad.square().sum() for weight in network.parameters()]).sum().sqrt().item()
    assert gradient_norm(network, weights, examples, 4) == pytest.approx(expected, rel=1e-12)


class Twins(nn.Module):
    """The distance of two images' features, each from a branch of its own."""

    def __init__(self):
        super().__init__()
        self.one, self.other = (
            nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(144, 5))
            for _ in range(2)
        )

    def forward(self, one, other):
        return (self.one(one) - self.other(other)).square().sum(1)


def squares(outputs, targets):
    return (outputs - targets).square(), None


def test_statistics_are_recomputed_from_several_inputs():
    torch.manual_seed(0)
    network, pair = Twins().eval(), (torch.randn(12, 1, 8, 8), torch.randn(12, 1, 8, 8) + 1)
    examples = Examples(pair, torch.ones(12), squares)
    with torch.no_grad():
        normal = nn.functional.batch_norm
        hidden = [
            torch.cat([normal(branch[0](part), None, None, training=True) for part in torch.split(inputs, 12)])
            for branch, inputs in zip((network.one, network.other), pair, strict=True)
        ]
        features = [branch[2:](values) for branch, values in zip((network.one, network.other), hidden, strict=True)]
        expected = squares((features[0] - features[1]).square().sum(1), 1)[0].mean().item()
    ready = prepared(network, plane_through(network), examples, calibration=Calibration(pair, 12))
    # With all examples in one batch they are normalised by their own statistics, the variance but for n / (n - 1).
    assert ready.mean_loss(0.0, 0.0)[0] == pytest.approx(expected, rel=0.02)
    recompute(network, pair, 6)
    outputs = network.other[0](pair[1])
    means = torch.stack([part.mean((0, 2, 3)) for part in torch.split(outputs, 6)]).mean(0)
    torch.testing.assert_close(network.other[1].running_mean, means)


def test_points_at_once_are_told_apart_where_another_axis_is_as_long_as_a_batch():
    torch.manual_seed(1)
    ids = torch.randint(0, 5, (8, 8))
    network = nn.Sequential(nn.Embedding(5, 4), nn.Linear(4, 5)).eval()

    def time_first(outputs, targets):
        return F.cross_entropy(outputs.permute(1, 2, 0), targets, reduction="none").mean(1), None

    examples = Examples(ids.T.contiguous(), ids, time_first)
    plane = plane_through(network)
    ready = prepared(network, plane, examples, batch=8)
    one, several = (replace(ready, stack=stack).losses(POINTS, 0, 8)[0] for stack in (1, 3))
    np.testing.assert_allclose(several, one, rtol=1e-5)


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_outputs_of_narrow_arithmetic_are_judged_in_float32(dtype):
    seen = []

    def watched(outputs, targets):
        seen.append(outputs.logits.dtype)
        return judge(outputs, targets)

    torch.manual_seed(1)
    network, examples = Masked("dataclass").eval(), replace(some("tuple"), judge=watched)
    network = network.double() if dtype == torch.float64 else network
    ready = prepared(network, plane_through(network), examples, dtype)
    found = ready.per_example(0.2, 0.1)[0]
    assert set(seen) == {torch.float64 if dtype == torch.float64 else torch.float32}
    exact = prepared(network, plane_through(network), examples).per_example(0.2, 0.1)[0]
    torch.testing.assert_close(found.float(), exact, rtol=0.05, atol=0.05)


def test_widening_leaves_classes_masks_and_words_alone():
    half, whole = torch.ones(2, dtype=torch.bfloat16), torch.ones(2, dtype=torch.int8)
    found = widened({"scores": half, "ids": whole, "mask": whole.bool(), "name": "x", "pair": Pair(half, whole)})
    assert [found[name].dtype for name in ("scores", "ids", "mask")] == [torch.float32, torch.int8, torch.bool]
    assert (found["name"], type(found["pair"]), found["pair"].values.dtype) == ("x", Pair, torch.int8)
    assert map_outputs(len, None) is None


@dataclass(frozen=True, slots=True)
class Frozen:
    """A dataclass that checks what it is made of."""

    logits: torch.Tensor
    count: int = field(init=False, default=7)

    def __post_init__(self):
        assert self.logits.dim() == 1


def test_structures_of_every_kind_are_copied_and_not_changed():
    one = torch.ones(3, dtype=torch.bfloat16)
    grouped = defaultdict(list, {"boxes": [one, one]})
    for outputs in (
        Frozen(one),
        grouped,
        OrderedDict(a=one, b=None),
        MappingProxyType({"a": one}),
        torch.max(one[None], 1),
        Scores(one, (one,)),
        [{"scores": one}, {"scores": one}],
    ):
        found = widened(outputs)
        assert [part.dtype for part in leaves(found) if part.is_floating_point()] == [torch.float32] * sum(
            part.is_floating_point() for part in leaves(outputs)
        )
        assert all(part.dtype != torch.float32 for part in leaves(outputs))
        assert type(found) is type(outputs) or isinstance(outputs, MappingProxyType)
    assert widened(grouped).default_factory is list
    assert (widened(Frozen(one)).count, widened(Scores(one, ())).name) == (7, "scores")
    exact = Scores(one.float(), (one.float(),))
    assert widened(exact) is exact
