"""A survey under way: what is known of it and how it stands."""

from collections import deque
from time import monotonic

import numpy as np

from compute.jobs.refine import Refiner
from compute.jobs.tasks import TileResult
from compute.lattice import Tile
from compute.snapshot import JobState, Progress, Snapshot
from compute.specs import Survey
from compute.store.protocol import TileValues

ACTIVE = frozenset({JobState.QUEUED, JobState.RUNNING})
WINDOW = 10.0
"""Seconds over which the rate is measured."""


class Job:
    """The arrays, the refiner and the counters of one survey. Its owner serialises all calls."""

    def __init__(self, survey: Survey) -> None:
        """Knows nothing yet."""
        self.survey = survey
        self.refiner = Refiner(survey.lattice, survey.tolerance)
        self.state = JobState.QUEUED
        self.error: str | None = None
        self.device = ""
        self.fast_error: float | None = None
        self.fell_back = False
        self.version = 0
        self.served = 0
        self.reused = self.evaluated = 0
        self._marks: deque[tuple[float, int]] = deque()

    @property
    def done(self) -> int:
        """How many points have a value."""
        return self.refiner.settled

    def tell(self, tile: Tile, values: TileValues, fresh: bool) -> None:
        """Takes over what is known of a tile, computed just now (`fresh`) or before."""
        before = int(self.refiner.known.sum())
        self.refiner.tell(tile, values)
        new = int(self.refiner.known.sum()) - before
        if fresh:
            self.evaluated += new
        else:
            self.reused += new
        if self.refiner.settled == self.survey.lattice.size:
            self.state = JobState.DONE

    def mark(self, points: int, result: TileResult) -> None:
        """Notes that points were computed now, for the rate, where, and how precisely."""
        self.device, self.fast_error = result.device, result.error
        self.fell_back = self.fell_back or result.fell_back
        now = monotonic()
        self._marks.append((now, points))
        while len(self._marks) > 2 and now - self._marks[0][0] > WINDOW:
            self._marks.popleft()

    def start_clock(self) -> None:
        """Measures the rate from now on: time spent paused is no computing time."""
        self._marks = deque([(monotonic(), 0)])

    def snapshot(self) -> Snapshot:
        """A copy of what is known now."""
        refiner = self.refiner
        return Snapshot(
            self.survey,
            refiner.loss.copy(),
            refiner.accuracy.copy(),
            refiner.known.copy(),
            refiner.interpolated.copy(),
            self.progress(),
        )

    def progress(self) -> Progress:
        """How far it is."""
        rate = self.rate() if self.state is JobState.RUNNING else None
        refiner = self.refiner
        return Progress(
            survey=self.survey.id,
            state=self.state,
            done=refiner.settled,
            total=self.survey.lattice.size,
            reused=self.reused,
            evaluated=self.evaluated,
            interpolated=int(refiner.interpolated.sum()),
            nonfinite=int((refiner.known & ~np.isfinite(refiner.loss)).sum()),
            rate=rate,
            seconds_left=refiner.expected() / rate if rate else None,
            device=self.device,
            fast_error=self.fast_error,
            fell_back=self.fell_back,
            error=self.error,
            version=self.version,
        )

    def rate(self) -> float | None:
        """Points per second over the last seconds, or None before the second mark."""
        if len(self._marks) < 2:
            return None
        (first, _), (last, _) = self._marks[0], self._marks[-1]
        points = sum(count for _, count in list(self._marks)[1:])
        return points / (last - first) if last > first else None
