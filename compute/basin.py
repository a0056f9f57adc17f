"""Which range shows a basin: far enough out for the loss to be as bad as guessing."""

from dataclasses import dataclass, replace
from math import log

import numpy as np

from compute.lattice import Lattice, nearest_level
from compute.snapshot import Snapshot
from compute.specs import Query, Survey

EXAMPLES = 128
"""Enough to tell a basin from what surrounds it."""
SIDE = 9
"""Points per side of a probe."""


@dataclass(frozen=True, slots=True)
class Basin:
    """A range, `span` either side of the model, whose edge has the `median` loss; `enough` if that reaches `guess`.

    `guess` is the loss of guessing among the classes, ln(classes).
    """

    span: float
    median: float
    guess: float

    @property
    def enough(self) -> bool:
        """Whether half of the edge lies outside the basin."""
        return self.median >= self.guess


def probe(query: Query, span: float) -> Survey:
    """A coarse survey of a range, over few examples."""
    few = replace(query, data=replace(query.data, size=min(query.data.size, EXAMPLES)))
    return Survey(few, Lattice.spanning(nearest_level(2 * span, SIDE), (-span, span), (-span, span)))


def basin(snapshot: Snapshot, classes: int) -> Basin:
    """What a probe's edge tells; a loss that is not a number counts as infinite, for it lies outside every basin."""
    edge = np.ones(snapshot.loss.shape, bool)
    edge[1:-1, 1:-1] = False
    losses = np.where(np.isnan(snapshot.loss), np.inf, snapshot.loss)[edge]
    return Basin(snapshot.survey.lattice.reach, float(np.median(losses)), log(classes))
