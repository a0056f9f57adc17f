"""What is known of runs on a plane: where their checkpoints lie, and what each one loses there and by itself."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from compute.lattice import MAX_LEVEL, MAX_REACH, Lattice
from compute.snapshot import Snapshot
from compute.specs import ModelRef, Query, RandomPlane, Survey
from compute.trajectory import Track, Trajectory
from compute.weighing import Norms
from viewer.titles import Titles, card_titles, titles

if TYPE_CHECKING:
    from compute.service import LandscapeService


@dataclass(frozen=True, slots=True, eq=False)
class Walk:
    """One run on a plane.

    `own` is the loss of each checkpoint itself and `error` its standard error, `plane` that of the plane where the
    checkpoint is projected; NaN where not known. `drops` are the checkpoints after which the learning rate fell.
    """

    title: str
    track: Track
    drops: tuple[int, ...]
    own: np.ndarray
    error: np.ndarray
    plane: np.ndarray

    @property
    def epochs(self) -> list[float]:
        """When each checkpoint was saved."""
        return epochs(self.track.steps)


@dataclass(frozen=True, slots=True, eq=False)
class Growth:
    """How long the parameters of one run's checkpoints are; `drops` as of a `Walk`."""

    title: str
    norms: Norms
    drops: tuple[int, ...]

    @property
    def epochs(self) -> list[float]:
        """When each checkpoint was saved."""
        return epochs(self.norms.steps)


def epochs(steps: Sequence[float | None]) -> list[float]:
    """The epoch of each checkpoint, or its number where epochs are unknown.

    Example:
        >>> epochs((None, 5))
        [0.0, 5.0]
    """
    return [float(index if step is None else step) for index, step in enumerate(steps)]


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """Runs on one plane, and what runs are `called`."""

    trajectory: Trajectory
    walks: tuple[Walk, ...]
    called: Titles = field(default_factory=dict)

    @property
    def columns(self) -> dict[str, np.ndarray]:
        """The losses of all checkpoints, run after run."""
        names = {"own": "loss", "error": "loss_error", "plane": "plane_loss"}
        return {name: np.concatenate([getattr(walk, field) for walk in self.walks]) for field, name in names.items()}


def course(service: "LandscapeService", survey: Survey, runs: Sequence[str]) -> Course:
    """What is known of runs on a survey's plane.

    Raises:
        LandscapeError: a run does not exist, or does not fit the plane.
    """
    query = survey.query
    found = service.trajectory(query.plane, query.model, runs)
    called = card_titles(service)
    walks = tuple(
        _walk(service, query, track, service.steps(track.run), called.get(track.run, track.run))
        for track in found.tracks
    )
    return Course(found, walks, called)


def growths(service: "LandscapeService", runs: Sequence[str]) -> list[Growth]:
    """How long the parameters of runs are; blocks until a worker has read their checkpoints, once.

    Raises:
        LandscapeError: there is no such run, or a file of it is missing.
    """
    found = [service.norms(run) for run in runs]
    called = titles(service, [each.run for each in found])
    return [
        Growth(title, each, dropped(each.steps, service.drops(each.run)))
        for each, title in zip(found, called, strict=True)
    ]


def _walk(service: "LandscapeService", query: Query, track: Track, models: Sequence[ModelRef], title: str) -> Walk:
    """One run."""
    own = [service.snapshot(itself(query, model)) for model in models[: len(track.steps)]]
    below = [None if point is None else service.snapshot(point) for point in beneath(query, track)]
    return Walk(
        title,
        track,
        dropped(track.steps, service.drops(track.run)),
        np.array([_loss(snapshot) for snapshot in own]),
        np.array([float(snapshot.error[0, 0]) for snapshot in own]),
        np.array([_loss(snapshot) for snapshot in below]),
    )


def _loss(snapshot: Snapshot | None) -> float:
    """The one loss of a survey of one point."""
    return float("nan") if snapshot is None or not snapshot.known[0, 0] else float(snapshot.loss[0, 0])


def itself(query: Query, model: ModelRef) -> Survey:
    """The loss of a checkpoint itself: as `service.own`, but of the query's examples for every run."""
    return Survey(replace(query, model=model, plane=RandomPlane()), Lattice(0, (0, 0)))


def beneath(query: Query, track: Track) -> list[Survey | None]:
    """The loss of the plane where each checkpoint is projected, at the nearest point of the finest level.

    None beyond the reach of lattices.
    """
    scale = 2**MAX_LEVEL
    places = np.stack([track.x, track.y], axis=1)
    return [
        Survey(query, Lattice(MAX_LEVEL, (x, x), (y, y))) if max(abs(x), abs(y)) <= MAX_REACH * scale else None
        for x, y in np.rint(places * scale).astype(int).tolist()
    ]


def watched(query: Query, trajectory: Trajectory, models: Sequence[Sequence[ModelRef]]) -> list[Survey]:
    """Every survey that a course is read from: each checkpoint itself, and the plane beneath it."""
    own = [itself(query, model) for run in models for model in run]
    below = [point for track in trajectory.tracks for point in beneath(query, track) if point is not None]
    return [*own, *below]


def dropped(steps: Sequence[float | None], drops: Sequence[float]) -> tuple[int, ...]:
    """The last checkpoint before each drop of the learning rate.

    Example:
        >>> dropped((0, 5, 10, 15), (10, 12.5, 40))
        (2,)
    """
    known = [(step, index) for index, step in enumerate(steps) if step is not None]
    if not known:
        return ()
    before = [[index for step, index in known if step <= drop] for drop in drops if drop <= known[-1][0]]
    return tuple(dict.fromkeys(max(each) for each in before if each))
