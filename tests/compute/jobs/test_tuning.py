"""A network takes as many examples and points at once as is fastest here."""

import pytest
import torch

from compute.jobs import tuning
from compute.jobs.build import build as ready
from compute.numerics.evaluation import Examples
from compute.numerics.preparation import prepared
from compute.settings import ROOT
from compute.specs import Query, RandomPlane
from compute.zoo import gallery
from compute.zoo.datasets import data_ref
from compute.zoo.registry import build
from tests.compute.numerics.test_folding import plane_through, used

CPU = torch.device("cpu")


@pytest.fixture
def examples():
    return Examples(torch.randn(37, 1, 8, 8), torch.randint(0, 10, (37,)))


def test_a_small_network_is_stacked_where_that_is_faster_and_a_joined_one_never(examples, monkeypatch):
    seconds = {1: 1.0, 4: 0.95, 16: 0.5}
    monkeypatch.setattr(tuning, "SMALL", float("inf"))
    monkeypatch.setattr(tuning, "seconds_per_point", lambda made: seconds[made.stack])
    for name, stack in (("mlp", 16), ("resnet20", 1)):
        network = used(build(name, (1, 8, 8), 10))
        assert tuning.stacked(prepared(network, plane_through(network), examples)).stack == stack


def test_a_network_that_takes_long_enough_is_not_even_tried(examples, monkeypatch):
    monkeypatch.setattr(tuning, "SMALL", 0.0)
    monkeypatch.setattr(tuning, "seconds_per_point", lambda made: pytest.fail("tried"))
    network = used(build("mlp", (1, 8, 8), 10))
    assert tuning.stacked(prepared(network, plane_through(network), examples)).stack == 1


class Branching(torch.nn.Linear):
    """Looks at its numbers, which stacked weights do not let it."""

    def forward(self, inputs):
        outputs = super().forward(inputs.flatten(1))
        return outputs if outputs.sum() > 0 else outputs + 0


def test_what_cannot_be_stacked_is_not_and_says_so(examples, caplog, monkeypatch):
    monkeypatch.setattr(tuning, "SMALL", float("inf"))  # however busy the machine is
    caplog.set_level("INFO")
    network = Branching(64, 10).eval()
    made = prepared(network, plane_through(network), examples)
    assert tuning.stacked(made).stack == 1
    assert "not stacked:" in caplog.text
    assert "not folded: Branching cannot be traced" in caplog.text


@pytest.fixture
def fresh(monkeypatch):
    """A worker that has tuned nothing yet."""
    monkeypatch.setattr(tuning, "_tuned", {})


def own(step, size=64):
    return Query(step, data_ref(f"digits:train:{size}"), RandomPlane())


@pytest.mark.usefixtures("fresh")
def test_a_trainings_checkpoints_are_tuned_once(monkeypatch):
    sizes = []
    monkeypatch.setattr(tuning, "seconds_per_example", lambda made, size: sizes.append(size) or 1 / size)
    first, *others = gallery.trajectory([ROOT / "data" / "gallery"], "resnet20")[:4]
    chosen = ready(own(first), CPU).made.batch
    tried = len(sizes)
    assert {ready(own(step), CPU).made.batch for step in others} == {chosen} == {64}
    assert len(sizes) == tried > 0
    ready(own(first, 32), CPU)
    assert len(sizes) > tried
