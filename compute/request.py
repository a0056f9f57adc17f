"""A question in the words of the command line."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from compute.card import ADDED, STUDY
from compute.errors import BadReference
from compute.naming import checkpoint, chosen, plane
from compute.service import LandscapeService
from compute.settings import DATASETS
from compute.specs import PRECISIONS, DataRef, ModelRef, Query, Statistic, check_statistic, statistic
from compute.store.shelf import PREFIX
from compute.zoo import checkpoints, datasets, gallery
from compute.zoo.hub import HubConfig, hub_config
from compute.zoo.registry import TIMM
from compute.zoo.suggest import suggestions


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
    weights: str = "auto"
    match: str = "name"

    def query(self, data: str, folders: list[Path], datasets_dir: Path = DATASETS) -> Query:
        """The query on the examples that `data` names, of a run in the folders or of the checkpoint.

        `train` or `test`, with or without `:SIZE`, means a run's own data, normalised as in its training. Downloaded
        sets are looked for in `datasets_dir`.

        Raises:
            LandscapeError: something named does not exist, or does not fit.
        """
        if self.of_run and data.partition(":")[0] in SPLITS:
            return self._query_of_run(data, folders, datasets_dir)
        stated = stated_beside(self.checkpoint, self.architecture)
        mean, std = datasets.channels(self.mean), datasets.channels(self.std)
        if stated is not None and mean is None and std is None and datasets.normalisable(data):
            mean, std = stated.mean, stated.std
        examples = datasets.data_ref(data, mean, std, datasets_dir=datasets_dir)
        found = model(self.model, self.checkpoint, self.architecture, examples, folders, stated)
        weights = found if self.model else read_as(found, self.weights, self.match)
        return self._query(weights, examples, folders)

    def _query_of_run(self, data: str, folders: list[Path], datasets_dir: Path) -> Query:
        """The query of a run in the folders on its own data."""
        if self.mean is not None or self.std is not None:
            raise BadReference(
                f"A run's own data, {data}, are normalised as in its training, got a --mean or --std: leave it out."
            )
        weights, split = checkpoint(str(self.model), partial(gallery.trajectory, folders)), data.partition(":")[0]
        return self._query(weights, part(gallery.data(folders, weights.run, split, datasets_dir), data), folders)

    def _query(self, weights: ModelRef, examples: DataRef, folders: list[Path]) -> Query:
        """The query of a network on some examples."""
        through, precision = (
            plane(self.plane, weights, partial(gallery.trajectory, folders)),
            chosen("precision", self.precision, PRECISIONS),
        )
        return Query(weights, examples, through, precision)

    @property
    def of_run(self) -> bool:
        """Whether the model is a run by name, whose own data can be named by their split."""
        return self.model is not None and self.checkpoint is None

    @property
    def own(self) -> bool:
        """Whether the model is of a study, or was added on the page: it brings its own data."""
        return (self.model or "").startswith((ADDED, STUDY))

    def query_of(self, service: LandscapeService, data: str) -> Query:
        """The query on examples of such a model's own data, `SPLIT` or `SPLIT:SIZE`, at most as many as there are.

        Raises:
            LandscapeError: something named does not exist.
        """
        weights, split = checkpoint(str(self.model), service.steps), data.partition(":")[0]
        count = counted(data, service.examples(weights.run, split))
        through, precision = plane(self.plane, weights, service.steps), chosen("precision", self.precision, PRECISIONS)
        return service.query(weights, split, count, through, precision)

    def said(self, query: Query) -> Statistic:
        """What is said of a query's losses.

        Raises:
            BadReference: there is no such statistic, or no such class.
        """
        found = statistic(self.statistic)
        check_statistic(query.model, query.data, found)
        return found


SPLITS = ("train", "test")
"""What begins the name of a run's own data."""


def counted(data: str, there: int) -> int:
    """How many examples `SPLIT` or `SPLIT:SIZE` means, at most as many as there are.

    Raises:
        BadReference: the size is no number.

    Example:
        >>> counted("train:512", 1437), counted("test", 360), counted("test:512", 360)
        (512, 360, 360)
    """
    size = data.partition(":")[2]
    if not (size in {"", "all"} or (size.isdecimal() and len(size) < 20 and int(size) > 0)):
        raise BadReference(f"A run's own data should be named SPLIT or SPLIT:SIZE, but came as {data!r}: change it.")
    return min(int(size), there) if size.isdecimal() else there


def part(whole: DataRef, data: str) -> DataRef:
    """The first examples of a run's own data, as many as `SPLIT` or `SPLIT:SIZE` says.

    Raises:
        BadReference: as `counted`.
    """
    return datasets.prefix(whole, counted(data, whole.size))


def stated_beside(checkpoint: Path | None, architecture: str | None) -> HubConfig | None:
    """What is stated beside a checkpoint, unless another architecture than that is asked for.

    Raises:
        BadReference: it states a network that only a study can build.
    """
    if checkpoint is None or not (architecture or TIMM).startswith(TIMM):
        return None
    found = hub_config(checkpoint)
    if found is None or architecture is None:
        return found
    return found if architecture in {found.architecture, found.architecture.partition(" ")[0]} else None


def breadth(plane: str) -> str:
    """The range of beta of a plane for which none is given: a line has none.

    Example:
        >>> breadth("random:seed=0"), breadth("segment:mlp")
        ('-1:1', '0:0')
    """
    return "0:0" if plane.startswith("segment:") else "-1:1"


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


def check_runs(runs: Iterable[str], folders: list[Path]) -> None:
    """Refuses a run that is not there, before anything is opened; imported surfaces are looked for later.

    Raises:
        LandscapeError: a run is in none of the folders, or its weights are missing.
    """
    for run in runs:
        if not run.startswith((PREFIX, ADDED, STUDY)):
            gallery.find(folders, run)


def model(
    name: str | None,
    file: Path | None,
    architecture: str | None,
    data: DataRef,
    folders: list[Path],
    stated: HubConfig | None = None,
) -> ModelRef:
    """A run of the folders, or a checkpoint of one's own with the shape and the classes of its data.

    What is stated beside it tells the architecture and the classes, of which the data may show fewer.

    Raises:
        LandscapeError: neither or both are named, or there is no such run, file or architecture.
    """
    if (name is None) == (file is None):
        raise BadReference(f"A survey needs either a MODEL or a --checkpoint, got {'both' if name else 'neither'}.")
    if file is None:
        return checkpoint(str(name), partial(gallery.trajectory, folders))
    classes = datasets.classes(data)
    if stated is not None:
        architecture, classes = stated.architecture, max(stated.classes or 0, classes)
    if architecture is None:
        raise BadReference(
            f"A checkpoint needs the name of its architecture: add --architecture NAME, {suggested(file)}."
        )
    return checkpoints.model_ref(file, architecture, datasets.shape(data), classes)


def read_as(found: ModelRef, weights: str, match: str) -> ModelRef:
    """A checkpoint of one's own, of which a set of weights is to be taken, its tensors matched in some way."""
    path = Path(found.path)
    return checkpoints.model_ref(path, found.architecture, found.shape, found.classes, found.run, None, weights, match)


def suggested(checkpoint: Path) -> str:
    """Which architecture a file is of, in words.

    Raises:
        BadCheckpoint: it cannot be read.
    """
    found = suggestions(checkpoints.held_in(checkpoint))
    fitting = [one.architecture for one in found if not one.differs]
    return f"it fits {' and '.join(fitting)}" if fitting else f"the nearest is {found[0].architecture}"
