"""A store that forgets with its process."""

from collections import OrderedDict
from threading import Lock

from compute.blocks import Block
from compute.lattice import Tile
from compute.losses import BlockValues

Place = tuple[str, Tile, Block]


class MemoryStore:
    """Blocks of tiles in a dict; beyond a limit in bytes, where there is one, those used longest ago go.

    Example:
        >>> MemoryStore().get("key", Tile(0, 0, 0), Block(0, 128)) is None
        True
    """

    def __init__(self, limit: float = float("inf")) -> None:
        """Starts empty."""
        self._entries: OrderedDict[Place, BlockValues] = OrderedDict()
        self._limit, self._size, self._lock = limit, 0, Lock()
        self.problem: str | None = None

    def get(self, key: str, tile: Tile, block: Block) -> BlockValues | None:
        """What is known of a block at a tile's points, or None."""
        with self._lock:
            if (key, tile, block) in self._entries:
                self._entries.move_to_end((key, tile, block))
            return self._entries.get((key, tile, block))

    def put(self, key: str, tile: Tile, block: Block, values: BlockValues) -> None:
        """Adds to what is known of a block at a tile's points."""
        place = key, tile, block
        with self._lock:
            before = self._pop(place)
            self._entries[place] = before.merged(values) if before else values
            self._size += values_size(self._entries[place])
            while self._size > self._limit:
                self._pop(next(iter(self._entries)))

    def oldest(self) -> tuple[Place, BlockValues] | None:
        """The entry that was used longest ago, or None."""
        with self._lock:
            return next(iter(self._entries.items()), None)

    def drop(self, place: Place, values: BlockValues) -> None:
        """Removes an entry, unless it has changed since it was these values."""
        with self._lock:
            if self._entries.get(place) is values:
                self._pop(place)

    def close(self) -> None:
        """Does nothing."""

    def _pop(self, place: Place) -> BlockValues | None:
        found = self._entries.pop(place, None)
        self._size -= values_size(found) if found else 0
        return found


def values_size(values: BlockValues) -> int:
    """The bytes of a block's arrays."""
    arrays = values.known, values.labels, values.counts, values.loss, values.correct, values.squares
    return sum(array.nbytes for array in arrays if array is not None)
