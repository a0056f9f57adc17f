"""Images in folders, DIR/SPLIT/CLASS/*.png or .jpg, as torchvision's ImageFolder has them."""

import math
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from glob import iglob
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from compute.digest import file_digest, file_state, value_digest
from compute.errors import BadData
from compute.memory import check_memory

if TYPE_CHECKING:  # most data are no images in files
    from PIL.Image import Image

VERSION = "folder-1"
"""Raised whenever the order or the reading changes; it is part of every key."""

ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".ppm", ".webp")


class Pictures:
    """Images (N, C, H, W), uint8, of which only those are read that are asked for by their places."""

    def __init__(self, files: Sequence[Path], first: Path) -> None:
        """All are to be of the shape of the first."""
        self._files, self._first = files, first

    def __getitem__(self, places: np.ndarray) -> np.ndarray:
        """Some of the images.

        Raises:
            BadData: one cannot be read, is of another size than the first, or has colours where that has none.
        """
        shape = _shape(self._first)
        check_memory(f"{len(places):,} images of {self._first.parents[1]}", len(places) * math.prod(shape))
        return np.stack([self._pixels(self._files[place], shape) for place in places])

    def _pixels(self, file: Path, shape: tuple[int, ...]) -> np.ndarray:
        channels, *sides = shape
        with _opened(file) as image:
            if [image.height, image.width] != sides:
                raise BadData(
                    f"{file} should be {sides[1]} × {sides[0]} pixels as {self._first} is, but is {image.width} × "
                    f"{image.height}: resize it, or take it out."
                )
            if _channels(image) > channels:
                raise BadData(f"{file} should be grey as {self._first} is, but has colours: convert either.")
            pixels = np.asarray(image.convert("L" if channels == 1 else "RGB"))
        return pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)


def digest(path: Path) -> str:
    """What tells the images of one folder from those of another: the names and contents of all its splits.

    Raises:
        BadData: there is no such folder.
    """
    return _digest(tuple((name, file_state(os.path.join(path, name))) for name in _names(path)), path)


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
    names = _of_split(path, split)
    return len(names), _shape(path / names[0])


def arrays(path: Path, split: str) -> tuple[Pictures, np.ndarray]:
    """Images (N, C, H, W), uint8, and labels (N,), int64: the places of the classes' names in alphabetical order.

    The images of all classes come in a drawn order, so that a prefix of a split is itself a random sample.

    Raises:
        BadData: as `extent`.
    """
    files = [path / name for name in _of_split(path, split)]
    numbers = {name: number for number, name in enumerate(_classes(path))}
    labels = np.array([numbers[file.parent.name] for file in files])
    order = np.random.RandomState(0).permutation(len(files))  # NumPy promises never to change this generator
    return Pictures([files[place] for place in order], files[0]), labels[order]


def _names(path: Path) -> list[str]:
    """All images of all splits, by their paths below the folder, in alphabetical order."""
    if not path.is_dir():
        raise BadData(f"Images should be in folders below {path}, but there is no such folder: check the path.")
    found = iglob("*/*/*", root_dir=path, include_hidden=True)  # as text: paths take five times as long
    return sorted(name.replace(os.sep, "/") for name in found if name.lower().endswith(ENDINGS))


def _of_split(path: Path, split: str) -> list[str]:
    found = [name for name in _names(path) if name.startswith(f"{split}/")]
    if not found:
        there = ", ".join(sorted({name.split("/")[0] for name in _names(path)})) or "none"
        raise BadData(f"{path} should hold images as {split}/CLASS/NAME.png, but its splits are: {there}; name one.")
    return found


def _classes(path: Path) -> list[str]:
    return sorted({name.split("/")[1] for name in _names(path)})


@lru_cache(maxsize=4)
def _digest(states: tuple[tuple[str, tuple[int, ...]], ...], path: Path) -> str:
    return f"{VERSION} {value_digest([[name, file_digest(path / name)] for name, _ in states])}"


def _shape(file: Path) -> tuple[int, ...]:
    with _opened(file) as image:
        return _channels(image), image.height, image.width


def _channels(image: "Image") -> int:
    return 1 if image.mode in {"1", "L"} else 3


@contextmanager
def _opened(file: Path) -> "Iterator[Image]":
    from PIL import Image

    try:
        with Image.open(file) as image:
            yield image
    except BadData:
        raise
    except Exception as problem:  # damaged pictures fail in many ways, and Pillow refuses very large ones
        reason = " ".join(str(problem).split())[:200]
        raise BadData(f"{file} should be an image, but cannot be read ({reason}): take it out.") from problem
