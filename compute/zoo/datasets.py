"""Fixed, un-augmented examples, and how they are named."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from compute.digest import file_digest
from compute.errors import BadData, BadReference, UnknownName
from compute.specs import DataRef
from compute.zoo import digits, npz

if TYPE_CHECKING:  # naming examples must not load torch
    from torch import Tensor

Channels = tuple[float, ...] | None

NAMES = ("digits", "npz")
FORMS = "digits:SPLIT[:SIZE] or npz:FILE.npz:SPLIT[:SIZE]"


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """What a loss is averaged over: inputs (N, ...) and targets (N, ...).

    Of images, inputs are (N, C, H, W), float32, normalised, and targets classes (N,), int64.
    """

    inputs: Tensor
    targets: Tensor

    def __len__(self) -> int:
        return len(self.targets)


def channels(text: str | None) -> Channels:
    """The numbers, one per channel, of a text such as `0.485,0.456,0.406`.

    Raises:
        BadReference: they are no numbers.

    Example:
        >>> channels("0.5,0.25")
        (0.5, 0.25)
    """
    try:
        return None if text is None else tuple(map(float, text.split(",")))
    except ValueError:
        raise BadReference(f"Channels need numbers with commas between, as in 0.5,0.5,0.5, got {text!r}.") from None


def split_size(name: str, split: str) -> int:
    """How many examples a split of a known set has.

    Raises:
        UnknownName: no set that ships is called so, or it has no such split.

    Example:
        >>> split_size("digits", "train"), split_size("digits", "test")
        (1437, 360)
    """
    if name != "digits":
        raise UnknownName("data set", name, ["digits"])
    return digits.SIZES[digits.known_split(split)]


def first(ref: DataRef, split: str, size: int) -> DataRef:
    """The first examples of another split of the same data, at most `size`.

    Raises:
        LandscapeError: the data have no such split.

    Example:
        >>> first(data_ref("digits:test:20"), "train", 2000).size
        1437
    """
    total = npz.extent(_path(ref), split)[0] if ref.name == "npz" else split_size(ref.name, split)
    return replace(ref, split=split, size=min(size, total))


def data_ref(text: str, mean: Channels = None, std: Channels = None, seed: int | None = None) -> DataRef:
    """Reads a name such as `digits:train:512`, `digits:test:all` or `npz:FILE.npz:SPLIT:SIZE`.

    Args:
        text: the name; without a size, or with `all`, it means the whole split.
        mean: per channel, of pixels scaled to [0, 1]; for archives only.
        std: as `mean`.
        seed: draws the order whose first examples are taken; None takes the stored order.

    Raises:
        UnknownName: no data set, or no split of it, is called so.
        BadReference: the name is incomplete, its size is out of bounds, or mean and std do not fit.
        BadData: the archive is missing or does not hold the arrays.

    Example:
        >>> data_ref("digits:test:all").size
        360
    """
    if not (seed is None or 0 <= seed < 2**32):
        raise BadReference(f"A seed should be between 0 and {2**32 - 1}, but is {seed}: choose another.")
    name, _, rest = text.partition(":")
    if name not in NAMES:
        raise UnknownName("data set", name, NAMES)
    if name == "digits":
        return _digits(text, rest, mean, std, seed)
    return _archive(text, rest, mean, std, seed)


def named(name: str, split: str, mean: Channels = None, std: Channels = None) -> DataRef:
    """All examples of a split of a named set.

    Raises:
        LandscapeError: as `data_ref`.

    Example:
        >>> named("digits", "train").size
        1437
    """
    return data_ref(f"{name}:{split}", mean, std)


def prefix(whole: DataRef, size: int) -> DataRef:
    """The first examples of those that a reference names.

    Raises:
        BadReference: there are not so many.

    Example:
        >>> prefix(named("digits", "train"), 512).size
        512
    """
    if not 1 <= size <= whole.size:
        raise BadReference(f"The size should be between 1 and {whole.size}, but is {size}: choose another.")
    return replace(whole, size=size)


def _digits(text: str, rest: str, mean: Channels, std: Channels, seed: int | None) -> DataRef:
    split, size = _parts(text, rest)
    if mean is not None or std is not None:
        raise BadReference("Mean and std belong to archives, but digits bring their own: leave them out.")
    return DataRef("digits", split, _bounded(size, text, split_size("digits", split)), seed, digest=digits.VERSION)


def _archive(text: str, rest: str, mean: Channels, std: Channels, seed: int | None) -> DataRef:
    stem, dot, tail = rest.rpartition(".npz:")
    if not dot:
        raise BadReference(f"Data should be named {FORMS}, but came as {text!r}: name the archive and its split.")
    path = Path(stem + ".npz")
    split, size = _parts(text, tail)
    total, (channels, _, _) = npz.extent(path, split)
    _check_channels(channels, mean, std)
    count = _bounded(size, text, total)
    return DataRef("npz", split, count, seed, str(path.resolve()), file_digest(path), mean, std)


def _parts(text: str, tail: str) -> tuple[str, str]:
    """Split and size of the tail of a name."""
    split, *sizes = tail.split(":")
    if not split or len(sizes) > 1:
        raise BadReference(f"Data should be named {FORMS}, but came as {text!r}: name one split and at most one size.")
    return split, sizes[0] if sizes else "all"


def _bounded(size: str, text: str, total: int) -> int:
    if size == "all":
        return total
    if not (size.isdecimal() and len(size) < 20 and 1 <= int(size) <= total):
        raise BadReference(f"The size in {text!r} should be between 1 and {total}, or all, but is {size!r}: change it.")
    return int(size)


def _check_channels(channels: int, mean: Channels, std: Channels) -> None:
    if mean is None and std is None:
        return
    if mean is None or std is None or not len(mean) == len(std) == channels or not np.all(np.isfinite(mean + std)):
        raise BadReference(
            f"Mean and std should be {channels} finite numbers each, one per channel, but came as {mean} and {std}: "
            "give both or neither."
        )
    if min(std) <= 0:
        raise BadReference(f"A standard deviation should be above 0, but came as {min(std)}: measure it again.")


def shape(ref: DataRef) -> tuple[int, ...]:
    """One example's shape, read without its numbers: (channels, height, width) of an image.

    Example:
        >>> shape(data_ref("digits:test"))
        (1, 8, 8)
    """
    return npz.extent(_path(ref), ref.split)[1] if ref.name == "npz" else digits.SHAPE


def classes(ref: DataRef) -> int:
    """How many classes the labels have, over all splits.

    Example:
        >>> classes(data_ref("digits:test"))
        10
    """
    return npz.classes(_path(ref)) if ref.name == "npz" else digits.CLASSES


def examples(ref: DataRef) -> Examples:
    """The examples themselves.

    Raises:
        UnknownName: the reference names no known set or split.
        BadData: the archive is missing, has changed since it was named, or does not hold the arrays.

    Example:
        >>> examples(data_ref("digits:train:512")).inputs.shape
        torch.Size([512, 1, 8, 8])
    """
    import torch

    images, labels = _chosen(ref)
    return Examples(torch.from_numpy(images), torch.from_numpy(labels))


def _chosen(ref: DataRef) -> tuple[np.ndarray, np.ndarray]:
    """Normalised images and labels, the first `size` of them in the reference's order."""
    if ref.name not in NAMES:
        raise UnknownName("data set", ref.name, NAMES)
    images, labels = npz.arrays(_path(ref), ref.split) if ref.name == "npz" else digits.arrays(ref.split)
    if not 1 <= ref.size <= len(labels):
        raise BadReference(f"The size should be between 1 and {len(labels)}, but is {ref.size}: choose another.")
    order = np.arange(len(labels)) if ref.seed is None else np.random.RandomState(ref.seed).permutation(len(labels))
    chosen = order[: ref.size]
    return (_normalised(images[chosen], ref) if ref.name == "npz" else images[chosen]), labels[chosen]


def _normalised(pixels: np.ndarray, ref: DataRef) -> np.ndarray:
    """Pixels (N, C, H, W), uint8, scaled to [0, 1], then to the reference's mean and standard deviation."""
    scaled = pixels.astype(np.float32, order="C") / np.float32(255)
    if ref.mean is None or ref.std is None:
        return scaled
    mean, std = (np.asarray(values, np.float32).reshape(1, -1, 1, 1) for values in (ref.mean, ref.std))
    return (scaled - mean) / std


def _path(ref: DataRef) -> Path:
    """The archive of a reference, still the same as when it was named."""
    path = Path(ref.path or "")
    if not path.is_file():
        raise BadData(f"Examples should come from {path}, but there is no such file: check the path.")
    if ref.digest not in (None, file_digest(path)):
        raise BadData(f"{path} should be as it was when it was named, but its content has changed: name it again.")
    return path
