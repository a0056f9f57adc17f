"""A surface of 65 x 65 points of which only those are computed that need it."""

from dataclasses import dataclass
from time import perf_counter

import numpy as np

from compute.bench.contestants import REACH
from compute.jobs.build import ready
from compute.jobs.predict import log_loss
from compute.jobs.refine import Refiner
from compute.lattice import Lattice, points
from compute.losses import BlockValues, summary
from compute.numerics.prepared import Prepared
from compute.specs import Mean, Query

LATTICE = Lattice.spanning(5, (-1, 1), (-1, 1))
TOLERANCE = 0.01
"""Of the range of log-loss."""


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """The losses (65, 65) of a surface, the share of its points that was computed, and the time it took."""

    loss: np.ndarray
    share: float
    seconds: float


def adaptive65(query: Query) -> Surface:
    """A whole surface by the engine, in an engine's process."""
    made, refiner, start = ready(query).within(REACH), Refiner(LATTICE, TOLERANCE), perf_counter()
    while (asked := refiner.ask()) is not None:
        tile, mask = asked
        losses, correct, labels = made.losses(points(tile, mask), 0, query.data.size)
        refiner.tell(tile, summary([BlockValues.of(mask, labels, losses, correct)], Mean()))
    return Surface(refiner.loss, float(refiner.known.mean()), perf_counter() - start)


def largest_error(surface: Surface, exact: Query, checked: int) -> float:
    """The largest difference in log-loss from exact losses, as a share of their range, at `checked` drawn points."""
    made: Prepared = ready(exact).made
    drawn = np.random.default_rng(0).permutation(LATTICE.size)[:checked]
    rows, cols = np.unravel_index(drawn, LATTICE.shape)
    axis = LATTICE.coordinates("x")
    true = log_loss(np.array([made.mean_loss(axis[col], axis[row])[0] for row, col in zip(rows, cols, strict=True)]))
    span = np.ptp(log_loss(surface.loss[np.isfinite(surface.loss)]))
    return float(np.nanmax(np.abs(log_loss(surface.loss[rows, cols]) - true)) / span)
