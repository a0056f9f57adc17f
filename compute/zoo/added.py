"""Checkpoints that were added on the page, each in a folder of its own with what was said of it."""

import json
import logging
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from secrets import token_hex
from typing import IO, Any

from compute.card import ADDED, ModelCard
from compute.errors import BadCheckpoint, UnknownName
from compute.slugs import slug
from compute.specs import DataRef, ModelRef
from compute.zoo.checkpoints import model_ref
from compute.zoo.datasets import Channels
from compute.zoo.filenames import ENDINGS
from compute.zoo.files import PART, written

log = logging.getLogger(__name__)

FILE = "model.json"
INCOMING = "incoming"
"""The folder of what has come and was not added yet."""
FORGOTTEN = 24 * 3600
"""Seconds after which what came and was never added goes."""
CHUNK = 2**20

Named = Callable[[str, str, Channels, Channels], DataRef]
"""Examples by the name of their data set, the split, and how they are normalised."""


@dataclass(frozen=True, slots=True)
class Said:
    """What was said of a checkpoint when it was added; `data` names a data set without a split.

    `weights` and `match` are as the settings of that name.
    """

    title: str
    file: str
    architecture: str
    parameters: int
    shape: tuple[int, ...]
    classes: int
    data: str
    mean: Channels = None
    std: Channels = None
    weights: str = "auto"
    match: str = "name"

    @property
    def source(self) -> str:
        """Of what it was made, in words."""
        which = "" if self.weights == "auto" else f", {self.weights}"
        return f"added from {self.file}{which}{', paired by order' if self.match == 'order' else ''}"


class Added:
    """The folder of added checkpoints, as runs of one checkpoint each."""

    def __init__(self, folder: Path, named: Named) -> None:
        """The folder is made when the first checkpoint comes; `named` finds examples."""
        self._folder, self._named = folder, named

    def receive(self, file: str, stream: IO[bytes], limit: int) -> tuple[str, Path]:
        """Lays a file aside under a token: whole, or not at all.

        Raises:
            BadCheckpoint: it is larger than `limit` bytes, or the folder cannot be written.
        """
        self._forget()
        token = token_hex(8)
        path = self._folder / INCOMING / token / plain_name(file)
        draft = path.with_name(path.name + PART)
        try:
            path.parent.mkdir(parents=True)
            with draft.open("wb") as target:
                copied(stream, target, limit)
            os.replace(draft, path)
        except OSError as problem:
            self.discard(token)
            raise BadCheckpoint(
                f"What is added needs a folder that can be written, {self._folder} cannot ({problem}): choose another "
                "with --models-dir."
            ) from problem
        except BadCheckpoint:
            self.discard(token)
            raise
        return token, path

    def waiting(self, token: str) -> Path:
        """The file of a token.

        Raises:
            BadCheckpoint: nothing waits under it.
        """
        inside = self._folder / INCOMING / (token if re.fullmatch("[0-9a-f]+", token) else "none")
        found = next(iter(sorted(inside.glob("*"))), None)
        if found is None:
            raise BadCheckpoint("The file should wait to be added, but is gone: drop it again.")
        return found

    def discard(self, token: str) -> None:
        """Forgets what waits under a token, if anything does."""
        if re.fullmatch("[0-9a-f]+", token):
            shutil.rmtree(self._folder / INCOMING / token, ignore_errors=True)

    def keep(self, token: str, said: Said) -> str:
        """Makes a run of what waits under a token, and gives its name.

        Raises:
            BadCheckpoint: nothing waits there.
        """
        path = self.waiting(token)
        with written(path.with_name(FILE)) as draft:
            draft.write_text(json.dumps(asdict(replace(said, file=path.name)), indent=1) + "\n", encoding="utf-8")
        place = self._free(slug(said.title, "model"))
        os.replace(path.parent, place)
        return ADDED + place.name

    def remove(self, run: str) -> None:
        """Deletes a run and its file.

        Raises:
            UnknownName: there is none.
        """
        shutil.rmtree(self._found(run)[0])

    def cards(self) -> tuple[ModelCard, ...]:
        """One for each; nothing is measured yet. What cannot be read is logged and skipped."""
        return tuple(
            ModelCard(
                run, said.title, said.architecture, display(said.data), said.parameters, said.source,
                None, None, None, None, answers="next symbols" if said.data.startswith("text:") else "classes",
            )
            for run, (_, said) in self._runs().items()
        )  # fmt: skip

    def last(self, run: str) -> ModelRef:
        """The weights.

        Raises:
            LandscapeError: there is no such run, or its file is gone.
        """
        folder, said = self._found(run)
        path = folder / Path(said.file).name
        return model_ref(path, said.architecture, said.shape, said.classes, run, weights=said.weights, match=said.match)

    def steps(self, run: str) -> tuple[ModelRef, ...]:
        """The one checkpoint."""
        return (self.last(run),)

    def drops(self, _run: str) -> tuple[float, ...]:
        """None are known."""
        return ()

    def data(self, run: str, split: str) -> DataRef:
        """All examples of a split of the data that it was added with.

        Raises:
            LandscapeError: there is no such run or split, or the data are gone.
        """
        _, said = self._found(run)
        return self._named(said.data, split, said.mean, said.std)

    def _found(self, run: str) -> tuple[Path, Said]:
        runs = self._runs()
        if run not in runs:
            raise UnknownName("added model", run, runs)
        return runs[run]

    def _runs(self) -> dict[str, tuple[Path, Said]]:
        return {ADDED + path.parent.name: (path.parent, said) for path, said in self._all()}

    def _all(self) -> Iterator[tuple[Path, Said]]:
        for path in sorted(self._folder.glob(f"*/{FILE}")):
            try:
                yield path, _said(json.loads(path.read_text(encoding="utf-8")))
            except (OSError, ValueError, TypeError, KeyError) as problem:
                log.warning("added model skipped file=%s reason=%r", path, problem)

    def _free(self, name: str) -> Path:
        """The first place of a name, without or with a number, where nothing lies."""
        place, number = self._folder / name, 1
        while place.exists() or place.name == INCOMING:
            number += 1
            place = self._folder / f"{name}-{number}"
        return place

    def _forget(self) -> None:
        for place in (self._folder / INCOMING).glob("*"):
            with suppress(OSError):
                if time.time() - place.stat().st_mtime > FORGOTTEN:
                    shutil.rmtree(place, ignore_errors=True)


def copied(stream: IO[bytes], target: IO[bytes], limit: int) -> None:
    """Copies a stream piece by piece.

    Raises:
        BadCheckpoint: it holds more than `limit` bytes.
    """
    left = limit
    while piece := stream.read(CHUNK):
        left -= len(piece)
        if left < 0:
            raise BadCheckpoint(
                f"A file should have at most {limit // 2**20} MiB, this has more: raise --upload-mib, or use --study."
            )
        target.write(piece)


def plain_name(file: str) -> str:
    r"""A file's name without folders and without letters that a file system may refuse; its ending tells its kind.

    Example:
        >>> plain_name("../My model (1).PTH"), plain_name("C:\\weights")
        ('my-model-1.pth', 'weights.pt')
    """
    path = Path(re.split(r"[\\/]", file)[-1])
    ending = path.suffix.lower()
    return slug(path.stem, "weights") + (ending if re.fullmatch(r"\.[a-z0-9]+", ending) else ENDINGS[2])


def display(data: str) -> str:
    """A data set's name as one reads it.

    Example:
        >>> display("npz:/tmp/cifar10_clean.npz"), display("folder:/tmp/v1.2"), display("digits")
        ('cifar10_clean', 'v1.2', 'digits')
    """
    name = Path(data.partition(":")[2] or data).name
    return name.removesuffix(".npz").removesuffix(".txt")


def _said(parts: dict[str, Any]) -> Said:
    """Typed again; KeyError, TypeError or ValueError where a part is missing, unknown or of another kind."""
    channels = {
        name: None if parts.get(name) is None else tuple(map(float, parts.pop(name))) for name in ("mean", "std")
    }
    shape = tuple(map(int, parts.pop("shape")))
    return Said(**(parts | channels), shape=shape)
