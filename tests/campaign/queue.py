"""Asks for many surveys of several networks at once, and measures when each has a first picture."""

import statistics
import tempfile
import time
from pathlib import Path

from compute.lattice import Lattice
from compute.service import open_service
from compute.settings import Settings
from compute.specs import RandomPlane, Survey
from compute.watching import MOST_TABS

LATTICE = Lattice.spanning(5, (-1, 1), (-1, 1))
RUNS = ("mlp", "resnet20", "vgg9-bs128", "resnet20-noshort", "alexnet")
ALL = 300.0
"""Seconds in which every survey has to have a picture."""


def first_pictures(service, surveys):
    """The seconds after which each survey had points in two rows and columns."""
    began, seconds, version = time.monotonic(), {}, 0
    while len(seconds) < len(surveys):
        version = service.wait(version, 1.0)
        for survey in surveys:
            if survey.id not in seconds:
                known = service.snapshot(survey).known
                if known.any(axis=0).sum() > 1 and known.any(axis=1).sum() > 1:
                    seconds[survey.id] = time.monotonic() - began
        assert time.monotonic() - began < ALL, f"{len(seconds)} of {len(surveys)} have a picture"
    return sorted(seconds.values())


def run(count):
    """The measured row of so many surveys."""
    assert count < MOST_TABS
    with tempfile.TemporaryDirectory() as folder:
        places = {name: Path(folder) / name for name in ("cache_dir", "imports_dir", "models_dir")}
        service = open_service(Settings(**places, device="cpu", threads=1))
        try:
            asked = [(RUNS[each % len(RUNS)], "train", 256, RandomPlane(each + 1)) for each in range(count)]
            surveys = [Survey(service.query(*each), LATTICE) for each in asked]
            for number, survey in enumerate(surveys):
                service.watch(f"tab{number}", [survey])
            seconds = first_pictures(service, surveys)
        finally:
            service.close()
    return (
        f"{count} surveys of {len(RUNS)} networks asked for at once, one worker: a first picture of each after "
        f"{seconds[0]:.1f} to {seconds[-1]:.1f} s, in the median {statistics.median(seconds):.1f} s"
    )
