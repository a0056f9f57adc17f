"""The bytes of a block at a tile's points, with a checksum."""

import struct
import zlib

import numpy as np

from compute.lattice import SIDE
from compute.losses import BlockValues, placed
from compute.specs import SCHEMA

SIZES = "<IBB"
"""Groups, bytes of a loss, and the flags below."""
SINGLE, UNJUDGED = 1, 2
"""The groups are single examples; nothing can be right or wrong, so that nothing is said about it."""
HEADER = 4 + struct.calcsize(SIZES)


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
