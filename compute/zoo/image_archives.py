"""NumPy archives of labelled images as others save them, rewritten into the one form that `compute.zoo.npz` reads."""

import re
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from compute.archives import opened
from compute.errors import BadData, LandscapeError
from compute.zoo import npz
from compute.zoo.files import written

NAMES = re.compile(
    r"(?P<x>x|images|data)_(?P<split>train|test|val)\.npy|"  # Keras: x_train, y_train
    r"(?P<split2>train|test|val)_(?P<x2>x|images|data)\.npy",  # MedMNIST: train_images, train_labels
    re.IGNORECASE,
)
"""How arrays of images are called; beside each lies one of labels."""
LABELS = ("y", "labels", "targets")
RATIO, ROOM = 8, 64 * 2**20
"""An archive may unpack to this many times its own size, and to so many bytes in any case."""
MOST_CLASSES = 100_000
MOST_IMAGES = 2**23
"""Images of a split; the page reads their labels whenever it lists the data there are."""

Pair = tuple[str, str]
"""The names of an array of images and of that of their labels."""


def pairs(members: Iterable[str]) -> dict[str, Pair]:
    """The arrays of images and labels of each split, by the names of an archive's members.

    Example:
        >>> pairs(["x_train.npy", "y_train.npy", "test_images.npy", "test_labels.npy", "x_val.npy"])
        {'train': ('x_train', 'y_train'), 'test': ('test_images', 'test_labels')}
    """
    there = {name.lower(): name for name in members}
    found: dict[str, Pair] = {}
    for name, original in there.items():
        match = NAMES.fullmatch(name)
        if match is None:
            continue
        split = match["split"] or match["split2"]
        beside = (f"{word}_{split}.npy" if match["split"] else f"{split}_{word}.npy" for word in LABELS)
        labels = next((there[label] for label in beside if label in there), None)
        if labels is not None:
            found.setdefault(split, (original.removesuffix(".npy"), labels.removesuffix(".npy")))
    return found


def holds_images(path: Path) -> bool:
    """Whether a file is an archive with images and labels of at least one split.

    Raises:
        BadArchive: its directory is damaged or would take much memory.
    """
    if not zipfile.is_zipfile(path):
        return False
    with opened(path) as archive:
        return bool(pairs(archive.namelist()))


def rewrite(path: Path, file: str) -> str:
    """Checks the images and labels of an archive, and rewrites it unless it has the form x_SPLIT, y_SPLIT already.

    Images may come without an axis for their one channel, or with the channels first; labels as a column. Afterwards
    `compute.zoo.npz` reads the archive, and it says no more than it holds.

    Args:
        path: the archive, which is replaced.
        file: what it is called in messages.

    Returns:
        What it holds, in words.

    Raises:
        BadData: it has no training examples, or they are of another type or shape.
        BadArchive: it is damaged, or would unpack to too much.
    """
    try:
        with opened(path) as archive:
            check_unpacked(archive, path.stat().st_size, file)
            found = pairs(archive.namelist())
        if "train" not in found:
            raise BadData(
                f"{file} should hold training examples as x_train and y_train, but holds only those of "
                f"{', '.join(found)}: save both."
            )
        arrays = {split: examples(path, file, pair) for split, pair in found.items()}
    except (LandscapeError, MemoryError):
        raise
    except Exception as problem:  # damaged archives fail in many ways
        reason = " ".join(str(problem).split())[:200] or type(problem).__name__
        raise BadData(
            f"{file} should be a NumPy archive, but cannot be read ({reason}): save it with numpy.savez."
        ) from problem
    check_alike(file, {split: images.shape[1:] for split, (images, _) in arrays.items()})
    if not all(plain(path, split, pair) for split, pair in found.items()):
        save(path, arrays)
    return described(arrays)


def examples(path: Path, file: str, pair: Pair) -> tuple[np.ndarray, np.ndarray]:
    """Images (N, H, W, C), uint8, and labels (N,), int64, of one split.

    Raises:
        BadData: they are of another type or shape.
    """
    for name in pair:
        check_type(path, file, name)
    return images(file, pair[0], read(path, pair[0])), labels(file, pair, path)


def header(path: Path, name: str) -> tuple[tuple[int, ...], np.dtype]:
    """What an array claims to be, of which it has as many bytes."""
    with opened(path) as archive:
        return npz.read_header(archive, name)


def read(path: Path, name: str) -> np.ndarray:
    """An array, of which nothing is unpickled."""
    with opened(path) as archive:
        return npz.read_numbers(archive, name)


def images(file: str, name: str, found: np.ndarray) -> np.ndarray:
    """Images (N, H, W, C) of an array that may lack the axis of channels, or have it before the others.

    Raises:
        BadData: they are no images in bytes.

    Example:
        >>> images("a.npz", "x_train", np.zeros((5, 28, 28), np.uint8)).shape
        (5, 28, 28, 1)
        >>> images("a.npz", "x_train", np.zeros((5, 3, 32, 32), np.uint8)).shape
        (5, 32, 32, 3)
    """
    if found.dtype != np.uint8 or found.ndim not in {3, 4} or 0 in found.shape:
        raise BadData(
            f"{name} in {file} should be uint8 of shape (N, height, width, channels), but is {found.dtype} of shape "
            f"{found.shape}: convert it before saving."
        )
    if found.ndim == 3:
        return found[..., None]
    first = found.shape[1] in {1, 3, 4} and found.shape[3] not in {1, 3, 4}
    return found.transpose(0, 2, 3, 1) if first else found


def labels(file: str, pair: Pair, path: Path) -> np.ndarray:
    """Labels (N,), int64, beside their images.

    Raises:
        BadData: they are no whole numbers from 0 up, or not as many as the images.
    """
    count = header(path, pair[0])[0][0]
    found = read(path, pair[1])
    if found.shape == (count, 1):
        found = found[:, 0]
    if found.dtype.kind not in "iu" or found.shape != (count,):
        raise BadData(
            f"{pair[1]} in {file} should be {count} whole numbers, one per image, but is {found.dtype} of shape "
            f"{found.shape}: convert it before saving."
        )
    low, high = int(found.min()), int(found.max())
    if low < 0 or high >= MOST_CLASSES or count > MOST_IMAGES:
        raise BadData(
            f"{pair[1]} in {file} should be at most {MOST_IMAGES:,} classes counted from 0 and below {MOST_CLASSES:,}, "
            f"but are {count:,} from {low} to {high}: renumber them, or save fewer."
        )
    return found.astype(np.int64)


def check_unpacked(archive: zipfile.ZipFile, size: int, file: str) -> None:
    """Refuses an archive that unpacks to far more than its own size.

    Raises:
        BadData: it does.
    """
    unpacked = sum(member.file_size for member in archive.infolist())
    if unpacked > max(RATIO * size, ROOM):
        raise BadData(
            f"{file} has {size:,} bytes and should unpack to at most {max(RATIO * size, ROOM):,}, but claims "
            f"{unpacked:,}: save it with numpy.savez."
        )


def check_type(path: Path, file: str, name: str) -> None:
    """Refuses an array that holds something else than numbers.

    Raises:
        BadData: it does.
    """
    shape, dtype = header(path, name)
    if dtype.hasobject:
        raise BadData(f"{name} in {file} should hold numbers, but claims {dtype} of shape {shape}: save it again.")


def check_alike(file: str, shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Refuses splits whose images differ in size.

    Raises:
        BadData: they do.
    """
    if len(set(shapes.values())) > 1:
        listed = ", ".join(f"{split} {shape}" for split, shape in shapes.items())
        raise BadData(f"The images in {file} should be of one shape, but those are {listed}: resize them.")


def plain(path: Path, split: str, pair: Pair) -> bool:
    """Whether the arrays of a split are called and shaped as `compute.zoo.npz` reads them."""
    (shape, _), (marked, _) = header(path, pair[0]), header(path, pair[1])
    last = len(shape) == 4 and (shape[3] in {1, 3, 4} or shape[1] not in {1, 3, 4})
    return pair == (f"x_{split}", f"y_{split}") and last and len(marked) == 1


def save(path: Path, arrays: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> None:
    """Writes an archive anew."""
    named = {f"x_{split}": images for split, (images, _) in arrays.items()}
    named |= {f"y_{split}": labels for split, (_, labels) in arrays.items()}
    with written(path) as draft, draft.open("wb") as target:
        np.savez(target, **named)  # type: ignore[arg-type]  # numpy declares allow_pickle among the arrays


def described(arrays: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> str:
    """What an archive holds, in words.

    Example:
        >>> described({"train": (np.zeros((9, 8, 8, 1)), np.arange(9))})
        '9 training images of 1 × 8 × 8, 9 classes'
    """
    words = {"train": "training", "val": "validation"}
    counts = " and ".join(f"{len(images):,} {words.get(split, split)}" for split, (images, _) in arrays.items())
    height, width, channels = next(iter(arrays.values()))[0].shape[1:]
    classes = 1 + max(int(labels.max()) for _, labels in arrays.values())
    return f"{counts} images of {channels} × {height} × {width}, {classes} classes"
