"""Whether a checkpoint is wholly on disk, told without loading torch."""

import time
import zipfile
from contextlib import suppress
from pathlib import Path

from compute.archives import BadArchive, opened
from compute.errors import BadCheckpoint, LandscapeError
from compute.zoo import headers
from compute.zoo.contents import INDEX, parts, weights_file

SETTLED = 5.0
"""Seconds without a change, after which a file whose end cannot be told from its content counts as whole."""


def whole(path: Path) -> bool:
    """Whether a checkpoint's file, or all files that its index names, are as long as they say that they are.

    A safetensors file tells its length in its header, a zip archive (what torch.save writes) ends in its directory.
    Other files, pickles of old among them, count once they have not changed for `SETTLED` seconds.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "half.safetensors"
        >>> _ = path.write_bytes(b"0000")
        >>> whole(path)
        False
    """
    with suppress(OSError, BadCheckpoint):  # gone meanwhile, or an index in the making
        path = weights_file(path)
        if path.name.endswith(INDEX):
            return _ended(path) and all(map(whole, parts(path)[1:]))
        if path.suffix == ".safetensors":
            return path.stat().st_size == _told(path)
        return _zipped(path) if _begins(path, b"PK") else _ended(path)
    return False


def _told(path: Path) -> int | None:
    """The length that a safetensors file tells."""
    with suppress(ValueError, TypeError, KeyError, AttributeError, LandscapeError):
        start, found = headers.rows(path)
        return start + max((row["data_offsets"][1] for row in found.values()), default=0)
    return None


def _zipped(path: Path) -> bool:
    try:
        with opened(path):
            return True
    except (zipfile.BadZipFile, ValueError, BadArchive):
        return False


def _begins(path: Path, start: bytes) -> bool:
    with path.open("rb") as file:
        return file.read(len(start)) == start


def _ended(path: Path) -> bool:
    return path.stat().st_size > 0 and time.time() - path.stat().st_mtime > SETTLED
