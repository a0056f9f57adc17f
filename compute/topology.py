"""The local minima of an array and how deep each is: 0-dimensional persistence of its sublevel sets."""

from dataclasses import dataclass

import numpy as np

STEPS = [(row, col) for row in (-1, 0, 1) for col in (-1, 0, 1) if (row, col) != (0, 0)]
"""The steps to the eight neighbours of a point."""


@dataclass(frozen=True, slots=True, eq=False)
class Barcode:
    """The local minima of an array (rows, columns), deepest first, and the saddle beyond which each drains lower.

    `minima` and `saddles` are (n, 2) rows and columns; `birth` and `death` (n,) the values there. The lowest minimum of
    a connected part has no saddle: its row and column are -1 and its death is infinite.
    """

    minima: np.ndarray
    saddles: np.ndarray
    birth: np.ndarray
    death: np.ndarray

    def __len__(self) -> int:
        """How many minima there are."""
        return len(self.birth)

    @property
    def depth(self) -> np.ndarray:
        """The persistence of each minimum: how far one has to climb to get anywhere lower; infinite for the lowest."""
        return self.death - self.birth

    def chosen(self, which: np.ndarray) -> "Barcode":
        """Some of the minima, as a mask or places in their order."""
        return Barcode(self.minima[which], self.saddles[which], self.birth[which], self.death[which])


def barcode(values: np.ndarray) -> Barcode:
    """The persistence of the sublevel sets' connected parts, over the eight neighbours of each point.

    A minimum is born at its value and dies at the lowest pass to a deeper one (elder rule; Edelsbrunner, Letscher and
    Zomorodian 2002). A flat part counts once, at its first point. Points at the edge take part like all others; values
    that are NaN or infinite are absent, as if the array ended there.

    Every point first drains into its lowest neighbour. These links belong to a minimum spanning tree of the grid whose
    edges are as high as their higher end, so only the passes between whole basins have to be sorted.

    Example:
        >>> found = barcode(np.array([[0.0, 3.0, 1.0, np.nan, 5.0]]))
        >>> found.minima.tolist(), found.saddles.tolist(), found.depth.tolist()
        ([[0, 0], [0, 4], [0, 2]], [[-1, -1], [-1, -1], [0, 1]], [inf, inf, 2.0])
    """
    flat = np.where(np.isfinite(values), values, np.inf).ravel()
    order, count = np.argsort(flat, kind="stable"), int(np.isfinite(flat).sum())
    rank = np.full(values.shape, count)
    rank.flat[order[:count]] = np.arange(count)
    saddles = _saddles(rank, _drained(rank, count), count)
    minima = np.array([low for low, high in saddles.items() if high < 0 or flat[order[high]] > flat[order[low]]], int)
    passes = np.array([saddles[low] for low in minima.tolist()], int)
    birth = flat[order[minima]]
    death = np.where(passes < 0, np.inf, flat[order[passes]]) if len(passes) else birth
    at, over = (np.stack(np.unravel_index(order[ranks], values.shape), axis=-1) for ranks in (minima, passes))
    over[passes < 0] = -1
    deepest = np.lexsort((birth, birth - death))
    return Barcode(at[deepest], over[deepest], birth[deepest], death[deepest])


def _drained(rank: np.ndarray, count: int) -> np.ndarray:
    """The rank of the minimum that each point drains into, by the point's rank (count,)."""
    lowest = np.minimum.reduce([rank, *(shifted(rank, step, count) for step in STEPS)])
    basin, there = np.arange(count), rank < count
    basin[rank[there]] = lowest[there]
    while not np.array_equal(basin, further := basin[basin]):
        basin = further
    return basin


def _saddles(rank: np.ndarray, basin: np.ndarray, count: int) -> dict[int, int]:
    """The rank of each minimum's saddle, by the minimum's; -1 for the lowest of a connected part."""
    parent = {int(low): int(low) for low in np.unique(basin)}
    found = dict.fromkeys(parent, -1)

    def root(low: int) -> int:
        while parent[low] != low:
            parent[low] = low = parent[parent[low]]
        return low

    for high, one, other in _passes(rank, basin, count):
        low, shallow = sorted((root(one), root(other)))
        if low != shallow:
            parent[shallow], found[shallow] = low, high
    return found


def _passes(rank: np.ndarray, basin: np.ndarray, count: int) -> list[tuple[int, int, int]]:
    """The lowest pass between any two basins that touch: its rank and both minima's, lowest first."""
    each = []
    for step in STEPS[:4]:  # the other four are the same pairs
        other = shifted(rank, step, count)
        pair = np.stack([rank, other], axis=-1)[(rank < count) & (other < count)]
        ends = np.sort(basin[pair], axis=1)
        each.append(np.column_stack([pair.max(axis=1), ends])[ends[:, 0] != ends[:, 1]])
    passes = np.concatenate(each)
    passes = passes[np.argsort(passes[:, 0], kind="stable")]
    _, first = np.unique(passes[:, 1] * (count + 1) + passes[:, 2], return_index=True)
    return [tuple(row) for row in passes[np.sort(first)].tolist()]


def dips(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """The points whose lower bound lies below the upper bounds of all neighbours; where that is NaN, there is none.

    Example:
        >>> bowl = np.array([[3, 3, 3], [3, 1, np.nan], [3, 3, 2.0]])
        >>> dips(bowl, bowl).astype(int).tolist()
        [[0, 0, 0], [0, 1, 0], [0, 0, 0]]
        >>> dips(bowl, bowl - 1).any()
        np.False_
    """
    found = np.isfinite(low)
    with np.errstate(invalid="ignore"):
        for step in STEPS:
            around = shifted(high, step, np.nan)
            found &= (low < around) | np.isnan(around)
    return found


def shifted(array: np.ndarray, step: tuple[int, int], fill: float) -> np.ndarray:
    """What lies one step further at each point; `fill` beyond the edge.

    Example:
        >>> shifted(np.array([[1, 2], [3, 4]]), (1, 0), 0).tolist()
        [[3, 4], [0, 0]]
    """
    rows, cols = array.shape
    wide = np.pad(array, 1, constant_values=fill)
    return wide[1 + step[0] : 1 + step[0] + rows, 1 + step[1] : 1 + step[1] + cols]


def paired_z(rise: np.ndarray) -> np.ndarray:
    r"""How many standard errors mean differences lie above zero: $\bar d / (s / \sqrt n)$, one for each row.

    The differences are those of the same n examples at two points, so what all of them share cancels. Infinite where
    all are the same positive number; NaN where it cannot be told: of one example, or where a loss is not finite.

    Args:
        rise: (pairs, examples), each example's loss at the higher point less that at the lower one.

    Example:
        >>> paired_z(np.array([[1.0, 2.0, 3.0], [2.0, 2.0, 2.0]])).round(3).tolist()
        [3.464, inf]
    """
    count = rise.shape[1]
    if count < 2:
        return np.full(len(rise), np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        return rise.mean(axis=1) / (rise.std(axis=1, ddof=1) / np.sqrt(count))
