"""The height at which linear surfaces are cut off, so that basins are seen beside walls."""

from collections.abc import Sequence

import numpy as np

from viewer.figures.tick_labels import nice

CEILING = 1e30
"""The largest height handed to a renderer of single precision."""
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


def common_cap(caps: Sequence[float]) -> float:
    """One cap for surfaces that each have their own: the geometric mean, rounded up to 1, 2, 5 times a power of ten.

    The highest where one of them is not above zero.

    Example:
        >>> common_cap([5.0, 50.0]), common_cap([5.0, 5.0]), common_cap([-1.0, 2.0])
        (20.0, 5.0, 2.0)
    """
    if min(caps) <= 0 or len(set(caps)) == 1:
        return max(caps)
    return nice(float(np.exp(np.mean(np.log(caps)))))
