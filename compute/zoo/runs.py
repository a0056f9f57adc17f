"""Runs, wherever they come from."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from compute.card import ModelCard
from compute.foreign import Reader, read_here
from compute.specs import DataRef, ModelRef
from compute.zoo import gallery


class Runs(Protocol):
    """What the service asks of runs; each method raises a LandscapeError where there is no such run."""

    def cards(self) -> tuple[ModelCard, ...]:
        """One for each run."""

    def last(self, run: str) -> ModelRef:
        """A run's final weights, or the last so far."""

    def steps(self, run: str) -> tuple[ModelRef, ...]:
        """All its checkpoints, as training went."""

    def drops(self, run: str) -> tuple[float, ...]:
        """The epochs after which its learning rate fell."""

    def data(self, run: str, split: str) -> DataRef:
        """All examples of a split of the data that it is evaluated on."""


@dataclass(frozen=True, slots=True)
class Trained:
    """The runs that `run.py train` wrote, below some folders; downloaded sets lie in the folder `datasets_dir`.

    `reader` reads their surfaces.
    """

    folders: tuple[Path, ...]
    datasets_dir: Path
    reader: Reader = read_here

    def cards(self) -> tuple[ModelCard, ...]:
        """One for each finished run."""
        return gallery.cards(self.folders, datasets_dir=self.datasets_dir, reader=self.reader)

    def last(self, run: str) -> ModelRef:
        """A run's final weights."""
        return gallery.find(self.folders, run)

    def steps(self, run: str) -> tuple[ModelRef, ...]:
        """All its checkpoints."""
        return gallery.trajectory(self.folders, run)

    def drops(self, run: str) -> tuple[float, ...]:
        """The epochs after which a step lowered its learning rate."""
        return gallery.drops(self.folders, run)

    def data(self, run: str, split: str) -> DataRef:
        """All examples of a split of the data that it was trained on."""
        return gallery.data(self.folders, run, split, self.datasets_dir)
