"""Takes in files from the page: surfaces and data at once, checkpoints once it is known of what they are."""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from compute.adding import Candidate, DataChoice, DataFit, KeptData, Normalisation, Upload, Wish
from compute.card import STUDY
from compute.errors import LandscapeError, UnknownName
from compute.formatting import number
from compute.jobs.normalising import best, try_normalisations
from compute.jobs.reading import images, kind_of, load_architectures, load_torch, read_apart, surface, text
from compute.jobs.tasks import data_fit, fitting, suggestions
from compute.settings import Settings
from compute.shapes import one_shape
from compute.specs import ModelRef
from compute.store.shelf import Shelf
from compute.zoo import datasets
from compute.zoo.added import Added, Said, display
from compute.zoo.checkpoints import model_ref
from compute.zoo.data_folder import keep
from compute.zoo.datasets import Channels, Shape
from compute.zoo.offers import more, offers
from compute.zoo.other_files import check_kind
from compute.zoo.studied import Studies

if TYPE_CHECKING:  # the web server must not load torch
    from compute.jobs.normalising import Trial
    from compute.zoo.suggest import Suggestion


class Intake:
    """The way in; files are read in a process of their own, so that none of them stops the server or a survey."""

    def __init__(self, settings: Settings, shelf: Shelf, added: Added, studies: Studies, reader: Executor) -> None:
        """Puts surfaces on a shelf, and checkpoints among those that were added; studies lend their data."""
        self._settings, self._shelf, self._added, self._reader = settings, shelf, added, reader
        self._studies = studies

    def receive(self, file: str, stream: IO[bytes]) -> str | Upload | KeptData:
        """Takes a file in, told by its content.

        Gives the run of a surface, a checkpoint that waits to be added, or data that are kept among those to choose.

        Raises:
            LandscapeError: it holds none of these, is too large, or cannot be kept.
        """
        check_kind(file)
        token, path = self._added.receive(file, stream, self._settings.upload_mib * 2**20)
        try:
            found = self._looked_into(token, file, path)
        except LandscapeError:
            self._added.discard(token)
            raise
        if not isinstance(found, Upload):
            self._added.discard(token)
        return found

    def _looked_into(self, token: str, file: str, path: Path) -> str | Upload | KeptData:
        """What a file holds that was laid aside."""
        kind = self._read(file, path, kind_of, file, str(path))
        if kind == "weights":
            load_architectures(self._reader)
            found: Sequence[Suggestion] = self._read(file, path, suggestions, str(path))
            return Upload(token, file, tuple(map(candidate, found)))
        if kind == "images":
            return self._kept("npz", path, self._read(file, path, images, file, str(path)))
        if kind == "text":
            return self._kept("text", path, self._read(file, path, text, file, str(path)))
        return self._shelf.keep(file, self._read(file, path, surface, file, str(path)))

    def _kept(self, source: str, path: Path, contents: str) -> KeptData:
        """Data that were checked, in the folder of data sets."""
        name = f"{source}:{keep(path, self._settings.datasets_dir.absolute())}"
        return KeptData(name, display(name), contents)

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

    def fit(self, one: Candidate) -> DataFit:
        """Which of the data that can be chosen a candidate can be evaluated on, and what it wants.

        Raises:
            LandscapeError: it is of no architecture.
        """
        choices = self.choices()
        kinds = tuple({(choice.shape, choice.classes) for choice in choices if not choice.name.startswith(STUDY)})
        load_torch(self._reader)
        asked = one.architecture, one.shape, one.classes, kinds
        taken, wanted = read_apart(self._reader, one.architecture, 0, data_fit, *asked)
        names = tuple(choice.name for choice in choices if (choice.shape, choice.classes) in taken)
        return DataFit(names, f"{one.architecture} takes {wanted}.")

    def normalisation(self, wish: Wish) -> Normalisation:
        """How the images were normalised that a checkpoint was trained on: the usual ways are tried on some of them.

        Raises:
            LandscapeError: as `add`.
        """
        path, data = self._added.waiting(wish.token), self._chosen(wish.data)
        if not data.raw:
            return Normalisation()
        ref = self._model(path, wish)
        whole = datasets.named(data.name, "train", datasets_dir=self._settings.datasets_dir)
        load_torch(self._reader)
        trials = self._read(path.name, path, try_normalisations, ref, whole, (data.mean, data.std))
        return told(trials, best(trials, ref.classes))

    def add(self, wish: Wish) -> str:
        """Makes a checkpoint that came a run, and gives its name; blocks until it has been loaded.

        Raises:
            LandscapeError: it is gone, does not fit the architecture on these data, or these are not to be chosen.
        """
        path, data = self._added.waiting(wish.token), self._chosen(wish.data)
        mean, std = normalisation(data, wish)
        ref = self._model(path, wish, mean, std)
        load_torch(self._reader)
        parameters: int = self._read(path.name, path, fitting, ref)
        title = wish.title.strip() or path.stem
        said = Said(
            *(title, path.name, wish.architecture, parameters, one_shape(ref.shape), ref.classes, data.name),
            *(mean, std, wish.weights or "auto", ref.match),
        )
        return self._added.keep(wish.token, said)

    def _model(self, path: Path, wish: Wish, mean: Channels = None, std: Channels = None) -> ModelRef:
        """The network that is wished, for the shape of its data and at least their classes."""
        shape, classes = self._kind(wish.data, mean, std)
        weights, match = wish.weights or "auto", "order" if wish.ordered else "name"
        return model_ref(path, wish.architecture, shape, max(classes, wish.classes), weights=weights, match=match)

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


def told(trials: "Sequence[Trial]", taken: "Trial") -> Normalisation:
    """What is filled in after some trials, and what they gave, in words."""
    losses = ", ".join(f"{number(trial.loss)} ({trial.name})" for trial in sorted(trials, key=lambda trial: trial.loss))
    mean, std = (", ".join(f"{each:.10g}" for each in numbers or ()) for numbers in (taken.mean, taken.std))
    plain = not any(taken.mean or ())  # pixels from 0 to 1: the fields are left empty
    clear = taken is not trials[0] or all(taken.beats(other) for other in trials[1:])
    lowest = taken.loss <= min(trial.loss for trial in trials)
    standing = "with the lowest loss" if lowest else "whose loss is within two standard errors of the lowest"
    advice = (
        f"Filled in: {taken.name}, {standing}"
        if clear
        else "No normalisation is clearly better: fill in what the network was trained with"
    )
    words = f"{advice}. Loss on {len(taken.losses)} training images: {losses}."
    return Normalisation("" if plain else mean, "" if plain else std, words)


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
