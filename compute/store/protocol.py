"""What a store of tiles promises."""

from typing import Protocol

from compute.blocks import Block
from compute.lattice import Tile
from compute.losses import BlockValues


class Store(Protocol):
    """Answers by query key, tile and block of examples. A write is seen whole or not at all; twice changes nothing."""

    @property
    def problem(self) -> str | None:
        """A sentence on what the user should know of how results are kept, or None."""

    def get(self, key: str, tile: Tile, block: Block) -> BlockValues | None:
        """What is known of a block at a tile's points, or None.

        Raises:
            CorruptTile: there is an entry that cannot be read; it has been removed.
        """

    def put(self, key: str, tile: Tile, block: Block, values: BlockValues) -> None:
        """Adds to what is known of a block at a tile's points."""

    def close(self) -> None:
        """Lets go of files."""
