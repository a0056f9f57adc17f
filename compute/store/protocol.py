"""What a store of tiles promises."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from compute.lattice import SIDE, Tile


@dataclass(frozen=True, slots=True, eq=False)
class TileValues:
    """What is known of a tile: `loss` and `accuracy`, float64 (SIDE, SIDE), where `known`, bool (SIDE, SIDE), says so.

    A range that cuts through a tile leaves the rest of it unknown until a wider range asks. Unknown values are NaN;
    a NaN that is known is a result.
    """

    loss: np.ndarray
    accuracy: np.ndarray
    known: np.ndarray

    @classmethod
    def nothing(cls) -> "TileValues":
        """A tile of which nothing is known."""
        return cls(np.full((SIDE, SIDE), np.nan), np.full((SIDE, SIDE), np.nan), np.full((SIDE, SIDE), False))

    @classmethod
    def of(cls, mask: np.ndarray, loss: np.ndarray, accuracy: np.ndarray) -> "TileValues":
        """The values (n,) of a mask's points, row by row, put in their places."""
        tile = cls.nothing()
        tile.loss[mask], tile.accuracy[mask], tile.known[mask] = loss, accuracy, True
        return tile

    def merged(self, other: "TileValues") -> "TileValues":
        """What either knows. Where both know, this one's value stays: an answer does not change."""
        return TileValues(
            np.where(self.known, self.loss, other.loss),
            np.where(self.known, self.accuracy, other.accuracy),
            self.known | other.known,
        )


class Store(Protocol):
    """Answers by query key and tile. A write is seen whole or not at all; writing twice changes nothing."""

    def get(self, key: str, tile: Tile) -> TileValues | None:
        """What is known of a tile, or None.

        Raises:
            CorruptTile: there is an entry that cannot be read; it has been removed.
        """

    def put(self, key: str, tile: Tile, values: TileValues) -> None:
        """Adds to what is known of a tile."""

    def close(self) -> None:
        """Lets go of files."""
