"""A folder of checkpoints as a run that may still go on: which files count, and in what order."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from compute.errors import BadCheckpoint
from compute.zoo.contents import IN_FOLDERS, INDEX, weights_file
from compute.zoo.files import PART
from compute.zoo.whole import whole

ENDINGS = (".safetensors", ".ckpt", ".pt", ".pth", ".th", ".bin")
"""Of files of weights."""

BESIDES = ("optimizer", "scheduler", "scaler", "rng_state", "training_args")
"""How files begin that trainers write beside the weights."""

DRAFTS = (PART, ".tmp", "~")
"""How files end that are still being written."""

SHARD = re.compile(r"-\d+-of-\d+$")
"""Ends the name of one file of several, which only count together."""

EPOCH = re.compile(r"epochs?[=_. -]?(\d+)", re.IGNORECASE)
STEP = re.compile(r"(?:steps?|iters?|iterations?)[=_. -]?(\d+)", re.IGNORECASE)
NUMBER = re.compile(r"(?:(?<![a-z0-9])(?<!\d\.)|(?<=ckpt))(\d+)(?![a-z0-9]|\.\d)", re.IGNORECASE)
"""A whole number of its own: not the 20 of `resnet20`, nor the 1 of `-v1`."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """A checkpoint that is wholly on disk: where, and when in training, as far as its name says."""

    path: Path
    epoch: int | None = None
    step: int | None = None

    @property
    def told(self) -> int | None:
        """The epoch, or else the step."""
        return self.step if self.epoch is None else self.epoch


def sighting(path: Path) -> Sighting:
    """What a name says.

    Example:
        >>> [sighting(Path(name)).told for name in ("epoch=3-step=120.ckpt", "checkpoint-500", "best.pt")]
        [3, 500, None]
    """
    name = path.name.removesuffix(path.suffix) if path.suffix in ENDINGS else path.name
    epoch, step = _first(EPOCH, name), _first(STEP, name)
    return Sighting(path, epoch, _last_number(name) if epoch is None and step is None else step)


def sightings(place: Path) -> tuple[Sighting, ...]:
    """The checkpoints in a folder as training went, each wholly on disk; a file is a folder of one.

    Told by the epochs in their names, else by the steps or other numbers, else by the time of their last change. Where
    two or more names tell, those that do not (`best.pt`, `last.ckpt`) are left out: copies, or of no known time.
    """
    found = [sighting(path) for path in _candidates(place) if whole(path)]
    telling = [one for one in found if one.told is not None]
    if len(telling) < 2:
        return tuple(sorted(found, key=lambda one: (_changed(one.path), one.path.name)))
    if all(one.epoch is not None for one in telling):
        return tuple(sorted(telling, key=lambda one: (one.epoch or 0, one.step or 0, one.path.name)))
    if all(one.step is not None for one in telling):
        return tuple(sorted(telling, key=lambda one: (one.step or 0, one.path.name)))
    return tuple(sorted(telling, key=lambda one: (_changed(one.path), one.path.name)))


def _candidates(place: Path) -> Iterator[Path]:
    """Files of weights, indices of several, and folders of the trainer of Hugging Face, by name."""
    inside: Iterable[Path] = sorted(place.iterdir()) if place.is_dir() else [place] if place.is_file() else []
    for path in inside:
        if path.name.startswith((".", *BESIDES)) or path.name.endswith(DRAFTS) or SHARD.search(path.stem):
            continue
        folder = path.is_dir() and any((path / name).is_file() for name in IN_FOLDERS)
        if folder or path.suffix in ENDINGS or path.name.endswith(INDEX):
            yield path


def _changed(path: Path) -> int:
    try:
        return weights_file(path).stat().st_mtime_ns
    except (OSError, BadCheckpoint):  # gone meanwhile
        return 0


def _first(pattern: re.Pattern[str], name: str) -> int | None:
    found = pattern.search(name)
    return int(found[1]) if found else None


def _last_number(name: str) -> int | None:
    found = NUMBER.findall(name)
    return int(found[-1]) if found else None
