"""Fixed, un-augmented examples, and how they are named."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from compute.card import STUDY
from compute.digest import file_digest
from compute.errors import BadData, BadReference, MissingData, UnknownName
from compute.inputs import rows
from compute.memory import check_memory
from compute.settings import DATASETS
from compute.specs import DataRef
from compute.zoo import digits, downloads, npz, pictures, texts
from compute.zoo.downloads import Download
from compute.zoo.pictures import Pictures

if TYPE_CHECKING:  # naming examples must not load torch
    from torch import Tensor

    from compute.inputs import Inputs

Channels = tuple[float, ...] | None
Shape = tuple[int, ...]
Arrays = tuple[np.ndarray | Pictures, np.ndarray]


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """What a loss is averaged over: inputs (N, ...) and targets (N, ...).

    Of images, inputs are (N, C, H, W), float32, normalised, and targets classes (N,), int64; of sequences, both are
    symbols (N, length), int64. A study's may be tuples or dictionaries of tensors with N rows each.
    """

    inputs: Inputs
    targets: Inputs

    def __len__(self) -> int:
        return rows(self.targets)

    def single(self) -> tuple[Tensor, Tensor]:
        """Inputs and targets where they are one tensor each, as recipes take them.

        Raises:
            BadData: they are several.
        """
        if isinstance(self.inputs, tuple | dict) or isinstance(self.targets, tuple | dict):
            raise BadData("Training takes one tensor of inputs and one of targets, got several: choose other data.")
        return self.inputs, self.targets


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


FLOAT = 4
"""Bytes of a number that a network takes."""
NOWHERE = Path()
"""The path of data that lie in no file of their own."""


@dataclass(frozen=True, slots=True)
class Source:
    """A kind of data, and the functions that tell of what is at a path.

    `form` is how such data are named; `ending` how the name of their file ends, "" of a folder, None where they need
    neither; `found` gives the path that a file's name means, or of the set itself below the folder of data sets; `raw`
    ones are pixels in bytes, and `mean` and `std` what they are normalised by unless others are given.
    """

    form: str
    digest: Callable[[Path], str]
    extent: Callable[[Path, str], tuple[int, Shape]]
    classes: Callable[[Path], int]
    arrays: Callable[[Path, str], Arrays]
    ending: str | None = None
    found: Callable[[str, Path], Path] = lambda name, _: Path(name)
    raw: bool = True
    mean: Channels = None
    std: Channels = None


def _archive(name: str, folder: Path) -> Path:
    """The file of a bare name in the folder of data sets, where there is one; else the name is a path."""
    inside = folder / name
    return inside if Path(name).name == name and inside.is_file() else Path(name)


def _download(name: str, wanted: Download) -> Source:
    return Source(
        f"{name}:SPLIT[:SIZE]",
        lambda _: downloads.version(name),
        lambda folder, split: downloads.extent(name, folder, split),
        lambda _: wanted.classes,
        lambda folder, split: downloads.arrays(name, folder, split),
        found=lambda _, folder: folder / name,
        mean=wanted.mean,
        std=wanted.std,
    )


SOURCES: Mapping[str, Source] = MappingProxyType(
    {
        "digits": Source(
            "digits:SPLIT[:SIZE]",
            lambda _: digits.VERSION,
            lambda _, split: (digits.SIZES[digits.known_split(split)], digits.SHAPE),
            lambda _: digits.CLASSES,
            lambda _, split: digits.arrays(split),
            found=lambda *_: NOWHERE,
            raw=False,
        ),
        "npz": Source("npz:FILE.npz:SPLIT[:SIZE]", file_digest, npz.extent, npz.classes, npz.arrays, ".npz", _archive),
        "text": Source(
            "text:FILE.txt:SPLIT[:SIZE]",
            texts.digest,
            texts.extent,
            texts.classes,
            texts.arrays,
            ".txt",
            lambda name, _: texts.found(name),
            raw=False,
        ),
        "folder": Source(
            "folder:DIR:SPLIT[:SIZE]", pictures.digest, pictures.extent, pictures.classes, pictures.arrays, ""
        ),
        **{name: _download(name, wanted) for name, wanted in downloads.DOWNLOADS.items()},
    }
)
"""What examples come from, by the word that their names begin with."""

FORMS = ", ".join(source.form for source in SOURCES.values())


def data_ref(
    text: str, mean: Channels = None, std: Channels = None, seed: int | None = None, datasets_dir: Path = DATASETS
) -> DataRef:
    """Reads a name such as `digits:train:512`, `npz:FILE.npz:SPLIT:SIZE` or `text:FILE.txt:train:all`.

    After a comma come options, as in `digits:train:512,noise=0.2,noise_seed=3,seed=1`: a share of this split's labels
    that are made wrong, what draws them, and what draws the order of the examples.

    Args:
        text: the name; without a size, or with `all`, it means the whole split.
        mean: per channel, of pixels scaled to [0, 1]; archives have none otherwise, downloaded sets that of their own.
        std: as `mean`.
        seed: draws the order whose first examples are taken; None takes the stored order.
        datasets_dir: where downloaded sets lie; the reference keeps the place, and whoever reads them need not know.

    Raises:
        UnknownName: no data set, or no split of it, is called so, or there is no such option.
        BadReference: the name is incomplete, its size is out of bounds, or mean and std do not fit.
        BadData: the file is missing or does not hold the examples.

    Example:
        >>> data_ref("digits:test:all").size
        360
    """
    bare, options = _options(text)
    name, _, rest = bare.partition(":")
    source = _source(name)
    place, tail = _place(text, rest, source, datasets_dir)
    split, size = _parts(text, tail)
    total, shape = source.extent(place, split)
    _check_channels(name, shape, mean, std)
    if mean is None:
        mean, std = source.mean, source.std
    count = _bounded(size, text, total)
    path = None if place == NOWHERE else str(place.resolve())
    order = _whole("seed", options["seed"]) if "seed" in options else seed
    noise, noise_seed = _share(options.get("noise", "0")), _whole("noise_seed", options.get("noise_seed", "0"))
    labelled = len(shape) > 1  # a text has a symbol for each place
    ref = DataRef(name, split, count, order, path, source.digest(place), mean, std, noise, noise_seed, labelled)
    _check_numbers(ref, shape)
    return ref


def normalisable(text: str) -> bool:
    """Whether data of a name are pixels in bytes, which a mean and a deviation of one's own may normalise.

    Example:
        >>> normalisable("npz:images.npz:train:512"), normalisable("digits:train:512")
        (True, False)
    """
    return _source(text.partition(":")[0]).raw


OPTIONS = ("seed", "noise", "noise_seed")


def _options(text: str) -> tuple[str, dict[str, str]]:
    """A name without its options, and these."""
    bare, *options = re.split(r",(?=\w+=[^,:]*(?:,\w+=[^,:]*)*$)", text, maxsplit=1)
    told = dict(part.partition("=")[::2] for part in ",".join(options).split(",") if part)
    for name in told:
        if name not in OPTIONS:
            raise UnknownName("option of data", name, OPTIONS)
    return bare, told


def _source(name: str) -> Source:
    if name not in SOURCES:
        raise UnknownName("data set", name, SOURCES)
    return SOURCES[name]


def _place(text: str, rest: str, source: Source, datasets_dir: Path) -> tuple[Path, str]:
    """Where the data are, and the tail of the name; a path may hold colons."""
    if source.ending is None:
        return source.found("", datasets_dir), rest
    stem, tail = _cut(rest, source.ending)
    if not stem:
        raise BadReference(f"Data should be named {FORMS}, but came as {text!r}: name the file and its split.")
    return _there(source.found(stem, datasets_dir), source.ending), tail


def _cut(rest: str, ending: str) -> tuple[str, str]:
    """The path and the tail of a name without its first word; a path may hold colons, a split may not."""
    if not ending:
        found = re.fullmatch(r"(.+?):([^:]+(?::(?:all|\d+))?)", rest)
        return (found[1], found[2]) if found else ("", "")
    stem, colon, tail = rest.rpartition(f"{ending}:")
    return (stem + ending, tail) if colon else ("", "")


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


def _whole(name: str, text: str) -> int:
    if not text.isdecimal():
        raise BadReference(f"The {name} of data should be a whole number from 0 up, but is {text!r}: change it.")
    return int(text)


def _share(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise BadReference(f"The noise of data should be a share of its labels, but is {text!r}: change it.") from None


def _check_numbers(ref: DataRef, shape: Shape) -> None:
    for seed in (ref.seed, ref.noise_seed):
        if not (seed is None or 0 <= seed < 2**32):
            raise BadReference(f"A seed should be between 0 and {2**32 - 1}, but is {seed}: choose another.")
    if not 0 <= ref.noise <= 1:
        raise BadReference(f"The noise should be a share of the labels, 0 to 1, but is {ref.noise:g}: choose another.")
    if ref.noise and len(shape) == 1:
        raise BadReference(f"Only classes can be made wrong, but those of {ref.name} are symbols: leave the noise out.")


def _check_channels(name: str, shape: Shape, mean: Channels, std: Channels) -> None:
    if mean is None and std is None:
        return
    if not SOURCES[name].raw:
        raise BadReference(f"Mean and std belong to images in bytes, but {name} bring their own: leave them out.")
    if mean is None or std is None or not len(mean) == len(std) == shape[0] or not np.all(np.isfinite(mean + std)):
        raise BadReference(
            f"Mean and std should be {shape[0]} finite numbers each, one per channel, but came as {mean} and {std}: "
            "give both or neither."
        )
    if min(std) <= 0:
        raise BadReference(f"A standard deviation should be above 0, but came as {min(std)}: measure it again.")


def first(ref: DataRef, split: str, size: int) -> DataRef:
    """The first examples of another split of the same data, at most `size`.

    Raises:
        LandscapeError: the data have no such split.

    Example:
        >>> first(data_ref("digits:test:20"), "train", 2000).size
        1437
    """
    if ref.name.startswith(STUDY):
        from compute.zoo import studies  # which needs `Examples`

        there = studies.whole(ref, split)
        return prefix(there, min(size, there.size))
    total, _ = _source(ref.name).extent(_path(ref), split)
    return replace(ref, split=split, size=min(size, total))


def named(name: str, split: str, mean: Channels = None, std: Channels = None, datasets_dir: Path = DATASETS) -> DataRef:
    """All examples of a split of a named set.

    Raises:
        LandscapeError: as `data_ref`.

    Example:
        >>> named("digits", "train").size
        1437
    """
    return data_ref(f"{name}:{split}", mean, std, datasets_dir=datasets_dir)


def outline(name: str, split: str, datasets_dir: Path = DATASETS) -> tuple[Shape, int]:
    """The shape of one example of a named set, as `shape`, and its `classes`: told without a look at all examples.

    Raises:
        LandscapeError: as `data_ref`.

    Example:
        >>> outline("digits", "train")
        ((1, 8, 8), 10)
    """
    word, _, rest = name.partition(":")
    source = _source(word)
    place, _ = _place(name, f"{rest}:{split}", source, datasets_dir)
    return source.extent(place, split)[1], source.classes(place)


def prefix(ref: DataRef, size: int) -> DataRef:
    """The first `size` of the examples that a reference names.

    Raises:
        BadReference: there are not so many.

    Example:
        >>> prefix(data_ref("digits:test"), 20).size
        20
    """
    if not 1 <= size <= ref.size:
        raise BadReference(f"The size should be between 1 and {ref.size}, but is {size}: choose another.")
    return replace(ref, size=size)


def said(text: str) -> str:
    """What data are called on a card: a file by its own name, without the folders.

    Example:
        >>> said("digits:train:all"), said("npz:/home/me/ours.npz:train:500,noise=0.2")
        ('digits', 'ours.npz')
    """
    name, _, rest = _options(text)[0].partition(":")
    ending = SOURCES[name].ending if name in SOURCES else None
    return name if ending is None else Path(_cut(rest, ending)[0]).name


def shape(ref: DataRef) -> Shape:
    """One example's shape, read without its numbers: (channels, height, width) of an image, (length,) of a sequence.

    Example:
        >>> shape(data_ref("digits:test"))
        (1, 8, 8)
    """
    return _source(ref.name).extent(_path(ref), ref.split)[1]


def classes(ref: DataRef) -> int:
    """How many classes the labels have, or how many symbols there are, over all splits.

    Example:
        >>> classes(data_ref("digits:test"))
        10
    """
    return _source(ref.name).classes(_path(ref))


def examples(ref: DataRef) -> Examples:
    """The examples themselves.

    Raises:
        UnknownName: the reference names no known set or split.
        BadData: the file is missing, has changed since it was named, or does not hold the examples.

    Example:
        >>> examples(data_ref("digits:train:512")).inputs.shape
        torch.Size([512, 1, 8, 8])
    """
    import torch

    if ref.name.startswith(STUDY):
        from compute.zoo import studies  # which needs `Examples`

        return studies.examples(ref)
    inputs, targets = stored(ref)
    check_memory(f"{len(inputs):,} examples of {ref.name}", FLOAT * inputs.size)
    found = normalised(inputs, ref.mean, ref.std) if inputs.dtype == np.uint8 else inputs
    return Examples(torch.from_numpy(found), torch.from_numpy(targets))


def stored(ref: DataRef) -> tuple[np.ndarray, np.ndarray]:
    """Inputs as they are stored, pixels (N, C, H, W) in bytes, and targets: the first `size` in the reference's order.

    Raises:
        UnknownName: as `examples`.
        BadReference: the size is out of bounds.
        BadData: as `examples`.

    Example:
        >>> stored(data_ref("digits:train:512"))[0].shape
        (512, 1, 8, 8)
    """
    source = _source(ref.name)
    inputs, targets = source.arrays(_path(ref), ref.split)
    if not 1 <= ref.size <= len(targets):
        raise BadReference(f"The size should be between 1 and {len(targets)}, but is {ref.size}: choose another.")
    if ref.noise:
        targets = noisy(targets, classes(ref), ref.noise, ref.noise_seed)
    order = np.arange(len(targets)) if ref.seed is None else np.random.RandomState(ref.seed).permutation(len(targets))
    chosen = order[: ref.size]
    return np.ascontiguousarray(inputs[chosen]), targets[chosen]


def noisy(labels: np.ndarray, classes: int, share: float, seed: int) -> np.ndarray:
    """Labels (N,) of which a share, drawn by a seed, is replaced by another class, each as likely (Zhang et al. 2017).

    Raises:
        BadReference: there is no other class.

    Example:
        >>> (noisy(np.zeros(10, int), 3, 0.4, seed=0) != 0).sum()
        np.int64(4)
    """
    if classes < 2:
        raise BadReference("A wrong label needs another class, but there is only one: leave the noise out.")
    source = np.random.RandomState(seed)
    wrong = source.permutation(len(labels))[: round(share * len(labels))]
    found = labels.copy()
    found[wrong] = (labels[wrong] + source.randint(1, classes, len(wrong))) % classes
    return found


def normalised(pixels: np.ndarray, mean: Channels, std: Channels) -> np.ndarray:
    """Pixels (N, C, H, W), uint8, scaled to [0, 1], then by a mean and a standard deviation for each channel."""
    scaled = pixels.astype(np.float32, order="C") / np.float32(255)
    if mean is None or std is None:
        return scaled
    centre, width = (np.asarray(values, np.float32).reshape(1, -1, 1, 1) for values in (mean, std))
    return (scaled - centre) / width


def _there(path: Path, ending: str) -> Path:
    """The path itself, if there is a file of some ending, or a folder where that is empty."""
    if not (path.is_file() if ending else path.is_dir()):
        kind = "file" if ending else "folder"
        raise MissingData(f"Examples should come from {path}, but there is no such {kind}: check the path.")
    return path


def present(ref: DataRef) -> bool:
    """Whether the file or folder that a reference names is there, if it names one.

    Example:
        >>> present(data_ref("digits:train")), present(DataRef("npz", "train", 9, path="nowhere.npz"))
        (True, False)
    """
    return ref.path is None or Path(ref.path).exists()


def _path(ref: DataRef) -> Path:
    """The file or folder of a reference, still the same as when it was named."""
    source = _source(ref.name)
    if source.ending is None:
        return Path(ref.path or "")
    if not present(ref):
        raise MissingData(
            f"Losses that are not stored need the examples in {ref.path}, but there is no such file or folder: put it "
            "there, then go on."
        )
    path = _there(Path(ref.path or ""), source.ending)
    if ref.digest not in (None, source.digest(path)):
        raise BadData(f"{path} should be as it was when it was named, but its content has changed: name it again.")
    return path
