"""Several runs trained side by side on one device, in as many epochs as fit into some minutes."""

import logging
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from compute.errors import BadCheckpoint, BadReference, LandscapeError
from compute.settings import DATASETS
from compute.specs import DataRef
from compute.zoo import manifests
from compute.zoo.background import Job, background
from compute.zoo.datasets import Examples
from compute.zoo.descent import batches, descent
from compute.zoo.keeping import EPOCHS, kept_steps
from compute.zoo.learner import Learner, learner, rewind, state_of
from compute.zoo.manifests import FINISHED, Manifest
from compute.zoo.measures import BATCH, measure
from compute.zoo.pace import Track, fitted, in_turn, seconds_of_all
from compute.zoo.recipe import Recipe, scaled
from compute.zoo.recording import STATE, Recorder, clear, resume
from compute.zoo.resident import Resident, resident
from compute.zoo.steps import Steps, make_steps
from compute.zoo.training import announced, check, data_refs, finish, plan

logger = logging.getLogger(__name__)

PAUSE = 15.0
"""Seconds between two stored states of a run: more seldom than one alone, as all others wait meanwhile."""

TRIAL = 10.0
"""At most so many seconds are spent on measuring how fast the networks are side by side."""

RESERVE = 2.0
"""Seconds left for writing at the end, beside the evaluation."""

REPORT = 10.0
"""Seconds between two lines about how far the training is."""

Say = Callable[[str], None]


@dataclass(slots=True)
class Run:
    """A run among others: its recipe, its data, what is trained and what takes the steps.

    `manifest` is None before its epochs are chosen, and `begun` of them are done already. `problem` says why it failed.
    """

    folder: Path
    recipe: Recipe
    ref: DataRef
    train: Resident
    test: Resident
    learner: Learner
    steps: Steps
    manifest: Manifest | None = None
    begun: int = 0

    @property
    def per_epoch(self) -> int:
        """Steps of an epoch."""
        return batches(len(self.train), self.recipe)

    @property
    def name(self) -> str:
        """The folder's."""
        return self.folder.name

    def kept(self, rule: str) -> frozenset[int]:
        """The steps whose weights a rule keeps."""
        return kept_steps(rule, self.recipe.epochs, self.per_epoch)


def say_on_stderr(text: str) -> None:
    """A line for whoever watches."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def train_names_together(
    names: Sequence[str],
    out_dir: Path,
    minutes: float,
    epochs: int | None = None,
    seed: int | None = None,
    precision: str | None = None,
    storage: str = "float32",
    keep: str = EPOCHS,
    force: bool = False,
    device: str = "cpu",
    datasets_dir: Path = DATASETS,
    archive: Path | None = None,
    started: float | None = None,
) -> tuple[Manifest, ...]:
    """Trains runs by name side by side, each into its folder below `out_dir`; `epochs` are at most so many.

    Raises:
        LandscapeError: as `train_together` and `train_named`.
    """
    plans = plan(names, out_dir, epochs, seed, precision, archive)
    there = datasets_dir if archive is None else archive.parent
    return train_together(plans, minutes, storage, keep, force, device, PAUSE, there, started)


def train_together(
    recipes: Mapping[Path, Recipe],
    minutes: float,
    storage: str = "float32",
    keep: str = EPOCHS,
    force: bool = False,
    device: str = "cpu",
    pause: float = PAUSE,
    datasets_dir: Path = DATASETS,
    started: float | None = None,
    say: Say = say_on_stderr,
) -> tuple[Manifest, ...]:
    """Trains runs side by side, by their folders, in as many epochs as fit; the same command goes on after a stop.

    Steps are timed in the mix first; then every recipe is shortened by the same factor, its rate schedule with it, and
    the manifests say so. A run that goes on keeps its epochs. What is written, and when, is as in `train`.

    Args:
        recipes: what to train, by folder.
        minutes: in which all must end, evaluation and writing included.
        storage: as in `train`.
        keep: as in `train`.
        force: as in `train`.
        device: as in `train`.
        pause: seconds between two stored states of a run.
        datasets_dir: as in `train`.
        started: when the minutes began, as `time.perf_counter` told it; now, if not given.
        say: shows a line.

    Raises:
        UnknownName: as `train`.
        BadReference: not even one epoch of each run fits into the minutes.
        BadCheckpoint: as `train`, or some runs are begun and others are not.
        LandscapeError: the data are not there, a loss has become infinite or the time was too short; the other runs
            have been trained.
    """
    started = time.perf_counter() if started is None else started
    if not minutes > 0:
        raise BadReference(f"The minutes should be above 0, but came as {minutes:g}: choose another number.")
    deadline = started + 60 * minutes
    known = begun_before(recipes, storage, keep, force)
    runs, problems = prepare(known or recipes, bool(known), torch.device(device), datasets_dir)
    end = deadline - RESERVE - evaluation_seconds(runs)
    if not known:
        choose_epochs(runs, end, say)
    announce([run for run in runs if run.manifest is None], storage)
    kept = [run.kept(keep) for run in runs]
    with background() as later:
        recorders = {
            run.name: _recorder(run, steps, storage, later, pause) for run, steps in zip(runs, kept, strict=True)
        }
        tracks = [_track(run, steps) for run, steps in zip(runs, kept, strict=True)]
        follow(tracks, recorders, end, say)
    ended = [run for run, track in zip(runs, tracks, strict=True) if track.problem is None and track.share >= 1]
    done = [
        finish(recorders[run.name].manifest, run.learner.network, run.train, run.test, run.folder, storage)
        for run in ended
    ]
    raise_problems(tracks, problems, minutes)
    return tuple(done)


def begun_before(recipes: Mapping[Path, Recipe], storage: str, keep: str, force: bool) -> dict[Path, Recipe]:
    """The runs that an interrupted call has left to do, with the epochs that it chose; empty if all start anew.

    Raises:
        UnknownName: as `check`.
        BadReference: as `check`.
        BadCheckpoint: a folder holds a run of another recipe, all are finished, or only some are begun.
    """
    found = {folder: manifests.read(folder) for folder in recipes if not force and (folder / manifests.FILE).exists()}
    plans = {
        folder: scaled(recipe, found[folder].recipe.epochs) if folder in found else recipe
        for folder, recipe in recipes.items()
    }
    ended = [folder for folder, manifest in found.items() if _ended(manifest, plans[folder])]
    left = {folder: plans[folder] for folder in plans if folder not in ended or len(ended) == len(plans)}
    for folder, recipe in left.items():
        check(recipe, folder, storage, keep, force)
    if not ended and not any((folder / STATE).exists() for folder in found):
        return {}
    if new := [folder.name for folder in recipes if folder not in found]:
        raise BadCheckpoint(
            f"Runs side by side should all start, or all go on, but {', '.join(new)} did not start with the others: "
            "train them by themselves, or pass --force to start all anew."
        )
    return left


def _ended(manifest: Manifest, plan: Recipe) -> bool:
    return manifest.state == FINISHED and manifest.recipe == plan


def prepare(
    recipes: Mapping[Path, Recipe], going_on: bool, device: torch.device, datasets_dir: Path
) -> tuple[list[Run], dict[str, str]]:
    """Everything that training takes, on the device; and why some runs cannot be trained there, by their names.

    Raises:
        LandscapeError: the data are not there, or none of the runs can be trained.
    """
    data: dict[DataRef, Resident] = {}
    runs, problems = [], {}
    for folder, recipe in recipes.items():
        refs = data_refs(recipe, datasets_dir)
        for ref in refs.values():
            if ref not in data:
                data[ref] = resident(ref, device)
        try:
            trained = learner(recipe, refs["train"], device)
            manifest, begun = resume(trained, folder) if going_on else (None, 0)
            train = data[refs["train"]]
            steps = make_steps(trained, train, recipe)
        except RuntimeError as problem:  # such as too little memory: the others can still be trained
            logger.warning("run skipped name=%s reason=%s", folder.name, problem)
            problems[folder.name] = f"cannot be trained on {device} ({problem})"
            continue
        test = data[refs["test"]]
        runs.append(Run(folder, recipe, refs["train"], train, test, trained, steps, manifest, begun))
    if not runs:
        raise LandscapeError(f"None of the runs can be trained: {_listed(problems)}; choose another device.")
    return runs, problems


def evaluation_seconds(runs: Sequence[Run]) -> float:
    """About how long the evaluation of all runs at the end takes, from two batches of each."""
    seconds = 0.0
    for run in runs:
        few = Examples(run.test.normalised(run.test.inputs[:BATCH]), run.test.targets[:BATCH])
        measure(run.learner.network, few)  # the first is slower
        begun = time.perf_counter()
        measure(run.learner.network, few)
        seconds += (time.perf_counter() - begun) * (len(run.train) + len(run.test)) / len(few)
    return seconds


def choose_epochs(runs: Sequence[Run], end: float, say: Say) -> None:
    """Gives every run as many epochs as fit before `end`, from a trial; the networks are afterwards as before it."""
    states = [state_of(run.learner, 0) for run in runs]
    steps, totals = {}, {}
    for run in runs:
        steps[run.name], totals[run.name] = run.steps, run.recipe.epochs * run.per_epoch
    trial = min(TRIAL, 0.05 * (end - time.perf_counter()))
    needed = seconds_of_all(steps, totals, trial)
    for run, state in zip(runs, states, strict=True):
        rewind(run.learner, state)
    chosen = fitted({run.name: run.recipe for run in runs}, needed, end - time.perf_counter())
    say(f"all epochs of the recipes would take {needed / 60:.3g} minutes side by side")
    for run in runs:
        say(f"{run.name}: {chosen[run.name].epochs} epochs of {run.recipe.epochs}")
        run.recipe = run.steps.recipe = chosen[run.name]


def announce(runs: Sequence[Run], storage: str) -> None:
    """Writes the manifests of runs that are about to start."""
    for run in runs:
        clear(run.folder)
        run.manifest = announced(run.recipe, run.name, run.ref, run.learner.network, storage)
        manifests.write(run.manifest, run.folder)


def _recorder(run: Run, kept: frozenset[int], storage: str, later: Callable[[Job], None], pause: float) -> Recorder:
    if run.manifest is None:
        raise AssertionError(f"{run.name} was not announced")
    return Recorder(run.learner, run.manifest, run.folder, kept, storage, later, pause)


def _track(run: Run, kept: frozenset[int]) -> Track:
    epochs = range(run.begun, run.recipe.epochs)
    moments = descent(run.learner, run.train, run.recipe, epochs, kept, run.steps)
    return Track(run.name, moments, run.recipe.epochs * run.per_epoch, run.begun * run.per_epoch)


def follow(tracks: Sequence[Track], recorders: Mapping[str, Recorder], end: float, say: Say) -> None:
    """Trains until all is done or `end` has come; files are written on the way, and a line about it now and then."""
    told = time.perf_counter()
    for track, moment in in_turn(tracks, lambda: time.perf_counter() > end):
        recorder = recorders[track.name]
        recorder.record(moment)
        if track.share >= 1:
            recorder.store(round(moment.epoch))  # a stop during the evaluation then costs no training
        if time.perf_counter() - told > REPORT:
            say("; ".join(f"{each.name}: {100 * each.share:.0f} %" for each in tracks))
            told = time.perf_counter()


def raise_problems(tracks: Sequence[Track], problems: Mapping[str, str], minutes: float) -> None:
    """Says in one sentence which runs are not done, and why.

    Raises:
        LandscapeError: there is such a run.
    """
    late = f"{minutes:g} minutes were too short; the same command goes on with it"
    found = dict(problems)
    for track in tracks:
        if track.problem is not None:
            found[track.name] = str(track.problem).rstrip(".")
        elif track.share < 1:
            found[track.name] = f"stopped after {100 * track.share:.0f} % of its steps, as {late}"
    if found:
        raise LandscapeError(f"All runs should be trained, but {_listed(found)}.")


def _listed(problems: Mapping[str, str]) -> str:
    return "; ".join(f"{name}: {why}" for name, why in problems.items())
