"""What is known of a survey at one moment: all that a figure may see."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from compute.specs import Survey


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

    `done` of `total` points have a value: `reused` were in the store when it was opened, `evaluated` were computed
    since, `interpolated` were predicted; `nonfinite` of the known losses are NaN or infinite. `rate` is computed points
    per second, `seconds_left` about the time the rest takes at that rate, both None while unknown. `fast_error` is the
    largest error of the fast arithmetic at a dozen check points (relative, absolute below a loss of 1), None where it
    is not used; `fell_back` says that it was too large and the rest is computed exactly. `error` is a sentence.
    `version` rises with every change.
    """

    survey: str
    state: JobState
    done: int
    total: int
    reused: int = 0
    evaluated: int = 0
    interpolated: int = 0
    nonfinite: int = 0
    rate: float | None = None
    seconds_left: float | None = None
    device: str = ""
    fast_error: float | None = None
    fell_back: bool = False
    error: str | None = None
    version: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """The surface so far: arrays of the lattice's shape (row = beta, column = alpha), float64.

    `loss` and `accuracy` (a share, 0 to 1) are NaN where unknown; `known` marks what was computed, and so tells an
    unknown point from one whose loss is NaN; `interpolated` marks what was predicted instead.
    """

    survey: Survey
    loss: np.ndarray
    accuracy: np.ndarray
    known: np.ndarray
    interpolated: np.ndarray
    progress: Progress

    @classmethod
    def empty(cls, survey: Survey, progress: Progress) -> "Snapshot":
        """The snapshot before anything is known: it has the shape of a full one."""
        shape = survey.lattice.shape
        return cls(
            survey,
            np.full(shape, np.nan),
            np.full(shape, np.nan),
            np.full(shape, False),
            np.full(shape, False),
            progress,
        )

    def values(self, quantity: str) -> np.ndarray:
        """The array of a quantity: "loss" or "accuracy"."""
        return {"loss": self.loss, "accuracy": self.accuracy}[quantity]
