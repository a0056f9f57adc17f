"""The slope of a surface within its plane, by differences of neighbours."""

import numpy as np


def slope(values: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    r"""The norm of the gradient within the plane, $\sqrt{f_\alpha^2 + f_\beta^2}$, NaN where the value is.

    Differences are of second order: exact for quadratics, also at edges, beside values that are NaN, and where places
    are not evenly spaced. Where no three values lie in a row they are of first order.

    Args:
        values: (rows, columns), at the places `y` and `x`.
        x: at least two places, rising.
        y: likewise.

    Example:
        >>> slope(np.array([[0.0, 3.0], [4.0, 7.0]]), np.array([0.0, 1.0]), np.array([0.0, 1.0])).tolist()
        [[5.0, 5.0], [5.0, 5.0]]
    """
    return np.hypot(derivative(values, x), derivative(values.T, y).T)


STENCILS = ((-1, 0, 1), (0, 1, 2), (-2, -1, 0), (0, 1), (-1, 0))
"""Which neighbours a derivative is taken from: central, forward, backward; of two where there are no three."""


def derivative(values: np.ndarray, places: np.ndarray) -> np.ndarray:
    """The derivative along each row (rows, columns), from the first stencil whose values are all finite; else NaN.

    It is that of the polynomial through the stencil's points.

    Example:
        >>> derivative(np.array([[0.0, 1.0, 4.0, np.nan, 16.0, 25.0]]), np.arange(6.0)).tolist()
        [[0.0, 2.0, 4.0, nan, 9.0, 9.0]]
    """
    values, found = np.where(np.isfinite(values), values, np.nan), np.full(values.shape, np.nan)
    for offsets in STENCILS:
        at = np.arange(max(0, -offsets[0]), len(places) - max(0, offsets[-1]))
        if not at.size:
            continue
        near = [at + offset for offset in offsets]
        with np.errstate(invalid="ignore", over="ignore"):
            steep = sum(weight * values[:, here] for weight, here in zip(_weights(places, near, at), near, strict=True))
        wanted = np.isnan(found[:, at]) & ~np.isnan(values[:, at])
        found[:, at] = np.where(wanted, steep, found[:, at])
    return found


def _weights(places: np.ndarray, near: list[np.ndarray], at: np.ndarray) -> list[np.ndarray]:
    """What each of a stencil's values counts in the derivative: that of its Lagrange polynomial."""
    weights = []
    for own in near:
        others = [other for other in near if other is not own]
        below = np.prod([places[own] - places[other] for other in others], axis=0)
        above = [np.prod([places[at] - places[rest] for rest in others if rest is not left], axis=0) for left in others]
        weights.append(sum(above) / below)
    return weights
