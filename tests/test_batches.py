"""What the page on Profile says of small and large batches, computed anew from the gallery."""

import re

import numpy as np
import pytest

from compute.jobs.executors import SequentialExecutor
from compute.lattice import Lattice
from compute.profile import NEAR, sharpness
from compute.service import LandscapeService
from compute.settings import ROOT, Settings
from compute.specs import Segment, Survey
from compute.store.memory import MemoryStore
from viewer.charts import BATCHES

EXAMPLES = 512


@pytest.fixture(scope="module")
def service():
    made = LandscapeService(Settings(), MemoryStore(), [SequentialExecutor()])
    yield made
    made.close()


def claimed():
    """The table of docs/profile.md: norm, sharpness and test error by weight decay and batch size."""
    text = (ROOT / "docs" / "profile.md").read_text()
    rows = re.findall(r"^\| ([\d.]+) \| (\d+) \| ([\d.]+) \| ([\d.]+) % \| ([\d.]+) % \|$", text, re.M)
    return {(decay, int(size)): tuple(map(float, numbers)) for decay, size, *numbers in rows}


def measured(service, decay):
    """The same of one pair."""
    runs = [f"vgg9-sgd-bs{size}-wd{decay}" for size in (128, 1024)]
    plane = Segment(service.steps(runs[1])[-1], "recomputed")
    cards = {card.run: card for card in service.cards()}
    for at, run in enumerate(runs):
        lattice = Lattice.spanning(5, (at - NEAR, at + NEAR))
        *_, shot = service.unfolding(Survey(service.query(runs[0], "train", EXAMPLES, plane), lattice))
        sharp = sharpness(lattice.coordinates("x"), shot.loss[0], at)
        yield float(service.norms(run).norms[-1]), sharp, 100 * cards[run].test_error


def test_the_pairs_are_those_of_the_picture():
    assert {run for _, *pair in BATCHES for run in pair} == {
        f"vgg9-sgd-bs{size}-wd{decay}" for decay, size in claimed()
    }


@pytest.mark.parametrize("decay", ["0", "0.0005"])
def test_the_larger_batch_is_sharper_and_generalises_worse(service, decay):
    small, large = measured(service, decay)
    for size, found in ((128, small), (1024, large)):
        norm, sharp, error = claimed()[decay, size]
        assert (norm, error) == (pytest.approx(found[0], abs=0.05), pytest.approx(found[2], abs=0.05))
        assert sharp == pytest.approx(found[1], rel=0.02)
    assert large[1] > 5 * small[1]
    assert large[2] > small[2]
    assert np.sign(large[0] - small[0]) == (-1 if decay == "0" else 1)  # the norms change places
