"""A survey under way: what is known of it and how it stands."""

from collections import deque
from collections.abc import Collection
from dataclasses import dataclass, replace
from time import monotonic

import numpy as np

from compute.blocks import stages
from compute.deviation import Deviation
from compute.jobs.fallback import exact
from compute.jobs.refine import Refiner
from compute.jobs.tasks import TileResult
from compute.lattice import Lattice, Tile
from compute.losses import TileValues
from compute.snapshot import JobState, Progress, Snapshot
from compute.specs import Survey
from compute.watching import Attention

ACTIVE = frozenset({JobState.QUEUED, JobState.RUNNING})
WINDOW = 10.0
"""Seconds over which the rate is measured."""


@dataclass(slots=True, eq=False)
class Stage:
    """The surface over the first `size` examples, of which `new` are in no earlier stage."""

    size: int
    new: int
    refiner: Refiner


@dataclass(frozen=True, slots=True, eq=False)
class Wish:
    """Points of a tile, as a mask (SIDE, SIDE), wanted over the first `size` examples; the smallest `rank` first."""

    rank: tuple[int, ...]
    size: int
    tile: Tile
    mask: np.ndarray


class Job:
    """The stages and the counters of one survey. Its owner serialises all calls.

    Every stage is a surface over more examples than the one before. A point shows the latest stage that has it.
    """

    def __init__(self, survey: Survey) -> None:
        """Knows nothing yet."""
        self.survey = survey
        self.stages = fresh(survey)
        self.state = JobState.QUEUED
        self.error: str | None = None
        self.device = ""
        self.query = survey.query
        self.fast_error: Deviation | None = None
        self.fell_back = False
        self.left_out: tuple[str, ...] = ()
        self.version = self.order = self.served = 0
        self.attention, self.deferred = Attention.NOBODY, False
        self.reused = self.evaluated = self.passes = 0
        self._marks: deque[tuple[float, int]] = deque()
        self._shown: Snapshot | None = None

    def fall_back(self) -> None:
        """Starts anew with the exact arithmetic, for the fast one was found to be too wrong: none of it stays."""
        self.query, self.fell_back = exact(self.survey.query), True
        view = self.stages[0].refiner.view
        self.stages, self._shown = fresh(self.survey), None
        self.reused = self.evaluated = 0
        self.focus(view)
        if self.state is JobState.DONE:
            self.state = JobState.QUEUED

    def ask(self, busy: Collection[Tile]) -> Wish | None:
        """What comes next, of no busy tile: in view first, then few examples before many, then coarse before fine.

        Among surveys: what was put first; first pictures; by who looks at it; what was deferred comes last.
        """
        wishes = []
        for number, stage in enumerate(self.stages):
            asked = stage.refiner.ask(busy)
            if asked is not None:
                tile, mask = asked
                rank = (*self._urgency(busy), not stage.refiner.in_view(tile), number, tile.level, self.served)
                wishes.append(Wish(rank, stage.size, tile, mask))
        return min(wishes, key=lambda wish: wish.rank, default=None)

    def _urgency(self, busy: Collection[Tile]) -> tuple[int, ...]:
        """What ranks this survey among all; of first pictures, one that was begun, for its network is loaded."""
        first = not busy and not self.pictured
        return self.order, not first, self.attention, first and not self.served, self.deferred

    @property
    def pictured(self) -> bool:
        """Whether there is something to draw: points in two rows and columns, where there are as many.

        A survey of one point is beside a picture, not one.
        """
        known, (rows, cols) = self.stages[0].refiner.settled, self.survey.lattice.shape
        return rows * cols == 1 or bool(
            known.any(axis=1).sum() >= min(2, rows) and known.any(axis=0).sum() >= min(2, cols)
        )

    def tell(self, stage: Stage, tile: Tile, values: TileValues, fresh: bool) -> None:
        """Takes over what is known of a tile at a stage, computed just now (`fresh`) or before."""
        self._shown = None
        before = int(stage.refiner.known.sum())
        stage.refiner.tell(tile, values)
        if stage is not self.stages[-1]:
            return
        new = int(stage.refiner.known.sum()) - before
        if fresh:
            self.evaluated += new
        else:
            self.reused += new
        if stage.refiner.complete:
            self.state = JobState.DONE
        elif self.state is JobState.DONE:  # what the store knew besides made it doubtful where a minimum is
            self.state = JobState.QUEUED

    def focus(self, view: Lattice) -> None:
        """Puts the tiles that meet a view before the rest."""
        for stage in self.stages:
            stage.refiner.focus(view)

    def mark(self, passes: int, result: TileResult) -> None:
        """Notes that examples passed the network now, for the rate, where, and how precisely."""
        self.passes += passes
        self.device = result.device
        if result.error is not None:
            self.fast_error = result.error.joined(self.fast_error)
        self.left_out = tuple(dict.fromkeys((*self.left_out, *result.left_out)))
        now = monotonic()
        self._marks.append((now, passes))
        while len(self._marks) > 2 and now - self._marks[0][0] > WINDOW:
            self._marks.popleft()

    def start_clock(self) -> None:
        """Measures the rate from now on: time spent paused is no computing time."""
        self._marks = deque([(monotonic(), 0)])

    def snapshot(self) -> Snapshot:
        """What is known now; its arrays never change."""
        if self._shown is None:
            self._shown = self._drawn()
        return replace(self._shown, progress=self._standing(self._shown.progress))

    def progress(self) -> Progress:
        """How far it is."""
        return self.snapshot().progress

    def _drawn(self) -> Snapshot:
        """The surfaces of all stages in one, and what its progress owes to them."""
        shape, size, weight = self.survey.lattice.shape, self.survey.lattice.size, self.survey.weight
        loss, accuracy, error, errors = (np.full(shape, np.nan) for _ in range(4))
        known, interpolated = np.full(shape, False), np.full(shape, False)
        examples = np.zeros(shape, np.int64)
        for stage in self.stages:
            refiner, at = stage.refiner, stage.refiner.settled
            loss[at], accuracy[at], error[at] = refiner.loss[at], refiner.accuracy[at], refiner.error[at]
            errors[at] = refiner.errors[at]
            known[at], interpolated[at], examples[at] = refiner.known[at], refiner.interpolated[at], stage.size * weight
        work = sum(stage.refiner.final * stage.new for stage in self.stages)
        full = [stage.size for stage in self.stages if stage.refiner.complete]
        progress = Progress(
            survey=self.survey.id,
            state=self.state,
            done=0,
            total=size,
            share=work / (size * self.stages[-1].size),
            examples=max(full, default=self.stages[0].size) * weight,
            wanted=self.stages[-1].size * weight,
        )
        drawn = Snapshot(self.survey, loss, accuracy, error, examples, known, interpolated, progress)
        return drawn.measured(errors)

    def _standing(self, drawn: Progress) -> Progress:
        """The progress of now."""
        rate = self.rate() if self.state is JobState.RUNNING else None
        left = self.expected() if rate else None
        return replace(
            drawn,
            state=self.state,
            reused=self.reused,
            evaluated=self.evaluated,
            passes=self.passes,
            rate=rate / self.survey.examples if rate else None,
            seconds_left=left / rate if rate and left is not None else None,
            device=self.device,
            fast_error=self.fast_error,
            fell_back=self.fell_back,
            left_out=self.left_out,
            error=self.error,
            version=self.version,
        )

    def expected(self) -> int | None:
        """How many examples, over all points, have still to pass the network; None while nobody can tell.

        A stage whose finest level is undecided is taken to need as many points as the one before. The few points on
        which a minimum has yet to turn out to rest are not among them.
        """
        passes, points = 0, None
        for stage in self.stages:
            known, left = int(stage.refiner.known.sum()), stage.refiner.expected()
            points = points if left is None else known + left
            if points is None:
                return None
            passes += max(0, points - known) * stage.new * self.survey.weight
        return passes

    def rate(self) -> float | None:
        """Examples passing per second over the last seconds, or None before the second mark."""
        if len(self._marks) < 2:
            return None
        (first, _), (last, _) = self._marks[0], self._marks[-1]
        passes = sum(count for _, count in list(self._marks)[1:])
        return passes / (last - first) if last > first else None


def fresh(survey: Survey) -> list[Stage]:
    """The stages of a survey of which nothing is known."""
    # A single point comes at once: preparing a network takes longer than its examples.
    sizes = stages(survey.answers) if survey.lattice.size > 1 else (survey.answers,)
    return [
        Stage(size, size - before, Refiner(survey.lattice, survey.tolerance))
        for before, size in zip((0, *sizes), sizes, strict=False)
    ]
