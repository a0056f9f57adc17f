"""The finer mesh on which a surface is drawn: smooth between its points, equal to them at each."""

from dataclasses import dataclass
from math import ceil

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.ndimage import distance_transform_edt

from compute.snapshot import FLOOR, Snapshot
from viewer.figures.heights import heights
from viewer.figures.relief import Relief
from viewer.figures.style import Style

CELLS = 128
"""Cells along an axis below which a finished surface is drawn finer than it was computed."""
OVER = 0.6
"""How far above the cap, in decades, the eased logarithm of a loss may lie."""


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """Coordinates `x` and `y` and heights `z` (row = beta, column = alpha) that are drawn.

    Every `every[0]`-th row and `every[1]`-th column is one of the surface's own; `eased` are the heights without the
    cap, which rise above it by a little, where a cap cuts them off, else `z` itself.
    """

    x: np.ndarray
    y: np.ndarray
    z: np.ndarray
    eased: np.ndarray
    every: tuple[int, int]

    @property
    def nearest(self) -> tuple[np.ndarray, np.ndarray]:
        """The surface's row nearest to each of the mesh's, and its column nearest to each of the mesh's."""
        return tuple(  # type: ignore[return-value]
            (np.arange(count) + step // 2) // step for count, step in zip(self.z.shape, self.every, strict=True)
        )


def mesh(snapshot: Snapshot, found: Relief, style: Style) -> Mesh:
    """The mesh of a surface: its own points while some are missing or where they are many, else a finer one.

    Heights between the points are a natural cubic spline through them, of the logarithm of the loss where a cap or a
    linear scale would make cliffs of it. This is for drawing alone: no number is read off it.
    """
    lattice = snapshot.survey.lattice
    x, y = lattice.coordinates("x"), lattice.coordinates("y")
    smooth = _logarithms(snapshot, found, style)
    source = found.z if smooth is None else smooth
    whole = bool(found.given.all())
    every = (_parts(source.shape[0]) if whole else 1, _parts(source.shape[1]) if whole else 1)
    fine = refined(source, y, x, every)
    eased = fine if smooth is None else 10.0**fine
    own = np.s_[:: every[0], :: every[1]]
    if smooth is None:
        eased = np.clip(eased, found.limits.lo, found.limits.hi)
    z = np.minimum(eased, style.cap) if style.height == "clipped" and smooth is not None else eased.copy()
    z[own] = found.z
    return Mesh(_between(x, every[1]), _between(y, every[0]), z, np.where(np.isfinite(z), eased, np.nan), every)


def refined(z: np.ndarray, y: np.ndarray, x: np.ndarray, every: tuple[int, ...]) -> np.ndarray:
    """Heights on a mesh with so many parts in each cell; NaN in every cell of which a corner is NaN.

    Example:
        >>> parabola = np.arange(5.0)[:, None] ** 2 + np.zeros(5)
        >>> refined(parabola, np.arange(5.0), np.arange(5.0), (2, 1))[::2, 0].tolist()
        [0.0, 1.0, 4.0, 9.0, 16.0]
    """
    if every == (1, 1):
        return z.copy()
    absent = ~np.isfinite(z)
    filled = (
        z[tuple(distance_transform_edt(absent, return_distances=False, return_indices=True))] if absent.any() else z
    )
    down = CubicSpline(y, filled, axis=0, bc_type="natural")(_between(y, every[0]))
    fine = CubicSpline(x, down, axis=1, bc_type="natural")(_between(x, every[1]))
    return np.where(_touched(absent, every), np.nan, fine) if absent.any() else fine


def _logarithms(snapshot: Snapshot, found: Relief, style: Style) -> np.ndarray | None:
    """Decimal logarithms of what is drawn, eased above the cap; None where a logarithm would not do."""
    values = snapshot.values(style.quantity) if style.quantity in {"loss", "gradient"} else None
    if values is None or style.logarithmic or style.smooth or style.against or not found.given.all():
        return None
    finite = np.where(np.isfinite(found.z), values, np.nan)
    if np.nanmin(finite) <= FLOOR:
        return None
    logs = np.log10(heights(finite, Style(height="linear")))
    if style.height != "clipped":
        return logs
    over = logs - np.log10(style.cap)
    return np.where(over > 0, logs - over + OVER * -np.expm1(-over / OVER), logs)


def _parts(count: int) -> int:
    """Into how many parts each cell of an axis with so many points is divided."""
    return max(1, ceil(CELLS / (count - 1)))


def _between(places: np.ndarray, parts: int) -> np.ndarray:
    """Places with parts − 1 more between each two."""
    fine = np.arange(parts * (len(places) - 1) + 1) / parts
    return np.interp(fine, np.arange(len(places)), places)


def _touched(absent: np.ndarray, every: tuple[int, ...]) -> np.ndarray:
    """The mesh's points that lie in a cell, its border included, that has an absent corner on their side."""
    rows, columns = (np.arange(every[axis] * (absent.shape[axis] - 1) + 1) / every[axis] for axis in (0, 1))
    return np.logical_or.reduce(
        [absent[np.ix_(row(rows).astype(int), column(columns).astype(int))] for row in ENDS for column in ENDS]
    )


ENDS = (np.floor, np.ceil)
