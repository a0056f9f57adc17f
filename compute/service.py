"""The one door between looking and computing."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future
from contextlib import suppress
from dataclasses import asdict, replace
from functools import partial
from math import inf
from pathlib import Path
from threading import Condition
from time import monotonic
from types import MappingProxyType
from typing import IO

import numpy as np

from compute.adding import Candidate, DataChoice, DataFit, KeptData, Normalisation, Upload, Wish
from compute.angle import Angle
from compute.basin import Basin, basin, probe
from compute.blocks import Block, blocks
from compute.card import ADDED, STUDY, Card, ModelCard, Taken, thumbnail
from compute.digest import value_digest
from compute.errors import BadData, BadReference, BadStudy, LandscapeError, TooLate, UnknownName
from compute.foreign import Reader, read_here
from compute.formatting import percent
from compute.intake import Intake
from compute.jobs.asking import FIRST, answer, ask, submit
from compute.jobs.executors import SequentialExecutor, WorkerProcess
from compute.jobs.job import ACTIVE, Job
from compute.jobs.lost import WorkerLate
from compute.jobs.questions import Questions
from compute.jobs.reading import read_apart, reading_process
from compute.jobs.ready import Ready
from compute.jobs.runner import Runner
from compute.jobs.tasks import angle, devices, histograms, layers, norms, places, study, taken
from compute.lattice import SIDE, Lattice, Tile
from compute.settings import LOG, Settings
from compute.snapshot import JobState, Progress, Snapshot
from compute.specs import (
    KEPT,
    SCHEMA,
    DataRef,
    Imported,
    Mean,
    ModelRef,
    PlaneRef,
    Precision,
    Query,
    RandomPlane,
    Surface,
    Survey,
    check_alike,
)
from compute.store import tables, tracks
from compute.store.disk import DiskStore
from compute.store.examples import known, z_values
from compute.store.exports import FORMATS
from compute.store.notes import Notes
from compute.store.paper import read_blocks
from compute.store.protocol import Store
from compute.store.shelf import PREFIX, Shelf
from compute.store.spilling import SpillingStore
from compute.trajectory import Trajectory
from compute.watching import Watching
from compute.weighing import Histograms, Norms
from compute.zoo import datasets, gallery
from compute.zoo.added import Added
from compute.zoo.datasets import Channels
from compute.zoo.runs import Runs, Trained
from compute.zoo.studied import Studies, Study
from compute.zoo.studies import named

log = logging.getLogger(__name__)

PATIENCE = 120.0
"""Seconds after which a request that waits for an answer ends with a sentence."""

REMEMBERED = 64
"""Surveys kept in memory after nobody looks at them; the store keeps their tiles anyway."""

NOTED = 1024
"""Angles, and queries whose stored surface was read, that are remembered."""

NO_COLUMNS: Mapping[str, np.ndarray] = MappingProxyType({})
SPLITS = ("train", "test")
"""Of which an added network's losses are measured."""

SIZES = "sizes.json"
"""The file of the cache folder that keeps how many examples and points at once are fastest for a network."""

NOTES = "notes"
"""The part of the cache folder that keeps answers which are no tiles."""


class LandscapeService:
    """Answers queries from the store, computes what is missing, and says how far it is.

    All methods may be called from any thread, return at once (but `wait`), and never load torch.
    """

    def __init__(
        self,
        settings: Settings,
        store: Store,
        executors: Sequence[Executor],
        studies: Sequence[Study] = (),
        reader: Executor | None = None,
        patience: float | None = PATIENCE,
    ) -> None:
        """Takes over a store and executors, which `close` ends.

        Args:
            settings: the table.
            store: where results go, and where they may already be.
            executors: one per device.
            studies: known, and no others are.
            reader: reads files that come from the page; the first executor where there is none.
            patience: seconds after which a question that blocks ends with a sentence; None waits for its answer.
        """
        self._settings, self._store, self._executors = settings, store, list(executors)
        first = executors[0] if executors else SequentialExecutor()
        self._reader, self._questions = reader or first, Questions(first, patience)
        self._runner = Runner(store, executors, settings.in_flight, self._note)
        self._changed = Condition(self._runner.lock)
        self.dismissed = False
        self._version = 0
        self._notes = Notes(settings.cache_dir / NOTES)
        self.read_apart: Reader = partial(read_apart, reader) if reader else read_here
        """Calls a function that reads a file, in the process that reads files, if there is one."""
        self._shelf = Shelf(settings.imports_dir, self.read_apart)
        folders = settings.gallery_dir, settings.checkpoint_dir
        self._trained = Trained(folders, settings.datasets_dir, self.read_apart)
        self._studies = Studies(tuple(studies), settings.weights, settings.match)
        self._added = Added(settings.models_dir, self._named)
        self._intake = Intake(settings, self._shelf, self._added, self._studies, self._reader)
        self._jobs: dict[str, Job | Ready] = {}
        self._watching = Watching()
        self._seeded: set[tuple[str, int]] = set()
        self._angles: dict[Query, Angle] = {}
        self._z: dict[str, tuple[int, np.ndarray | None]] = {}
        self.device = settings.device
        """What computes: the devices' names once the workers have told them."""
        self.upload_limit = settings.upload_mib * 2**20
        """How many bytes a file may have that the page sends."""

    @property
    def store_problem(self) -> str | None:
        """A sentence on why results cannot be kept or what became of kept ones; None if all is well."""
        return self._store.problem or self._notes.problem

    @property
    def folders(self) -> frozenset[Path]:
        """The folders of this machine that sentences may name: of the settings, and of studies."""
        return (
            frozenset(value for value in asdict(self._settings).values() if isinstance(value, Path))
            | self._studies.folders
        )

    def cards(self) -> tuple[Card, ...]:
        """The runs of studies, the trained networks there are, those that were added, and the imported surfaces."""
        studied = map(self._measured, self._studies.cards())
        return *studied, *self._trained.cards(), *map(self._measured, self._added.cards()), *self._shelf.cards()

    def take_in(self, file: str, content: bytes) -> str:
        """Keeps a surface that others computed, and gives its run; the same numbers are the same run.

        Args:
            file: what the file is called.
            content: its bytes: HDF5 in the layout of Li et al. (2018), a NumPy archive or a CSV table.

        Raises:
            LandscapeError: the file holds no surface that can be drawn, or cannot be kept.
        """
        return self._shelf.take_in(file, content)

    def imported(self, run: str, split: str) -> Imported:
        """An imported surface, of the split asked for, or of what its file has instead.

        Raises:
            LandscapeError: there is none of this run.
        """
        return self._shelf.surface(run, split)

    def receive(self, file: str, stream: IO[bytes]) -> str | Upload | KeptData:
        """Takes a file in, told by its content.

        Gives the run of a surface, a checkpoint that waits to be added, or data that are kept among those to choose.

        Args:
            file: what the file is called.
            stream: its bytes.

        Raises:
            LandscapeError: it holds none of these, is too large, or cannot be kept.
        """
        return self._intake.receive(file, stream)

    def choices(self) -> tuple[DataChoice, ...]:
        """The data on which an added checkpoint can be evaluated."""
        return self._intake.choices()

    def more_choices(self) -> str:
        """How other data come to be chosen, as a sentence."""
        return self._intake.more()

    def fit(self, one: Candidate) -> DataFit:
        """Which of the data that can be chosen a candidate can be evaluated on, and what it wants; blocks briefly.

        Raises:
            LandscapeError: it is of no architecture.
        """
        return self._intake.fit(one)

    def normalisation(self, wish: Wish) -> Normalisation:
        """How the images were normalised that a checkpoint was trained on, told by its losses; blocks until it is.

        Raises:
            LandscapeError: as `add`.
        """
        return self._intake.normalisation(wish)

    def add(self, wish: Wish) -> str:
        """Makes a checkpoint that came a run, and gives its name; blocks until it has been loaded.

        Raises:
            LandscapeError: it is gone, does not fit the architecture on these data, or these are not to be chosen.
        """
        return self._intake.add(wish)

    def discard(self, token: str) -> None:
        """Forgets a checkpoint that came, and was not added."""
        self._added.discard(token)

    def remove(self, run: str) -> None:
        """Deletes a checkpoint that was added, or an imported surface.

        Raises:
            LandscapeError: there is no such run, it was neither added nor imported, or it cannot be deleted.
        """
        (self._shelf if run.startswith(PREFIX) else self._added).remove(run)

    def measure(self, run: str, deferred: bool = False) -> None:
        """Losses and accuracies of a run on all examples of both splits, for its card; blocks until they are known.

        Args:
            run: its name.
            deferred: whether pictures come first.

        Raises:
            LandscapeError: there is no such run, or it cannot be evaluated.
        """
        tab, surveys = f"measure {run}", self._wholes(run)
        self.watch(tab, surveys)
        if deferred:
            self.defer(survey.id for survey in surveys)
        try:
            for survey in surveys:
                *_, last = self.unfolding(survey, self._questions.patience)
                numbers = {"loss": last.loss, "accuracy": last.accuracy}
                self._notes.write(survey.query.key, numbers)
        finally:
            self.leave(tab)

    def examples(self, run: str, split: str) -> int:
        """How many examples a split of the data that a run is evaluated on has.

        Raises:
            UnknownName: there is no such run or split.
        """
        return self._runs(run).data(run, split).size

    def query(
        self, model: str | ModelRef, split: str, size: int, plane: PlaneRef, precision: Precision = "exact"
    ) -> Query:
        """The question about a run's final weights, or those of any of its checkpoints, and a split's first examples.

        Raises:
            LandscapeError: the run, the split or the size does not exist, or the plane goes through networks of another
                architecture.
        """
        run = model if isinstance(model, str) else model.run
        data = datasets.prefix(self._runs(run).data(run, split), size)
        return Query(self._runs(run).last(run) if isinstance(model, str) else model, data, plane, precision)

    def own(self, model: ModelRef, split: str, size: int, precision: Precision = "exact") -> Survey:
        """The loss of a checkpoint itself, with its own BatchNorm statistics: a survey of one point.

        Raises:
            LandscapeError: the run, the split or the size does not exist.
        """
        return Survey(self.query(model, split, size, RandomPlane(), precision), Lattice(0, (0, 0)))

    def steps(self, run: str) -> tuple[ModelRef, ...]:
        """All checkpoints of a run, as training went; the last are its final weights.

        Raises:
            LandscapeError: there is no such run, or a file of it is missing.
        """
        return self._runs(run).steps(run)

    def drops(self, run: str) -> tuple[float, ...]:
        """The epochs, whole or not, after which a step of its schedule lowered a run's learning rate.

        Raises:
            UnknownName: there is no such run.
        """
        return self._runs(run).drops(run)

    def trajectory(self, plane: PlaneRef, origin: ModelRef, runs: Sequence[str]) -> Trajectory:
        """Where the checkpoints of runs lie on a plane through a network; blocks until a worker has told it.

        What was told once is remembered in the cache folder.

        Args:
            plane: of any kind; a `TrajectoryPlane` need not be spanned by the checkpoints that are shown.
            origin: the network at (0, 0).
            runs: at least one; of each all checkpoints are projected.

        Raises:
            LandscapeError: a run does not exist or is of another architecture, or the networks span no plane.
        """
        if not runs:
            raise BadReference("A trajectory needs at least one run, got none: choose one.")
        steps = [self.steps(run) for run in runs]
        models = [model for track in steps for model in track]
        for model in models:
            check_alike(origin, model)
        arrays = self._noted("trajectory", (plane, origin, *models), places, plane, origin, models)
        return Trajectory.of(plane, origin, steps, arrays)

    def norms(self, run: str) -> Norms:
        """The length of all parameters of each checkpoint of a run; blocks until a worker has told it, and remembered.

        Raises:
            LandscapeError: there is no such run, or a file of it is missing.
        """
        models = self.steps(run)
        arrays = self._noted("norms", models, norms, models)
        return Norms(run, tuple(model.step for model in models), arrays["norms"])

    def histograms(self, models: Sequence[ModelRef]) -> Histograms:
        """How the weights of some networks are distributed, in the same bins; blocks as `norms`, and remembered.

        Raises:
            LandscapeError: one of them cannot be read, or they are of several architectures.
        """
        for model in models[1:]:
            check_alike(models[0], model)
        arrays = self._noted("histograms", models, histograms, models)
        return Histograms(arrays["edges"], arrays["shares"], 1 - arrays["shares"].sum(axis=1))

    def layers(self, model: ModelRef) -> tuple[str, ...]:
        """The names of a network's layers, as a `Segment` takes them; blocks as `norms`, and remembered.

        Raises:
            LandscapeError: it cannot be loaded.
        """
        return tuple(self._noted("layers", [model], layers, [model])["layers"].tolist())

    def taken(self, model: ModelRef) -> Taken:
        """Which weights of its file a model takes; blocks as `norms`, and remembered.

        Raises:
            LandscapeError: it cannot be loaded.
        """
        arrays = self._noted("taken", [model], taken, model)
        weights, others, aside = (tuple(map(str, arrays[name])) for name in ("weights", "others", "aside"))
        return Taken(weights[0], others, aside)

    def _noted(
        self, kind: str, nouns: Sequence[ModelRef | PlaneRef], task: Callable[..., dict[str, np.ndarray]], *told: object
    ) -> dict[str, np.ndarray]:
        """What a worker's task tells about some nouns; blocks until it does, and what was told is remembered."""
        key = value_digest([SCHEMA, kind, [noun.identity() for noun in nouns]])
        arrays = self._notes.read(key)
        if arrays is None:
            arrays = self._questions.answer(key, partial(self._notes.write, key), task, *told)
        return arrays

    def watch(self, tab: str, surveys: Sequence[Surface], asked: float | None = None) -> bool:
        """Says what a browser tab looks at now, and gives whether it was taken over.

        What it did not look at before starts, or goes on from what is stored; what no tab looks at stops after the
        tiles in flight. Naming the same again changes nothing.

        Args:
            tab: its name.
            surveys: all that it looks at.
            asked: when the tab asked for them, in seconds of the monotonic clock; now, where it is not said. What it
                asked for earlier than what it looks at already changes nothing: answers may overtake each other.
        """
        asked = monotonic() if asked is None else asked
        with self._runner.lock:
            before = self._watching.look(tab, [survey.id for survey in surveys], asked)
            if before is None:
                return False
            unseen = [key for key, job in self._jobs.items() if job.state in ACTIVE and key not in self._seen()]
            self._rank()
        for survey in surveys:
            if survey.id not in before:
                if isinstance(survey, Survey):
                    self._seed(survey)
                self.open(survey)
        for survey_id in unseen:
            self.cancel(survey_id)
        return True

    def show(self, tab: str, visible: bool) -> None:
        """Says whether a tab is on screen: what only hidden tabs look at comes after what is seen."""
        with self._runner.lock:
            self._watching.show(tab, visible)
            self._rank()

    def leave(self, tab: str) -> None:
        """Forgets a tab that was closed; what it looked at goes on until somebody looks at something else."""
        with self._runner.lock:
            self._watching.leave(tab, monotonic())
            self._rank()

    def watched(self, tabs: Iterable[str]) -> frozenset[str]:
        """The ids of the surveys that some tabs look at."""
        with self._runner.lock:
            return self._watching.seen_by(tabs)

    def open(self, survey: Surface) -> None:
        """Starts a survey, or goes on with it; an imported surface is there at once.

        Raises:
            LandscapeError: it is an imported surface that is gone.
        """
        with self._runner.lock:
            job = self._jobs.get(survey.id)
            if job is None:
                self._forget()
                job = self._jobs[survey.id] = self._new(survey)
                if isinstance(job, Job):
                    self._runner.add(job)
                else:
                    self._note(job)
        if job.state not in ACTIVE:
            self.resume(survey.id)

    def snapshot(self, survey: Surface) -> Snapshot:
        """What is known now; everything unknown, in the right shape, for a survey that was never opened.

        Raises:
            LandscapeError: it is an imported surface that is gone.
        """
        with self._runner.lock:
            job = self._jobs.get(survey.id) or self._new(survey)
            found = job.snapshot()
            query = job.query if isinstance(job, Job) else None
        return self._tested(found, query)

    def _tested(self, found: Snapshot, query: Query | None) -> Snapshot:
        """The same with the z values of its minima, once it is finished; measured once for each version.

        `query` is the one whose answers are shown: where the fast arithmetic was given up, the exact one.
        """
        survey, version = found.survey, found.progress.version
        if not isinstance(survey, Survey) or found.progress.state is not JobState.DONE:
            return found
        if survey.id not in self._z or self._z[survey.id][0] != version:
            self._keep_picture(found, survey)
            loss = np.where(found.given, found.loss, np.nan)
            self._z[survey.id] = version, z_values(self._store, replace(survey, query=query or survey.query), loss)
        return replace(found, z=self._z[survey.id][1])

    def unfolding(self, survey: Survey, patience: float | None = None) -> Iterator[Snapshot]:
        """Opens a survey and gives snapshot after snapshot as there is news; the last one is complete.

        Raises:
            LandscapeError: it ended otherwise: it failed, or was paused or cancelled, or the program ends.
            TooLate: it is not complete after `patience` seconds, where they are given; it goes on.
        """
        end = monotonic() + (inf if patience is None else patience)
        if not datasets.present(survey.query.data):
            self._seed(survey)  # nothing else can answer
        self.open(survey)
        version, state = 0, JobState.QUEUED
        while state is not JobState.DONE:
            version = self.wait(version, 1.0)
            found = self.snapshot(survey)
            state = found.progress.state
            if state not in {*ACTIVE, JobState.DONE} or (self.dismissed and state is not JobState.DONE):
                raise LandscapeError(found.progress.error or "The survey was interrupted by other work: ask again.")
            if state is not JobState.DONE and monotonic() > end:
                raise TooLate(
                    f"The answer should have come within {patience:.0f} s, but only "
                    f"{percent(found.progress.share, 0)} of it is computed: ask again later."
                )
            yield found

    def survey(self, survey_id: str) -> Surface:
        """The survey of an id.

        Raises:
            UnknownName: it was never opened, or is long forgotten.
        """
        return self._job(survey_id).survey

    def progress(self) -> tuple[Progress, ...]:
        """How far every survey is that was opened in this process."""
        with self._runner.lock:
            return tuple(job.progress() for job in self._jobs.values())

    def wait(self, version: int, timeout: float) -> int:
        """Blocks until something changed after `version`, or for `timeout` seconds; gives the newest version.

        Nobody is kept waiting once the service is `dismissed`.
        """
        with self._changed:
            self._changed.wait_for(lambda: self.dismissed or self._version > version, timeout)
            return self._version

    def dismiss(self) -> None:
        """Lets all go who wait, and from now on nobody wait: the first step of an end.

        What workers have in hand is lost, and computed again another time.
        """
        self._runner.close()
        for executor in (*self._executors, self._reader):
            executor.shutdown(wait=False, cancel_futures=True)  # who waits for it is told
        with self._changed:
            self.dismissed = True
            self._changed.notify_all()

    def pause(self, survey_id: str) -> None:
        """Hands out no more tiles of a survey.

        Raises:
            UnknownName: there is no such survey.
        """
        self._set_state(survey_id, JobState.PAUSED)

    def resume(self, survey_id: str) -> None:
        """Goes on with a survey that was paused, cancelled or failed.

        Raises:
            UnknownName: there is no such survey.
        """
        self._set_state(survey_id, JobState.QUEUED)

    def cancel(self, survey_id: str) -> None:
        """Ends a survey; what was computed is kept.

        Raises:
            UnknownName: there is no such survey.
        """
        self._set_state(survey_id, JobState.CANCELLED)

    def focus(self, survey_id: str, x: tuple[float, float], y: tuple[float, float]) -> None:
        """Computes the points within two ranges, in units of the axes, before the rest of a survey.

        Raises:
            UnknownName: there is no such survey.
            BadLattice: an end of a range is not finite.
        """
        job = self._job(survey_id)
        if isinstance(job, Job):
            self._runner.focus(job, job.survey.lattice.window(x, y))

    def put_first(self, survey_id: str) -> None:
        """Computes a survey before all others.

        Raises:
            UnknownName: there is no such survey.
        """
        job = self._job(survey_id)
        if isinstance(job, Job):
            self._runner.put_first(job)

    def defer(self, survey_ids: Iterable[str]) -> None:
        """Computes surveys after all others that are looked at as much.

        Raises:
            UnknownName: there is no such survey.
        """
        for survey_id in survey_ids:
            job = self._job(survey_id)
            if isinstance(job, Job):
                job.deferred = True

    def losses(self, survey: Survey) -> tuple[np.ndarray, np.ndarray | None, np.ndarray]:
        """Losses and correctness (rows, columns, examples) of each kept example, and the examples' labels.

        NaN and 0 where a point was not computed; no correctness where nothing can be right or wrong.
        """
        job = self._jobs.get(survey.id)
        key = job.query.key if isinstance(job, Job) else survey.query.key  # where fast was given up, the exact one's
        wanted = [block for block in blocks(survey.query.data.size) if block.stop <= KEPT]
        shape = *survey.lattice.shape, wanted[-1].stop
        losses, labels = np.full(shape, np.nan, np.float32), np.zeros(shape[2], int)
        correct, judged = np.zeros(shape, bool), True
        for tile in survey.lattice.tiles():
            for block in wanted:
                values = known(self._store, key, tile, block)
                if values is not None:
                    mask, part = values.known & survey.lattice.mask(tile), slice(block.start, block.stop)
                    rows, cols = survey.lattice.place(tile, mask)
                    losses[rows, cols, part], labels[part] = values.loss[mask], values.labels
                    if values.correct is None:
                        judged = False
                    else:
                        correct[rows, cols, part] = values.correct[mask]
        return losses, correct if judged else None, labels

    def export(self, survey_id: str, kind: str) -> bytes:
        """What is known of a survey as a file: "h5" (the layout of Li et al. 2018), "npz", "csv" or "vtk".

        Raises:
            UnknownName: there is no such survey, or no such kind of file.
        """
        if kind not in FORMATS:
            raise UnknownName("kind of file", kind, FORMATS)
        return FORMATS[kind](self.snapshot(self.survey(survey_id)))

    def export_lines(self, survey_ids: Sequence[str], kind: str) -> bytes:
        """What is known of curves on one lattice as a file: "h5", "npz" or "csv" (`compute.store.tables.lines`).

        Raises:
            UnknownName: there is no such survey, or no such kind of file.
        """
        return self.export_table(*tables.lines([self.snapshot(self.survey(each)) for each in survey_ids]), kind)

    def export_table(self, columns: Mapping[str, np.ndarray], provenance: object, kind: str) -> bytes:
        """Columns of numbers, and what they depend on, as a file: "h5", "npz" or "csv".

        Raises:
            UnknownName: there is no such kind of file.
        """
        if kind not in tables.FORMATS:
            raise UnknownName("kind of file", kind, tables.FORMATS)
        return tables.FORMATS[kind](columns, provenance)

    def export_tracks(self, trajectory: Trajectory, kind: str, more: Mapping[str, np.ndarray] = NO_COLUMNS) -> bytes:
        """Where checkpoints lie on a plane as a file: "h5", "npz" or "csv".

        Args:
            trajectory: as `trajectory` tells it.
            kind: the file's ending.
            more: other numbers of each checkpoint, run after run, by name.

        Raises:
            UnknownName: there is no such kind of file.
        """
        if kind not in tracks.FORMATS:
            raise UnknownName("kind of file", kind, tracks.FORMATS)
        return tracks.FORMATS[kind](trajectory, more)

    def angle(self, survey: Survey) -> Angle:
        """The angle between the directions of a survey's plane; blocks until a worker has told it.

        Raises:
            LandscapeError: the plane does not fit the model.
        """
        query = survey.query
        key = replace(query, data=replace(query.data, size=0), precision="exact")
        return self._angles.get(key) or self._questions.answer(
            key, partial(self._angles.__setitem__, key), angle, query
        )

    def basin(self, survey: Survey, spans: Sequence[float]) -> Basin:
        """The narrowest of some rising ranges that shows a survey's basin, else the widest; blocks until it is found.

        Raises:
            LandscapeError: a probe failed, something else was asked meanwhile, or there are no classes to guess among.
        """
        if survey.query.model.classes < 2:
            raise BadReference(
                f"A basin should end where the loss is that of guessing among classes, but {survey.run} has none: "
                "choose a range."
            )
        for span in spans:
            *_, last = self.unfolding(probe(replace(survey.query, measure="losses"), span), self._questions.patience)
            found = basin(last, survey.query.model.classes)
            if found.enough:
                break
        return found

    def add_worker(self, executor: Executor) -> None:
        """Takes on another device."""
        self._executors.append(executor)
        self._runner.add_worker(executor)

    def close(self) -> None:
        """Ends the workers, and closes the store."""
        self.dismiss()
        for executor in (*self._executors, self._reader):
            executor.shutdown(wait=True, cancel_futures=True)
        self._store.close()

    def _seed(self, survey: Survey) -> None:
        """Puts into the store what it lacks of the surface beside a run's weights, if that answers the survey's query.

        No finer than the survey asks, for a fine surface takes seconds to store.
        """
        query, level = survey.query, survey.lattice.level
        if (query.key, level) in self._seeded:
            return
        try:
            folder = Path(query.model.path).parent
            reader = gallery.reader_of(folder, self.read_apart)
            for tile, block, values in read_blocks(folder / gallery.SURFACE, query.key, reader):
                if tile.level <= level and not self._knows(query.key, tile, block, values.known):
                    self._store.put(query.key, tile, block, values)
        except Exception as problem:  # noqa: BLE001 - a broken store is told by the survey, which computes instead
            log.warning("surface not stored key=%s reason=%s", query.key, problem)
            return
        self._seeded.add((query.key, level))  # only now: what was interrupted is done again

    def _knows(self, key: str, tile: Tile, block: Block, points: np.ndarray) -> bool:
        """Whether the store has a block at all of some points of a tile, given as a mask."""
        stored = known(self._store, key, tile, block)
        return stored is not None and bool(stored.known[points].all())

    def _named(self, data: str, split: str, mean: Channels, std: Channels) -> DataRef:
        """All examples of a split of some data, of a study or any others."""
        if data.startswith(STUDY):
            return self._studies.named(data, split)
        return datasets.named(data, split, mean, std, self._settings.datasets_dir)

    def _runs(self, run: str) -> Runs:
        """Where a run comes from, told by how its name begins."""
        if run.startswith(STUDY):
            return self._studies
        return self._added if run.startswith(ADDED) else self._trained

    def _wholes(self, run: str) -> list[Survey]:
        """A run's own loss over all examples of each split, without a test set where the data have none."""
        training, testing = SPLITS
        found = [self._whole(run, training)]
        try:
            return [*found, self._whole(run, testing)]
        except (BadData, UnknownName):
            return found

    def _whole(self, run: str, split: str) -> Survey:
        """A run's own loss, over all examples of a split."""
        runs = self._runs(run)
        return Survey(Query(runs.last(run), runs.data(run, split), RandomPlane()), Lattice(0, (0, 0)))

    def _measured(self, card: ModelCard) -> ModelCard:
        """A card with the numbers that `measure` found, if it ever did."""
        (train_loss, train_error), (test_loss, test_error) = (self._known_of(card.run, split) for split in SPLITS)
        found = replace(card, train_loss=train_loss, train_error=train_error, picture=self._picture(card.run))
        return replace(found, test_loss=test_loss, test_error=test_error)

    def _picture(self, run: str) -> np.ndarray | None:
        """Some losses around a run's network, where a surface of it was finished."""
        with suppress(LandscapeError):  # its file is gone
            note = self._notes.read(picture_key(self._runs(run).last(run)), "picture")
            return None if note is None else note["picture"]
        return None

    def _keep_picture(self, found: Snapshot, survey: Survey) -> None:
        """Remembers a finished surface around a network without one of its own, for its card."""
        plain = survey.query.measure == "losses" and isinstance(survey.statistic, Mean)
        around = survey.lattice.origin is not None and min(survey.lattice.shape) >= SIDE
        if plain and around and isinstance(survey.query.plane, RandomPlane) and survey.run.startswith((ADDED, STUDY)):
            self._notes.write(picture_key(survey.query.model), {"picture": thumbnail(found.loss)})

    def _known_of(self, run: str, split: str) -> tuple[float | None, float | None]:
        """A run's loss and error on a split, as far as they were measured."""
        with suppress(LandscapeError):  # its data are gone: asking for its surface says so
            note = self._notes.read(self._whole(run, split).query.key, "loss", "accuracy")
            if note is not None:
                loss, accuracy = float(note["loss"][0, 0]), float(note["accuracy"][0, 0])
                return loss, None if np.isnan(accuracy) else 1 - accuracy
        return None, None

    def _new(self, survey: Surface) -> Job | Ready:
        if not isinstance(survey, Survey):
            return Ready(survey, lambda: self._shelf.snapshot(survey))
        job = Job(survey)
        job.attention = self._watching.attention(survey.id)
        return job

    def _set_state(self, survey_id: str, state: JobState) -> None:
        job = self._job(survey_id)
        if isinstance(job, Job):
            self._runner.set_state(job, state)

    def _job(self, survey_id: str) -> Job | Ready:
        if survey_id not in self._jobs:
            raise UnknownName("survey", survey_id)
        return self._jobs[survey_id]

    def _note(self, job: Job | Ready) -> None:
        self._version += 1
        job.version = self._version
        self._changed.notify_all()

    def _seen(self) -> frozenset[str]:
        return self._watching.seen()

    def _rank(self) -> None:
        """Tells every survey who looks at it."""
        for survey_id, job in self._jobs.items():
            if isinstance(job, Job):
                job.attention = self._watching.attention(survey_id)

    def _forget(self) -> None:
        """Drops the oldest surveys that nobody looks at; the store still has their tiles."""
        idle = [key for key, job in self._jobs.items() if key not in self._seen() and job.state not in ACTIVE]
        for survey_id in idle[: max(0, len(self._jobs) - REMEMBERED)]:
            job = self._jobs.pop(survey_id)
            self._z.pop(survey_id, None)
            if isinstance(job, Job):
                self._runner.drop(job)
        if len(self._seeded) > NOTED:
            self._seeded.clear()
        if len(self._angles) > NOTED:
            self._angles.clear()


def picture_key(model: ModelRef) -> str:
    """Where the picture of a network is noted."""
    return value_digest([SCHEMA, "picture", model.identity()])


def open_service(settings: Settings, studies: Sequence[Path] = (), patience: float | None = None) -> LandscapeService:
    """A service on the cache folder, with a worker process for each device that `settings.device` stands for.

    The workers run the user's own Python files that are named here, and no others. Where the cache folder fails,
    results stay in memory, and `LandscapeService.store_problem` says so. `patience` is as
    the service's.

    Raises:
        LandscapeError: there is a file where the cache folder should be, there is no such device, or a study is wrong.
    """
    files = named(studies)
    store = SpillingStore(DiskStore(settings.cache_dir, settings.cache_gib), settings.cache_dir)
    first = _worker(settings, settings.device, files)
    try:
        known = [_told(first, name, path) for name, path in files.items()]
    except BaseException:
        first.shutdown()
        store.close()
        raise
    reader = reading_process(files, _output(settings))
    service = LandscapeService(settings, store, [first], known, reader, patience)
    found = ask(first, FIRST, devices, settings.device)
    found.add_done_callback(lambda done: _add_workers(service, settings, files, done))
    if settings.device not in {"auto", "cpu"}:
        try:
            answer(found)
        except LandscapeError:
            service.close()
            raise
    return service


def _add_workers(
    service: LandscapeService, settings: Settings, files: Mapping[str, Path], found: "Future[list[str]]"
) -> None:
    """A process for each device beyond the first."""
    if not found.cancelled() and found.exception() is None:  # closed before the first worker was there
        service.device = ", ".join(found.result())
        for device in found.result()[1:]:
            service.add_worker(_worker(settings, device, files))


def _worker(settings: Settings, device: str, files: Mapping[str, Path]) -> WorkerProcess:
    """A process for a device."""
    return WorkerProcess(device, settings.threads, files, _output(settings), settings.cache_dir / SIZES)


def _output(settings: Settings) -> Path | None:
    """Where goes what a process prints: into the log, unless everything is to be seen."""
    return None if log.isEnabledFor(logging.DEBUG) else settings.cache_dir / LOG


def _told(worker: WorkerProcess, name: str, path: Path) -> Study:
    """What a worker tells of a study.

    Raises:
        LandscapeError: something in it is wrong, or it takes the process down, or too long.
    """
    try:
        return submit(worker, FIRST, study, name).result()
    except WorkerLate as problem:
        raise BadStudy(
            f"{path} should run to its end, but the process that ran it {problem}: look for what waits in it."
        ) from problem
    except BrokenExecutor as problem:
        raise BadStudy(
            f"{path} should run to its end, but the process that ran it {problem}: look for what crashes or "
            "exits in it, or for a lack of memory."
        ) from problem
