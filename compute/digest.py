"""Content digests, by which answers are addressed."""

import hashlib
import json
import os
import time
from functools import lru_cache
from pathlib import Path

SETTLED = 2.0
"""Seconds after a change, until which another one may bear the same times."""


def file_state(path: Path | str) -> tuple[int, ...]:
    """What any change of a file changes: size, device, inode, times of content and inode; () where there is no file.

    It stands for the content where that was read once and need not be read again.

    Example:
        >>> file_state("/nowhere")
        ()
    """
    try:
        stat = os.stat(path)
    except OSError:
        return ()
    return stat.st_size, stat.st_dev, stat.st_ino, stat.st_mtime_ns, stat.st_ctime_ns


def file_digest(path: Path) -> str:
    """SHA-256 of a file's bytes; remembered until its size, inode or times differ, as any change of it makes them do.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "a"
        >>> found = [file_digest(path) for text in ("a", "b") if path.write_text(text)]
        >>> found[0] == found[1]
        False
    """
    name = str(path.resolve())
    if abs(time.time() - path.stat().st_ctime) < SETTLED:
        return _hashed(name)
    return _file_digest(name, file_state(path))


@lru_cache(maxsize=2**16)
def _file_digest(path: str, _state: tuple[int, ...]) -> str:
    return _hashed(path)


def _hashed(path: str) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def value_digest(value: object) -> str:
    """SHA-256 of a JSON-able value, whatever the order of its keys."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()
