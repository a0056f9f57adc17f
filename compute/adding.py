"""What is told and asked while a checkpoint, or data for it, are added on the page."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Candidate:
    """An architecture that a checkpoint may be of, for examples of a shape and some classes.

    `differs` says what does not fit. Where only the order of the tensors tells which is which, `pairs` are the
    network's and the file's names, to be confirmed. `weights` are the sets of weights in the file that fit, first the
    one that is taken unless another is chosen.
    """

    architecture: str
    shape: tuple[int, ...]
    classes: int
    differs: str
    pairs: tuple[tuple[str, str], ...] = ()
    weights: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Upload:
    """A checkpoint that has come, and waits for its architecture, data and title; the best candidate is the first."""

    token: str
    file: str
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class KeptData:
    """Data that came by themselves and were kept: the name of the `DataChoice` that they are, and what they hold."""

    name: str
    title: str
    contents: str


@dataclass(frozen=True, slots=True)
class DataFit:
    """The names of the data that an architecture takes, and what it wants, as a sentence."""

    names: tuple[str, ...]
    wanted: str


@dataclass(frozen=True, slots=True)
class Normalisation:
    """Mean and standard deviation as the page's fields spell them, and what speaks for them, as a sentence."""

    mean: str = ""
    std: str = ""
    told: str = ""


@dataclass(frozen=True, slots=True)
class DataChoice:
    """Examples to evaluate on: their name, what one reads, one's shape, how many classes or symbols there are.

    `raw` ones are to be normalised on the way; `mean` and `std`, per channel, are the published ones, if there are any.
    """

    name: str
    title: str
    shape: tuple[int, ...]
    classes: int
    raw: bool = False
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """What the page answers about an upload.

    `mean` and `std` are numbers with commas between, or nothing: pixels from 0 to 1. `weights` is one of the
    candidate's sets of weights, and `ordered` says that its pairs were confirmed. `classes` is the candidate's; the
    data may have fewer.
    """

    token: str
    title: str
    architecture: str
    data: str
    mean: str = ""
    std: str = ""
    weights: str = "auto"
    ordered: bool = False
    classes: int = 0
