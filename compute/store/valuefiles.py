"""Files of a folder that hold one value each, under drawn names."""

import os
import re
import stat
from contextlib import suppress
from pathlib import Path
from secrets import token_hex

NAME = re.compile(r"[0-9a-f]{2}/[0-9a-f]{2}/[0-9a-f]{28}\.val")


def value_path(folder: Path, name: object) -> Path | None:
    """Where a value lies; None for a name that no value has, or that leads out of the folder, which may be foreign."""
    if not isinstance(name, str) or not NAME.fullmatch(name):
        return None
    place = os.path.dirname(name)
    inside = os.path.realpath(folder / place) == os.path.join(os.path.realpath(folder), place)
    return folder / name if inside else None


def new_name() -> str:
    """The name of a value to come."""
    drawn = token_hex(16)
    return f"{drawn[:2]}/{drawn[2:4]}/{drawn[4:]}.val"


def read_value(folder: Path, name: object) -> bytes:
    """The content of a value's file.

    Raises:
        ValueError: no value has this name, or there is no regular file; a pipe or a device would be waited for.
        OSError: it cannot be read.
    """
    path = value_path(folder, name)
    if path is None:
        raise ValueError("it names a file that is none of the cache's")
    if path.is_symlink():
        raise ValueError("its file is a link")
    try:
        with open(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)), "rb") as file:
            if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                return file.read()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        pass
    raise ValueError("its file is gone")


def remove_value(folder: Path, name: object) -> None:
    """Removes a value's file, and the folders that are empty then; does nothing where that is not possible."""
    with suppress(OSError):
        path = value_path(folder, name)
        if path is not None:
            path.unlink()
            path.parent.rmdir()
            path.parent.parent.rmdir()
