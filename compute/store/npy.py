"""NumPy arrays whose header is checked before their numbers are read."""

import ast
import math
import struct
from dataclasses import dataclass
from io import BytesIO
from typing import IO

import numpy as np

from compute.errors import BadSurface

HEADER = 2**16
"""Bytes of an array's header that are read; NumPy writes about a hundred."""
PREFIX = {1: ("<H", 10, "latin-1"), 2: ("<I", 12, "latin-1"), 3: ("<I", 12, "utf-8")}
"""Of each version of the format: how its header's length is written, where it ends, and the header's encoding."""


@dataclass(frozen=True, slots=True)
class Header:
    """What an array's header claims, and in which byte its numbers begin."""

    shape: tuple[int, ...]
    fortran: bool
    dtype: np.dtype
    start: int

    @property
    def size(self) -> int:
        """How many numbers there are."""
        return math.prod(self.shape)

    @property
    def bytes(self) -> int:
        """How much room they take."""
        return self.size * self.dtype.itemsize


def header_of(name: str, start: bytes) -> Header:
    """The header at the beginning of an array's file.

    Raises:
        BadSurface: it is none, or claims objects or no shape.
    """
    try:
        kind, at, encoding = PREFIX[np.lib.format.read_magic(BytesIO(start))[0]]
        (length,) = struct.unpack_from(kind, start, at - struct.calcsize(kind))
        told = ast.literal_eval(start[at:HEADER][:length].decode(encoding).strip())
        shape, fortran = told["shape"], bool(told["fortran_order"])
        dtype = np.lib.format.descr_to_dtype(told["descr"])
    except Exception as problem:  # a header is a Python expression, which can go wrong in every way
        raise BadSurface(
            f"The array {name} should begin with a header of NumPy, its own cannot be read "
            f"({type(problem).__name__}): save it with numpy.save."
        ) from problem
    if dtype.hasobject or type(shape) is not tuple or not all(type(side) is int and side >= 0 for side in shape):
        raise BadSurface(f"The array {name} should hold numbers, it holds objects or no shape: write its values alone.")
    return Header(shape, fortran, dtype, at + length)


def read_array(name: str, file: IO[bytes], room: int) -> np.ndarray:
    """An array (shape) whose numbers take at most `room` bytes.

    Raises:
        BadSurface: it claims more, or the file ends before.
    """
    start = file.read(HEADER)
    header = header_of(name, start)
    if header.bytes > room:
        raise BadSurface(
            f"The array {name} should take at most {room:,} bytes, it claims {header.bytes:,}: thin it out."
        )
    body = start[header.start :][: header.bytes]
    body += file.read(header.bytes - len(body))
    if len(body) < header.bytes:
        raise BadSurface(f"The array {name} should hold {header.size:,} values, its file ends before: save it again.")
    if not header.dtype.itemsize:
        return np.zeros(header.shape, header.dtype)
    array = np.frombuffer(body, header.dtype, header.size)
    return array.reshape(header.shape[::-1]).T if header.fortran else array.reshape(header.shape)
