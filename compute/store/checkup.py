"""Whether a cache folder is sound, and its repair."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from compute.store.aside import set_aside, set_aside_before
from compute.store.bytedisk import FILE
from compute.store.database import NAME, SHARED, WAL, connect
from compute.store.index import Index
from compute.store.payload import decoded
from compute.store.valuefiles import read_value, remove_value

YOUNG = 3600.0
"""Seconds in which a file may belong to an entry that another process is about to write."""


@dataclass(frozen=True, slots=True)
class Checkup:
    """What was found in a cache folder, and what a repair did.

    `entries` are all there are, `damaged` those that cannot be read, `strays` files of values that no entry names,
    `kept_aside` databases that were set aside; `taken_over` entries came from these. A repair removes all but entries.
    """

    sound: bool
    entries: int = 0
    damaged: int = 0
    strays: int = 0
    kept_aside: tuple[str, ...] = ()
    taken_over: int = 0


def check_cache(folder: Path, repair: bool = False) -> Checkup:
    """Reads all of a cache folder; where it is to be repaired, keeps what can be read and removes the rest.

    Raises:
        sqlite3.Error: the database is locked, or the folder cannot be read.
        OSError: the same, of files.
    """
    if not (folder / NAME).is_file():
        return Checkup(True)
    sound = is_sound(folder / NAME)
    if not sound:
        if not repair:
            return Checkup(False, kept_aside=tuple(set_aside_before(folder)))
        set_aside(folder)
    index, kept_aside = Index(folder, 2**62), tuple(set_aside_before(folder))
    try:
        taken_over = sum(take_over(folder, name, index) for name in kept_aside) if repair else 0
        damaged = [name for name in index.iterkeys() if not is_readable(index, name)]
        strays = [] if kept_aside and not repair else list(stray_files(folder))
        if repair:
            for name in damaged:
                index.delete(name)
            for name in strays:
                remove_value(folder, name)
        return Checkup(sound, len(index), len(damaged), len(strays), kept_aside, taken_over)
    finally:
        index.close()


def is_sound(path: Path) -> bool:
    """Whether SQLite finds a database whole."""
    try:
        with closing(connect(path, "ro")) as connection:
            return connection.execute("PRAGMA quick_check").fetchone() == ("ok",)
    except sqlite3.DatabaseError as problem:
        if isinstance(problem, sqlite3.OperationalError):
            raise
        return False


def is_readable(index: Index, name: str) -> bool:
    """Whether an entry's bytes are those that were written."""
    try:
        payload = index.get(name)
        return payload is None or decoded(payload) is not None
    except ValueError:
        return False


def take_over(folder: Path, name: str, index: Index) -> int:
    """Keeps what can be read of a database that was set aside, removes it, and gives how many entries these are."""
    taken = 0
    for key, payload in entries_left(folder, folder / name):
        with suppress(ValueError):
            decoded(payload)
            if index.get(key) is None:
                index.set(key, payload)
                taken += 1
    for ending in ("", WAL, SHARED):
        (folder / f"{name}{ending}").unlink(missing_ok=True)
    return taken


def entries_left(folder: Path, path: Path) -> Iterator[tuple[str, bytes]]:
    """Names and bytes in a damaged database, from either end as far as it can be read."""
    for order in ("ASC", "DESC"):
        with suppress(sqlite3.Error), closing(connect(path, "ro&immutable=1")) as connection:
            rows = connection.execute(
                f"SELECT key, mode, filename, value FROM Cache NOT INDEXED WHERE raw = 1 ORDER BY rowid {order}"
            )
            for key, mode, filename, value in rows:
                with suppress(ValueError, OSError):
                    payload = read_value(folder, filename) if mode == FILE else value
                    if isinstance(key, str) and isinstance(payload, bytes):
                        yield key, payload


def stray_files(folder: Path) -> Iterator[str]:
    """The names of the values' files that no entry has, but for young ones."""
    with closing(connect(folder / NAME, "ro")) as connection:
        named = {name for (name,) in connection.execute("SELECT filename FROM Cache WHERE filename IS NOT NULL")}
    for path in folder.glob("[0-9a-f][0-9a-f]/[0-9a-f][0-9a-f]/*.val"):
        name = path.relative_to(folder).as_posix()
        if name not in named and path.stat().st_mtime < time.time() - YOUNG:
            yield name
