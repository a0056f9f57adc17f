"""Connections to the database of a cache folder, and its files."""

import errno
import sqlite3
from contextlib import suppress
from pathlib import Path

NAME = "cache.db"
WAL, SHARED = "-wal", "-shm"
"""Endings of what SQLite keeps beside a database while it is open: the write-ahead log, and shared memory."""
PATIENCE = 2.0
"""Seconds to wait for another process that writes."""
WAL_LIMIT = 2**22
"""Bytes of the write-ahead log beyond which it is emptied."""
SETUP = (
    "mmap_size = 0",
    "temp_store = MEMORY",
    "trusted_schema = OFF",
    "cell_size_check = ON",
    "synchronous = NORMAL",
    f"journal_size_limit = {WAL_LIMIT}",
)
"""Without mmap: a file that is cut short would end the process by SIGBUS."""


def connect(path: Path, mode: str) -> sqlite3.Connection:
    """A connection for all threads that trusts nothing in the file.

    Raises:
        sqlite3.Error: the file cannot be opened.
        OSError: it is a link, which in a foreign folder may lead to a database of another program.
    """
    if path.is_symlink():
        raise OSError(errno.ELOOP, "the cache's database is a link")
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    connection = sqlite3.connect(uri, PATIENCE, isolation_level=None, check_same_thread=False, uri=True)
    connection.text_factory = lambda raw: raw.decode(errors="replace")
    for pragma in SETUP:
        connection.execute(f"PRAGMA {pragma}").fetchone()
    return connection


def empty_log(connection: sqlite3.Connection, folder: Path, limit: int) -> None:
    """Moves what the write-ahead log holds into the database, if that is much, unless somebody reads in it."""
    if size_of(folder / f"{NAME}{WAL}") > min(WAL_LIMIT, limit):
        connection.execute("PRAGMA busy_timeout = 0")
        with suppress(sqlite3.OperationalError):
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        connection.execute(f"PRAGMA busy_timeout = {int(1000 * PATIENCE)}")


def beside(folder: Path) -> int:
    """Bytes of the write-ahead log and the shared memory."""
    return sum(size_of(folder / f"{NAME}{ending}") for ending in (WAL, SHARED))


def identity(path: Path) -> tuple[int, int] | None:
    """What tells a file from another of the same name; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def size_of(path: Path) -> int:
    """The size of a file, 0 where there is none."""
    try:
        return path.stat().st_size
    except OSError:
        return 0
