"""Kills a server (SIGKILL) at random moments of a survey, starts it again, and compares the finished surface."""

import io
import random
import shutil
import tempfile
import time
from pathlib import Path

import numpy as np

from compute.bench.browser import Visitor
from compute.service import SIZES
from tests.campaign.program import LIMIT, Server
from tests.processes import until

LINK = "?models=mlp&points=65&samples=512&seed=5&tolerance=0"


def finished(server):
    """The surface, once it is complete."""
    tabs, survey = server.busy(LINK)
    tabs.stream.until(survey, lambda found: found["state"] == "done")
    with np.load(io.BytesIO(Visitor.at(server.port).get(f"/api/file/{survey}/npz"))) as found:
        return {name: found[name] for name in found.files if found[name].dtype.kind == "f"}


def run(count):
    """Kills so many; gives the row of what was measured, or AssertionError."""
    random.seed(count)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in ("killed", "fresh"):
            (folder / part).mkdir()
        for _ in range(count):
            server = Server(folder / "killed").ready()
            kept = server.busy(LINK)
            time.sleep(random.uniform(0, 9))
            server.process.kill()
            server.process.wait()
            until(lambda server=server: not server.processes(), seconds=LIMIT)
            del kept
        surfaces = []
        for part in ("killed", "fresh"):
            if part == "fresh":  # other sizes of batches round otherwise
                (folder / part / "cache").mkdir()
                shutil.copy(folder / "killed" / "cache" / SIZES, folder / part / "cache" / SIZES)
            server = Server(folder / part).ready()
            surfaces.append(finished(server))
            server.kill()
    killed, fresh = surfaces
    assert killed.keys() == fresh.keys()
    for name, array in fresh.items():
        assert np.array_equal(killed[name], array, equal_nan=True), name
    return f"{count} kills: no process left after {LIMIT:g} s; the finished surface has the bits of an undisturbed one"
