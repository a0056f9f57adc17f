"""Which points of a survey come next, and which need not be computed; knows no networks, threads or disks."""

from collections.abc import Collection
from math import hypot

import numpy as np

from compute.jobs.predict import log_loss, refined, spread
from compute.lattice import SIDE, Lattice, Tile
from compute.losses import TileValues

COARSEST = 9
"""Points a side below which a level is too coarse to predict anything from."""


class Refiner:
    """What is known of a surface, and the order in which the rest is asked for.

    In view first, then coarse before fine, then near the centre of view. With a tolerance, a level is asked for only
    where the level before was badly predicted nearby; the rest is interpolated, cubically in the logarithm of the loss,
    and marked. The tolerance is a share of the range of log-loss; 0 computes every point.

    `loss`, `accuracy`, `error` (NaN where interpolated), `known` (computed) and `interpolated` are arrays of the
    lattice's shape.

    Example:
        >>> refiner = Refiner(Lattice(0, (0, 3)))
        >>> tile, mask = refiner.ask()
        >>> refiner.tell(tile, TileValues.of(mask, np.zeros(4), np.ones(4)))
        >>> refiner.ask() is None, refiner.complete
        (True, True)
    """

    def __init__(self, lattice: Lattice, tolerance: float = 0.0) -> None:
        """Knows nothing, and has all of the lattice in view."""
        self.lattice, self.tolerance = lattice, tolerance
        self.loss = np.full(lattice.shape, np.nan)
        self.accuracy = np.full(lattice.shape, np.nan)
        self.error = np.full(lattice.shape, np.nan)
        self.known = np.full(lattice.shape, False)
        self.interpolated = np.full(lattice.shape, False)
        self._view = lattice
        self._tiles = list(lattice.tiles())
        self._wanted: dict[Tile, np.ndarray] = {}
        self._planned = -1
        while self._planned < self._certain():
            self._plan()

    @property
    def settled(self) -> np.ndarray:
        """The points that are computed or interpolated."""
        return self.known | self.interpolated

    @property
    def complete(self) -> bool:
        """Whether that is all of them."""
        return bool(self.settled.all())

    def focus(self, view: Lattice) -> None:
        """Puts the tiles that meet a view before the rest."""
        self._view = view
        self._sort()

    def in_view(self, tile: Tile) -> bool:
        """Whether a tile meets the view."""
        return urgency(tile, self._view)[0] == 0

    def ask(self, busy: Collection[Tile] = ()) -> tuple[Tile, np.ndarray] | None:
        """The next tile, not among the busy ones, and the mask of its wanted points; None if there is none now."""
        return next(((tile, mask) for tile, mask in self._wanted.items() if tile not in busy), None)

    def tell(self, tile: Tile, values: TileValues) -> None:
        """Takes over what is known of a tile; telling twice, or in another order, changes nothing."""
        mask = self.lattice.mask(tile) & values.known
        at = self.lattice.place(tile, mask)
        self.loss[at], self.accuracy[at], self.error[at] = values.loss[mask], values.accuracy[mask], values.error[mask]
        self.known[at] = True
        self.interpolated[at] = False
        left = self._wanted.get(tile, np.False_) & ~values.known
        if left.any():
            self._wanted[tile] = left
        else:
            self._wanted.pop(tile, None)
        while not self._wanted and self._planned < self.lattice.level:
            self._plan()

    def expected(self) -> int | None:
        """How many points are still to be computed; None while a level is undecided, for nobody can tell."""
        if self._planned < self.lattice.level:
            return None
        return sum(int(mask.sum()) for mask in self._wanted.values())

    def _certain(self) -> int:
        """The level up to which every point is computed: two that can predict, and measure how well; or all."""
        if self.tolerance <= 0:
            return self.lattice.level
        sides = ((level, self.lattice.coarsened(level)) for level in range(self.lattice.level + 1))
        base = next((level for level, view in sides if view and max(view.shape) >= COARSEST), self.lattice.level)
        return min(base + 1, self.lattice.level)

    def _plan(self) -> None:
        """Decides about the next level: what is wanted, and what is interpolated at once."""
        self._planned += 1
        new = self._new(self._planned) & ~self.known
        if self._planned > self._certain():
            new &= ~self._interpolate(new)
        for tile in self._tiles:
            if tile.level == self._planned:
                mask = self.lattice.mask(tile)
                mask[mask] = new[self.lattice.place(tile, mask)]
                if mask.any():
                    self._wanted[tile] = mask
        self._sort()

    def _interpolate(self, new: np.ndarray) -> np.ndarray:
        """Fills in the new points that can be trusted; gives them as a mask."""
        grid = self._grid(self._planned)
        height = np.full_like(self.loss, np.nan)
        share = np.full_like(self.loss, np.nan)
        height[grid] = self._predicted(log_loss(self.loss))
        share[grid] = self._predicted(self.accuracy)
        trusted = new & np.isfinite(height) & np.isfinite(share) & (self._doubt() <= self.tolerance)
        self.loss[trusted] = np.exp(height[trusted])
        self.accuracy[trusted] = np.clip(share[trusted], 0, 1)
        self.interpolated |= trusted
        return trusted

    def _doubt(self) -> np.ndarray:
        """How badly the last level was predicted near each point of this one, as a share of the range of log-loss."""
        last, this = self._grid(self._planned - 1), self._grid(self._planned)
        doubt = np.full_like(self.loss, np.inf)
        marks = np.zeros_like(self.loss)
        marks[last] = self._misses(self._planned - 1)
        doubt[this] = spread(marks[this])
        return doubt

    def _misses(self, level: int) -> np.ndarray:
        """How far a level's own computed points lie from their prediction, in the shape of its grid; 0 at others."""
        grid, height = self._grid(level), log_loss(self.loss)
        finite = height[self.known & np.isfinite(height)]
        span = max(float(np.ptp(finite)), 1e-12) if finite.size else 1.0
        with np.errstate(invalid="ignore"):
            residual = np.abs(height[grid] - self._predicted(height, level)) / span
        return np.where(self._new(level)[grid] & self.known[grid], residual, 0.0)

    def _predicted(self, values: np.ndarray, level: int | None = None) -> np.ndarray:
        """What the level before says of a level's points, in the shape of its grid; NaN where it says nothing."""
        level = self._planned if level is None else level
        whole = np.full_like(values, np.nan)
        coarse, view = self._grid(level - 1), self.lattice.coarsened(level - 1)
        if view is None:
            return whole[self._grid(level)]
        step = 2 ** (self.lattice.level - level)
        fine = refined(values[coarse])
        rows, cols = (axis.start for axis in coarse)
        whole[rows : rows + fine.shape[0] * step : step, cols : cols + fine.shape[1] * step : step] = fine
        return whole[self._grid(level)]

    def _grid(self, level: int) -> tuple[slice, slice]:
        """Where a level's points lie in the arrays."""
        view = self.lattice.coarsened(level)
        if view is None:
            return slice(0, 0), slice(0, 0)
        step = 2 ** (self.lattice.level - level)
        (j0, j1), (i0, i1) = view.y, view.x
        top, left = self.lattice.y[0], self.lattice.x[0]
        rows = slice(j0 * step - top, j1 * step - top + 1, step)
        return rows, slice(i0 * step - left, i1 * step - left + 1, step)

    def _new(self, level: int) -> np.ndarray:
        """The points that a level has and no coarser one."""
        new = np.full(self.lattice.shape, False)
        new[self._grid(level)] = True
        if level > 0:
            new[self._grid(level - 1)] = False
        return new

    def _sort(self) -> None:
        self._wanted = dict(sorted(self._wanted.items(), key=lambda item: urgency(item[0], self._view)))


def urgency(tile: Tile, view: Lattice) -> tuple[int, int, float, Tile]:
    """What sorts tiles: whether they meet a view, their level, their distance to its centre."""
    width = 2.0**-view.level
    low, high = ((view.x[end] * width, view.y[end] * width) for end in (0, 1))
    first = [place / 2**tile.level for place in tile.first]
    last = [place + (SIDE - 1) / 2**tile.level for place in first]
    seen = all(last[axis] >= low[axis] and first[axis] <= high[axis] for axis in (0, 1))
    away = hypot(*((first[axis] + last[axis] - low[axis] - high[axis]) / 2 for axis in (0, 1)))
    return 0 if seen else 1, tile.level, away, tile
