"""A store that outlives its process: diskcache holds the index, each payload is one tile."""

import errno
import logging
import sqlite3
import zlib
from pathlib import Path

import numpy as np

from compute.errors import CorruptTile, LandscapeError
from compute.lattice import SIDE, Tile
from compute.specs import SCHEMA
from compute.store.memory import MemoryStore
from compute.store.protocol import TileValues

log = logging.getLogger(__name__)

POINTS = SIDE * SIDE
BYTES = 4 + POINTS * 8 * 2 + POINTS


class DiskStore:
    """Tiles in a folder, shared by every process that opens it; what does not fit on the disk stays in memory."""

    def __init__(self, folder: Path, gib: float = 10.0) -> None:
        """Opens or makes the folder.

        Raises:
            LandscapeError: the folder cannot be written.
        """
        import diskcache  # a bare GPU machine runs the numerics without it

        try:
            self._cache = diskcache.Cache(
                str(folder), size_limit=int(gib * 2**30), eviction_policy="least-recently-stored", timeout=60
            )
        except (OSError, sqlite3.Error) as problem:
            raise LandscapeError(
                f"The cache needs a folder it can write, got {folder} ({problem}): choose another with --cache-dir."
            ) from problem
        self._spill = MemoryStore()
        self.full: str | None = None

    def get(self, key: str, tile: Tile) -> TileValues | None:
        """What is known of a tile, or None.

        Raises:
            CorruptTile: there is an entry that cannot be read; it has been removed.
        """
        stored = self._stored(key, tile)
        spilled = self._spill.get(key, tile)
        return stored.merged(spilled) if stored and spilled else stored or spilled

    def put(self, key: str, tile: Tile, values: TileValues) -> None:
        """Adds to what is known of a tile, on disk if it has room, else in memory."""
        try:
            with self._cache.transact(retry=True):
                before = self._stored(key, tile)
                self._cache.set(address(key, tile), encoded(before.merged(values) if before else values))
        except (OSError, sqlite3.Error) as problem:
            if not is_full(problem):
                raise
            self.full = f"The disk under {self._cache.directory} is full: new tiles stay in memory until there is room."
            log.warning("store full folder=%s error=%s", self._cache.directory, problem)
            self._spill.put(key, tile, values)

    def close(self) -> None:
        """Closes the index."""
        self._cache.close()

    def _stored(self, key: str, tile: Tile) -> TileValues | None:
        name = address(key, tile)
        payload = self._cache.get(name)
        try:
            return None if payload is None else decoded(payload)
        except ValueError as problem:
            self._cache.delete(name)
            raise CorruptTile(
                f"The cache's entry {name} is damaged ({problem}): it was removed, ask again."
            ) from problem


def address(key: str, tile: Tile) -> str:
    """A tile's name in the index.

    Example:
        >>> address("abc", Tile(3, -1, 2))
        'abc/3/-1/2'
    """
    return f"{key}/{tile.level}/{tile.row}/{tile.col}"


def encoded(values: TileValues) -> bytes:
    """Checksum, losses, accuracies, mask."""
    body = values.loss.astype("<f8").tobytes() + values.accuracy.astype("<f8").tobytes() + values.known.tobytes()
    return zlib.crc32(body, SCHEMA).to_bytes(4, "little") + body


def decoded(payload: bytes) -> TileValues:
    """The tile of a payload.

    Raises:
        ValueError: the payload is not what `encoded` writes.

    Example:
        >>> decoded(encoded(TileValues.nothing())).known.any()
        np.False_
    """
    if not isinstance(payload, bytes) or len(payload) != BYTES:
        raise ValueError(f"wanted {BYTES} bytes")
    if zlib.crc32(payload[4:], SCHEMA) != int.from_bytes(payload[:4], "little"):
        raise ValueError("wrong checksum")
    loss, accuracy = np.frombuffer(payload, "<f8", 2 * POINTS, offset=4).reshape(2, SIDE, SIDE).copy()
    known = np.frombuffer(payload, bool, POINTS, offset=4 + 16 * POINTS).reshape(SIDE, SIDE).copy()
    return TileValues(loss, accuracy, known)


def is_full(problem: Exception) -> bool:
    """Whether an error says that the disk has no room."""
    return getattr(problem, "errno", None) in {errno.ENOSPC, errno.EDQUOT} or "disk is full" in str(problem)
