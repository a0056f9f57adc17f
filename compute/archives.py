"""ZIP archives whose directories and sizes are checked before anything is unpacked."""

import re
import struct
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from compute.errors import LandscapeError

DIRECTORY = 8 * 2**20
"""Bytes of an archive's directory at most: about a hundred thousand members."""
RATIO = 8
"""How many times its own size an archive of weights may unpack to; numbers hardly compress."""
ROOM = 2**20
"""Bytes that any archive may unpack to."""

END, END64 = b"PK\x05\x06", b"PK\x06\x06"
"""How the end of a directory begins, and that of one beyond 4 GiB."""
IN_END64 = 2**32 - 1
"""Stands for a size that the second of them tells."""
ENDS = 2**16 + 98
"""The last bytes of an archive in which its ends lie, with the longest comment."""


class BadArchive(LandscapeError):
    """A ZIP archive that is damaged, or would unpack to too much."""


@contextmanager
def opened(file: IO[bytes] | Path) -> Iterator[zipfile.ZipFile]:
    """An archive whose directory is small enough, and whose members are stored or deflated.

    Raises:
        BadArchive: it is another.
        zipfile.BadZipFile: it is none.
    """
    if isinstance(file, Path):
        with file.open("rb") as content, opened(content) as archive:
            yield archive
        return
    check_directory(file)
    with read_directory(file) as archive:
        other = next((one for one in archive.infolist() if one.compress_type not in (0, zipfile.ZIP_DEFLATED)), None)
        if other is not None:
            raise BadArchive(
                "A ZIP archive should hold members that are stored or deflated, as NumPy and PyTorch write them, "
                f"{other.filename[:80]!r} is compressed in another way: save it again."
            )
        yield archive


def read_directory(file: IO[bytes]) -> zipfile.ZipFile:
    """An archive of which the directory was read.

    Raises:
        zipfile.BadZipFile: it cannot be read; Python has other errors, too, where it is damaged.
    """
    try:
        return zipfile.ZipFile(file)
    except (NotImplementedError, ValueError, EOFError, OverflowError, struct.error) as problem:
        raise zipfile.BadZipFile(str(problem)) from problem


def check_unpacked(archive: zipfile.ZipFile, size: int) -> None:
    """Refuses an archive whose members, unpacked, take many times the room of the archive itself.

    Raises:
        BadArchive: they would.
    """
    unpacked = sum(member.file_size for member in archive.infolist())
    if unpacked > RATIO * size + ROOM:
        raise BadArchive(
            f"A file of {size:,} bytes should unpack to at most {RATIO} times as many, this one claims "
            f"{unpacked:,}: save it again without compression."
        )


def check_directory(file: IO[bytes]) -> None:
    """Refuses an archive whose directory alone would take much memory.

    Raises:
        BadArchive: it does.
    """
    size = directory_size(file)
    if size is not None and size > DIRECTORY:
        raise BadArchive(
            f"A ZIP archive's directory should have at most {DIRECTORY // 2**20} MiB, this one has "
            f"{size / 2**20:,.0f}: save fewer arrays."
        )


def directory_size(file: IO[bytes]) -> int | None:
    """The bytes of an archive's directory, as its end says; None where it has no end.

    Readers of archives differ in which of several ends they believe: the largest claim counts.
    """
    file.seek(max(0, file.seek(0, 2) - ENDS))
    tail = file.read()
    claims = [
        struct.unpack_from(kind, tail, found.start() + at)[0]
        for mark, kind, at in ((END, "<L", 12), (END64, "<Q", 40))
        for found in re.finditer(re.escape(mark), tail)
        if len(tail) >= found.start() + at + struct.calcsize(kind)
    ]
    return max((claim for claim in claims if claim != IN_END64), default=None)
