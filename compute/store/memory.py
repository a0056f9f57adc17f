"""A store that forgets with its process."""

from compute.lattice import Tile
from compute.store.protocol import TileValues


class MemoryStore:
    """Tiles in a dict.

    Example:
        >>> MemoryStore().get("key", Tile(0, 0, 0)) is None
        True
    """

    def __init__(self) -> None:
        """Starts empty."""
        self._tiles: dict[tuple[str, Tile], TileValues] = {}

    def get(self, key: str, tile: Tile) -> TileValues | None:
        """What is known of a tile, or None."""
        return self._tiles.get((key, tile))

    def put(self, key: str, tile: Tile, values: TileValues) -> None:
        """Adds to what is known of a tile."""
        before = self._tiles.get((key, tile))
        self._tiles[key, tile] = before.merged(values) if before else values

    def close(self) -> None:
        """Does nothing."""
