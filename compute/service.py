"""The one door between looking and computing."""

from collections.abc import Sequence
from concurrent.futures import Executor, Future
from contextlib import suppress
from pathlib import Path
from threading import Condition

import numpy as np

from compute.blocks import Block, blocks
from compute.card import ModelCard
from compute.errors import CorruptTile, LandscapeError, UnknownName
from compute.jobs.executors import WorkerProcess
from compute.jobs.job import ACTIVE, Job
from compute.jobs.runner import Runner
from compute.jobs.tasks import devices
from compute.lattice import Tile
from compute.settings import Settings
from compute.snapshot import JobState, Progress, Snapshot
from compute.specs import KEPT, PlaneRef, Precision, Query, Survey
from compute.store.exports import FORMATS
from compute.store.paper import read_blocks
from compute.store.protocol import Store
from compute.zoo import datasets, gallery

REMEMBERED = 64
"""Surveys kept in memory after nobody looks at them; the store keeps their tiles anyway."""


class LandscapeService:
    """Answers queries from the store, computes what is missing, and says how far it is.

    All methods may be called from any thread, return at once (but `wait`), and never load torch.
    """

    def __init__(self, settings: Settings, store: Store, executors: Sequence[Executor]) -> None:
        """Takes over a store and executors, one per device; `close` ends both."""
        self._settings, self._store, self._executors = settings, store, list(executors)
        self._runner = Runner(store, executors, settings.in_flight, self._note)
        self._changed = Condition(self._runner.lock)
        self._version = 0
        self._jobs: dict[str, Job] = {}
        self._tabs: dict[str, frozenset[str]] = {}
        self._seeded: set[str] = set()
        self.device = settings.device
        """What computes: the devices' names once the workers have told them."""

    def cards(self) -> tuple[ModelCard, ...]:
        """The trained networks there are."""
        return gallery.cards(self._folders)

    def examples(self, run: str, split: str) -> int:
        """How many examples a split of the data that a run was trained on has.

        Raises:
            UnknownName: there is no such run or split.
        """
        return datasets.split_size(self._card(run).data, split)

    def query(self, run: str, split: str, size: int, plane: PlaneRef, precision: Precision = "exact") -> Query:
        """The question about a run's final weights and the first examples of a split.

        Raises:
            LandscapeError: the run, the split or the size does not exist.
        """
        data = datasets.data_ref(f"{self._card(run).data}:{split}:{size}")
        return Query(gallery.find(self._folders, run), data, plane, precision)

    def watch(self, tab: str, surveys: Sequence[Survey]) -> None:
        """Says what a browser tab looks at now.

        What it did not look at before starts, or goes on from what is stored; what no tab looks at stops after the
        tiles in flight. Naming the same again changes nothing.
        """
        with self._runner.lock:
            before, now = self._tabs.get(tab, frozenset()), frozenset(survey.id for survey in surveys)
            self._tabs[tab] = now
            unseen = [key for key, job in self._jobs.items() if job.state in ACTIVE and key not in self._seen()]
        for survey in surveys:
            if survey.id not in before:
                self._seed(survey.query)
                self.open(survey)
        for survey_id in unseen:
            self.cancel(survey_id)

    def leave(self, tab: str) -> None:
        """Forgets a tab that was closed; what it looked at goes on until somebody looks at something else."""
        with self._runner.lock:
            self._tabs.pop(tab, None)

    def open(self, survey: Survey) -> None:
        """Starts a survey, or goes on with it."""
        with self._runner.lock:
            job = self._jobs.get(survey.id)
            if job is None:
                self._forget()
                job = self._jobs[survey.id] = Job(survey)
                self._runner.add(job)
        if job.state not in ACTIVE:
            self.resume(survey.id)

    def snapshot(self, survey: Survey) -> Snapshot:
        """What is known now; everything unknown, in the right shape, for a survey that was never opened."""
        with self._runner.lock:
            return (self._jobs.get(survey.id) or Job(survey)).snapshot()

    def survey(self, survey_id: str) -> Survey:
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
        """Blocks until something changed after `version`, or for `timeout` seconds; gives the newest version."""
        with self._changed:
            self._changed.wait_for(lambda: self._version > version, timeout)
            return self._version

    def pause(self, survey_id: str) -> None:
        """Hands out no more tiles of a survey.

        Raises:
            UnknownName: there is no such survey.
        """
        self._runner.set_state(self._job(survey_id), JobState.PAUSED)

    def resume(self, survey_id: str) -> None:
        """Goes on with a survey that was paused, cancelled or failed.

        Raises:
            UnknownName: there is no such survey.
        """
        self._runner.set_state(self._job(survey_id), JobState.QUEUED)

    def cancel(self, survey_id: str) -> None:
        """Ends a survey; what was computed is kept.

        Raises:
            UnknownName: there is no such survey.
        """
        self._runner.set_state(self._job(survey_id), JobState.CANCELLED)

    def focus(self, survey_id: str, x: tuple[float, float], y: tuple[float, float]) -> None:
        """Computes the points within two ranges, in units of the axes, before the rest of a survey.

        Raises:
            UnknownName: there is no such survey.
            BadLattice: an end of a range is not finite.
        """
        job = self._job(survey_id)
        self._runner.focus(job, job.survey.lattice.window(x, y))

    def put_first(self, survey_id: str) -> None:
        """Computes a survey before all others.

        Raises:
            UnknownName: there is no such survey.
        """
        self._runner.put_first(self._job(survey_id))

    def losses(self, survey: Survey) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Losses and correctness (rows, columns, examples) of each kept example, and the examples' labels.

        NaN and 0 where a point was not computed.
        """
        wanted = [block for block in blocks(survey.query.data.size) if block.stop <= KEPT]
        shape = *survey.lattice.shape, wanted[-1].stop
        losses, correct, labels = np.full(shape, np.nan, np.float32), np.zeros(shape, bool), np.zeros(shape[2], int)
        for tile in survey.lattice.tiles():
            for block in wanted:
                values = self._store.get(survey.query.key, tile, block)
                if values is not None:
                    mask, part = values.known & survey.lattice.mask(tile), slice(block.start, block.stop)
                    rows, cols = survey.lattice.place(tile, mask)
                    losses[rows, cols, part], correct[rows, cols, part] = values.loss[mask], values.correct[mask]
                    labels[part] = values.labels
        return losses, correct, labels

    def export(self, survey_id: str, kind: str) -> bytes:
        """What is known of a survey as a file: "h5" (the layout of Li et al. 2018), "npz", "csv" or "vtk".

        Raises:
            UnknownName: there is no such survey, or no such kind of file.
        """
        if kind not in FORMATS:
            raise UnknownName("kind of file", kind, FORMATS)
        return FORMATS[kind](self.snapshot(self.survey(survey_id)))

    def add_worker(self, executor: Executor) -> None:
        """Takes on another device."""
        self._executors.append(executor)
        self._runner.add_worker(executor)

    def close(self) -> None:
        """Ends the workers after their tiles in hand, and closes the store."""
        for survey in self.progress():
            self.cancel(survey.survey)
        for executor in self._executors:
            executor.shutdown(wait=True, cancel_futures=True)
        self._store.close()

    def _seed(self, query: Query) -> None:
        """Puts the surface beside a run's weights into the store, if it answers a query that is new to it."""
        if query.key in self._seeded:
            return
        self._seeded.add(query.key)
        for tile, block, values in read_blocks(Path(query.model.path).parent / gallery.SURFACE, query.key):
            if tile.level == 0 and self._known(query.key, tile, block):
                return
            self._store.put(query.key, tile, block, values)

    def _known(self, key: str, tile: Tile, block: Block) -> bool:
        with suppress(CorruptTile):
            return self._store.get(key, tile, block) is not None
        return False

    @property
    def _folders(self) -> list[Path]:
        return [self._settings.gallery_dir, self._settings.checkpoint_dir]

    def _card(self, run: str) -> ModelCard:
        cards = {card.run: card for card in self.cards()}
        if run not in cards:
            raise UnknownName("model", run, cards)
        return cards[run]

    def _job(self, survey_id: str) -> Job:
        if survey_id not in self._jobs:
            raise UnknownName("survey", survey_id, self._jobs)
        return self._jobs[survey_id]

    def _note(self, job: Job) -> None:
        self._version += 1
        job.version = self._version
        self._changed.notify_all()

    def _seen(self) -> frozenset[str]:
        return frozenset().union(*self._tabs.values())

    def _forget(self) -> None:
        """Drops the oldest surveys that nobody looks at; the store still has their tiles."""
        idle = [key for key, job in self._jobs.items() if key not in self._seen() and job.state not in ACTIVE]
        for survey_id in idle[: max(0, len(self._jobs) - REMEMBERED)]:
            self._runner.drop(self._jobs.pop(survey_id))


def open_service(settings: Settings) -> LandscapeService:
    """A service on the cache folder, with a worker process for each device that `settings.device` stands for.

    Raises:
        LandscapeError: the cache cannot be written, or there is no such device.
    """
    from compute.store.disk import DiskStore  # tests and bare GPU machines use the service without it

    store = DiskStore(settings.cache_dir, settings.cache_gib)
    first = WorkerProcess(settings.device, settings.threads)
    service = LandscapeService(settings, store, [first])
    found = first.submit(devices, settings.device)
    found.add_done_callback(lambda done: _add_workers(service, settings, done))
    if settings.device not in {"auto", "cpu"}:
        try:
            found.result()
        except LandscapeError:
            service.close()
            raise
    return service


def _add_workers(service: LandscapeService, settings: Settings, found: "Future[list[str]]") -> None:
    """A process for each device beyond the first."""
    if found.exception() is None:
        service.device = ", ".join(found.result())
        for device in found.result()[1:]:
            service.add_worker(WorkerProcess(device, settings.threads))
