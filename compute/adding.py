"""What is told and asked while a checkpoint is added on the page."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Candidate:
    """An architecture that a checkpoint may be of, for examples of a shape; `differs` says what does not fit."""

    architecture: str
    shape: tuple[int, ...]
    differs: str


@dataclass(frozen=True, slots=True)
class Upload:
    """A checkpoint that has come, and waits for its architecture, data and title; the best candidate is the first."""

    token: str
    file: str
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class DataChoice:
    """Examples to evaluate on: their name, what one reads, one's shape; `raw` ones are to be normalised on the way."""

    name: str
    title: str
    shape: tuple[int, ...]
    raw: bool = False


@dataclass(frozen=True, slots=True)
class Wish:
    """What the page answers about an upload; `mean` and `std` are numbers with commas between, or nothing."""

    token: str
    title: str
    architecture: str
    data: str
    mean: str = ""
    std: str = ""
