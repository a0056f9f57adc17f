"""diskcache's cache, over a connection that is handed in, with a disk that knows bytes alone."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

from compute.store.bytedisk import ByteDisk
from compute.store.database import beside

LARGE = 2**15
"""Bytes from which on a value is a file of its own."""
OWN_SETTINGS = "CREATE TEMP TABLE Settings (key TEXT NOT NULL UNIQUE, value)"
"""Hides the table of this name in the file: its rows go to PRAGMA and set attributes, and may be foreign."""
SUMS = "SELECT 'count', COUNT(*) FROM Cache UNION ALL SELECT 'size', COALESCE(SUM(size), 0) FROM Cache"
UNCOUNTED = f"SELECT COUNT(*) FROM ({SUMS} EXCEPT SELECT key, value FROM main.Settings)"
RECOUNT = f"INSERT OR REPLACE INTO main.Settings {SUMS}"
"""The sums that triggers of diskcache keep; those of a foreign file may be anything."""


class OneConnection:
    """The methods that replace those of `diskcache.Cache`.

    diskcache has a connection per thread, which nobody else can close, retries for a minute or for ever, hides what
    SQLite says, and leaves a connection within a transaction whose end failed.
    """

    def __init__(self, folder: Path, connection: sqlite3.Connection, limit: int, disk: type) -> None:
        """Makes the tables, where they are missing."""
        self.connection = connection
        self.before_end: Callable[[], None] = lambda: None
        """Called when a transaction is about to end well."""
        connection.execute(OWN_SETTINGS)
        (journal,) = connection.execute("PRAGMA journal_mode").fetchone()
        super().__init__(  # type: ignore[call-arg]  # of diskcache.Cache
            os.curdir,  # it would replace ~ and $NAME in the folder's name; only the disk uses that
            disk=disk,
            size_limit=limit,
            cull_limit=0,  # `cull` is called instead, which removes as many as are too many
            eviction_policy="least-recently-stored",
            sqlite_journal_mode=journal,
            sqlite_mmap_size=0,
        )
        self._disk: ByteDisk = disk(str(folder), min_file_size=LARGE)
        self._folder = folder

    @property
    def _con(self) -> sqlite3.Connection:
        return self.connection

    def close(self) -> None:
        """Does nothing: whoever opened the connection closes it, and diskcache calls this when it begins."""

    @contextmanager
    def _transact(self, retry: bool = False, filename: object = None) -> Iterator[tuple[Any, Callable[[object], None]]]:
        """What is done within it is seen whole or not at all, and its files too; may be nested."""
        pair = self.connection.execute, self._disk.remove
        if self.connection.in_transaction:
            yield pair
            return
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield pair
            self.before_end()
            self.connection.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                self.connection.execute("ROLLBACK")
            self._disk.settle(False)
            raise
        self._disk.settle(True)

    def volume(self) -> int:
        """Bytes on disk: of the database, what is beside it, and the values' files."""
        pages, free, page = (
            self.connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("page_count", "freelist_count", "page_size")
        )
        select = "SELECT COALESCE(CAST(MAX(value) AS INTEGER), 0) FROM main.Settings WHERE key = 'size'"
        (values,) = self.connection.execute(select).fetchone()
        return int((pages - free) * page + values + beside(self._folder))

    def __len__(self) -> int:
        """How many rows there are."""
        return int(self.connection.execute("SELECT COUNT(*) FROM Cache").fetchone()[0])


@cache
def classes() -> tuple[Any, type]:
    """The classes of the cache and of its disk."""
    import diskcache  # a bare GPU machine runs the numerics without it

    return type("ByteCache", (OneConnection, diskcache.Cache), {}), type("Disk", (ByteDisk, diskcache.Disk), {})


def byte_cache(folder: Path, connection: sqlite3.Connection, limit: int) -> Any:  # noqa: ANN401 - has no types
    """The cache of a folder over a connection to its database.

    Raises:
        sqlite3.Error: tables are missing and cannot be made, or are others.
    """
    kind, disk = classes()
    return kind(folder, connection, limit, disk)


def writable_cache(folder: Path, connection: sqlite3.Connection, limit: int) -> Any:  # noqa: ANN401 - has no types
    """The same, whose tables are made as a whole, and whose sums are right.

    Raises:
        sqlite3.Error: the database is locked, cannot be written, is damaged or has other tables.
    """
    if connection.execute("PRAGMA page_count").fetchone() == (0,):
        connection.execute("PRAGMA auto_vacuum = FULL")  # this writes, for which a disk may have no room
    connection.execute("PRAGMA journal_mode = wal").fetchone()
    connection.execute("BEGIN IMMEDIATE")  # tells whether it can be written; nothing within waits
    made = byte_cache(folder, connection, limit)
    if connection.execute(UNCOUNTED).fetchone() != (0,):
        connection.execute(RECOUNT)
    connection.execute("COMMIT")
    return made
