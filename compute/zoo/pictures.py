"""Images in folders, DIR/SPLIT/CLASS/*.png or .jpg, as torchvision's ImageFolder has them."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from compute.digest import file_digest, value_digest
from compute.errors import BadData

VERSION = "folder-1"
"""Raised whenever the order or the reading changes; it is part of every key."""

ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".ppm", ".webp")


class Pictures:
    """Images (N, C, H, W), uint8, of which only those are read that are asked for by their places."""

    def __init__(self, files: Sequence[Path], shape: tuple[int, ...]) -> None:
        self._files, self._shape = files, shape

    def __getitem__(self, places: np.ndarray) -> np.ndarray:
        """Some of the images.

        Raises:
            BadData: one cannot be read, or is of another size than the first.
        """
        return np.stack([_pixels(self._files[place], self._shape) for place in places])


def digest(path: Path) -> str:
    """What tells the images of one folder from those of another: the names and contents of all its splits.

    Raises:
        BadData: there is no such folder.
    """
    return _digest(tuple((name, _mark(path / name)) for name in _names(path)), path)


def classes(path: Path) -> int:
    """How many classes there are, over all splits.

    Raises:
        BadData: there is no such folder.
    """
    return len(_classes(path))


def extent(path: Path, split: str) -> tuple[int, tuple[int, ...]]:
    """The number of images of a split, and (channels, height, width) of the first, read without the rest.

    Raises:
        BadData: there are none, or the first cannot be read.
    """
    files = _files(path, split)
    return len(files), _shape(files[0])


def arrays(path: Path, split: str) -> tuple[Pictures, np.ndarray]:
    """Images (N, C, H, W), uint8, and labels (N,), int64: the places of the classes' names in alphabetical order.

    The images of all classes come in a drawn order, so that a prefix of a split is itself a random sample.

    Raises:
        BadData: as `extent`.
    """
    files, numbers = _files(path, split), {name: number for number, name in enumerate(_classes(path))}
    labels = np.array([numbers[file.parent.name] for file in files])
    order = np.random.RandomState(0).permutation(len(files))  # NumPy promises never to change this generator
    return Pictures([files[place] for place in order], _shape(files[0])), labels[order]


def _names(path: Path) -> list[str]:
    """All images of all splits, by their paths below the folder, in alphabetical order."""
    if not path.is_dir():
        raise BadData(f"Images should be in folders below {path}, but there is no such folder: check the path.")
    found = (file for file in path.glob("*/*/*") if file.suffix.lower() in ENDINGS)
    return sorted(file.relative_to(path).as_posix() for file in found)


def _files(path: Path, split: str) -> list[Path]:
    found = [path / name for name in _names(path) if name.startswith(f"{split}/")]
    if not found:
        there = ", ".join(sorted({name.split("/")[0] for name in _names(path)})) or "none"
        raise BadData(f"{path} should hold images as {split}/CLASS/NAME.png, but its splits are: {there}; name one.")
    return found


def _classes(path: Path) -> list[str]:
    return sorted({name.split("/")[1] for name in _names(path)})


def _mark(file: Path) -> tuple[int, int]:
    stat = file.stat()
    return stat.st_size, stat.st_mtime_ns


@lru_cache(maxsize=4)
def _digest(marks: tuple[tuple[str, tuple[int, int]], ...], path: Path) -> str:
    return f"{VERSION} {value_digest([[name, file_digest(path / name)] for name, _ in marks])}"


def _shape(file: Path) -> tuple[int, ...]:
    from PIL import Image

    try:
        with Image.open(file) as image:
            return 1 if image.mode in {"1", "L"} else 3, image.height, image.width
    except OSError as problem:
        raise BadData(f"{file} should be an image, but cannot be read ({problem}): take it out.") from problem


def _pixels(file: Path, shape: tuple[int, ...]) -> np.ndarray:
    from PIL import Image

    try:
        with Image.open(file) as image:
            pixels = np.asarray(image.convert("L" if shape[0] == 1 else "RGB"))
    except OSError as problem:
        raise BadData(f"{file} should be an image, but cannot be read ({problem}): take it out.") from problem
    if pixels.shape[:2] != shape[1:]:
        raise BadData(
            f"{file} should be {shape[2]} × {shape[1]} pixels as the first image is, but is {pixels.shape[1]} × "
            f"{pixels.shape[0]}: make all of one size."
        )
    return pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)
