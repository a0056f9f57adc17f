"""Sequences of characters from a file of plain text, whose every next character is to be foretold."""

from functools import lru_cache
from pathlib import Path

import numpy as np

from compute.digest import file_digest
from compute.errors import BadData, UnknownName
from compute.memory import check_memory
from compute.settings import ROOT

VERSION = "text-1"
"""Raised whenever the cut or the split changes; it is part of every key."""

SHIPPED = ROOT / "data" / "texts"
"""Where a text is looked for whose name is that of no file."""

LENGTH = 64
PER_BYTE = 32
"""Bytes of memory for each of a text while its symbols are numbered."""
TESTED = 0.1
"""The share of the text, its end, that is for testing."""

SPLITS = ("train", "test")

SAMPLE = 2**16
"""Bytes by which prose is told from a table."""
LONGEST = 64 * 2**20
"""Bytes of a text that is kept when it comes by itself."""


def is_prose(path: Path) -> bool:
    """Whether a file begins with text in UTF-8 that is long enough for sequences, and made of words, not of numbers.

    Example:
        >>> is_prose(found("atlas.txt"))
        True
    """
    with path.open("rb") as file:
        start = file.read(SAMPLE)
    try:
        text = start.decode("utf-8")
    except UnicodeDecodeError as problem:
        if problem.start < len(start) - 4:  # else the sample ends within a character
            return False
        text = start[: problem.start].decode("utf-8")
    words = sum(letter.isalpha() or letter.isspace() for letter in text)
    return len(text) > LENGTH / TESTED and words > 0.7 * len(text)


def found(name: str) -> Path:
    """The file that a name means: itself, or one of those that ship.

    Example:
        >>> found("atlas.txt").name
        'atlas.txt'
    """
    return Path(name) if Path(name).is_file() or Path(name).name != name else SHIPPED / name


def digest(path: Path) -> str:
    """What tells the sequences of one file from those of another."""
    return f"{VERSION} {file_digest(path)}"


def classes(path: Path) -> int:
    """How many different characters the file holds.

    Raises:
        BadData: as `arrays`.
    """
    return _counts(path, digest(path))[1]


def extent(path: Path, split: str) -> tuple[int, tuple[int]]:
    """The number of sequences of a split, and (length,).

    Raises:
        BadData: as `arrays`.
        UnknownName: the split is neither "train" nor "test".
    """
    part = _part(path, split)
    return (part.stop - part.start) // LENGTH, (LENGTH,)


def arrays(path: Path, split: str) -> tuple[np.ndarray, np.ndarray]:
    """Sequences (N, length), int64, and beside each symbol the one that comes next.

    Symbols are numbered in the order of their code points, over the whole file. The first nine tenths of the text are
    for training, the rest for testing, so that no character is in both; each part is cut into sequences that do not
    overlap, in a drawn order, so that a prefix of either split is itself a random sample.

    Raises:
        BadData: the file is missing, is no UTF-8, or too short for one sequence of each split.
        UnknownName: the split is neither "train" nor "test".

    Example:
        >>> inputs, targets = arrays(found("atlas.txt"), "test")
        >>> bool((inputs[:, 1:] == targets[:, :-1]).all())
        True
    """
    symbols = _symbols(path, digest(path))[_part(path, split)]
    count = len(symbols) // LENGTH
    order = np.random.RandomState(0).permutation(count)  # NumPy promises never to change this generator
    return tuple(symbols[shift : shift + count * LENGTH].reshape(count, LENGTH)[order] for shift in (0, 1))  # type: ignore[return-value]


def _part(path: Path, split: str) -> slice:
    """Where the symbols of a split stand, and one more to foretell; at least one sequence."""
    if split not in SPLITS:
        raise UnknownName("split of a text", split, SPLITS)
    count, _ = _counts(path, digest(path))
    border = round(count * (1 - TESTED))
    if min(border, count - border) <= LENGTH:
        raise BadData(
            f"{path} should hold at least {round((LENGTH + 1) / TESTED) + 1} characters, but holds {count}: "
            "take a longer text."
        )
    start, stop = (0, border) if split == "train" else (border, count)
    return slice(start, start + (stop - start - 1) // LENGTH * LENGTH + 1)


@lru_cache(maxsize=64)  # small, and asked whenever a page lists the data there are
def _counts(path: Path, _digest: str) -> tuple[int, int]:
    """How many characters the file holds, and how many different ones."""
    text = _text(path)
    return len(text), len(set(text))


@lru_cache(maxsize=4)
def _symbols(path: Path, _digest: str) -> np.ndarray:
    """Each character of the file as its place among all different ones."""
    _, places = np.unique(np.frombuffer(_text(path).encode("utf-32-le"), "<u4"), return_inverse=True)
    return places.astype(np.int64)


def _text(path: Path) -> str:
    check_memory(f"The text {path}", PER_BYTE * path.stat().st_size)
    try:
        return path.read_text(encoding="utf-8")
    except ValueError as problem:
        raise BadData(f"{path} should be plain text in UTF-8, but is not ({problem}): convert it.") from problem
