"""Absolute dyadic lattices: which points there are, and which tile owns each."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, floor

import numpy as np

from compute.errors import BadLattice
from compute.formatting import number

SIDE = 8
"""Points along a tile's side."""
MAX_LEVEL = 12
"""Spacing 2^-12: finer than float32 weights can tell apart for most networks."""
MAX_REACH = 8.0
"""Largest |coordinate|, in units of the axes."""
FARTHEST = 1e6
"""Ends of ranges beyond are not counted in points any more."""
MAX_SIDE = 1025
"""Most points along one side of a lattice."""


@dataclass(frozen=True, slots=True, order=True)
class Tile:
    """An 8 x 8 block of one level; it owns the points that no coarser level has.

    Example:
        >>> Tile(level=0, row=0, col=0).owned().sum()
        np.int64(64)
        >>> Tile(level=3, row=0, col=-1).owned().sum()
        np.int64(48)
    """

    level: int
    row: int
    col: int

    @property
    def first(self) -> tuple[int, int]:
        """The integer coordinates (i, j) of the tile's lower left point, at its own level."""
        return self.col * SIDE, self.row * SIDE

    def owned(self) -> np.ndarray:
        """The points the tile owns, as a bool array (SIDE, SIDE): row = j (beta), column = i (alpha)."""
        odd = np.arange(SIDE) % 2 == 1
        return np.full((SIDE, SIDE), True) if self.level == 0 else odd[:, None] | odd[None, :]


@dataclass(frozen=True, slots=True)
class Lattice:
    """The points of one level inside a rectangle; a line is a lattice of one row.

    `x` and `y` are the first and the last integer coordinate, both included: the point (i, j) lies at
    (i 2^-level, j 2^-level) in units of the axes, and is the point (2i, 2j) of the next finer level.
    So lattices of every range and resolution share their points.

    Example:
        >>> lattice = Lattice.spanning(level=3, x=(-0.5, 0.5), y=(-0.5, 0.5))
        >>> lattice.shape, lattice.size
        ((9, 9), 81)
        >>> lattice.coordinates("x")[:3].tolist()
        [-0.5, -0.375, -0.25]
    """

    level: int
    x: tuple[int, int]
    y: tuple[int, int] = (0, 0)

    def __post_init__(self) -> None:
        """Refuses what is no lattice.

        Raises:
            BadLattice: the level or the range is out of bounds, or there are too many points.
        """
        check_level(self.level)
        for axis, (first, last) in (("x", self.x), ("y", self.y)):
            if first > last:
                raise BadLattice(f"The {axis} range must rise, got points {first} to {last}: swap the ends.")
            if last - first >= MAX_SIDE:
                raise BadLattice(
                    f"At most {MAX_SIDE} points per side are drawn, got {last - first + 1} along {axis}: "
                    f"lower the level (now {self.level}) or narrow the range."
                )
            if max(abs(first), abs(last)) > MAX_REACH * 2**self.level:
                raise BadLattice(
                    f"The {axis} range must lie within ±{number(MAX_REACH)}, got {number(first / 2**self.level, 6)} "
                    f"to {number(last / 2**self.level, 6)}: narrow it."
                )

    @classmethod
    def spanning(cls, level: int, x: tuple[float, float], y: tuple[float, float] = (0.0, 0.0)) -> "Lattice":
        """The smallest lattice of a level that covers a range; ends between points move outwards.

        Raises:
            BadLattice: the range has no width, is not finite, or is out of bounds.
        """
        check_level(level)
        for axis, ends in (("x", x), ("y", y)):
            if not np.isfinite(ends).all():
                raise BadLattice(f"The {axis} range needs two finite numbers, got {ends[0]:g}:{ends[1]:g}.")
            if max(map(abs, ends)) > FARTHEST:  # whose multiples are no numbers
                raise BadLattice(
                    f"The {axis} range should lie within ±{number(MAX_REACH)}, got {ends[0]:g}:{ends[1]:g}: narrow it."
                )
        if not x[0] < x[1] or y[0] > y[1] or (y[0] == y[1] and y[0] != 0):
            raise BadLattice(
                f"A range needs some width, got x = {x[0]:g}:{x[1]:g}, y = {y[0]:g}:{y[1]:g}: give a smaller and a "
                "larger number, as in -1:1."
            )
        scale = 2**level
        return cls(level, *((floor(lo * scale), ceil(hi * scale)) for lo, hi in (x, y)))

    @classmethod
    def covering(cls, level: int, x: tuple[float, float], y: tuple[float, float]) -> "Lattice":
        """The whole tiles of a level that cover a range, as far as the axes reach: near ranges share their lattice.

        Raises:
            BadLattice: the range has no width, is not finite, is out of bounds, or needs too many points.

        Example:
            >>> Lattice.covering(4, (0.1, 0.3), (-0.2, 0.7))
            Lattice(level=4, x=(0, 8), y=(-8, 16))
        """
        tight, most = cls.spanning(level, x, y), int(MAX_REACH) * 2**level
        ends = [(max(lo // SIDE * SIDE, -most), min(-(-hi // SIDE) * SIDE, most)) for lo, hi in (tight.x, tight.y)]
        return cls(level, *ends)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows (beta) and columns (alpha)."""
        return self.y[1] - self.y[0] + 1, self.x[1] - self.x[0] + 1

    @property
    def size(self) -> int:
        """How many points there are."""
        rows, cols = self.shape
        return rows * cols

    @property
    def reach(self) -> float:
        """The largest |coordinate|."""
        return float(max(map(abs, (*self.x, *self.y))) / 2**self.level)

    @property
    def origin(self) -> tuple[int, int] | None:
        """Row and column of the model itself, at (0, 0); None where it lies outside.

        Example:
            >>> Lattice(1, (-2, 2), (-1, 3)).origin, Lattice(1, (1, 2), (0, 3)).origin
            ((1, 2), None)
        """
        (rows, cols), row, col = self.shape, -self.y[0], -self.x[0]
        return (row, col) if 0 <= row < rows and 0 <= col < cols else None

    def coordinates(self, axis: str) -> np.ndarray:
        """The points' places along "x" or "y", in units of the axes; exact in float64."""
        first, last = self.x if axis == "x" else self.y
        return np.arange(first, last + 1) / 2**self.level

    def grid(self) -> tuple[np.ndarray, np.ndarray]:
        """Alpha and beta of every point, each of the lattice's shape.

        Example:
            >>> [axis.tolist() for axis in Lattice(0, (0, 1), (2, 3)).grid()]
            [[[0.0, 1.0], [0.0, 1.0]], [[2.0, 2.0], [3.0, 3.0]]]
        """
        return crossed(self.coordinates("x"), self.coordinates("y"))

    @property
    def even(self) -> bool:
        """Whether the points of each axis are evenly spaced: always."""
        return True

    def coarsened(self, level: int) -> "Lattice | None":
        """The points of this lattice that a coarser level has too; None if it has none here."""
        step = 2 ** (self.level - level)
        (i0, i1), (j0, j1) = ((-(-lo // step), hi // step) for lo, hi in (self.x, self.y))
        return Lattice(level, (i0, i1), (j0, j1)) if i0 <= i1 and j0 <= j1 else None

    def window(self, x: tuple[float, float], y: tuple[float, float]) -> "Lattice":
        """The part of this lattice that covers a range, as far as it can; the nearest points of a range beside it.

        Raises:
            BadLattice: an end is not finite.

        Example:
            >>> Lattice(1, (-2, 2), (-2, 2)).window((0.1, 0.4), (0.9, 7.0))
            Lattice(level=1, x=(0, 1), y=(1, 2))
        """
        if not np.isfinite([*x, *y]).all():
            raise BadLattice(f"A window needs finite ends, got x = {x[0]:g}:{x[1]:g}, y = {y[0]:g}:{y[1]:g}.")
        ends = []
        for (first, last), (low, high) in ((self.x, x), (self.y, y)):
            inside = [min(max(end * 2**self.level, first), last) for end in (min(low, high), max(low, high))]
            ends.append((floor(inside[0]), ceil(inside[1])))
        return Lattice(self.level, *ends)

    def tiles(self) -> Iterator[Tile]:
        """All tiles with points of this lattice, of every level up to its own, coarse to fine."""
        for level in range(self.level + 1):
            view = self.coarsened(level)
            if view is None:
                continue
            for row in range(view.y[0] // SIDE, view.y[1] // SIDE + 1):
                for col in range(view.x[0] // SIDE, view.x[1] // SIDE + 1):
                    tile = Tile(level, row, col)
                    if view.mask(tile).any():
                        yield tile

    def mask(self, tile: Tile) -> np.ndarray:
        """Which of a tile's points it owns and this lattice has, as a bool array (SIDE, SIDE)."""
        view = self.coarsened(tile.level) if tile.level <= self.level else None
        if view is None:
            return np.full((SIDE, SIDE), False)
        i0, j0 = tile.first
        i, j = i0 + np.arange(SIDE), j0 + np.arange(SIDE)
        inside = ((j >= view.y[0]) & (j <= view.y[1]))[:, None] & ((i >= view.x[0]) & (i <= view.x[1]))[None, :]
        return inside & tile.owned()

    def place(self, tile: Tile, mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Rows and columns, in this lattice's arrays, of a tile's masked points (which must lie in it)."""
        step = 2 ** (self.level - tile.level)
        i0, j0 = tile.first
        rows, cols = np.nonzero(mask)
        return (j0 + rows) * step - self.y[0], (i0 + cols) * step - self.x[0]


def crossed(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Alpha and beta of every point of some columns and rows, each (rows, columns)."""
    beta, alpha = np.meshgrid(y, x, indexing="ij")
    return alpha, beta


def points(tile: Tile, mask: np.ndarray) -> np.ndarray:
    """The places (alpha, beta) of a tile's masked points, as float64 (n, 2), row by row; exact.

    Example:
        >>> points(Tile(1, 0, 0), Tile(1, 0, 0).owned())[:2].tolist()
        [[0.5, 0.0], [1.5, 0.0]]
    """
    i0, j0 = tile.first
    rows, cols = np.nonzero(mask)
    return np.stack([i0 + cols, j0 + rows], axis=1) / 2**tile.level


def nearest_level(width: float, count: int) -> int:
    """The level whose points along a range of some width come nearest in number to the wished.

    Example:
        >>> nearest_level(2.0, 33), nearest_level(2.0, 40), nearest_level(0.001, 33)
        (4, 4, 12)
    """
    return min(range(MAX_LEVEL + 1), key=lambda level: abs(width * 2**level + 1 - count))


def check_level(level: int) -> None:
    """Refuses a level that does not exist.

    Raises:
        BadLattice: the level is negative or above MAX_LEVEL.
    """
    if not 0 <= level <= MAX_LEVEL:
        raise BadLattice(f"The level must be between 0 and {MAX_LEVEL} (spacing 2^-level), got {level}.")
