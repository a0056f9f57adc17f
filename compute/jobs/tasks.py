"""Work that can travel: references in, arrays out."""

from dataclasses import dataclass
from time import perf_counter

import numpy as np

from compute.lattice import Tile, points
from compute.specs import Query
from compute.store.protocol import TileValues


@dataclass(frozen=True, slots=True, eq=False)
class TileTask:
    """Some points of a tile: `mask`, bool (SIDE, SIDE), says which. `reach` is how far out the whole survey goes."""

    query: Query
    tile: Tile
    mask: np.ndarray
    reach: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class TileResult:
    """A task's answer, with the seconds it took and the device it ran on.

    `error` is the largest error of the fast arithmetic that was measured, None where it was not used; `fell_back` says
    that it was too large, and that the values are exact.
    """

    values: TileValues
    seconds: float
    device: str
    error: float | None = None
    fell_back: bool = False


def evaluate(task: TileTask) -> TileResult:
    """Computes every point of a task, in a worker.

    Raises:
        LandscapeError: the references do not fit together.
    """
    # Only workers may load torch; the web server, which pickles this function by name, must not.
    from compute.jobs.build import ready

    start = perf_counter()
    found = ready(task.query)
    made = found.within(task.reach)
    answers = np.array([made.mean_loss(alpha, beta) for alpha, beta in points(task.tile, task.mask)])
    values = TileValues.of(task.mask, answers[:, 0], answers[:, 1])
    device = str(made.origin.device)
    return TileResult(values, perf_counter() - start, device, found.error, fell_back=made is found.exact)


def devices(wanted: str) -> list[str]:
    """The devices that a wish stands for ("auto", "cpu", "cuda", "cuda:1"), asked in a worker.

    Raises:
        LandscapeError: the machine has no such device.
    """
    from compute.jobs.device import available

    return available(wanted)
