"""Which interpolated points decide whether a point is a minimum."""

import numpy as np

from compute.indicators import dips

AROUND = [(row, col) for row in (-1, 0, 1) for col in (-1, 0, 1) if (row, col) != (0, 0)]
"""The steps to the eight neighbours."""
REACH = 2
"""How far, in points, a value has a say in what is deciding: a minimum's neighbours, and theirs."""


def deciding(loss: np.ndarray, low: np.ndarray, high: np.ndarray, guessed: np.ndarray) -> np.ndarray:
    """The guessed points that a minimum rests on, or could.

    They are all those of a minimum and its neighbours; those that may be one, where they are low and their neighbours
    high; and those that keep a computed point, which may be one, from being lower than all its neighbours. Where there
    are none left, minima and their neighbours are computed.

    Args:
        loss: (rows, columns).
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
    for step in AROUND:
        rests = rests | moved(sure, step, False) | (moved(computed, step, False) & (loss <= moved(loss, step, np.nan)))
    return rests & guessed


def moved(array: np.ndarray, step: tuple[int, int], fill: float) -> np.ndarray:
    """What lies one step further at each point; `fill` beyond the edge."""
    rows, cols = array.shape
    wide = np.pad(array, 1, constant_values=fill)
    return wide[1 + step[0] : 1 + step[0] + rows, 1 + step[1] : 1 + step[1] + cols]


def about(rows: np.ndarray, cols: np.ndarray, reach: int) -> tuple[slice, slice]:
    """The part of an array within some points of some rows and columns.

    Example:
        >>> about(np.array([5, 7]), np.array([1]), 2)
        (slice(3, 10, None), slice(0, 4, None))
    """
    row, col = (slice(max(0, int(places.min()) - reach), int(places.max()) + reach + 1) for places in (rows, cols))
    return row, col
