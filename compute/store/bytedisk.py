"""What diskcache stores and reads: bytes, in a row or in a file, and nothing else."""

import errno
import sqlite3
from pathlib import Path
from typing import Any

from compute.store.valuefiles import new_name, read_value, remove_value, value_path

RAW, FILE = 1, 2
"""diskcache's modes of rows that hold bytes themselves, and of those that name a file; the others are refused."""


class ByteDisk:
    """The methods that replace those of `diskcache.Disk`, which unpickles, and follows any name (CVE-2025-69872).

    Files are removed when `settle` says how the transaction ended, diskcache's own order being wrong for nested ones.
    """

    def __init__(self, directory: str, **settings: Any) -> None:  # noqa: ANN401 - diskcache's
        """Takes a folder, and the settings that diskcache gives to a disk."""
        super().__init__(directory, **settings)  # type: ignore[call-arg]  # of diskcache.Disk
        self._folder = Path(directory)
        self._written: list[str] = []
        self._obsolete: list[object] = []

    def put(self, key: str) -> tuple[str, bool]:
        """The key as it stands in a row.

        Raises:
            TypeError: it is no text, which would be pickled.
        """
        if not isinstance(key, str):
            raise TypeError(f"a name must be text, got {type(key).__name__}")
        return key, True

    def get(self, key: object, raw: object) -> str | None:
        """The key of a row; None for one that is not text, which is never unpickled."""
        return key if raw and isinstance(key, str) else None

    def store(self, value: bytes, read: bool, key: object = None) -> Any:  # noqa: ANN401 - diskcache's columns
        """The columns size, mode, filename and value, once a large value is in its file.

        Raises:
            TypeError: the value is not bytes.
            OSError: it cannot be written.
        """
        if read or not isinstance(value, bytes):
            raise TypeError(f"a value must be bytes, got {type(value).__name__}")
        return super().store(value, False, key)  # type: ignore[misc]  # of diskcache.Disk

    def filename(self, key: object = None, value: object = None) -> tuple[str, str]:
        """A new file's name, and its path.

        Raises:
            OSError: the folder is foreign, and the path would lead out of it.
        """
        name = new_name()
        path = value_path(self._folder, name)
        if path is None:
            raise OSError(errno.ELOOP, "a folder of the cache is a link")
        self._written.append(name)
        return name, str(path)

    def fetch(self, mode: object, filename: object, value: object, read: bool) -> bytes:
        """The bytes of a row.

        Raises:
            ValueError: it holds something else, or its file is gone.
            sqlite3.OperationalError: the file cannot be read; of an OSError diskcache would make a miss.
        """
        if mode == FILE and not read:
            try:
                return read_value(self._folder, filename)
            except OSError as problem:
                raise sqlite3.OperationalError(problem.strerror or str(problem)) from problem
        if mode != RAW or not isinstance(value, bytes):
            raise ValueError("it holds something else than bytes")
        return value

    def remove(self, file_path: object) -> None:
        """Notes a file that no row names any more."""
        if file_path is not None:
            self._obsolete.append(file_path)

    def settle(self, done: bool) -> None:
        """Removes the files that a transaction made obsolete; those that it wrote, where it was undone."""
        for name in self._obsolete if done else self._written:
            remove_value(self._folder, name)
        self._obsolete, self._written = [], []
