"""Keeps every worker busy with the most wanted tiles of all surveys."""

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from threading import RLock

from compute.errors import CorruptTile, LandscapeError
from compute.jobs.job import ACTIVE, Job
from compute.jobs.tasks import TileResult, TileTask, evaluate
from compute.lattice import Tile
from compute.snapshot import JobState
from compute.store.protocol import Store, TileValues

log = logging.getLogger(__name__)

PATIENCE = 3
"""How often a tile may take its worker down before its surveys fail."""


@dataclass(slots=True, eq=False)
class Worker:
    """An executor and how many tiles it has in hand."""

    executor: Executor
    busy: int = 0


class Runner:
    """The pump between jobs, workers and the store.

    It has no thread: whoever adds work, and every result that comes in, hands out the next tiles. A tile is in flight
    once, however many surveys want it; what the store knows is never computed.
    """

    def __init__(
        self,
        store: Store,
        executors: Sequence[Executor],
        in_flight: int = 2,
        changed: Callable[[Job], object] = id,
    ) -> None:
        """Starts idle.

        Args:
            store: where results go, and where they may already be.
            executors: one per device.
            in_flight: tiles in a worker's hands at a time; few, so that new priorities act at once.
            changed: called, with the lock held, after each change of a job; by default nothing comes of it.
        """
        self.lock = RLock()
        self._store = store
        self._workers = [Worker(executor) for executor in executors]
        self._in_flight = in_flight
        self._changed = changed
        self._jobs: list[Job] = []
        self._busy: set[tuple[str, Tile]] = set()
        self._losses: dict[tuple[str, Tile], int] = {}
        self._turn = 0
        self._pumping = False

    def add_worker(self, executor: Executor) -> None:
        """Takes on another device."""
        with self.lock:
            self._workers.append(Worker(executor))
        self.pump()

    def add(self, job: Job) -> None:
        """Fills a job from the store, then computes the rest."""
        with self.lock:
            for tile in job.survey.lattice.tiles():
                values = self._stored(job, tile)
                if values is not None:
                    job.tell(tile, values, fresh=False)
            if job.state in ACTIVE:
                self._jobs.append(job)
            self._changed(job)
        self.pump()

    def drop(self, job: Job) -> None:
        """Forgets a job."""
        with self.lock:
            self._jobs = [other for other in self._jobs if other is not job]

    def set_state(self, job: Job, state: JobState) -> None:
        """Pauses, cancels or goes on; tiles in flight are finished and kept."""
        with self.lock:
            if job.state is not JobState.DONE and job.state is not state:
                job.state, job.error = state, None
                job.start_clock()
                self._changed(job)
        self.pump()

    def pump(self) -> None:
        """Hands out tiles until every worker has its share or nothing is wanted."""
        with self.lock:
            if self._pumping:
                return
            self._pumping = True
            try:
                while self._hand_out():
                    pass
            finally:
                self._pumping = False

    def _hand_out(self) -> bool:
        worker = min(self._workers, key=lambda worker: worker.busy, default=None)
        if worker is None or worker.busy >= self._in_flight:
            return False
        choice = self._next()
        if choice is None:
            return False
        self._submit(worker, *choice)
        return True

    def _next(self) -> tuple[Job, TileTask] | None:
        """The most wanted tile: coarse before fine over all jobs, and turn by turn among equals."""
        choices: list[tuple[int, int, Job, TileTask]] = []
        for job in self._jobs:
            query = job.survey.query
            asked = job.refiner.ask({tile for key, tile in self._busy if key == query.key})
            if asked is not None and job.state in ACTIVE:
                tile, mask = asked
                choices.append((tile.level, job.served, job, TileTask(query, tile, mask, job.survey.lattice.reach)))
        if not choices:
            return None
        *_, job, task = min(choices, key=lambda choice: choice[:2])
        return job, task

    def _submit(self, worker: Worker, job: Job, task: TileTask) -> None:
        self._turn += 1
        job.served = self._turn
        if job.state is JobState.QUEUED:
            job.state = JobState.RUNNING
            job.start_clock()
            self._changed(job)
        # Another process may have computed it since the job was opened.
        values = self._stored(job, task.tile)
        if values is not None and (values.known & task.mask).any():
            self._tell(task, values, fresh=False)
            return
        self._busy.add((task.query.key, task.tile))
        worker.busy += 1
        future = worker.executor.submit(evaluate, task)
        future.add_done_callback(lambda done: self._finished(worker, task, done))

    def _finished(self, worker: Worker, task: TileTask, future: "Future[TileResult]") -> None:
        with self.lock:
            worker.busy -= 1
            self._busy.discard((task.query.key, task.tile))
            if not future.cancelled():
                self._settle(task, future)
        self.pump()

    def _settle(self, task: TileTask, future: "Future[TileResult]") -> None:
        problem = future.exception()
        if problem is None:
            result = future.result()
            self._tell(task, result.values, fresh=True, result=result)
            self._keep(task, result.values)
        elif isinstance(problem, BrokenProcessPool):
            self._worker_lost(task)
        else:
            self._fail(task, sentence(task, problem), problem)

    def _keep(self, task: TileTask, values: TileValues) -> None:
        try:
            self._store.put(task.query.key, task.tile, values)
        except Exception as problem:  # noqa: BLE001 - a broken store must not leave a survey waiting for ever
            self._fail(
                task, f"Tiles need a cache that can be written, this one cannot ({problem}): see the log.", problem
            )

    def _tell(self, task: TileTask, values: TileValues, fresh: bool, result: TileResult | None = None) -> None:
        for job in self._wanting(task):
            job.tell(task.tile, values, fresh)
            if result is not None:
                job.mark(int(task.mask.sum()), result)
            self._changed(job)
        self._jobs = [job for job in self._jobs if job.state is not JobState.DONE]

    def _worker_lost(self, task: TileTask) -> None:
        address = task.query.key, task.tile
        self._losses[address] = self._losses.get(address, 0) + 1
        log.warning("worker lost key=%s tile=%s times=%d", *address, self._losses[address])
        if self._losses[address] >= PATIENCE:
            del self._losses[address]
            self._fail(
                task,
                f"Computing {task.query.model.run} needs a worker process that lives, it died {PATIENCE} times on the "
                "same tile (out of memory?): choose fewer samples, then go on.",
                None,
            )

    def _fail(self, task: TileTask, message: str, problem: BaseException | None) -> None:
        log.error("tile failed key=%s tile=%s", task.query.key, task.tile, exc_info=problem)
        for job in self._wanting(task):
            if job.state in ACTIVE:
                job.state, job.error = JobState.FAILED, message
                self._changed(job)

    def _wanting(self, task: TileTask) -> list[Job]:
        return [job for job in self._jobs if job.survey.query.key == task.query.key]

    def _stored(self, job: Job, tile: Tile) -> TileValues | None:
        try:
            return self._store.get(job.survey.query.key, tile)
        except CorruptTile as problem:
            log.error("corrupt tile, computing it again: %s", problem)
            return None


def sentence(task: TileTask, problem: BaseException) -> str:
    """What a user reads about a failed tile."""
    if isinstance(problem, LandscapeError):
        return str(problem)
    return (
        f"Computing {task.query.model.run} on {task.query.data.name} stopped unexpectedly "
        f"({type(problem).__name__}: {problem}): the log has the details; what was computed is kept."
    )
