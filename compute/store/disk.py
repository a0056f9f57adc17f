"""A store that outlives its process: diskcache holds the index, each payload is one tile."""

import errno
import logging
import sqlite3
import struct
import zlib
from pathlib import Path

import numpy as np

from compute.blocks import Block
from compute.errors import CorruptTile, LandscapeError
from compute.lattice import SIDE, Tile
from compute.losses import BlockValues, placed
from compute.specs import SCHEMA
from compute.store.memory import MemoryStore

log = logging.getLogger(__name__)

SIZES = "<IBB"
"""Groups, bytes of a loss, and the flags below."""
SINGLE, UNJUDGED = 1, 2
"""The groups are single examples; nothing can be right or wrong, so that nothing is said about it."""
HEADER = 4 + struct.calcsize(SIZES)


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

    def get(self, key: str, tile: Tile, block: Block) -> BlockValues | None:
        """What is known of a block at a tile's points, or None.

        Raises:
            CorruptTile: there is an entry that cannot be read; it has been removed.
        """
        stored = self._stored(key, tile, block)
        spilled = self._spill.get(key, tile, block)
        return stored.merged(spilled) if stored and spilled else stored or spilled

    def put(self, key: str, tile: Tile, block: Block, values: BlockValues) -> None:
        """Adds to what is known of a block at a tile's points, on disk if it has room, else in memory."""
        try:
            with self._cache.transact(retry=True):
                before = self._stored(key, tile, block)
                self._cache.set(address(key, tile, block), encoded(before.merged(values) if before else values))
        except (OSError, sqlite3.Error) as problem:
            if not is_full(problem):
                raise
            self.full = f"The disk under {self._cache.directory} is full: new tiles stay in memory until there is room."
            log.warning("store full folder=%s error=%s", self._cache.directory, problem)
            self._spill.put(key, tile, block, values)

    def close(self) -> None:
        """Closes the index."""
        self._cache.close()

    def _stored(self, key: str, tile: Tile, block: Block) -> BlockValues | None:
        name = address(key, tile, block)
        payload = self._cache.get(name)
        try:
            return None if payload is None else decoded(payload)
        except ValueError as problem:
            self._cache.delete(name)
            raise CorruptTile(
                f"The cache's entry {name} is damaged ({problem}): it was removed, ask again."
            ) from problem


def address(key: str, tile: Tile, block: Block) -> str:
    """The name of a block at a tile's points in the index.

    Example:
        >>> address("abc", Tile(3, -1, 2), Block(128, 256))
        'abc/3/-1/2/128-256'
    """
    return f"{key}/{tile.level}/{tile.row}/{tile.col}/{block.start}-{block.stop}"


def encoded(values: BlockValues) -> bytes:
    """A checksum, the sizes, the groups, which points are known, and of those the losses and the rest."""
    loss = values.loss[values.known]
    flags = SINGLE * (values.squares is None) | UNJUDGED * (values.correct is None)
    parts = [
        struct.pack(SIZES, len(values.labels), loss.dtype.itemsize, flags),
        values.labels.astype("<i4").tobytes(),
        values.counts.astype("<i4").tobytes(),
        values.known.tobytes(),
        loss.astype(f"<f{loss.dtype.itemsize}").tobytes(),
    ]
    if values.correct is not None:
        correct = values.correct[values.known]
        single = values.squares is None
        parts.append(np.packbits(correct.astype(bool)).tobytes() if single else correct.astype("<u4").tobytes())
    if values.squares is not None:
        parts.append(values.squares[values.known].astype("<f8").tobytes())
    body = b"".join(parts)
    return zlib.crc32(body, SCHEMA).to_bytes(4, "little") + body


def decoded(payload: bytes) -> BlockValues:
    """The values of a payload.

    Raises:
        ValueError: the payload is not what `encoded` writes.

    Example:
        >>> mask = np.eye(SIDE) == 1
        >>> values = BlockValues.of(mask, np.array([3, 1]), np.ones((SIDE, 2)), np.ones((SIDE, 2)))
        >>> decoded(encoded(values)).loss[0, 0].tolist()
        [1.0, 1.0]
    """
    if not isinstance(payload, bytes) or len(payload) < HEADER:
        raise ValueError(f"wanted at least {HEADER} bytes")
    if zlib.crc32(payload[4:], SCHEMA) != int.from_bytes(payload[:4], "little"):
        raise ValueError("wrong checksum")
    groups, width, flags = struct.unpack_from(SIZES, payload, 4)
    take = Reader(payload, HEADER)
    labels, counts = take("<i4", groups), take("<i4", groups).astype(np.int64)
    known = take(bool, SIDE * SIDE).reshape(SIDE, SIDE)
    shape = int(known.sum()), groups
    size = shape[0] * groups
    loss = placed(known, take(f"<f{width}", size).reshape(shape))
    correct = None
    if not flags & UNJUDGED:
        told = np.unpackbits(take(np.uint8, -(-size // 8)), count=size) if flags & SINGLE else take("<u4", size)
        correct = placed(known, told.reshape(shape), 0).astype(np.uint32)
    squares = None if flags & SINGLE else placed(known, take("<f8", size).reshape(shape))
    return BlockValues(known, labels, counts, loss, correct, squares)


class Reader:
    """Takes arrays from a payload one after another."""

    def __init__(self, payload: bytes, first: int) -> None:
        """Starts at a byte."""
        self._payload, self._at = payload, first

    def __call__(self, dtype: object, count: int) -> np.ndarray:
        """The next `count` numbers, as an array of its own."""
        found = np.frombuffer(self._payload, np.dtype(dtype), count, offset=self._at).copy()  # type: ignore[call-overload]
        self._at += found.nbytes
        return found


def is_full(problem: Exception) -> bool:
    """Whether an error says that the disk has no room."""
    return getattr(problem, "errno", None) in {errno.ENOSPC, errno.EDQUOT} or "disk is full" in str(problem)
