"""How much memory is free, and refusing what claims more before anything is allocated."""

from contextlib import suppress
from pathlib import Path

from compute.errors import BadData

SHARE = 0.5
"""Of the memory that is free, how much one array of examples may take: it is copied and scaled, too."""
GROUPS = (
    ("memory.max", "memory.current", "memory.stat"),
    ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes", "memory/memory.stat"),
)
"""Where a control group, such as a container's, keeps its limit and what is taken of it, in versions 2 and 1."""
CACHED = ("active_file", "inactive_file")
"""Rows of what is taken that say how much of it holds contents of files, which are dropped when memory is needed."""


def free_memory(system: Path = Path("/proc/meminfo"), group: Path = Path("/sys/fs/cgroup")) -> float:
    """Bytes that may still be taken, as the system and the control group say; infinite where they do not say.

    Example:
        >>> free_memory(Path("nowhere"), Path("nowhere"))
        inf
    """
    rooms = [float("inf")]
    with suppress(OSError, ValueError, KeyError):
        rooms.append(rows(system)["MemAvailable:"] * 1024)
    for limit, taken, parts in GROUPS:
        with suppress(OSError, ValueError):  # the limit may be the word "max"
            room = int((group / limit).read_text()) - int((group / taken).read_text())
            rooms.append(room + sum(rows(group / parts).get(name, 0) for name in CACHED))
    return min(rooms)


def rows(path: Path) -> dict[str, int]:
    """The numbers in a file of the system, by the word before each.

    Raises:
        OSError: there is no such file.
        ValueError: a row holds something else.
    """
    parts = (line.split() for line in path.read_text().splitlines())
    return {name: int(number) for name, number, *_ in parts}


def check_memory(what: str, size: int) -> None:
    """Refuses examples that claim more than a share of the free memory.

    Raises:
        BadData: they do.

    Example:
        >>> check_memory("x_train in a.npz", 2**60)
        Traceback (most recent call last):
        ...
        compute.errors.BadData: x_train in a.npz should take at most half of the free memory, ...
    """
    room = free_memory()
    if size > SHARE * room:
        raise BadData(
            f"{what} should take at most half of the free memory, {SHARE * room / 2**30:,.1f} GiB, but claims "
            f"{size / 2**30:,.1f} GiB: take fewer or smaller examples, or free some memory."
        )
