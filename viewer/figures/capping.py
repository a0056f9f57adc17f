"""The height at which linear surfaces are cut off, so that basins are seen beside walls."""

import numpy as np

from viewer.figures.heights import CEILING, nice

FACTOR = 3.0
"""A quarter of the points lie below a FACTOR-th of the cap: the lower part of the surface fills the height."""
OTHERWISE = 10.0
"""The cap of a surface of which no value is known."""


def chosen_cap(values: np.ndarray) -> float:
    """The smallest of 1, 2, 5 times a power of ten that is at least FACTOR times the lower quartile of the values.

    Values below zero raise the zero from which both are counted to the lowest of them.

    Args:
        values: of any shape; those that are not finite do not count.

    Example:
        >>> chosen_cap(np.array([0.01, 1.0, 3.0, 4.0, 1e6]))
        5.0
    """
    finite = values[np.isfinite(values)]
    if not finite.size:
        return OTHERWISE
    lowest = min(0.0, float(finite.min()))
    reach = FACTOR * (float(np.quantile(finite, 0.25)) - lowest)
    if reach <= 0:  # a quarter of the points or more share the lowest value
        reach = float(finite.max()) - lowest or 1.0
    return min(lowest + nice(reach), CEILING)
