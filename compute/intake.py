"""Takes in files from the page: surfaces at once, checkpoints once it is known of what they are."""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from compute.adding import Candidate, DataChoice, Upload, Wish
from compute.card import STUDY
from compute.errors import LandscapeError, UnknownName
from compute.jobs.reading import is_checkpoint, load_torch, read_apart, surface
from compute.jobs.tasks import fitting, suggestions
from compute.settings import Settings
from compute.shapes import one_shape
from compute.store.shelf import Shelf
from compute.zoo import datasets
from compute.zoo.added import Added, Said
from compute.zoo.checkpoints import model_ref
from compute.zoo.datasets import Channels, Shape
from compute.zoo.offers import more, offers
from compute.zoo.studied import Studies

if TYPE_CHECKING:  # the web server must not load torch
    from compute.zoo.suggest import Suggestion


class Intake:
    """The way in; files are read in a process of their own, so that none of them stops the server or a survey."""

    def __init__(self, settings: Settings, shelf: Shelf, added: Added, studies: Studies, reader: Executor) -> None:
        """Puts surfaces on a shelf, and checkpoints among those that were added; studies lend their data."""
        self._settings, self._shelf, self._added, self._reader = settings, shelf, added, reader
        self._studies = studies

    def receive(self, file: str, stream: IO[bytes]) -> str | Upload:
        """Takes a file in, told by its content: a surface, whose run it gives, or a checkpoint that waits to be added.

        Raises:
            LandscapeError: it holds neither, is too large, or cannot be kept.
        """
        token, path = self._added.receive(file, stream, self._settings.upload_mib * 2**20)
        try:
            found = self._looked_into(token, file, path)
        except LandscapeError:
            self._added.discard(token)
            raise
        if isinstance(found, str):
            self._added.discard(token)
        return found

    def _looked_into(self, token: str, file: str, path: Path) -> str | Upload:
        """What a file holds that was laid aside."""
        if self._read(file, path, is_checkpoint, file, str(path)):
            load_torch(self._reader)
            found: Sequence[Suggestion] = self._read(file, path, suggestions, str(path))
            return Upload(token, file, tuple(map(candidate, found)))
        return self._shelf.keep(file, self._read(file, path, surface, file, str(path)))

    def _read(self, file: str, path: Path, function: Callable[..., Any], *args: object) -> Any:  # noqa: ANN401
        return read_apart(self._reader, file, path.stat().st_size, function, *args)

    def choices(self) -> tuple[DataChoice, ...]:
        """The data on which an added checkpoint can be evaluated."""
        studies = [(name, study, one_shape(study.shape)) for name, study in self._studies.all.items()]
        lent = [DataChoice(name, study.name, shape, study.outputs) for name, study, shape in studies if shape]
        return *offers(self._settings.datasets_dir), *lent

    def more(self) -> str:
        """How other data come to be chosen, as a sentence."""
        return more(self._settings.datasets_dir)

    def add(self, wish: Wish) -> str:
        """Makes a checkpoint that came a run, and gives its name; blocks until it has been loaded.

        Raises:
            LandscapeError: it is gone, does not fit the architecture on these data, or these are not to be chosen.
        """
        path, data = self._added.waiting(wish.token), self._chosen(wish.data)
        mean, std = normalisation(data, wish)
        shape, classes = self._kind(data.name, mean, std)
        weights, match = wish.weights or "auto", "order" if wish.ordered else "name"
        ref = model_ref(path, wish.architecture, shape, classes, weights=weights, match=match)
        load_torch(self._reader)
        parameters: int = self._read(path.name, path, fitting, ref)
        title = wish.title.strip() or path.stem
        said = Said(
            title, path.name, wish.architecture, parameters, shape, classes, data.name, mean, std, weights, match
        )
        return self._added.keep(wish.token, said)

    def _kind(self, data: str, mean: Channels, std: Channels) -> tuple[Shape, int]:
        """The shape of an example of some data, and how many classes there are."""
        if data.startswith(STUDY):
            study = self._studies.study(data)
            return one_shape(study.shape), study.outputs
        whole = datasets.named(data, "train", mean, std, self._settings.datasets_dir)
        return datasets.shape(whole), datasets.classes(whole)

    def _chosen(self, data: str) -> DataChoice:
        """One of `choices`: no other file is ever opened because a page says so."""
        found = {choice.name: choice for choice in self.choices()}
        if data not in found:
            raise UnknownName("data set", data, found)
        return found[data]


def candidate(one: "Suggestion") -> Candidate:
    """A suggestion as the page shows it."""
    pairs = tuple(one.names.items()) if one.ordered else ()
    return Candidate(one.architecture, one.shape, one.classes, one.differs, pairs, one.weights)


def normalisation(data: DataChoice, wish: Wish) -> tuple[Channels, Channels]:
    """The mean and the deviation that are wished; pixels from 0 to 1 where the published ones were taken away.

    Raises:
        BadReference: they are no numbers.

    Example:
        >>> published = DataChoice("mnist", "mnist", (1, 28, 28), 10, True, (0.1307,), (0.3081,))
        >>> normalisation(published, Wish("", "", "", "mnist"))
        ((0.0,), (1.0,))
    """
    mean, std = (datasets.channels(text.replace(" ", "") or None) for text in (wish.mean, wish.std))
    if mean is None and std is None and data.mean is not None:
        return (0.0,) * len(data.mean), (1.0,) * len(data.mean)
    return mean, std
