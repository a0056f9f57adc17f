"""What stands in for points not yet computed: the coarser levels, prolonged."""

import numpy as np

from compute.grid import Grid
from compute.lattice import Lattice


def prolonged(values: np.ndarray, known: np.ndarray, lattice: Lattice | Grid) -> np.ndarray:
    """The known values, and between them the next coarser level's, bilinearly; beyond its last point that point's.

    Nothing is guessed from a value that is not a number: where a coarser one is absent, so is what it would give.
    A surface that others computed is as it is.
    """
    if isinstance(lattice, Grid):
        return values
    filled, coarse = None, None
    for level in range(lattice.level + 1):
        view = lattice.coarsened(level)
        if view is None:
            continue
        step = 2 ** (lattice.level - level)
        here = np.s_[view.y[0] * step - lattice.y[0] :: step, view.x[0] * step - lattice.x[0] :: step]
        guess = np.nan if filled is None or coarse is None else _refined(filled, coarse, view)
        filled, coarse = np.where(known[here], values[here], guess), view
    return values if filled is None else filled


def settled(known: np.ndarray) -> np.ndarray:
    """The points that are known and surrounded by known ones: whatever is drawn up to them was computed."""
    unknown = np.pad(~known, 1, constant_values=False)
    rows = unknown[:-2] | unknown[1:-1] | unknown[2:]
    return ~(rows[:, :-2] | rows[:, 1:-1] | rows[:, 2:])


def parted(z: np.ndarray, known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Heights of two sheets with a hard edge between: one of the cells that lack a corner, one of those that do not.

    A point of which neither sheet needs a cell is NaN there. A known cell all of whose corners border on unknown ones
    is in both, at the same height.

    Example:
        >>> parted(np.zeros((2, 4)), np.array([[True, True, True, False]] * 2))[1][0].tolist()
        [0.0, 0.0, 0.0, nan]
    """
    return np.where(settled(known), np.nan, z), np.where(known, z, np.nan)


def _refined(values: np.ndarray, coarse: Lattice, fine: Lattice) -> np.ndarray:
    """Values of one level at the points of the next."""
    above, below = _neighbours(coarse.y, fine.y)
    left, right = _neighbours(coarse.x, fine.x)
    rows = (values[above] + values[below]) / 2
    return (rows[:, left] + rows[:, right]) / 2


def _neighbours(coarse: tuple[int, int], fine: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """The indices of the two coarse points on either side of each fine one; twice the same where they coincide."""
    places = np.arange(fine[0], fine[1] + 1)
    lower, upper = places // 2, -(-places // 2)
    first, last = coarse
    return np.clip(lower, first, last) - first, np.clip(upper, first, last) - first
