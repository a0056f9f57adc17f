"""A service over landscapes known in closed form, with the surface of the real one."""

import io
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from compute.adding import DataChoice, DataFit, Normalisation
from compute.angle import Angle
from compute.basin import Basin
from compute.card import ModelCard
from compute.errors import BadCheckpoint, UnknownName
from compute.lattice import Lattice, Tile, points
from compute.settings import Settings
from compute.snapshot import JobState, Progress, Snapshot
from compute.specs import (
    DataRef,
    Imported,
    LineRef,
    ModelRef,
    PlaneRef,
    Query,
    RandomPlane,
    Surface,
    Survey,
    TrajectoryPlane,
)
from compute.trajectory import Track, Trajectory
from compute.weighing import Histograms, Norms

Landscape = Callable[[np.ndarray, np.ndarray], np.ndarray]


def bowl(a, b):
    return 0.03 + 1.6 * (a * a + 1.4 * b * b)


def rough(a, b):
    ripples = (1 - np.cos(7 * a + 1.3 * b)) * (1 - np.cos(6.1 * b - 0.8 * a))
    return 10 ** (np.log10(0.09 + 2.2 * (a * a + b * b)) + 0.35 * ripples * np.minimum(1, 5 * (a * a + b * b)))


def steep(a, b):
    return 0.002 + np.expm1(4 * (np.abs(a) ** 1.5 + np.abs(b) ** 1.5)) * 1.2


def holes(a, b):
    loss = bowl(a, b)
    loss = np.where((a > 0.55) & (b > 0.55), np.nan, loss)
    return np.where((a < -0.7) & (b < -0.7), np.inf, loss)


def nothing(a, b):
    return np.full_like(a, np.nan)


LANDSCAPES: dict[str, tuple[str, Landscape, int, float]] = {
    "resnet20": ("ResNet-20", bowl, 272_474, 0.014),
    "resnet56": ("ResNet-56", lambda a, b: bowl(1.2 * a, b) * 0.7, 855_770, 0.011),
    "resnet56-noshort": ("ResNet-56 without skips", rough, 853_018, 0.064),
    "vgg9": ("VGG-9", steep, 2_791_000, 0.019),
    "mlp": ("MLP, two layers", lambda a, b: bowl(b, 0.6 * a) + 0.4 * np.abs(a), 9_482, 0.028),
    "holes": ("Network with holes", holes, 61_000, 0.044),
    "all_nan": ("Diverged network", nothing, 61_000, 0.9),
    "broken": ("Broken checkpoint", bowl, 61_000, 0.5),
}
WALKERS = {"vgg9": 7, "mlp": 9, "resnet56": 5, "resnet20": 6}
"""Runs that have a trajectory, and of how many checkpoints."""
BROKEN = "The checkpoint of 'broken' should have 12 tensors, got 11: train it again or restore the file."


def spiral(run, models, turned):
    """A track that winds into the origin, further beside the plane the later its run is named."""
    left = np.linspace(1, 0, len(models))
    angle, residual = 2.5 * left + turned, np.where(left > 0, 0.2 + 0.1 * turned, 0.0)
    places = left * np.cos(angle), left * np.sin(angle)
    return Track(run, tuple(model.step for model in models), *places, 3 * left, residual)


@dataclass(eq=False)
class Job:
    survey: Surface
    snapshot: Snapshot
    tiles: list[Tile]
    state: JobState = JobState.QUEUED
    next: int = 0
    evaluated: int = 0
    rate: float | None = None
    error: str | None = None
    version: int = 0
    began: float = 0.0


@dataclass(eq=False)
class FakeService:
    """Computes tile by tile in a thread; `hold()` stops it, `step(n)` lets n tiles through, `release()` all."""

    delay: float = 0.0
    device: str = "cpu"
    jobs: dict[str, Job] = field(default_factory=dict)
    tabs: dict[str, set[str]] = field(default_factory=dict)
    version: int = 0
    allowed: float = float("inf")
    closed: bool = False
    dismissed: bool = False
    store_problem: str | None = None
    folders: frozenset[Path] = frozenset()
    focused: tuple | None = None
    shelf: object = None
    upload_limit: int = 2**30
    lengths: dict = field(default_factory=lambda: dict(WALKERS))

    def __post_init__(self):
        self._changed = threading.Condition(threading.RLock())
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    # -- what the real one has

    def cards(self):
        lattice = np.linspace(-1, 1, 25)
        a, b = np.meshgrid(lattice, lattice)
        models = tuple(
            ModelCard(
                run, title, "resnet" if "res" in run else "other", "digits", size, "SGD, batch 128, 60 epochs",
                0.01, error / 3, 0.05, error, None if run in {"broken", "mlp"} else law(a, b),
            )
            for run, (title, law, size, error) in LANDSCAPES.items()
        )  # fmt: skip
        return *models, *(self.shelf.cards() if self.shelf else ())

    def read_apart(self, file, size, function, *args):
        return function(*args)

    def discard(self, token):
        self.discarded = token

    def add(self, wish):
        raise BadCheckpoint("The file should wait to be added, but is gone: drop it again.")

    def take_in(self, file, content):
        return self.receive(file, io.BytesIO(content))

    def receive(self, file, stream):
        from compute.intake import Intake  # the viewer's own tests prove that it does without
        from compute.jobs.executors import SequentialExecutor
        from compute.store.shelf import Shelf
        from compute.zoo import datasets
        from compute.zoo.added import Added
        from compute.zoo.studied import Studies

        folder = Path(tempfile.mkdtemp(prefix="added"))
        self.shelf = self.shelf or Shelf(folder / "imports")
        added = Added(folder / "models", datasets.named)
        return Intake(Settings(), self.shelf, added, Studies(), SequentialExecutor()).receive(file, stream)

    def choices(self):
        return (DataChoice("digits", "digits", (1, 8, 8), 10),)

    def more_choices(self):
        return ""

    def fit(self, one):
        return DataFit(("digits",) if one.shape == (1, 8, 8) else (), f"{one.architecture} takes images.")

    def normalisation(self, _wish):
        return Normalisation()

    def remove(self, run):
        self.shelf.remove(run)

    def imported(self, run, split):
        return self.shelf.surface(run, split)

    def examples(self, run, split):
        if run not in LANDSCAPES:
            raise UnknownName("run", run, LANDSCAPES)
        return {"train": 1437, "test": 360}[split]

    def query(self, run: str, split: str, size: int, plane: PlaneRef, precision="exact") -> Query:
        model = run if isinstance(run, ModelRef) else ModelRef(run, "fake", (1, 8, 8), 10, run, run)
        if model.run not in LANDSCAPES:
            raise UnknownName("run", run, LANDSCAPES)
        return Query(model, DataRef("digits", split, size), plane, precision)

    def steps(self, run):
        """Checkpoints for some runs, the final weights alone for the others."""
        if run not in LANDSCAPES:
            raise UnknownName("run", run, LANDSCAPES)
        epochs = range(0, 5 * self.lengths.get(run, 1), 5)
        kind = LANDSCAPES[run][0].split("-")[0]
        return tuple(ModelRef(run, kind, (1, 8, 8), 10, run, f"{run}-{epoch}", epoch) for epoch in epochs)

    def own(self, model, split, size, precision="exact"):
        return Survey(self.query(model, split, size, RandomPlane(), precision), Lattice(0, (0, 0)))

    def export_tracks(self, trajectory, kind, more):
        from compute.store import tracks  # the viewer's own tests prove that it does without

        if kind not in tracks.FORMATS:
            raise UnknownName("kind of file", kind, tracks.FORMATS)
        return tracks.FORMATS[kind](trajectory, more)

    def drops(self, run):
        return (10.0,)

    def defer(self, survey_ids):
        self.deferred = list(survey_ids)

    def put_first(self, survey_id):
        self.survey(survey_id)

    def trajectory(self, plane, origin, runs):
        tracks = [spiral(run, self.steps(run), place) for place, run in enumerate(runs)]
        scree = (0.71, 0.19, 0.06, 0.04) if isinstance(plane, TrajectoryPlane) else ()
        return Trajectory(plane, origin, tuple(tracks), scree, (3.0, 2.0), 0.012)

    def export_lines(self, survey_ids, kind):
        from compute.store import tables  # the viewer's own tests prove that it does without

        return self.export_table(*tables.lines([self.snapshot(self.survey(each)) for each in survey_ids]), kind)

    def export_table(self, columns, provenance, kind):
        from compute.store import tables

        if kind not in tables.FORMATS:
            raise UnknownName("kind of file", kind, tables.FORMATS)
        return tables.FORMATS[kind](columns, provenance)

    def norms(self, run):
        steps = tuple(model.step for model in self.steps(run))
        return Norms(run, steps, np.linspace(8, 8 + len(run), len(steps)))

    def histograms(self, models):
        edges = np.linspace(-1, 1, 22)
        middles = (edges[1:] + edges[:-1]) / 2
        shares = np.stack([np.exp(-((place + 2) * middles**2)) for place in range(len(models))])
        return Histograms(edges, 0.99 * shares / shares.sum(axis=1, keepdims=True), np.full(len(models), 0.01))

    def layers(self, _model):
        return tuple(f"layer{number}" for number in range(6))

    def watch(self, tab: str, surveys: Sequence[Surface], asked: float | None = None) -> bool:
        with self._changed:
            before = self.tabs.get(tab, set())
            self.tabs[tab] = {survey.id for survey in surveys}
            for survey in surveys:
                job = self._job(survey)
                if survey.id not in before and job.state in {JobState.CANCELLED, JobState.FAILED, JobState.PAUSED}:
                    job.state, job.error = JobState.QUEUED, None
                    self._touch(job)
            watched = set().union(*self.tabs.values())
            for name in before - watched:
                if self.jobs[name].state in {JobState.QUEUED, JobState.RUNNING}:
                    self.cancel(name)
        return True

    def show(self, tab: str, visible: bool) -> None:
        pass

    def watched(self, tabs) -> frozenset[str]:
        with self._changed:
            return frozenset().union(*(self.tabs.get(tab, ()) for tab in tabs))

    def leave(self, tab: str) -> None:
        with self._changed:
            self.tabs.pop(tab, None)

    def snapshot(self, survey: Surface) -> Snapshot:
        with self._changed:
            job = self._job(survey)
            kept = {name: getattr(job.snapshot, name).copy() for name in ("loss", "accuracy", "error", "known")}
            return replace(job.snapshot, progress=self._progress(job), **kept)

    def survey(self, survey_id: str) -> Surface:
        with self._changed:
            if survey_id not in self.jobs:
                raise UnknownName("survey", survey_id)
            return self.jobs[survey_id].survey

    def progress(self):
        with self._changed:
            return tuple(self._progress(job) for job in self.jobs.values())

    def wait(self, version: int, timeout: float) -> int:
        with self._changed:
            self._changed.wait_for(lambda: self.dismissed or self.version > version, timeout)
            return self.version

    def dismiss(self):
        with self._changed:
            self.dismissed = True
            self._changed.notify_all()

    def cancel(self, survey_id):
        self._set(survey_id, JobState.CANCELLED, {JobState.QUEUED, JobState.RUNNING, JobState.PAUSED})

    def pause(self, survey_id):
        self._set(survey_id, JobState.PAUSED, {JobState.QUEUED, JobState.RUNNING})

    def resume(self, survey_id):
        self._set(survey_id, JobState.QUEUED, {JobState.PAUSED, JobState.CANCELLED, JobState.FAILED})

    def export(self, survey_id, kind):
        from compute.store.exports import FORMATS  # the viewer's own tests prove that it does without

        if kind not in FORMATS:
            raise UnknownName("kind of file", kind, FORMATS)
        return FORMATS[kind](self.snapshot(self.survey(survey_id)))

    def focus(self, survey_id, x, y):
        self.survey(survey_id)
        self.focused = survey_id, x, y

    def angle(self, survey):
        return Angle(-0.0123, 0.024)

    def basin(self, survey, spans):
        law = LANDSCAPES[survey.query.model.run][1]
        for span in spans:
            edge = float(np.median([law(np.array(a), np.array(span)) for a in np.linspace(-span, span, 9)]))
            found = Basin(span, edge, float(np.log(10)))
            if found.enough:
                break
        return found

    def close(self):
        with self._changed:
            self.closed = True
            self._changed.notify_all()
        self._thread.join(2)

    # -- what only tests use

    def forget(self):
        """As after a restart: no surveys, no tabs, nothing held."""
        with self._changed:
            self.jobs.clear()
            self.tabs.clear()
            self.allowed = float("inf")

    def hold(self):
        with self._changed:
            self.allowed = 0

    def step(self, tiles: int):
        with self._changed:
            self.allowed += tiles
            self._changed.notify_all()

    def release(self):
        self.step(float("inf"))

    @property
    def evaluated(self):
        with self._changed:
            return sum(job.evaluated for job in self.jobs.values())

    # -- inside

    def _job(self, survey):
        if survey.id not in self.jobs and isinstance(survey, Imported):
            self.jobs[survey.id] = Job(survey, self.shelf.snapshot(survey), [], JobState.DONE)
            self._touch(self.jobs[survey.id])
        if survey.id not in self.jobs:
            start = Progress(survey.id, JobState.QUEUED, 0, survey.lattice.size)
            self.jobs[survey.id] = Job(survey, Snapshot.empty(survey, start), list(survey.lattice.tiles()))
            self._touch(self.jobs[survey.id])
        return self.jobs[survey.id]

    def _set(self, survey_id, state, allowed):
        self.survey(survey_id)
        with self._changed:
            job = self.jobs[survey_id]
            if job.state in allowed:
                job.state, job.error = state, None
                self._touch(job)

    def _touch(self, job):
        self.version += 1
        job.version = self.version
        self._changed.notify_all()

    def _progress(self, job):
        if isinstance(job.survey, Imported):
            return replace(job.snapshot.progress, version=job.version)
        done, total = int(job.snapshot.known.sum()), job.survey.lattice.size
        bad = int((job.snapshot.known & ~np.isfinite(job.snapshot.loss)).sum())
        left = (total - done) / job.rate if job.rate else None
        size = job.survey.query.data.size
        known = job.state, done, total, done / total, size, size, 0.02
        return Progress(
            job.survey.id, *known, evaluated=job.evaluated, nonfinite=bad, rate=job.rate, seconds_left=left,
            device=self.device, error=job.error, version=job.version,
        )  # fmt: skip

    def _next(self):
        going = [job for job in self.jobs.values() if job.state in {JobState.QUEUED, JobState.RUNNING}]
        return min(going, key=lambda job: job.next / len(job.tiles), default=None) if self.allowed > 0 else None

    def _run(self):
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self.closed or self._next() is not None)
                if self.closed:
                    return
                job = self._next()
                self.allowed -= 1
                self._tile(job)
                pause = self.delay
            if pause:
                time.sleep(pause)

    def _tile(self, job):
        run = job.survey.query.model.run
        if run == "broken":
            job.state, job.error = JobState.FAILED, BROKEN
            return self._touch(job)
        job.began = job.began or time.monotonic()
        self._write(job, job.tiles[job.next], LANDSCAPES[run][1])
        job.next += 1
        job.rate = job.evaluated / max(time.monotonic() - job.began, 0.05)
        job.state = JobState.DONE if job.next == len(job.tiles) else JobState.RUNNING
        return self._touch(job)

    def _write(self, job, tile, law):
        lattice: Lattice = job.survey.lattice
        mask = lattice.mask(tile)
        alpha, beta = points(tile, mask).T
        place = lattice.place(tile, mask)
        plane = job.survey.query.plane
        seed = plane.seed if isinstance(plane, RandomPlane) else 0
        if isinstance(plane, LineRef):
            alpha, beta = np.sin(2 * np.pi * alpha) / 2, alpha - 0.5
        loss = law(alpha * np.cos(seed) - beta * np.sin(seed), alpha * np.sin(seed) + beta * np.cos(seed))
        job.snapshot.loss[place] = loss
        job.snapshot.accuracy[place] = np.where(np.isnan(loss), 0.1, 0.1 + 0.88 * np.exp(-np.minimum(loss, 1e3)))
        job.snapshot.error[place] = 0.02 * np.abs(loss)
        if job.survey.measure == "gradient":
            job.snapshot.loss[place] = 2 * np.sqrt(loss)
            job.snapshot.accuracy[place] = job.snapshot.error[place] = np.nan
        job.snapshot.examples[place] = job.survey.query.data.size
        job.snapshot.known[place] = True
        job.evaluated += int(mask.sum())
