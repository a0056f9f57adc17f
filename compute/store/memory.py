"""A store that forgets with its process."""

from compute.blocks import Block
from compute.lattice import Tile
from compute.losses import BlockValues


class MemoryStore:
    """Blocks of tiles in a dict.

    Example:
        >>> MemoryStore().get("key", Tile(0, 0, 0), Block(0, 128)) is None
        True
    """

    def __init__(self) -> None:
        """Starts empty."""
        self._entries: dict[tuple[str, Tile, Block], BlockValues] = {}

    def get(self, key: str, tile: Tile, block: Block) -> BlockValues | None:
        """What is known of a block at a tile's points, or None."""
        return self._entries.get((key, tile, block))

    def put(self, key: str, tile: Tile, block: Block, values: BlockValues) -> None:
        """Adds to what is known of a block at a tile's points."""
        before = self._entries.get((key, tile, block))
        self._entries[key, tile, block] = before.merged(values) if before else values

    def close(self) -> None:
        """Does nothing."""
