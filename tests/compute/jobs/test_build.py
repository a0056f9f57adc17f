"""References become networks that are ready, and as fast as they get here."""

import pytest
import torch

from compute.jobs import build as tuning
from compute.numerics.evaluation import Examples
from compute.numerics.prepared import prepared
from compute.zoo.registry import build
from tests.compute.numerics.test_folding import plane_through, used


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
