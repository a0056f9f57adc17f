"""What errors of a folder or a database mean, and the sentence for each."""

import errno
import shutil
import sqlite3
from pathlib import Path

from compute.errors import LandscapeError

DAMAGED = frozenset(
    {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT}
    | {sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_SCHEMA, sqlite3.SQLITE_MISMATCH}
)
"""The last four are of tables that are not as they were made: every statement is right for those."""
LOCKED = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
UNWRITABLE = frozenset({sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH})
FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
FORBIDDEN = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
NO_ROOM = 2**18
"""Free bytes below which a disk counts as full, where SQLite only says that reading or writing failed."""


def code(problem: BaseException) -> int | None:
    """SQLite's primary code of an error, where there is one."""
    found: int | None = getattr(problem, "sqlite_errorcode", None)
    return None if found is None else found & 0xFF


def is_damage(problem: BaseException) -> bool:
    """Whether an error says that a database is damaged or has other tables."""
    return isinstance(problem, sqlite3.Error) and code(problem) in DAMAGED


def is_locked(problem: BaseException) -> bool:
    """Whether an error says that another process keeps a database locked."""
    return isinstance(problem, sqlite3.Error) and code(problem) in LOCKED


def is_full(problem: BaseException, folder: Path) -> bool:
    """Whether an error comes of a disk without room."""
    if getattr(problem, "errno", None) in FULL or code(problem) == sqlite3.SQLITE_FULL:
        return True
    return code(problem) in {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN} and room(folder) < NO_ROOM


def room(folder: Path) -> float:
    """Free bytes on the disk of a folder, or of the nearest folder above it that there is; infinite if unknown."""
    for place in (folder, *folder.absolute().parents):
        try:
            return shutil.disk_usage(place).free
        except OSError:
            continue
    return float("inf")


def sentence(problem: BaseException, folder: Path) -> str:
    """Why a cache folder cannot be used now, what happens instead, and what to do."""
    if isinstance(problem, LandscapeError):
        return str(problem)
    if is_full(problem, folder):
        return "The cache's disk is full: new results stay in memory, and are written once there is room."
    if is_locked(problem):
        return (
            "The cache is kept locked by another process: new results stay in memory until that ends, or choose "
            "another folder with --cache-dir."
        )
    if getattr(problem, "errno", None) in FORBIDDEN or code(problem) in UNWRITABLE:
        return (
            f"The cache folder cannot be written ({reason(problem)}): new results stay in memory; give write "
            "permission, or choose another folder with --cache-dir."
        )
    return (
        f"The cache folder does not work ({reason(problem)}): new results stay in memory; see whether its disk is "
        "well, or choose another folder with --cache-dir."
    )


def reason(problem: BaseException) -> str:
    """What the system says of an error, without the path, which the log has."""
    return getattr(problem, "strerror", None) or str(problem) or type(problem).__name__
