"""A question in the words of the command line."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from compute.digest import file_digest
from compute.errors import BadReference, UnknownName
from compute.specs import (
    IGNORES,
    NORMS,
    PRECISIONS,
    DataRef,
    ModelRef,
    OneClass,
    PlaneRef,
    Query,
    RandomPlane,
    Statistic,
    StoredPlane,
    statistic,
)
from compute.store.shelf import PREFIX
from compute.zoo import checkpoints, datasets, gallery
from compute.zoo.suggest import suggest

Choice = TypeVar("Choice", bound=str)


@dataclass(frozen=True, slots=True)
class Request:
    """A question in the words of the command line."""

    model: str | None = None
    checkpoint: Path | None = None
    architecture: str | None = None
    mean: str | None = None
    std: str | None = None
    plane: str = "random:seed=0,norm=filter"
    precision: str = "exact"
    statistic: str = "mean"

    def query(self, data: str, folders: list[Path]) -> Query:
        """The query on the examples that `data` names, of a run in the folders or of the checkpoint.

        Raises:
            LandscapeError: something named does not exist, or does not fit.
        """
        examples = datasets.data_ref(data, channels(self.mean), channels(self.std))
        weights = model(self.model, self.checkpoint, self.architecture, examples, folders)
        return Query(weights, examples, plane(self.plane), chosen("precision", self.precision, PRECISIONS))

    def said(self, query: Query) -> Statistic:
        """What is said of a query's losses.

        Raises:
            BadReference: there is no such statistic, or no such class.
        """
        found = statistic(self.statistic)
        if isinstance(found, OneClass) and found.label >= query.model.classes:
            raise BadReference(
                f"A class should be a number from 0 to {query.model.classes - 1} for {query.model.run}, got "
                f"{found.label}: choose another."
            )
        return found


def plane(text: str) -> PlaneRef:
    """The plane that a text names: `random:seed=0,norm=filter,ignore=biasbn` or `file:DIRECTIONS.h5`.

    Raises:
        LandscapeError: it names none, or the file is missing.

    Example:
        >>> plane("random:seed=3,norm=layer")
        RandomPlane(seed=3, norm='layer', ignore='biasbn')
    """
    kind, _, rest = text.partition(":")
    if kind == "file":
        if not Path(rest).is_file():
            raise BadReference(f"A plane's directions need a file, there is none at {rest!r}: check the path.")
        return StoredPlane(rest, file_digest(Path(rest)))
    if kind != "random":
        raise UnknownName("plane", kind, ["random", "file"])
    return random_plane(dict(part.partition("=")[::2] for part in rest.split(",") if part))


def random_plane(options: Mapping[str, str]) -> RandomPlane:
    """The random plane of some options.

    Raises:
        LandscapeError: an option or its value does not exist.
    """
    for name in options:
        if name not in {"seed", "norm", "ignore"}:
            raise UnknownName("option of a random plane", name, ["seed", "norm", "ignore"])
    seed = options.get("seed", "0")
    if not seed.isdecimal():
        raise BadReference(f"A plane's seed must be a whole number from 0 up, got {seed!r}.")
    return RandomPlane(
        int(seed),
        chosen("norm", options.get("norm", "filter"), NORMS),
        chosen("ignore", options.get("ignore", "biasbn"), IGNORES),
    )


def chosen(kind: str, name: str, known: tuple[Choice, ...]) -> Choice:
    """The name itself, if it is known."""
    for other in known:
        if other == name:
            return other
    raise UnknownName(kind, name, known)


def interval(text: str) -> tuple[float, float]:
    """The two ends of a range such as `-1:1`.

    Raises:
        BadReference: it is no range.

    Example:
        >>> interval("-0.5:1.5")
        (-0.5, 1.5)
    """
    try:
        low, high = map(float, text.split(":"))
    except ValueError:
        raise BadReference(f"A range needs two numbers with a colon between, as in -1:1, got {text!r}.") from None
    return low, high


def channels(text: str | None) -> tuple[float, ...] | None:
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


def check_runs(runs: Iterable[str], folders: list[Path]) -> None:
    """Refuses a run that is not there, before anything is opened; imported surfaces are looked for later.

    Raises:
        LandscapeError: a run is in none of the folders, or its weights are missing.
    """
    for run in runs:
        if not run.startswith(PREFIX):
            gallery.find(folders, run)


def model(
    name: str | None, checkpoint: Path | None, architecture: str | None, data: DataRef, folders: list[Path]
) -> ModelRef:
    """A run of the folders, or a checkpoint of one's own with the shape and the classes of its data.

    Raises:
        LandscapeError: neither or both are named, or there is no such run, file or architecture.
    """
    if (name is None) == (checkpoint is None):
        raise BadReference(f"A survey needs either a MODEL or a --checkpoint, got {'both' if name else 'neither'}.")
    if checkpoint is None:
        return gallery.find(folders, str(name))
    if architecture is None:
        raise BadReference(
            f"A checkpoint needs the name of its architecture: add --architecture NAME, {suggested(checkpoint)}."
        )
    return checkpoints.model_ref(checkpoint, architecture, datasets.shape(data), datasets.classes(data))


def suggested(checkpoint: Path) -> str:
    """Which architecture a file is of, in words.

    Raises:
        BadCheckpoint: it cannot be read.
    """
    found = suggest(checkpoints.layout_in(checkpoint))
    fitting = [one.architecture for one in found if not one.differs]
    return f"it fits {' and '.join(fitting)}" if fitting else f"the nearest is {found[0].architecture}"
