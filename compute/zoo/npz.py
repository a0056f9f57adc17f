"""Image classification examples in NumPy archives: x_SPLIT (N, H, W, C) uint8 beside y_SPLIT (N,) integers.

An array clean_SPLIT (N,) of truth values may say which images are as they were published; the others have been through
a compression that loses something, such as JPEG.
"""

import math
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from compute import archives
from compute.errors import BadData, MissingData
from compute.memory import check_memory

HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
MOST_CLASSES = 2**20
"""A network has an output for each."""


@contextmanager
def opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """The archive; whatever goes wrong in reading it is one sentence."""
    if not path.is_file():
        raise MissingData(f"Examples should come from {path}, but there is no such file: check the path.")
    try:
        with archives.opened(path) as archive:
            yield archive
    except (BadData, MissingData):
        raise
    except Exception as problem:  # damaged archives fail in many ways
        reason = " ".join(str(problem).split())[:200] or type(problem).__name__
        raise BadData(
            f"{path} should be a NumPy archive, but cannot be read ({reason}): save it with numpy.savez."
        ) from problem


def splits(path: Path) -> tuple[str, ...]:
    """The splits that have both images and labels, in alphabetical order."""
    with opened(path) as archive:
        names = set(archive.namelist())
    pairs = (name[2:-4] for name in names if name.startswith("x_") and name.endswith(".npy"))
    return tuple(sorted(split for split in pairs if f"y_{split}.npy" in names))


def header(path: Path, array: str) -> tuple[tuple[int, ...], np.dtype]:
    """Shape and type of one array, without reading its numbers.

    Raises:
        BadData: it cannot be read, or claims more numbers than are stored.
    """
    with opened(path) as archive:
        return read_header(archive, array)


def read_header(archive: zipfile.ZipFile, array: str) -> tuple[tuple[int, ...], np.dtype]:
    """Shape and type of one array of an archive.

    Raises:
        KeyError: there is none.
        ValueError: it is no array, or claims more numbers than are stored.
    """
    with archive.open(f"{array}.npy") as file:
        version = np.lib.format.read_magic(file)
        if version not in HEADERS:
            raise ValueError(f"{array} is stored in format {version}")
        shape, _, dtype = HEADERS[version](file)
        claimed, held = math.prod(shape) * dtype.itemsize, archive.getinfo(f"{array}.npy").file_size - file.tell()
        if min(shape, default=0) < 0 or (claimed > held and not dtype.hasobject):
            raise ValueError(f"{array} claims {claimed:,} bytes and holds {held:,}")
    return shape, dtype


def read_numbers(archive: zipfile.ZipFile, array: str) -> np.ndarray:
    """One array of an archive; nothing in it is ever unpickled.

    Raises:
        KeyError: there is none.
        ValueError: it is no array of numbers.
    """
    with archive.open(f"{array}.npy") as file:
        found: np.ndarray = np.lib.format.read_array(file, allow_pickle=False)
        return found


def extent(path: Path, split: str) -> tuple[int, tuple[int, int, int]]:
    """The number of examples of a split, and one example's (channels, height, width).

    Raises:
        BadData: the file is missing or no archive, or its arrays are missing or of the wrong shape or type.
    """
    there = splits(path)
    if split not in there:
        listed = ", ".join(there) or "none"
        raise BadData(
            f"{path} should hold x_{split} and y_{split}, but its complete splits are: {listed}; name one of "
            "them, or save both arrays."
        )
    (images, pixel), (numbers, whole) = header(path, f"x_{split}"), header(path, f"y_{split}")
    if pixel != np.uint8 or len(images) != 4 or 0 in images:
        raise BadData(
            f"x_{split} in {path} should be uint8 of shape (N, height, width, channels), but is {pixel} of shape "
            f"{images}: convert it before saving."
        )
    if whole.kind not in "iu" or numbers != images[:1]:
        raise BadData(
            f"y_{split} in {path} should be {images[0]} whole numbers, one per image, but is {whole} of shape "
            f"{numbers}: convert it before saving."
        )
    return images[0], (images[3], images[1], images[2])


def array(path: Path, name: str) -> np.ndarray:
    """One array of the archive; nothing in it is ever unpickled.

    Raises:
        BadData: it cannot be read, or would take much of the free memory.
    """
    shape, dtype = header(path, name)
    check_memory(f"{name} in {path}", math.prod(shape) * dtype.itemsize)
    with opened(path) as archive:
        return read_numbers(archive, name)


def labels(path: Path, split: str) -> np.ndarray:
    """The labels (N,), int64, of one split.

    Raises:
        BadData: they are no whole numbers from 0 up, there are none, or one is very large.
    """
    name, (shape, dtype) = f"y_{split}", header(path, f"y_{split}")
    if dtype.kind not in "iu" or len(shape) != 1 or 0 in shape:
        raise BadData(
            f"{name} in {path} should be whole numbers, one per image, but is {dtype} of shape {shape}: convert it "
            "before saving."
        )
    found = array(path, name)
    if found.min() < 0:
        raise BadData(f"{name} in {path} should count classes from 0, but holds {found.min()}: renumber them.")
    if found.max() >= MOST_CLASSES:
        raise BadData(
            f"{name} in {path} should be below {MOST_CLASSES:,}, but holds {found.max():,}: number the classes from 0."
        )
    return found.astype(np.int64)


def classes(path: Path) -> int:
    """One more than the largest label of any split.

    Raises:
        BadData: as `labels`.
    """
    return 1 + max(int(labels(path, split).max()) for split in splits(path))


def contents(path: Path) -> str:
    """How many images each split has, and how many of them are clean, where the archive says so.

    Raises:
        BadData: the file is missing or no archive, or its arrays are of the wrong shape or type.
    """
    with opened(path) as archive:
        marked = {name[:-4] for name in archive.namelist()}
    parts = []
    for split in splits(path):
        images = f"{extent(path, split)[0]} {split} images"
        clean = f", {count_clean(path, split)} of them clean" if f"clean_{split}" in marked else ""
        parts.append(images + clean)
    return "; ".join(parts)


def count_clean(path: Path, split: str) -> int:
    """How many images of a split are as they were published.

    Raises:
        BadData: the array that says so holds something else than a truth value for each image.
    """
    shape, dtype = header(path, f"clean_{split}")
    if dtype.kind not in "biu" or shape != header(path, f"y_{split}")[0]:
        raise BadData(
            f"clean_{split} in {path} should be a truth value for each image, but is {dtype} of shape {shape}: "
            "convert it before saving."
        )
    return int(array(path, f"clean_{split}").sum())


def count_in(contents: str, split: str) -> int | None:
    """How many images of a split a text of `contents` tells of; None where it tells of no such split.

    Example:
        >>> count_in("10000 test images, 1017 of them clean; 50000 train images", "train")
        50000
    """
    found = re.search(rf"(?:^|; )(\d+) {re.escape(split)} images", contents)
    return int(found[1]) if found else None


def arrays(path: Path, split: str) -> tuple[np.ndarray, np.ndarray]:
    """Images (N, C, H, W) as stored, uint8, and labels (N,), int64, of one split.

    Raises:
        BadData: as `extent`, or a label is negative.
    """
    extent(path, split)
    return array(path, f"x_{split}").transpose(0, 3, 1, 2), labels(path, split)
