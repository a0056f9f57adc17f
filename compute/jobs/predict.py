"""Predicts a finer level of a surface from a coarser one."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from compute.lattice import Lattice
from compute.snapshot import FLOOR

Map = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, slots=True)
class Transform:
    """The height that is interpolated in place of a loss, and the way back."""

    height: Map
    loss: Map


@dataclass(frozen=True, slots=True, eq=False)
class Forecast:
    """What a level's points are predicted to be, in arrays of the lattice's shape; NaN, or infinite doubt, elsewhere.

    `doubt` is how badly the level before was predicted nearby, as a share of the range of heights, `span`. `told` are
    the points of which everything is predicted that is known of others.
    """

    height: np.ndarray
    accuracy: np.ndarray
    doubt: np.ndarray
    told: np.ndarray
    span: float
    transform: Transform

    @property
    def loss(self) -> np.ndarray:
        """The predicted losses."""
        return self.shifted(np.zeros(()))

    def shifted(self, share: np.ndarray) -> np.ndarray:
        """The losses where the heights lie higher by some share of their range."""
        with np.errstate(over="ignore", invalid="ignore"):
            return self.transform.loss(self.height + share * self.span)

    def error(self, loss: np.ndarray) -> np.ndarray:
        """How far losses lie from the prediction, as a share of the range of heights; infinite where not finite."""
        with np.errstate(invalid="ignore"):
            found = np.abs(self.transform.height(loss) - self.height) / self.span
        return np.where(np.isfinite(found), found, np.inf)


def forecast(loss: np.ndarray, accuracy: np.ndarray, computed: np.ndarray, lattice: Lattice, level: int) -> Forecast:
    """What the levels before say of a level, by cubics in the height; see `transform`.

    Args:
        loss: of the lattice's shape, at least on the levels before.
        accuracy: likewise; NaN everywhere where nothing can be right or wrong, and then none is told.
        computed: which of them were computed; only these tell how good predictions are.
        lattice: whose points they are.
        level: 2 or above, no finer than the lattice's.
    """
    before, here = np.full(lattice.shape, False), grid(lattice, level)
    before[grid(lattice, level - 1)] = True
    sure = computed & before
    used = transform(loss, sure)
    height = used.height(loss)
    finite = height[sure & np.isfinite(height)]
    span = max(float(np.ptp(finite)), 1e-12) if finite.size else 1.0
    middle, share, doubt = np.full_like(loss, np.nan), np.full_like(loss, np.nan), np.full_like(loss, np.inf)
    middle[here] = predicted(height, lattice, level)
    share[here] = np.clip(predicted(accuracy, lattice, level), 0, 1)
    doubt[here] = spread(misses(height, sure, lattice, level - 1)[here]) / span
    with np.errstate(over="ignore", invalid="ignore"):
        likely = np.isfinite(used.loss(middle))
    judged = bool(np.isfinite(accuracy[sure]).any())
    return Forecast(middle, share, doubt, likely & (np.isfinite(share) | (not judged)), span, used)


def log_loss(loss: np.ndarray) -> np.ndarray:
    """The natural logarithm of the loss; NaN and infinity stay what they are."""
    return np.log(np.maximum(loss, FLOOR))


LOGARITHM, IDENTITY = Transform(log_loss, np.exp), Transform(np.positive, np.positive)


def transform(loss: np.ndarray, sure: np.ndarray) -> Transform:
    """The logarithm, unless a loss that is sure is really negative.

    A surface with losses below -1e-8 has no logarithm; its losses themselves are interpolated. Losses of about zero are
    not negative: within 1e-8 of it they are all the same.

    Example:
        >>> transform(np.array([-1.0, 0.5]), np.array([True, True])).height(np.array([-1.0, 0.5])).tolist()
        [-1.0, 0.5]
        >>> transform(np.array([-1.0, 1.0]), np.array([False, True])).height(np.array([-1.0, 1.0])).round(1).tolist()
        [-18.4, 0.0]
    """
    return IDENTITY if (loss[sure] < -FLOOR).any() else LOGARITHM


def misses(height: np.ndarray, sure: np.ndarray, lattice: Lattice, level: int) -> np.ndarray:
    """How far a level's own sure heights lie from their prediction, NaN where that is none; 0 at all other points."""
    here, missed = grid(lattice, level), np.zeros_like(height)
    with np.errstate(invalid="ignore"):
        missed[here] = np.abs(height[here] - predicted(height, lattice, level))
    return np.where(owned(lattice, level) & sure, missed, 0.0)


def grid(lattice: Lattice, level: int) -> tuple[slice, slice]:
    """Where a level's points lie in a lattice's arrays.

    Example:
        >>> grid(Lattice(2, (-2, 5)), 1)
        (slice(0, 1, 2), slice(0, 7, 2))
    """
    view = lattice.coarsened(level)
    if view is None:
        return slice(0, 0), slice(0, 0)
    step = 2 ** (lattice.level - level)
    (j0, j1), (i0, i1) = view.y, view.x
    top, left = lattice.y[0], lattice.x[0]
    rows = slice(j0 * step - top, j1 * step - top + 1, step)
    return rows, slice(i0 * step - left, i1 * step - left + 1, step)


def owned(lattice: Lattice, level: int) -> np.ndarray:
    """The points that a level has and no coarser one, as a bool array of the lattice's shape.

    Example:
        >>> owned(Lattice(1, (0, 4)), 1).tolist()
        [[False, True, False, True, False]]
    """
    new = np.full(lattice.shape, False)
    new[grid(lattice, level)] = True
    if level > 0:
        new[grid(lattice, level - 1)] = False
    return new


def predicted(values: np.ndarray, lattice: Lattice, level: int) -> np.ndarray:
    """What the level before says of a level's points, in the shape of its grid; NaN where it says nothing.

    Args:
        values: of the lattice's shape.
        lattice: whose points they are.
        level: 1 or above, no finer than the lattice's.
    """
    whole = np.full_like(values, np.nan)
    coarse = grid(lattice, level - 1)
    if lattice.coarsened(level - 1) is not None:
        step = 2 ** (lattice.level - level)
        fine = refined(values[coarse])
        rows, cols = (axis.start for axis in coarse)
        whole[rows : rows + fine.shape[0] * step : step, cols : cols + fine.shape[1] * step : step] = fine
    return whole[grid(lattice, level)]


def refined(values: np.ndarray) -> np.ndarray:
    """The array (2 rows - 1, 2 columns - 1) with values between the given ones, by cubics through the nearest four.

    Deslauriers and Dubuc (1989): $(-1, 9, 9, -1) / 16$ at a middle, the cubic through the outermost four at an end.
    Along an axis of two or three points nothing is predicted; NaN and infinity spread to what depends on them.

    Example:
        >>> cubes = np.arange(5.0)[None] ** 3
        >>> refined(cubes)[0].tolist()
        [0.0, 0.125, 1.0, 3.375, 8.0, 15.625, 27.0, 42.875, 64.0]
    """
    return _along_rows(_along_rows(values).T).T


def _along_rows(values: np.ndarray) -> np.ndarray:
    rows, cols = values.shape
    fine = np.full((rows, 2 * cols - 1), np.nan)
    fine[:, ::2] = values
    if cols >= 4:
        a, b, c, d = (values[:, shift : cols - 3 + shift] for shift in range(4))
        with np.errstate(invalid="ignore"):
            fine[:, 3:-3:2] = (9 * (b + c) - a - d) / 16
            fine[:, 1] = _end(values[:, :4])
            fine[:, -2] = _end(values[:, :-5:-1])
    return fine


def _end(four: np.ndarray) -> np.ndarray:
    """The cubic through the outermost four, between the first two."""
    return four @ np.array([5, 15, -5, 1]) / 16


def spread(residual: np.ndarray) -> np.ndarray:
    """The largest residual within two points of each, on every side; NaN counts as infinite."""
    rows, cols = residual.shape
    padded = np.pad(np.where(np.isnan(residual), np.inf, residual), 2)
    wide = np.max([padded[:, shift : shift + cols] for shift in range(5)], axis=0)
    return np.max([wide[shift : shift + rows] for shift in range(5)], axis=0)
