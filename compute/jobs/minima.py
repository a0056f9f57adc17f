"""Which interpolated points decide whether a point is a minimum, and how deep it is."""

import numpy as np

from compute.topology import STEPS, barcode, dips, shifted

REACH = 2
"""How far, in points, a value has a say in what is deciding: a minimum's neighbours, and theirs."""


def deciding(loss: np.ndarray, low: np.ndarray, high: np.ndarray, guessed: np.ndarray) -> np.ndarray:
    """The guessed points that a minimum rests on, or could.

    They are all those of a minimum and its neighbours; those that may be one, where they are low and their neighbours
    high; and those that keep a computed point, which may be one, from being lower than all its neighbours. Where there
    are none left, minima and their neighbours are computed.

    Args:
        loss: (rows, columns); NaN where there is none, minus infinity where it is still unknown.
        low: the least that each may be; the loss itself where it was computed.
        high: likewise, the most.
        guessed: which of them were not computed.

    Example:
        >>> loss, guessed = np.array([[3, 3, 3], [3, 1, 3], [3, 3, 2.0]]), np.full((3, 3), False)
        >>> guessed[2, 2] = True
        >>> deciding(loss, loss, loss, guessed).astype(int).tolist()
        [[0, 0, 0], [0, 0, 0], [0, 0, 1]]
    """
    possible = dips(low, high)
    if not possible.any():  # nearly everywhere
        return possible
    sure, rests = dips(loss, loss), possible
    computed = possible & ~guessed
    for step in STEPS:
        below = loss <= shifted(loss, step, np.nan)
        rests = rests | shifted(sure, step, False) | (shifted(computed, step, False) & below)
    return rests & guessed


def passes(loss: np.ndarray, guessed: np.ndarray) -> np.ndarray:
    """The guessed points at which a basin begins or meets a deeper one, so that how deep it is rests on them.

    Example:
        >>> loss, guessed = np.array([[0.0, 3.0, 1.0, 4.0]]), np.array([[False, True, False, True]])
        >>> passes(loss, guessed).astype(int).tolist()
        [[0, 1, 0, 0]]
    """
    found, bars = np.full(loss.shape, False), barcode(loss)
    for at in (bars.minima, bars.saddles[bars.saddles[:, 0] >= 0]):
        found[tuple(at.T)] = True
    return found & guessed


def about(rows: np.ndarray, cols: np.ndarray, reach: int) -> tuple[slice, slice]:
    """The part of an array within some points of some rows and columns.

    Example:
        >>> about(np.array([5, 7]), np.array([1]), 2)
        (slice(3, 10, None), slice(0, 4, None))
    """
    row, col = (slice(max(0, int(places.min()) - reach), int(places.max()) + reach + 1) for places in (rows, cols))
    return row, col
