"""How a function is called that reads a file of somebody else: here, or in a process that can be ended."""

from collections.abc import Callable
from typing import Protocol, TypeVar

from compute.errors import LandscapeError

T = TypeVar("T")


class TooSlow(LandscapeError):
    """A file keeps its reader busy for longer than any file of its size should."""


class Reader(Protocol):
    """Calls a function that reads a file.

    Libraries may crash or never end on a damaged file: about one damaged HDF5 file in a thousand keeps libhdf5 busy
    without end. `compute.jobs.reading.read_apart` ends such a call, `read_here` does not.
    """

    def __hash__(self) -> int:
        """Any: what was read is remembered beside the reader."""

    def __call__(self, file: str, size: int, function: Callable[..., T], /, *args: object) -> T:
        """What the function gives; `file` is what a message calls the file, `size` its bytes.

        Raises:
            TooSlow: it takes too long.
            LandscapeError: as the function, or it takes too much memory, or it crashes.
        """


def read_here(_file: str, _size: int, function: Callable[..., T], /, *args: object) -> T:
    """Calls the function in this process, without a limit: for files of the program's own.

    Example:
        >>> read_here("a.h5", 0, max, 1, 2)
        2
    """
    return function(*args)
