"""What is known of a survey at one moment: all that a figure may see."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import partial

import numpy as np

from compute.deviation import Deviation
from compute.specs import CURVATURES, Surface

FLOOR = 1e-8
"""The smallest value that a logarithm tells from zero: whatever lies below is taken for this one."""


class JobState(StrEnum):
    """How a survey stands."""

    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a survey is.

    `done` of `total` points have a value, `interpolated` of them a predicted one; `nonfinite` of the computed losses
    are NaN or infinite. `share` (0 to 1) tells how much of the work lies behind, over all examples: every value rests
    on at least `examples` of the `wanted` ones, and half of them have a larger `standard_error`, None while unknown;
    interpolated points count with the one that their neighbours let expect.
    Of the final values `reused` were in the store when it was opened, `evaluated` were computed since, by `passes` of
    an example through the network. `rate` is final values per second, `seconds_left` about the time the rest takes at
    that rate, both None while unknown. `fast_error` is how far the fast arithmetic was found to stray, None where it is
    not used; `fell_back` says that it was too far, and that all values are computed exactly. `left_out` names the
    steps of preparation that would have changed the network's loss. `error` is a sentence.
    `version` rises with every change.
    """

    survey: str
    state: JobState
    done: int
    total: int
    share: float = 0.0
    examples: int = 0
    wanted: int = 0
    standard_error: float | None = None
    reused: int = 0
    evaluated: int = 0
    passes: int = 0
    interpolated: int = 0
    nonfinite: int = 0
    rate: float | None = None
    seconds_left: float | None = None
    device: str = ""
    fast_error: Deviation | None = None
    fell_back: bool = False
    left_out: tuple[str, ...] = ()
    error: str | None = None
    version: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """The surface so far: arrays of the lattice's shape (row = beta, column = alpha), float64.

    `loss` and `accuracy` (a share, 0 to 1) are NaN where unknown; `error` is the standard error of the loss and
    `examples` how many it rests on. Where the survey's measure is "gradient", `loss` is the gradient's length. `known`
    marks what was computed, and so tells an unknown point from one whose loss is NaN; `interpolated` marks what was
    predicted instead. `curvatures` are the Hessian's eigenvalues, by the names in `compute.specs.CURVATURES`, where a
    file told them. `z` tells of a finished surface, at each local minimum, by how many standard errors the loss at its
    saddle is higher, NaN elsewhere; None where it was not measured.
    """

    survey: Surface
    loss: np.ndarray
    accuracy: np.ndarray
    error: np.ndarray
    examples: np.ndarray
    known: np.ndarray
    interpolated: np.ndarray
    progress: Progress
    curvatures: Mapping[str, np.ndarray] = field(default_factory=dict)
    z: np.ndarray | None = None

    @classmethod
    def empty(cls, survey: Surface, progress: Progress) -> "Snapshot":
        """The snapshot before anything is known: it has the shape of a full one."""
        shape = survey.lattice.shape
        unknown, nothing = (partial(np.full, shape, value) for value in (np.nan, False))
        return cls(survey, unknown(), unknown(), unknown(), np.zeros(shape, np.int64), nothing(), nothing(), progress)

    @property
    def given(self) -> np.ndarray:
        """The points that have a value of their own, computed or predicted."""
        return self.known | self.interpolated

    @property
    def final(self) -> np.ndarray:
        """The points whose value stays as it is; of a finished surface every one, also what an imported one lacks."""
        return self.given | (self.progress.state is JobState.DONE)

    @property
    def is_done(self) -> bool:
        """Whether the survey is done: no value changes any more, neither by points nor by examples to come."""
        return self.progress.state is JobState.DONE

    @property
    def first(self) -> np.ndarray:
        """The values that are shown where nobody asks for others: the losses, if there are any."""
        return self.values(self.survey.quantities[0])

    @property
    def of_losses(self) -> bool:
        """Whether it has losses of examples: neither the gradient's length, nor accuracies or eigenvalues alone."""
        return self.survey.measure == "losses" and "loss" in self.survey.quantities

    @property
    def absent(self) -> int:
        """How many points of a finished surface have no value and never will: an imported file lacks them."""
        return int((self.final & ~self.given).sum())

    def measured(self, errors: np.ndarray | None = None) -> "Snapshot":
        """The same with the figures of its progress that are read off the arrays.

        Args:
            errors: the standard errors of all points that have a value, of the lattice's shape: where they are
                interpolated `error` has none, and a median without them would be that of a few special places.
        """
        errors = self.error if errors is None else errors
        errors = errors[np.isfinite(errors)]
        told = replace(
            self.progress,
            done=int(self.given.sum()),
            interpolated=int(self.interpolated.sum()),
            nonfinite=int((self.known & ~np.isfinite(self.first)).sum()),
            standard_error=float(np.median(errors)) if errors.size else None,
        )
        return replace(self, progress=told)

    def values(self, quantity: str) -> np.ndarray:
        """The array of a quantity: "loss" or "gradient", as the survey asks, "accuracy", or one of CURVATURES."""
        if quantity in CURVATURES:
            return self.curvatures.get(quantity, np.full(self.loss.shape, np.nan))
        return self.accuracy if quantity == "accuracy" else self.loss
