"""Which files are opened while a user's code runs, as Python's audit events report them."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

Signature = tuple[int, int, int, int] | None
"""Size, times of change of content and of inode in nanoseconds, and inode; None without a file."""

NATIVE = frozenset({"sqlite3.connect", "ctypes.dlopen"})
"""Events beside `open` that name a file; a library without a folder is looked for among the system's."""


def signature(path: str) -> Signature:
    """What differs as soon as a file has been written; None where there is no file."""
    try:
        stat = os.stat(path)
    except (OSError, ValueError):
        return None
    return stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino


@dataclass(slots=True, eq=False)
class Reads:
    """The absolute paths of files that were opened to be read, with their signatures then, and of those written."""

    read: dict[str, Signature] = field(default_factory=dict)
    written: set[str] = field(default_factory=set)

    def note(self, given: object, writes: bool) -> None:
        """Adds a file, by its path as it was opened."""
        if isinstance(given, str | bytes | os.PathLike):
            path = os.path.abspath(os.fsdecode(given))
            if writes:
                self.written.add(path)
            elif path not in self.read:
                self.read[path] = signature(path)


_listening: list[Reads] = []
_installed: list[bool] = []


@contextmanager
def noting(reads: Reads) -> Iterator[None]:
    """Adds to `reads` whatever Python opens meanwhile, in any thread of this process.

    Files that libraries open without Python's knowledge, as those of HDF5 do, raise no event.

    Example:
        >>> with noting(found := Reads()):
        ...     _ = open(__file__).close()
        >>> list(found.read) == [__file__]
        True
    """
    if not _installed:
        _installed.append(True)
        sys.addaudithook(_heard)  # cannot be taken away again
    _listening.append(reads)
    try:
        yield
    finally:
        _listening.remove(reads)


def _heard(event: str, args: tuple[object, ...]) -> None:
    if not _listening:
        return
    if event == "open":
        path, mode, flags = args
        for reads in tuple(_listening):
            reads.note(path, _writes(mode, flags))
    elif event in NATIVE and os.path.isabs(os.fsdecode(args[0]) if isinstance(args[0], str | bytes) else ""):
        for reads in tuple(_listening):
            reads.note(args[0], writes=False)


def _writes(mode: object, flags: object) -> bool:
    """Whether a file is opened to be written, by the arguments of the event `open`."""
    if isinstance(mode, str):
        return not set("wax+").isdisjoint(mode)
    return isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR))
