"""Bytes by name in a folder, by diskcache, whatever happens to its files."""

import logging
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import RLock
from typing import Any

from compute.store.bytecache import byte_cache, classes, writable_cache
from compute.store.database import NAME, SHARED, WAL, connect, empty_log, identity, size_of
from compute.store.troubles import is_damage, is_locked

log = logging.getLogger(__name__)


class Index:
    """Bytes by name; at most `limit` bytes on disk, the write-ahead log included, beyond which the oldest go.

    Each method raises `sqlite3.Error` or `OSError` where the folder fails, and works again as soon as the folder does:
    the cache is opened when first used, and anew after an error of opening, or when its files are gone or are others.
    Where it cannot be written, it is read, and `refusal` says why.
    """

    def __init__(self, folder: Path, limit: int) -> None:
        """Opens nothing yet.

        Raises:
            ImportError: diskcache is not installed.
        """
        classes()
        self._folder, self._limit = folder, limit
        self._cache: Any = None
        self._files: dict[Path, tuple[int, int]] = {}
        self._shared_size = 0
        self.refusal: Exception | None = None
        self.lock = RLock()
        """Held during each call; whoever holds it keeps others out for longer."""

    def get(self, name: str) -> bytes | None:
        """The bytes of a name, or None.

        Raises:
            ValueError: there is an entry, but it is not of this class's making, or its file is gone.
        """
        with self.lock:
            return self._ready().get(name)

    def set(self, name: str, payload: bytes) -> None:
        """Keeps bytes under a name, whole or not at all, and removes the oldest entries beyond the limit."""
        with self.transaction() as cache:
            cache.set(name, payload)
            cache.cull()

    def delete(self, name: str) -> None:
        """Removes a name, if it is there."""
        with self.transaction() as cache:
            cache.delete(name)

    def iterkeys(self) -> Iterator[str]:
        """All names, the oldest first."""
        with self.lock:
            return iter([name for name in self._ready() if name is not None])

    def __len__(self) -> int:
        with self.lock:
            return len(self._ready())

    def volume(self) -> int:
        """Bytes on disk: of the database, what is beside it, and the values' files."""
        with self.lock:
            return self._ready().volume()

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        """All that is done within it is seen whole or not at all; may be nested."""
        with self.lock:
            cache = self._ready(writing=True)
            with cache.transact():
                yield cache
            if not cache.connection.in_transaction:
                empty_log(cache.connection, self._folder, self._limit // 8)

    def close(self) -> None:
        """Closes the database; the next call opens it again."""
        with self.lock:
            if self._cache is not None:
                self._restore_shared_memory()
                with suppress(sqlite3.Error):
                    self._cache.connection.close()
            self._cache, self._files, self._shared_size = None, {}, 0

    def _ready(self, writing: bool = False) -> Any:  # noqa: ANN401 - diskcache has no types
        self._restore_shared_memory()
        if any(identity(path) != seen for path, seen in self._files.items()) or (writing and self.refusal):
            self.close()
        if self._cache is None:
            self._cache = self._open()
            self._cache.before_end = self._restore_shared_memory
        if writing and self.refusal is not None:
            raise self.refusal
        return self._cache

    def _open(self) -> Any:  # noqa: ANN401 - diskcache has no types
        self._folder.mkdir(parents=True, exist_ok=True)
        self.refusal = None
        try:
            cache = self._connect("rwc", writable_cache)
        except (OSError, sqlite3.Error) as problem:
            if is_damage(problem) or is_locked(problem) or not (self._folder / NAME).is_file():
                raise
            cache = self._open_to_read(problem)
        paths = [self._folder / f"{NAME}{ending}" for ending in ("", *(() if self.refusal else (WAL, SHARED)))]
        self._files = {path: found for path in paths if (found := identity(path)) is not None}
        return cache

    def _open_to_read(self, problem: Exception) -> Any:  # noqa: ANN401 - diskcache has no types
        """Without the files beside it: what was last written to the write-ahead log is not seen."""
        try:
            cache = self._connect("ro&immutable=1", byte_cache)
        except sqlite3.Error:  # without its log a sound database may look damaged
            raise problem from None
        log.info("cache can only be read folder=%s reason=%s", self._folder, problem)
        self.refusal = problem
        return cache

    def _connect(self, mode: str, over: Callable[[Path, sqlite3.Connection, int], Any]) -> Any:  # noqa: ANN401 - as above
        connection = connect(self._folder / NAME, mode)
        try:
            return over(self._folder, connection, self._limit)
        except BaseException:
            with suppress(sqlite3.Error):
                connection.close()
            raise

    def _restore_shared_memory(self) -> None:
        """Gives the file of shared memory back the size that it had: SQLite maps it, and would end by SIGBUS.

        Raises:
            sqlite3.OperationalError: it was cut within a transaction, which must not be committed.
        """
        path = self._folder / f"{NAME}{SHARED}"
        if self._files.get(path) is None or identity(path) != self._files[path]:
            return
        size = size_of(path)
        if size < self._shared_size:
            with suppress(OSError):
                os.truncate(path, self._shared_size)
            if self._cache.connection.in_transaction:
                raise sqlite3.OperationalError("its shared memory was cut short")
        self._shared_size = max(self._shared_size, size)
