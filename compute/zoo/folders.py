"""A folder of checkpoints as a run that may still go on: which files count, and in what order."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from compute.errors import BadCheckpoint
from compute.zoo.contents import IN_FOLDERS, INDEX, weights_file
from compute.zoo.filenames import BESIDES, Moment, is_weights, moment
from compute.zoo.files import PART
from compute.zoo.whole import whole

DRAFTS = (PART, ".tmp", "~")
"""How files end that are still being written."""

SHARD = re.compile(r"-\d+-of-\d+$")
"""Ends the name of one file of several, which only count together."""

VERSION = re.compile(r"version_(\d+)$")
"""A folder of Lightning's logger; the highest is the last training."""

INSIDE = "checkpoints"
"""The folder in it that holds the checkpoints."""


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
    """What a name by itself says.

    Example:
        >>> [sighting(Path(name)).told for name in ("epoch=3-step=120.ckpt", "checkpoint-500", "best.pt")]
        [3, 500, None]
    """
    told = moment(path.name)
    if told.epoch is None and told.step is None and told.date is None and told.bare:
        return Sighting(path, step=told.bare[-1])
    return Sighting(path, told.epoch, told.step)


def sightings(place: Path) -> tuple[Sighting, ...]:
    """The checkpoints in a folder as training went, each wholly on disk; a file is a folder of one.

    `place` may have wildcards in its last part, or be a folder of Lightning's logger, with the checkpoints in
    `version_N/checkpoints`. The order is that of the epochs in their names, else of the steps, of dates, of the numbers
    that differ from name to name, else of the last change. Where two or more names tell, those that do not (`best.pt`,
    `last.ckpt`), or tell less, are left out: copies, or of no known time.
    """
    found = [path for path in _candidates(place) if whole(path)]
    told = {path: moment(path.name) for path in found}
    for kind in ("epoch", "step"):
        telling = [path for path in found if getattr(told[path], kind) is not None]
        others = [path for path in found if path not in telling and _tells(told[path])]
        if len(telling) >= max(2, len(others)):
            return tuple(sorted((Sighting(p, told[p].epoch, told[p].step) for p in telling), key=_order))
    dated = [path for path in found if told[path].date]
    if len(dated) > 1:
        return tuple(Sighting(path) for path in sorted(dated, key=lambda p: (told[p].date, told[p].bare, p.name)))
    numbers = _numbered(told)
    if len(numbers) > 1:
        return tuple(sorted((Sighting(path, step=number) for path, number in numbers.items()), key=_order))
    return tuple(sorted(map(sighting, found), key=lambda one: (_changed(one.path), one.path.name)))


def _tells(told: Moment) -> bool:
    return told.epoch is not None or told.step is not None or bool(told.date or told.bare)


def _order(one: Sighting) -> tuple[int, int, str]:
    return one.epoch or 0, one.step or 0, one.path.name


def _numbered(told: dict[Path, Moment]) -> dict[Path, int]:
    """The number of each name that differs from name to name; of several, one that is never the same twice."""
    bare = [(path, one.bare) for path, one in told.items() if one.bare]
    if len(bare) > 1:
        width = Counter(len(numbers) for _, numbers in bare).most_common(1)[0][0]
        alike = [(path, numbers) for path, numbers in bare if len(numbers) == width]
        column = _telling_column([numbers for _, numbers in alike])
        return {path: numbers[column] for path, numbers in alike}
    joined = [(path, word, number) for path, one in told.items() for word, number in one.joined[-1:]]
    word, count = Counter(word for _, word, _ in joined).most_common(1)[0] if joined else ("", 0)
    return {path: number for path, ended, number in joined if ended == word} if count > 1 else {}


def _telling_column(rows: Sequence[Sequence[int]]) -> int:
    """Which number of names tells the time: evenly spaced, else all different, else different, else the last."""
    columns = list(zip(*rows, strict=True))
    different = [place for place, column in enumerate(columns) if len(set(column)) == len(column)]
    even = [place for place in different if len({b - a for a, b in pairwise(sorted(columns[place]))}) == 1]
    moving = [place for place, column in enumerate(columns) if len(set(column)) > 1]
    return (even or different or moving[::-1] or [len(columns) - 1])[0]


def _candidates(place: Path) -> Iterator[Path]:
    """Files of weights, indices of several, and folders that hold weights, by name."""
    if place.is_dir():
        found = list(_weights_in(place.iterdir()))
        yield from found or _logged(place)
    elif place.is_file():
        yield from _weights_in([place])
    elif any(letter in place.name for letter in "*?["):
        yield from _weights_in(place.parent.glob(place.name))


def _logged(place: Path) -> Iterator[Path]:
    """The checkpoints of Lightning's logger below a folder: of the last version that has any."""
    if (place / INSIDE).is_dir():
        yield from _weights_in((place / INSIDE).iterdir())
        return
    inside = place / "lightning_logs" if (place / "lightning_logs").is_dir() else place
    named = [(VERSION.search(one.name), one) for one in inside.iterdir()]
    versions = sorted((int(found[1]), one) for found, one in named if found)
    for _, version in reversed(versions):
        found = list(_logged(version))
        if found:
            yield from found
            return


def _weights_in(inside: Iterable[Path]) -> Iterator[Path]:
    for path in sorted(inside):
        draft = path.name.startswith(".") or path.name.endswith(DRAFTS)
        if draft or BESIDES.search(path.name) or SHARD.search(path.stem):
            continue
        if (path.is_dir() and _is_checkpoint(path)) or path.name.endswith(INDEX) or is_weights(path.name):
            yield path


def _is_checkpoint(folder: Path) -> bool:
    """Whether a folder is one checkpoint: with weights as Hugging Face calls them, or of a time, with one file."""
    if any((folder / name).is_file() for name in IN_FOLDERS):
        return True
    if not _tells(moment(folder.name)) or VERSION.search(folder.name):
        return False
    try:
        return weights_file(folder).is_file()
    except BadCheckpoint:
        return False


def _changed(path: Path) -> int:
    try:
        return weights_file(path).stat().st_mtime_ns
    except (OSError, BadCheckpoint):  # gone meanwhile
        return 0
