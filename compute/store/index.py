"""Bytes by name in a folder: a database keeps names and small values, files of their own the large ones.

The tables are those of diskcache 5, whose folders go on being used. Its code is not: it unpickles what a row says is a
pickle (CVE-2025-69872), passes rows of settings to PRAGMA, reads and deletes any file that a row names, waits for ever
for a database that is locked, read-only or full, and has a connection per thread, which nobody else can close.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import RLock

from compute.store.database import Database
from compute.store.valuefiles import new_name, read_value, remove_value, write_value

LARGE = 2**15
"""Bytes from which on a value is a file of its own."""
AT_ONCE, BATCHES = 10, 20
"""Entries that are removed together, and how often at most for each that comes."""
RAW, FILE = 1, 2
"""diskcache's modes of the two kinds of rows that are read; there are others for text and pickles."""
NAMED = "FROM Cache WHERE key = ? AND raw = 1"
OLDEST = "FROM Cache ORDER BY store_time LIMIT ?"
PUT = (
    "INSERT INTO Cache (key, raw, store_time, access_time, size, mode, filename, value) VALUES (?, 1, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (key, raw) DO UPDATE SET store_time = excluded.store_time, access_time = excluded.access_time,"
    " size = excluded.size, mode = excluded.mode, filename = excluded.filename, value = excluded.value,"
    " expire_time = NULL, tag = NULL"
)


class Index:
    """Bytes by name; at most `limit` bytes on disk, the write-ahead log included, beyond which the oldest go.

    Each method raises `sqlite3.Error` or `OSError` where the folder fails, and works again as soon as the folder does.
    """

    def __init__(self, folder: Path, limit: int) -> None:
        """Opens nothing yet."""
        self._folder, self._limit = folder, limit
        self._database = Database(folder)
        self._obsolete: list[str] = []
        self._written: list[str] = []
        self.lock = RLock()
        """Held during each call; whoever holds it keeps others out for longer."""

    @property
    def refusal(self) -> Exception | None:
        """Why the folder can be read only, if so."""
        return self._database.refusal

    def get(self, name: str) -> bytes | None:
        """The bytes of a name, or None.

        Raises:
            ValueError: there is an entry, but it is not of this class's making, or its file is gone.
        """
        with self.lock:
            row = self._database.ready().execute(f"SELECT mode, filename, value {NAMED}", (name,)).fetchone()
            if row is None:
                return None
            mode, filename, value = row
            if mode == FILE:
                return read_value(self._folder, filename)
            if mode != RAW or not isinstance(value, bytes):
                raise ValueError("it holds something else than bytes")
            return value

    def set(self, name: str, payload: bytes) -> None:
        """Keeps bytes under a name, whole or not at all, and removes the oldest entries beyond the limit."""
        with self.transaction() as connection:
            self._drop_files(connection.execute(f"SELECT filename {NAMED}", (name,)))
            size, filename = (0, None) if len(payload) < LARGE else (len(payload), self._write(payload))
            mode, value = (RAW, payload) if filename is None else (FILE, None)
            now = time.time()
            connection.execute(PUT, (name, now, now, size, mode, filename, value))
            self._cull(connection)

    def delete(self, name: str) -> None:
        """Removes a name, if it is there."""
        with self.transaction() as connection:
            self._drop_files(connection.execute(f"SELECT filename {NAMED}", (name,)))
            connection.execute(f"DELETE {NAMED}", (name,))

    def iterkeys(self) -> Iterator[str]:
        """All names, in order."""
        with self.lock:
            rows = self._database.ready().execute("SELECT key FROM Cache WHERE raw = 1 ORDER BY key").fetchall()
        return (name for (name,) in rows if isinstance(name, str))

    def __len__(self) -> int:
        with self.lock:
            (count,) = self._database.ready().execute("SELECT COUNT(*) FROM Cache").fetchone()
        return int(count)

    def volume(self) -> int:
        """Bytes on disk: of the database, what is beside it, and the values' files."""
        with self.lock:
            return self._volume(self._database.ready())

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All that is done within it is seen whole or not at all; may be nested."""
        with self.lock:
            connection = self._database.ready(writing=True)
            if connection.in_transaction:
                yield connection
                return
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")
                self._remove(self._written)
                raise
            else:
                self._remove(self._obsolete)
                self._database.empty_log(self._limit // 8)
            finally:
                self._obsolete, self._written = [], []

    def close(self) -> None:
        """Closes the database; the next call opens it again."""
        with self.lock:
            self._database.close()

    def _write(self, payload: bytes) -> str:
        name = new_name()
        self._written.append(name)
        write_value(self._folder, name, payload)
        return name

    def _drop_files(self, rows: sqlite3.Cursor) -> None:
        self._obsolete += [name for (name,) in rows.fetchall() if name is not None]

    def _remove(self, names: list[str]) -> None:
        for name in names:
            remove_value(self._folder, name)

    def _volume(self, connection: sqlite3.Connection) -> int:
        pages, free, page = (
            connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
        )
        (values,) = connection.execute("SELECT MAX(value) FROM Settings WHERE key = 'size'").fetchone()
        return (pages - free) * page + int(values or 0) + self._database.beside()

    def _cull(self, connection: sqlite3.Connection) -> None:
        for _ in range(BATCHES):
            if self._volume(connection) <= self._limit:
                return
            self._drop_files(connection.execute(f"SELECT filename {OLDEST}", (AT_ONCE,)))
            connection.execute(f"DELETE FROM Cache WHERE rowid IN (SELECT rowid {OLDEST})", (AT_ONCE,))
