"""Losses of examples at the points of a tile, and what can be said of them without another forward pass."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from compute.lattice import SIDE
from compute.specs import OneClass, Quantile, Statistic, Tempered


@dataclass(frozen=True, slots=True, eq=False)
class TileValues:
    """What is known of a tile: `loss` and `accuracy`, float64 (SIDE, SIDE), where `known`, bool (SIDE, SIDE), says so.

    `error` is the standard error of the loss. A range that cuts through a tile leaves the rest of it unknown until a
    wider range asks. Unknown values are NaN; a NaN that is known is a result.
    """

    loss: np.ndarray
    accuracy: np.ndarray
    error: np.ndarray
    known: np.ndarray

    @classmethod
    def of(
        cls, mask: np.ndarray, loss: np.ndarray, accuracy: np.ndarray, error: np.ndarray | float = np.nan
    ) -> "TileValues":
        """The values (n,) of a mask's points, row by row, put in their places."""
        loss, accuracy, error = (placed(mask, values) for values in (loss, accuracy, error))
        return cls(loss, accuracy, error, mask)


@dataclass(frozen=True, slots=True, eq=False)
class BlockValues:
    """Losses of a block of examples at a tile's points: one by one, or added up for each class.

    Of group g there are `counts[g]` examples of class `labels[g]`, both (groups,); `loss` is the sum of their losses,
    `squares` of the squared losses, `correct` how many are classified correctly, each (SIDE, SIDE, groups), NaN or 0
    where `known`, bool (SIDE, SIDE), says that nothing is known. One by one, a group is an example and `squares` None.
    Where nothing can be right or wrong, as in regression, `correct` is None.
    """

    known: np.ndarray
    labels: np.ndarray
    counts: np.ndarray
    loss: np.ndarray
    correct: np.ndarray | None
    squares: np.ndarray | None = None

    @classmethod
    def of(cls, mask: np.ndarray, labels: np.ndarray, losses: np.ndarray, correct: np.ndarray | None) -> "BlockValues":
        """The losses and the correctness (points, examples) of a mask's points, row by row, put in their places."""
        counts = np.ones(len(labels), np.int64)
        right = None if correct is None else placed(mask, correct, 0).astype(np.uint32)
        return cls(mask, labels, counts, placed(mask, losses), right)

    def merged(self, other: "BlockValues") -> "BlockValues":
        """What either knows. Where both know, this one's value stays: an answer does not change."""
        here = self.known[:, :, None]
        correct, squares = (
            None if mine is None or theirs is None else np.where(here, mine, theirs)
            for mine, theirs in ((self.correct, other.correct), (self.squares, other.squares))
        )
        loss = np.where(here, self.loss, other.loss)
        return BlockValues(self.known | other.known, self.labels, self.counts, loss, correct, squares)

    def by_class(self) -> "BlockValues":
        """The sums for each class, in float64; a sixteenth as large for a thousand examples of ten classes."""
        if self.squares is not None:
            return self
        found, group = np.unique(self.labels, return_inverse=True)
        member = (group[:, None] == np.arange(len(found))).astype(float)
        loss = self.loss.astype(float)
        with np.errstate(invalid="ignore", over="ignore"):  # NaN and infinity are results
            sums, squares = (added(values, member) for values in (loss, loss**2))
        correct = None if self.correct is None else (self.correct @ member).astype(np.uint32)
        return BlockValues(self.known, found, member.sum(axis=0).astype(np.int64), sums, correct, squares)


def added(values: np.ndarray, member: np.ndarray) -> np.ndarray:
    """Sums of values (..., examples) over the members (examples, groups), where 0 · NaN must not count."""
    columns = [values[..., member[:, group] > 0].sum(axis=-1) for group in range(member.shape[1])]
    return np.stack(columns, axis=-1)


def placed(mask: np.ndarray, values: np.ndarray | float, empty: float = np.nan) -> np.ndarray:
    """Values (n, ...) of a mask's points in their places, `empty` elsewhere; at least as wide as they were."""
    values = np.asarray(values)
    wide = values.dtype if values.dtype.kind == "f" else np.dtype(float)
    whole = np.full((SIDE, SIDE, *values.shape[1:]), empty, wide)
    whole[mask] = values
    return whole


def summary(parts: Sequence[BlockValues], statistic: Statistic) -> TileValues:
    r"""What a statistic says of all blocks together, known where every one is.

    The mean $\bar l$ has the standard error $s / \sqrt n$; importance-weighted losses have
    $\sqrt{\sum_i w_i^2 (l_i - \bar l)^2}$ with weights that add up to 1; a quantile q has half the distance of the
    quantiles $q \pm \sqrt{q (1 - q) / n}$, which needs no distribution. All take the examples as drawn at random.
    """
    known = np.logical_and.reduce([part.known for part in parts])
    match statistic:
        case Quantile() | Tempered():
            singles = [part for part in parts if part.squares is None]
            loss = np.concatenate([part.loss[known] for part in singles], axis=-1).astype(float)
            correct = np.concatenate([right(part)[known] for part in singles], axis=-1)
            told = (
                quantile(loss, correct, statistic.share)
                if isinstance(statistic, Quantile)
                else tempered(loss, correct, statistic.temperature)
            )
        case OneClass():
            told = mean(parts, known, statistic.label)
        case _:
            told = mean(parts, known)
    return TileValues.of(known, *told)


Told = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Loss, accuracy and standard error of each point (points,)."""


def right(part: BlockValues) -> np.ndarray:
    """How many of each group are classified correctly (SIDE, SIDE, groups); NaN where nothing can be right or wrong."""
    return np.full(part.loss.shape, np.nan) if part.correct is None else part.correct


def mean(parts: Sequence[BlockValues], known: np.ndarray, label: int | None = None) -> Told:
    """The mean, over one class if a label is given; NaN where it has no example."""
    total = squares = correct = np.zeros(int(known.sum()))
    count = 0
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        for part in parts:
            chosen = np.full(len(part.labels), True) if label is None else part.labels == label
            loss = part.loss[known][:, chosen].astype(float)
            total = total + loss.sum(axis=1)
            squares = squares + (loss**2 if part.squares is None else part.squares[known][:, chosen]).sum(axis=1)
            correct = correct + right(part)[known][:, chosen].sum(axis=1)
            count += int(part.counts[chosen].sum())
        average, accuracy = np.divide(total, count), np.divide(correct, count)
        variance = np.maximum(np.divide(squares, count) - average**2, 0)
        return average, accuracy, np.sqrt(np.divide(variance, max(count - 1, 0)))


def quantile(loss: np.ndarray, correct: np.ndarray, share: float) -> Told:
    """The loss that a share of the examples stays below."""
    reach = np.sqrt(share * (1 - share) / loss.shape[1])
    with np.errstate(invalid="ignore"):
        low, middle, high = np.quantile(loss, np.clip([share - reach, share, share + reach], 0, 1), axis=1)
        return middle, correct.mean(axis=1), (high - low) / 2


def tempered(loss: np.ndarray, correct: np.ndarray, temperature: float) -> Told:
    r"""The mean with weights $w_i \propto e^{-l_i / T}$, so that examples of large loss count less (Zancato 2019)."""
    with np.errstate(invalid="ignore", over="ignore"):
        weight = np.exp((loss.min(axis=1, keepdims=True) - loss) / temperature)
        weight /= weight.sum(axis=1, keepdims=True)
        average = (weight * loss).sum(axis=1)
        error = np.sqrt((weight**2 * (loss - average[:, None]) ** 2).sum(axis=1))
        return average, (weight * correct).sum(axis=1), error
