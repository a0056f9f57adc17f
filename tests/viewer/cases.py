"""Snapshots known in closed form."""

import numpy as np

from compute.lattice import points
from compute.snapshot import JobState, Progress, Snapshot
from compute.specs import DataRef, ModelRef, Query, RandomPlane, Survey
from viewer.state import ViewState

STATE = ViewState(points=17)


def survey(state: ViewState = STATE) -> Survey:
    model = ModelRef("run", "fake", (1, 8, 8), 10, "run", "run")
    return Survey(Query(model, DataRef("digits", "train", 256), RandomPlane()), state.lattice())


def bowl(a, b):
    return 0.1 + a * a + b * b


def snapshot(law=bowl, tiles: int | None = None, state: ViewState = STATE) -> Snapshot:
    """The first so many tiles of a landscape; all of them if None."""
    asked = survey(state)
    lattice = asked.lattice
    state = JobState.DONE if tiles is None else JobState.RUNNING
    shot = Snapshot.empty(asked, Progress(asked.id, state, 0, lattice.size, version=7))
    for tile in list(lattice.tiles())[:tiles]:
        mask = lattice.mask(tile)
        place = lattice.place(tile, mask)
        shot.loss[place] = law(*points(tile, mask).T)
        shot.accuracy[place] = np.exp(-shot.loss[place])
        shot.known[place] = True
    return shot
