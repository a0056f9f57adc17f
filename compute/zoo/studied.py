"""Studies as the web server knows them: names, digests and folders, never their code."""

from dataclasses import dataclass
from pathlib import Path

from compute.card import STUDY, ModelCard
from compute.errors import BadCheckpoint, BadStudy, UnknownName
from compute.shapes import InputShape
from compute.specs import DataRef, ModelRef
from compute.zoo.checkpoints import model_ref
from compute.zoo.dependencies import Dependency, changed
from compute.zoo.folders import sightings


@dataclass(frozen=True, slots=True)
class Split:
    """Examples of a study: how many, and the digest of their numbers and of the code that judges them."""

    name: str
    size: int
    digest: str


@dataclass(frozen=True, slots=True)
class Study:
    """What a worker told of a user's own Python file.

    `architecture` names its network, with a digest of its code; `shape` is one example's; `outputs` is the length of
    their second axis, and `classes` too where they are logits, else 1; `labelled` says that each example is of one of
    these classes. `places` are its runs' names, titles, and files or folders of checkpoints. `dependencies` are the
    files of which the digest is.
    """

    name: str
    file: str
    architecture: str
    parameters: int
    shape: InputShape
    outputs: int
    classes: int
    labelled: bool
    splits: tuple[Split, ...]
    places: tuple[tuple[str, str, str], ...]
    dependencies: tuple[Dependency, ...] = ()


class Studies:
    """The runs of studies, which grow while training goes on."""

    def __init__(self, studies: tuple[Study, ...] = (), weights: str = "auto", match: str = "name") -> None:
        """Knows these, and no others; `weights` and `match` are the settings."""
        self._weights, self._match = weights, match
        self.all = {STUDY + study.name: study for study in studies}
        self._runs = {run: (study, title, Path(place)) for study in studies for run, title, place in study.places}

    @property
    def folders(self) -> frozenset[Path]:
        """Where their files lie, and those on which they depend, and their checkpoints."""
        studies = self.all.values()
        files = [Path(study.file) for study in studies]
        files += [Path(each.path) for study in studies for each in study.dependencies]
        places = [place for _, _, place in self._runs.values()]
        return frozenset(file.parent for file in files) | frozenset(p if p.is_dir() else p.parent for p in places)

    def cards(self) -> tuple[ModelCard, ...]:
        """One for each run; nothing is measured yet."""
        return tuple(
            ModelCard(
                run, title, study.file, study.name, study.parameters, _counted(len(sightings(place))),
                None, None, None, None,
            )
            for run, (study, title, place) in self._runs.items()
        )  # fmt: skip

    def last(self, run: str) -> ModelRef:
        """The last checkpoint so far.

        Raises:
            LandscapeError: there is no such run, or no checkpoint yet.
        """
        return self.steps(run)[-1]

    def steps(self, run: str) -> tuple[ModelRef, ...]:
        """All checkpoints that are wholly on disk now, as training went.

        Raises:
            LandscapeError: as `last`.
        """
        study, title, place = self._found(run)
        found = sightings(place)
        if not found:
            raise BadCheckpoint(
                f"{title} should have checkpoints at {place}, but no whole one is there yet: train it, or correct "
                f"`checkpoints` in {study.file}."
            )
        return tuple(
            model_ref(
                one.path, study.architecture, study.shape, study.classes, run, one.told, self._weights, self._match
            )
            for one in found
        )

    def drops(self, _run: str) -> tuple[float, ...]:
        """None are known."""
        return ()

    def data(self, run: str, split: str) -> DataRef:
        """All examples of a split.

        Raises:
            UnknownName: there is no such run or split.
        """
        return self.named(STUDY + self._found(run)[0].name, split)

    def named(self, data: str, split: str) -> DataRef:
        """All examples of a split of the data of a study, `study:NAME`.

        Raises:
            UnknownName: there is no such study or split.
        """
        study = self.study(data)
        splits = {one.name: one for one in study.splits}
        if split not in splits:
            raise UnknownName(f"split of {study.file}", split, splits)
        return DataRef(data, split, splits[split].size, digest=splits[split].digest, labelled=study.labelled)

    def study(self, data: str) -> Study:
        """The study of some data, `study:NAME`.

        Raises:
            UnknownName: it was not named on the command line.
            BadStudy: a file on which it depends is another than when a worker ran it.
        """
        if data not in self.all:
            raise UnknownName("study named with --study", data, self.all)
        file = changed(self.all[data].dependencies)
        if file:
            raise BadStudy(f"{file} should be as it was at the start, but has changed: start again.")
        return self.all[data]

    def _found(self, run: str) -> tuple[Study, str, Path]:
        if run not in self._runs:
            raise UnknownName("run of a study", run, self._runs)
        self.study(STUDY + self._runs[run][0].name)
        return self._runs[run]


def _counted(count: int) -> str:
    return "one checkpoint" if count == 1 else f"{count} checkpoints"
