"""What is read from a file before it is known whether it is a surface."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from compute.errors import BadSurface
from compute.lattice import MAX_SIDE

MOST = MAX_SIDE * MAX_SIDE
"""Numbers in an array."""
ROOM = 8 * 8 * (MOST + MAX_SIDE)
"""Bytes of all arrays of a file: of losses and accuracies of three splits, with their axes."""

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Options:
    """What the user says of a file that does not say it itself.

    `x` and `y` are the ranges of a bare array's columns and rows; `accuracy` is "percent" or "share".
    """

    x: Interval | None = None
    y: Interval | None = None
    accuracy: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """The arrays of a file by the names they have there, masked where the file has no number.

    `origin` is what the file says of itself, as JSON; `filled` that -1 may stand for a point that was not computed, as
    in the HDF5 layout of Li et al. (2018); `columns` that each array is a column of a table; `notes` are sentences on
    what was made of the file.
    """

    arrays: Mapping[str, np.ndarray]
    origin: str = "null"
    filled: bool = False
    columns: bool = False
    notes: tuple[str, ...] = ()


def check_size(name: str, size: int) -> None:
    """Refuses an array with more numbers than can be drawn.

    Raises:
        BadSurface: it has.
    """
    if size > MOST + MAX_SIDE:
        raise BadSurface(f"At most {MAX_SIDE} × {MAX_SIDE} points are drawn, {name} has {size:,}: thin it out.")


def check_room(claimed: int) -> None:
    """Refuses a file whose arrays together take too many bytes.

    Raises:
        BadSurface: they do.
    """
    if claimed > ROOM:
        raise BadSurface(
            f"The arrays of an import should take at most {ROOM // 2**20} MiB, these claim {claimed / 2**20:,.0f}: "
            "leave out what is not drawn."
        )


KINDS = {
    "c": "complex numbers",
    "M": "dates",
    "m": "times",
    "S": "text",
    "U": "text",
    "O": "text or other objects",
    "V": "records",
}
"""What an array may hold instead of numbers, by NumPy's letter."""


def real(name: str, array: np.ndarray) -> np.ndarray:
    """An array in float64, of any width and byte order before; masked where it was.

    Raises:
        BadSurface: it holds no real numbers.
    """
    if array.dtype.kind not in "biuf":
        raise BadSurface(
            f"The array {name} should hold real numbers, it holds {KINDS.get(array.dtype.kind, array.dtype)}: "
            "write its values as real numbers."
        )
    return np.ma.masked_array(np.ma.getdata(array).astype(np.float64), np.ma.getmaskarray(array))


def plain(array: np.ndarray) -> np.ndarray:
    """An array with NaN where it is masked."""
    found: np.ndarray = np.ma.filled(array, np.nan)
    return found
