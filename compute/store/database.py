"""A SQLite database that outlives what happens to its files."""

import logging
import os
import sqlite3
from contextlib import suppress
from pathlib import Path

from compute.store.schema import RECOUNT, create, is_complete, is_counted
from compute.store.troubles import is_damage, is_locked

log = logging.getLogger(__name__)

NAME = "cache.db"
WAL, SHARED = "-wal", "-shm"
"""Endings of what SQLite keeps beside a database while it is open: the write-ahead log, and shared memory."""
PATIENCE = 2.0
"""Seconds to wait for another process that writes."""
WAL_LIMIT = 2**22
"""Bytes of the write-ahead log beyond which it is emptied."""
SETUP = ("mmap_size = 0", "trusted_schema = OFF", "cell_size_check = ON", "synchronous = NORMAL")
"""Without mmap: a file that is cut short would end the process by SIGBUS."""


class Database:
    """The database of a folder, one connection for all threads.

    It is opened when first used, and anew after an error of opening, or when its files are gone or are others. Where it
    cannot be written, it is read, and `refusal` says why.
    """

    def __init__(self, folder: Path) -> None:
        """Opens nothing yet."""
        self._folder = folder
        self._connection: sqlite3.Connection | None = None
        self._files: dict[Path, tuple[int, int]] = {}
        self._shared_size = 0
        self.refusal: Exception | None = None

    def ready(self, writing: bool = False) -> sqlite3.Connection:
        """The connection.

        Raises:
            sqlite3.Error: the database cannot be opened, or not to write.
            OSError: the same, of the folder.
        """
        self._restore_shared_memory()
        if any(identity(path) != seen for path, seen in self._files.items()) or (writing and self.refusal):
            self.close()
        if self._connection is None:
            self._connection = self._connect()
        if writing and self.refusal is not None:
            raise self.refusal
        return self._connection

    def close(self) -> None:
        """Closes the database, if it is open."""
        if self._connection is not None:
            self._restore_shared_memory()
            with suppress(sqlite3.Error):
                self._connection.close()
        self._connection, self._files, self._shared_size = None, {}, 0

    def beside(self) -> int:
        """Bytes of the write-ahead log and the shared memory."""
        return sum(size_of(self._folder / f"{NAME}{ending}") for ending in (WAL, SHARED))

    def empty_log(self, limit: int) -> None:
        """Moves what the write-ahead log holds into the database, if that is much, unless somebody reads in it."""
        if self._connection is not None and size_of(self._folder / f"{NAME}{WAL}") > min(WAL_LIMIT, limit):
            self._connection.execute("PRAGMA busy_timeout = 0")
            with suppress(sqlite3.OperationalError):
                self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            self._connection.execute(f"PRAGMA busy_timeout = {int(1000 * PATIENCE)}")

    def _connect(self) -> sqlite3.Connection:
        self._folder.mkdir(parents=True, exist_ok=True)
        self.refusal = None
        try:
            connection = open_to_write(self._folder / NAME)
        except (OSError, sqlite3.Error) as problem:
            if is_damage(problem) or is_locked(problem) or not (self._folder / NAME).is_file():
                raise
            connection = open_to_read(self._folder / NAME)
            log.info("cache can only be read folder=%s reason=%s", self._folder, problem)
            self.refusal = problem
        paths = [self._folder / f"{NAME}{ending}" for ending in ("", *(() if self.refusal else (WAL, SHARED)))]
        self._files = {path: found for path in paths if (found := identity(path)) is not None}
        return connection

    def _restore_shared_memory(self) -> None:
        """Gives the file of shared memory back the size that it had: SQLite maps it, and would end by SIGBUS."""
        path = self._folder / f"{NAME}{SHARED}"
        if self._files.get(path) is not None and identity(path) == self._files[path]:
            with suppress(OSError):
                if size_of(path) < self._shared_size:
                    os.truncate(path, self._shared_size)
            self._shared_size = max(self._shared_size, size_of(path))


def open_to_write(path: Path) -> sqlite3.Connection:
    """Opens a database, or makes it.

    Raises:
        sqlite3.Error: that is not possible.
    """
    connection = connect(path, "rwc")
    try:
        if not is_complete(connection):
            create(connection)
        connection.execute("PRAGMA journal_mode = wal").fetchone()
        connection.execute(f"PRAGMA journal_size_limit = {WAL_LIMIT}").fetchone()
        connection.execute("BEGIN IMMEDIATE")  # tells whether it can be written
        if not is_counted(connection):
            connection.execute(RECOUNT)
        connection.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):
            connection.close()
        raise
    return connection


def open_to_read(path: Path) -> sqlite3.Connection:
    """Opens a database without the files beside it: what was last written to the write-ahead log is not seen.

    Raises:
        sqlite3.Error: that is not possible.
    """
    connection = connect(path, "ro&immutable=1")
    connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
    return connection


def connect(path: Path, mode: str) -> sqlite3.Connection:
    """A connection for all threads that trusts nothing in the file."""
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    connection = sqlite3.connect(uri, PATIENCE, isolation_level=None, check_same_thread=False, uri=True)
    connection.text_factory = lambda raw: raw.decode(errors="replace")
    for pragma in SETUP:
        connection.execute(f"PRAGMA {pragma}").fetchone()
    return connection


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
