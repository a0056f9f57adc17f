"""Which points of a survey come next, and which need not be computed; knows no networks, threads or disks."""

from collections.abc import Collection
from dataclasses import dataclass
from math import hypot

import numpy as np

from compute.jobs.checks import beside_misses, expected_error, spot_checks, typical_error
from compute.jobs.minima import REACH, about, deciding, passes
from compute.jobs.predict import Forecast, forecast, grid, log_loss, owned, predicted
from compute.lattice import SIDE, Lattice, Tile
from compute.losses import TileValues

COARSEST = 9
"""Points per side below which a level is too coarse to predict anything from."""


@dataclass(frozen=True, slots=True, eq=False)
class _Level:
    """A level that is being computed: what was predicted of it, and where the prediction is checked."""

    forecast: Forecast
    spots: np.ndarray


class Refiner:
    """What is known of a surface, and the order in which the rest is asked for.

    In view first, then coarse before fine, then near the centre of view. With a tolerance, a level is asked for only
    where the level before was badly predicted nearby, and at spot checks; the rest is interpolated, cubically in the
    logarithm of the loss, and marked. Where a point that was asked for misses its prediction by over a third of the
    tolerance, its neighbours are asked for, too, until the level has no such point beside an interpolated one. The
    tolerance is a share of the range of log-loss, or of the loss itself where it falls below zero; 0 computes every
    point. Once the finest level is there, interpolated points that decide whether a point is a minimum are asked for
    until there are none, then those that decide how deep a minimum is: its saddle.

    What a level is asked for depends on the points that this level and those before were asked for, and on nothing else
    that may be known, so that a surface that is opened again asks for the same points.

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
        # Of the points that need not be computed: what stands for them, and between which losses it is taken to lie.
        self._trusted = np.full(lattice.shape, False)
        self._guess, self._share, self._low, self._high = (np.zeros(lattice.shape) for _ in range(4))
        self._spread = np.full(lattice.shape, np.nan)
        self._decisive = np.full(lattice.shape, False)
        self.view = lattice
        self._tiles = list(lattice.tiles())
        self._wanted: dict[Tile, np.ndarray] = {}
        self._planned = -1
        self._level: _Level | None = None
        while self._planned < self._certain():
            self._plan()

    @property
    def settled(self) -> np.ndarray:
        """The points that are computed or interpolated."""
        return self.known | self.interpolated

    @property
    def errors(self) -> np.ndarray:
        """The standard errors of the settled points: interpolated ones are estimated from their neighbours."""
        return np.where(self.interpolated, self._spread, self.error)

    @property
    def complete(self) -> bool:
        """Whether that is all of them, and no minimum rests on an interpolated one."""
        return not self._wanted and bool(self.settled.all()) and not self._decisive.any()

    @property
    def final(self) -> int:
        """How many points have the value that they will keep."""
        left = self.expected()
        return int(self.settled.sum()) if left is None else self.lattice.size - left

    def focus(self, view: Lattice) -> None:
        """Puts the tiles that meet a view before the rest."""
        self.view = view
        self._sort()

    def in_view(self, tile: Tile) -> bool:
        """Whether a tile meets the view."""
        return urgency(tile, self.view)[0] == 0

    def ask(self, busy: Collection[Tile] = ()) -> tuple[Tile, np.ndarray] | None:
        """The next tile, not among the busy ones, and the mask of its wanted points; None if there is none now."""
        if not self._wanted and self._decisive.any():
            for level in range(self.lattice.level + 1):
                self._want(self._decisive & owned(self.lattice, level), level)
        return next(((tile, mask) for tile, mask in self._wanted.items() if tile not in busy), None)

    def tell(self, tile: Tile, values: TileValues) -> None:
        """Takes over what is known of a tile; telling twice, or in another order, changes nothing."""
        mask = self.lattice.mask(tile) & values.known
        if not mask.any():
            return
        at = self.lattice.place(tile, mask)
        self.loss[at], self.accuracy[at], self.error[at] = values.loss[mask], values.accuracy[mask], values.error[mask]
        self.known[at] = True
        self.interpolated[at] = False
        left = self._wanted.get(tile, np.False_) & ~values.known
        if left.any():
            self._wanted[tile] = left
        else:
            self._wanted.pop(tile, None)
        if self._decided:
            self._look(at)
        while not self._wanted and not self._decided:
            self._advance()

    def expected(self) -> int | None:
        """How many points are still to be computed; None while the finest level is undecided, for nobody can tell.

        More follow where a minimum turns out to rest on them.
        """
        if not self._decided:
            return None
        left = self._decisive.copy()
        for tile, mask in self._wanted.items():
            left[self.lattice.place(tile, mask)] = True
        return int(left.sum())

    def _certain(self) -> int:
        """The level up to which every point is computed: two that can predict, and measure how well; or all."""
        if self.tolerance <= 0:
            return self.lattice.level
        sides = ((level, self.lattice.coarsened(level)) for level in range(self.lattice.level + 1))
        base = next((level for level, view in sides if view and max(view.shape) >= COARSEST), self.lattice.level)
        return min(base + 1, self.lattice.level)

    @property
    def _decided(self) -> bool:
        """Whether it is settled, but for what minima rest on, which points of the finest level are interpolated."""
        return self._planned == self.lattice.level and self._level is None

    def _advance(self) -> None:
        """Checks the level whose points are all there, or decides about the next one."""
        if self._level is None:
            self._plan()
        else:
            self._check(self._level)

    def _plan(self) -> None:
        """Decides about the next level: what is wanted, and what is interpolated at once."""
        self._planned += 1
        new = owned(self.lattice, self._planned)
        if self._planned > self._certain():
            new &= ~self._interpolate(new)
        self._want(new & ~self.known, self._planned)
        if self._decided:
            self._look()

    def _check(self, level: "_Level") -> None:
        """Asks for what lies beside badly predicted points; where there is none left, says how sure the rest is."""
        new = owned(self.lattice, self._planned)
        trusted, found = new & self._trusted, level.forecast
        doubtful = trusted & beside_misses(
            found, self.loss, new & ~trusted, self.lattice, self._planned, self.tolerance
        )
        if doubtful.any():
            self._trusted &= ~doubtful
            self.interpolated &= ~doubtful
            self._want(doubtful & ~self.known, self._planned)
            return
        least = typical_error(found, self.loss, level.spots, self.tolerance) if trusted.any() else 0.0
        margin = np.maximum(expected_error(found), least)
        self._low[trusted], self._high[trusted] = (found.shifted(side * margin)[trusted] for side in (-1, 1))
        self._level = None
        if self._decided:
            self._look()

    def _look(self, told: tuple[np.ndarray, np.ndarray] | None = None) -> None:
        """Finds what minima rest on: about the told points, or anywhere."""
        if not (self.interpolated.any() or self._decisive.any()):
            return
        near, far = (np.s_[:, :] if told is None else about(*told, reach) for reach in (REACH, 2 * REACH))
        absent = np.where(self.settled[far], np.nan, -np.inf)
        loss, guessed = np.where(np.isfinite(self.loss[far]), self.loss[far], absent), self.interpolated[far]
        low, high = (np.where(guessed, bound[far], loss) for bound in (self._low, self._high))
        whole = np.full_like(self._decisive, False)
        whole[far] = deciding(loss, low, high, guessed)
        self._decisive[near] = whole[near]
        if not self._wanted and not self._decisive.any():
            self._decisive = passes(self.loss, self.interpolated)

    def _want(self, points: np.ndarray, level: int) -> None:
        """Asks for points of a level."""
        for tile in self._tiles if points.any() else ():
            if tile.level == level:
                mask = self.lattice.mask(tile)
                mask[mask] = points[self.lattice.place(tile, mask)]
                if mask.any():
                    self._wanted[tile] = mask
        self._sort()

    def _interpolate(self, new: np.ndarray) -> np.ndarray:
        """Interpolates those of the new points that can be trusted; gives them as a mask."""
        computed, accuracy = self.known & ~self._trusted, np.where(self._trusted, self._share, self.accuracy)
        loss = np.where(self._trusted, self._guess, self.loss)
        found = forecast(loss, accuracy, computed, self.lattice, self._planned)
        could = new & found.told & (expected_error(found) <= self.tolerance)
        spots = could & spot_checks(self.lattice, self._planned)
        trusted = could & ~spots
        self._level = _Level(found, spots)
        self._trusted |= trusted
        self._guess[trusted], self._share[trusted] = found.loss[trusted], found.accuracy[trusted]
        self._spread[trusted] = self._errors_between(self._planned)[trusted]
        shown = trusted & ~self.known
        self.loss[shown], self.accuracy[shown] = self._guess[shown], self._share[shown]
        self.interpolated |= shown
        return trusted

    def _errors_between(self, level: int) -> np.ndarray:
        """A level's standard errors by those of the levels before: cubics in their logarithm."""
        spread = np.full(self.lattice.shape, np.nan)
        with np.errstate(over="ignore"):
            log = log_loss(np.where(self._trusted, self._spread, self.error))
            spread[grid(self.lattice, level)] = np.exp(predicted(log, self.lattice, level))
        return spread

    def _sort(self) -> None:
        self._wanted = dict(sorted(self._wanted.items(), key=lambda item: urgency(item[0], self.view)))


def urgency(tile: Tile, view: Lattice) -> tuple[int, int, float, Tile]:
    """What sorts tiles: whether they meet a view, their level, their distance to its centre."""
    width = 2.0**-view.level
    low, high = ((view.x[end] * width, view.y[end] * width) for end in (0, 1))
    first = [place / 2**tile.level for place in tile.first]
    last = [place + (SIDE - 1) / 2**tile.level for place in first]
    seen = all(last[axis] >= low[axis] and first[axis] <= high[axis] for axis in (0, 1))
    away = hypot(*((first[axis] + last[axis] - low[axis] - high[axis]) / 2 for axis in (0, 1)))
    return 0 if seen else 1, tile.level, away, tile
