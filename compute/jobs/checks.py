"""Decides which predicted points are computed after all, because others near them were predicted badly."""

import numpy as np

from compute.jobs.predict import Forecast, grid, spread
from compute.lattice import Lattice

EASE = 0.7
"""How wrong a point is expected to be, as a multiple of the largest miss that the level before had nearby.

Cubics miss by less at each finer level: along both axes of networks with ReLUs nine points in ten by 0.1 to 0.6 of the
largest miss that the level before had beside them.
"""
ALLOWED = 1 / 3
"""The share of the tolerance by which a computed point may miss its prediction before its neighbours are computed."""
SPOTS = 1 / 50
"""The share of the points that could be interpolated which are computed all the same, as spot checks."""


def expected_error(found: Forecast) -> np.ndarray:
    """How wrong predicted points are expected to be, as a share of the range of heights."""
    return EASE * found.doubt


def spot_checks(lattice: Lattice, level: int) -> np.ndarray:
    """About one in fifty of a level's points, as a bool array of the lattice's shape; False at all others.

    Which ones depends on their places alone, as if they were drawn: a regular choice could keep step with a surface
    that repeats itself, whose coarser levels all look smooth. The integers are mixed as in MurmurHash3's last step.

    Example:
        >>> chosen = spot_checks(Lattice.spanning(6, (-1, 1), (-1, 1)), 6)
        >>> round(float(chosen.mean()), 3), bool(chosen[::2, 1::2].any())
        (0.02, True)
    """
    step = 2 ** (lattice.level - level)
    chosen, here = np.full(lattice.shape, False), grid(lattice, level)
    rows, cols = (
        (np.arange(side, dtype=np.int64)[part] + first) // step
        for side, part, first in zip(lattice.shape, here, (lattice.y[0], lattice.x[0]), strict=True)
    )
    mixed = (rows[:, None] * 0x9E3779B1 ^ cols[None, :] * 0x85EBCA77).astype(np.uint64)
    for factor in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53):
        mixed = (mixed ^ (mixed >> np.uint64(33))) * np.uint64(factor)
    chosen[here] = (mixed >> np.uint64(11)) / 2.0**53 < SPOTS
    return chosen


def beside_misses(
    found: Forecast, loss: np.ndarray, computed: np.ndarray, lattice: Lattice, level: int, tolerance: float
) -> np.ndarray:
    """The level's points within two of a computed one that misses its prediction by over a third of the tolerance.

    Args:
        found: what was predicted of the level.
        loss: of the lattice's shape.
        computed: those of the level's points to judge by.
        lattice: whose points they are.
        level: which one.
        tolerance: a share of the range of heights.
    """
    here, bad = grid(lattice, level), np.full(lattice.shape, False)
    missed = computed & np.isfinite(found.height) & (found.error(loss) > ALLOWED * tolerance)
    bad[here] = spread(missed[here].astype(float)) > 0
    return bad


def typical_error(found: Forecast, loss: np.ndarray, spots: np.ndarray, tolerance: float) -> float:
    """The root mean square error at the spot checks that were predicted well, as a share of the range of heights.

    Where there are none, the largest with which they would have been.
    """
    errors = found.error(loss)[spots]
    passed = errors[errors <= ALLOWED * tolerance]
    return float(np.sqrt((passed**2).mean())) if passed.size else ALLOWED * tolerance
