"""Where the checkpoints of runs lie on a plane, and how far beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor, frexp

import numpy as np

from compute.lattice import MAX_LEVEL, MAX_REACH
from compute.specs import ModelRef, PlaneRef

COMPONENTS = 10
"""Principal components of which the share is told, at most."""

Span = tuple[float, float]


def since(checkpoints: Sequence[ModelRef], epoch: int) -> tuple[ModelRef, ...]:
    """The checkpoints that were saved after so many epochs or more, and those of which that is not known.

    Early weights are often so far from all others that they alone would decide on a plane.
    """
    return tuple(model for model in checkpoints if model.step is None or model.step >= epoch)


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    r"""The checkpoints of one run, as training went, projected onto a plane through $\theta^*$ by least squares.

    `steps` are the epochs they were saved after, None where unknown. The arrays have one number for each: `x` and `y`
    in units of the axes; `distance`, $\lVert\theta_i - \theta^*\rVert$; and `residual`, the share of it that lies
    beside the plane, from 0 to 1: $\sqrt{1 - r^2}$ is the cosine of the angle between $\theta_i - \theta^*$ and the
    plane.
    """

    run: str
    steps: tuple[float | None, ...]
    x: np.ndarray
    y: np.ndarray
    distance: np.ndarray
    residual: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class Trajectory:
    """The tracks of some runs on one plane through `origin`.

    `scree` tells which share of the variance of a `TrajectoryPlane`'s checkpoints each principal component has, the
    largest first and COMPONENTS at most, about their mean (the plane itself passes through `origin`); it is empty for
    other planes. `lengths` are the norms of both axes, so that coordinates become distances; `cosine` is that of the
    angle between them.
    """

    plane: PlaneRef
    origin: ModelRef
    tracks: tuple[Track, ...]
    scree: tuple[float, ...]
    lengths: tuple[float, float]
    cosine: float

    @classmethod
    def of(
        cls,
        plane: PlaneRef,
        origin: ModelRef,
        checkpoints: Sequence[Sequence[ModelRef]],
        arrays: Mapping[str, np.ndarray],
    ) -> "Trajectory":
        """What a worker tells, with names: `places` (n, 4) are x, y, distance and residual, run after run."""
        ends = np.cumsum([len(run) for run in checkpoints])
        tracks = tuple(
            Track(run[0].run, tuple(model.step for model in run), *places.T)
            for run, places in zip(checkpoints, np.split(arrays["places"], ends[:-1]), strict=True)
        )
        x, y = arrays["lengths"].tolist()
        return cls(plane, origin, tracks, tuple(arrays["scree"].tolist()), (x, y), float(arrays["cosine"]))

    @property
    def seen(self) -> float:
        r"""The share of the squared distances that the plane shows, $\sum (1 - r_i^2) d_i^2 / \sum d_i^2$; NaN of none.

        Two random directions see next to nothing of a path (Li et al. 2018, Figure 8).
        """
        squares = np.concatenate([track.distance**2 for track in self.tracks])
        beside = np.concatenate([(track.residual * track.distance) ** 2 for track in self.tracks])
        return float(1 - beside.sum() / squares.sum()) if squares.any() else float("nan")

    def extent(self, margin: float = 0.25) -> tuple[Span, Span]:
        """Ranges of alpha and beta that show all checkpoints and the origin, for a lattice.

        Args:
            margin: the room on each side, as a share of what the checkpoints take up.

        Returns:
            Dyadic numbers, rounded outwards; never beyond ± MAX_REACH.
        """
        x, y = (np.concatenate([[0.0], *(getattr(track, axis) for track in self.tracks)]) for axis in "xy")
        return _span(x, margin), _span(y, margin)


def _span(places: np.ndarray, margin: float) -> Span:
    """The range of some places with room on both sides, in eighths of the power of two above its width.

    Example:
        >>> _span(np.array([0.0, 0.4, 1.0]), 0.25)
        (-0.25, 1.25)
    """
    low, high = float(places.min()), float(places.max())
    room = margin * (high - low) or 1.0
    low, high = low - room, high + room
    unit = 2.0 ** max(frexp(high - low)[1] - 4, -MAX_LEVEL)
    return max(-MAX_REACH, floor(low / unit) * unit), min(MAX_REACH, ceil(high / unit) * unit)
