"""The points of a surface that others computed."""

from dataclasses import dataclass

import numpy as np

from compute.errors import BadLattice
from compute.formatting import number
from compute.lattice import MAX_SIDE, crossed

ABSENT = -1.0
"""Stands in a surface file for a point that was not computed."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Any columns `x` crossed with any rows `y`, in units of the axes; of one row where it is a curve.

    It answers what a picture asks of a Lattice. It has no levels and no tiles, for nothing of it is ever computed.

    Example:
        >>> grid = Grid((-1.0, 0.0, 3.0), (-0.5, 0.0))
        >>> grid.shape, grid.reach, grid.origin, grid.even
        ((2, 3), 3.0, (1, 1), False)
    """

    x: tuple[float, ...]
    y: tuple[float, ...]

    def __post_init__(self) -> None:
        """Refuses what is no grid.

        Raises:
            BadLattice: it has fewer than two columns, no row or too many of either, an axis is not finite, or does not
                rise.
        """
        for axis, places, least in (("x", self.x, 2), ("y", self.y, 1)):
            if not least <= len(places) <= MAX_SIDE:
                raise BadLattice(
                    f"A surface needs between 2 and {MAX_SIDE} points per side, got {len(places)} along {axis}: "
                    "choose others."
                )
            if not np.isfinite(places).all() or not (np.diff(places) > 0).all():
                raise BadLattice(
                    f"The coordinates along {axis} must be finite and differ from each other, got "
                    f"{number(places[0])} to {number(places[-1])} with one that is not finite or comes twice: "
                    "correct it."
                )

    @property
    def shape(self) -> tuple[int, int]:
        """Rows (beta) and columns (alpha)."""
        return len(self.y), len(self.x)

    @property
    def size(self) -> int:
        """How many points there are."""
        return len(self.y) * len(self.x)

    @property
    def curve(self) -> bool:
        """Whether it is a single row."""
        return len(self.y) == 1

    @property
    def reach(self) -> float:
        """The largest |coordinate|."""
        return max(map(abs, (*self.x, *self.y)))

    @property
    def origin(self) -> tuple[int, int] | None:
        """Row and column of the model itself, at (0, 0) to rounding; None where no point lies there."""
        zeros = [np.flatnonzero(np.abs(places) <= 1e-9 * self.reach) for places in (self.y, self.x)]
        return (int(zeros[0][0]), int(zeros[1][0])) if all(map(len, zeros)) else None

    @property
    def even(self) -> bool:
        """Whether the points of each axis are evenly spaced, to rounding."""
        steps = (np.diff(places) for places in (self.x, self.y))
        return all(step.size == 0 or np.allclose(step, step.mean(), rtol=1e-4, atol=0) for step in steps)

    def coordinates(self, axis: str) -> np.ndarray:
        """The points' places along "x" or "y", in units of the axes."""
        return np.array(self.x if axis == "x" else self.y)

    def grid(self) -> tuple[np.ndarray, np.ndarray]:
        """Alpha and beta of every point, each of the grid's shape."""
        return crossed(self.coordinates("x"), self.coordinates("y"))
