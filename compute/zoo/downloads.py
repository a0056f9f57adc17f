"""Image sets that torchvision fetches, kept as plain arrays of which only the wanted images are read."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np

from compute.errors import BadData, UnknownName
from compute.settings import DATASETS
from compute.zoo.files import written

RAW = "raw"
"""The folder, below that of all data sets, of the files as they were published."""

SPLITS = ("train", "test")


@dataclass(frozen=True, slots=True)
class Download:
    """A set: its name in torchvision, how many classes it has, and mean and deviation of its training pixels.

    The numbers are per channel, of pixels scaled to [0, 1].
    """

    title: str
    kind: str
    classes: int
    mean: tuple[float, ...]
    std: tuple[float, ...]


DOWNLOADS: Mapping[str, Download] = MappingProxyType(
    {
        "cifar10": Download("CIFAR-10", "CIFAR10", 10, (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)),
        "cifar100": Download("CIFAR-100", "CIFAR100", 100, (0.5071, 0.4865, 0.4409), (0.2673, 0.2564, 0.2762)),
        "mnist": Download("MNIST", "MNIST", 10, (0.1307,), (0.3081,)),
        "fashion-mnist": Download("Fashion-MNIST", "FashionMNIST", 10, (0.2860,), (0.3530,)),
    }
)
"""Krizhevsky (2009), LeCun et al. (1998), Xiao et al. (2017)."""


def version(name: str) -> str:
    """What stands for a set's content in every key: torchvision checks that all have the published files."""
    return f"{name}-1"


def extent(name: str, folder: Path, split: str) -> tuple[int, tuple[int, ...]]:
    """The number of images of a split, and (channels, height, width), read without the pixels.

    Raises:
        UnknownName: the split is neither "train" nor "test".
        BadData: the set was not fetched.
    """
    images = _array(name, folder, split, "x")
    return len(images), images.shape[1:]


def arrays(name: str, folder: Path, split: str) -> tuple[np.ndarray, np.ndarray]:
    """Images (N, C, H, W), uint8, mapped into memory and not read, and labels (N,), int64, in the published order.

    Raises:
        UnknownName: as `extent`.
        BadData: as `extent`.
    """
    return _array(name, folder, split, "x"), np.asarray(_array(name, folder, split, "y"))


def fetch(name: str, datasets_dir: Path) -> Path:
    """Downloads a set, with a progress bar, unless its published files are there, and keeps its arrays.

    Both lie below `datasets_dir`. Gives the folder of the arrays.

    Raises:
        UnknownName: there is no such set.
        BadData: it cannot be downloaded, or its files are not those that were published.
    """
    if name not in DOWNLOADS:
        raise UnknownName("data set to fetch", name, DOWNLOADS)
    from torchvision import datasets as library  # loads torch, which naming examples must not

    wanted, folder = DOWNLOADS[name], datasets_dir / name
    folder.mkdir(parents=True, exist_ok=True)
    for split in SPLITS:
        try:
            found = getattr(library, wanted.kind)(str(datasets_dir / RAW), train=split == "train", download=True)
        except (OSError, RuntimeError) as problem:
            raise BadData(
                f"{wanted.title} should come from the internet, but cannot ({problem}): try again when it can be "
                f"reached, or put the published files below {datasets_dir / RAW}."
            ) from problem
        pixels = np.asarray(found.data)
        images = pixels[:, None] if pixels.ndim == 3 else pixels.transpose(0, 3, 1, 2)
        _write(_file(folder, split, "x"), images)
        _write(_file(folder, split, "y"), np.asarray(found.targets, np.int64))
    return folder


def _write(path: Path, array: np.ndarray) -> None:
    with written(path) as draft, draft.open("wb") as file:
        np.save(file, np.ascontiguousarray(array))


def fetched(folder: Path) -> bool:
    """Whether the arrays of all splits lie in a folder."""
    return all(_file(folder, split, part).is_file() for split in SPLITS for part in "xy")


def command(name: str, datasets_dir: Path) -> str:
    """What a user types to fetch a set.

    Example:
        >>> command("mnist", Path("/sets"))
        'python run.py fetch mnist --datasets-dir /sets'
    """
    option = "" if datasets_dir == DATASETS else f" --datasets-dir {datasets_dir}"
    return f"python run.py fetch {name}{option}"


def _file(folder: Path, split: str, part: str) -> Path:
    return folder / f"{part}_{split}.npy"


def _array(name: str, folder: Path, split: str, part: str) -> np.ndarray:
    if split not in SPLITS:
        raise UnknownName(f"split of {name}", split, SPLITS)
    if not fetched(folder):
        raise BadData(
            f"{DOWNLOADS[name].title} should lie in {folder}, but is not there yet: fetch it with "
            f"`{command(name, folder.parent)}`."
        )
    try:
        found: np.ndarray = np.load(_file(folder, split, part), mmap_mode="r")
    except (OSError, ValueError, EOFError, OverflowError) as problem:
        raise BadData(
            f"{DOWNLOADS[name].title} should lie in {folder}, but {_file(folder, split, part).name} is damaged "
            f"({problem}): remove that folder, and fetch it again with `{command(name, folder.parent)}`."
        ) from problem
    return found
