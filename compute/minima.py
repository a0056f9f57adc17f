"""The local minima of a surface, how deep each is, and how far above sampling noise."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from compute.snapshot import Snapshot
from compute.topology import STEPS, Barcode, barcode, shifted

NOISE = 3.0
"""A minimum is above sampling noise if its saddle lies at least so many standard errors above it.

Of the minima that noise alone makes on smooth surfaces, fewer than one in a thousand are.
"""


@dataclass(frozen=True, slots=True)
class Minimum:
    """A local minimum at (`alpha`, `beta`), `depth` below the `saddle` beyond which it goes lower still.

    `z` tells how many standard errors the saddle's loss lies above the minimum's, over the same examples; None where it
    cannot be told. The lowest minimum of a connected part has neither saddle, depth nor z.
    """

    alpha: float
    beta: float
    loss: float
    saddle: tuple[float, float] | None
    depth: float | None
    z: float | None

    @property
    def above_noise(self) -> bool:
        """Whether sampling noise alone would hardly have made it; so for the lowest, which there is in any case."""
        return self.saddle is None or (self.z is not None and self.z >= NOISE)


@dataclass(frozen=True, slots=True, eq=False)
class Minima:
    """The minima of a surface, deepest first; `tested` says that their z values could be told."""

    bars: Barcode
    each: tuple[Minimum, ...]
    tested: bool

    def __len__(self) -> int:
        """How many there are."""
        return len(self.each)

    def __iter__(self) -> Iterator[Minimum]:
        """One after the other."""
        return iter(self.each)

    @property
    def above_noise(self) -> int | None:
        """How many are above sampling noise; None where that cannot be told."""
        return sum(minimum.above_noise for minimum in self) if self.tested else None

    def at_least(self, depth: float) -> np.ndarray:
        """Which of them are that deep (n,); the lowest always is."""
        return self.bars.depth >= depth

    @property
    def words(self) -> str:
        """How many there are, and how many of them are above sampling noise."""
        return self.count + ("" if self.above_noise is None else f", {self.above_noise:,} above sampling noise")

    @property
    def count(self) -> str:
        """How many there are, in words."""
        return f"{len(self):,} {'minimum' if len(self) == 1 else 'minima'}"


def minima(snapshot: Snapshot) -> Minima:
    """The local minima of the loss, also those at the edge: computed points among computed ones.

    While points are missing they are no more than those so far; depth and z are told of a finished surface alone.

    Example:
        >>> from compute.lattice import Lattice
        >>> from compute.snapshot import JobState, Progress, Snapshot
        >>> from compute.specs import DataRef, ModelRef, Query, RandomPlane, Survey
        >>> model = ModelRef("run", "mlp", (1, 8, 8), 10, "run.safetensors", "digest")
        >>> asked = Survey(Query(model, DataRef("digits", "train", 8), RandomPlane()), Lattice(0, (-1, 1), (-1, 1)))
        >>> shot = Snapshot.empty(asked, Progress(asked.id, JobState.DONE, 9, 9))
        >>> shot.loss[:], shot.known[:] = [[3, 3, 2], [3, 3, 3], [1, 3, 3]], True
        >>> [(each.alpha, each.beta, each.depth) for each in minima(shot)]
        [(-1.0, 1.0, None), (1.0, -1.0, 1.0)]
    """
    loss = np.where(snapshot.given, snapshot.loss, np.nan)
    bars = barcode(loss)
    settled = snapshot.final & ~snapshot.interpolated  # computed, or absent for good
    sure = np.logical_and.reduce([settled, *(shifted(settled, step, True) for step in STEPS)])
    bars = bars.chosen(sure[tuple(bars.minima.T)])
    x, y = (snapshot.survey.lattice.coordinates(axis) for axis in "xy")
    z = np.full(len(bars), np.nan) if snapshot.z is None else snapshot.z[tuple(bars.minima.T)]
    whole, each = bool(snapshot.final.all()), []
    for (row, col), (high, over), low, depth, score in zip(
        bars.minima.tolist(), bars.saddles.tolist(), bars.birth.tolist(), bars.depth.tolist(), z.tolist(), strict=True
    ):
        passed = whole and high >= 0
        saddle = (float(x[over]), float(y[high])) if passed else None
        told = score if passed and not np.isnan(score) else None
        each.append(Minimum(float(x[col]), float(y[row]), low, saddle, depth if passed else None, told))
    return Minima(bars, tuple(each), snapshot.z is not None)
