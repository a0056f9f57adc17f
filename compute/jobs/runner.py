"""Keeps every worker busy with the most wanted tiles of all surveys."""

import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future
from dataclasses import dataclass, field, replace
from threading import RLock
from types import MappingProxyType
from weakref import WeakSet

import numpy as np

from compute.blocks import Block, blocks
from compute.errors import CorruptTile, LandscapeError
from compute.jobs.asking import FIRST, submit
from compute.jobs.fallback import exact, remember, remembered
from compute.jobs.job import ACTIVE, Job, Wish
from compute.jobs.lost import WorkerLate, WorkerLost
from compute.jobs.tasks import TileResult, TileTask, evaluate
from compute.lattice import Lattice, Tile
from compute.losses import BlockValues, summary
from compute.snapshot import JobState
from compute.store.protocol import Store

log = logging.getLogger(__name__)

NOTHING: Mapping[Block, BlockValues] = MappingProxyType({})
PATIENCE = 3
"""How often a tile may take its worker down before its surveys fail."""
LEAST, MARGIN = 60.0, 20.0
"""Seconds without progress that a tile may take once its query has been measured, or so many times what is expected."""
PACES = 1024
"""Queries whose pace is remembered."""
ENDED = frozenset({JobState.CANCELLED, JobState.FAILED})
"""States in which a survey is not done, and nothing of it is under way."""


@dataclass(slots=True, eq=False)
class Worker:
    """An executor, how many tiles it has in hand, and the longest seconds of a pass by the queries' keys."""

    executor: Executor
    busy: int = 0
    paces: dict[str, float] = field(default_factory=dict)

    def allowed(self, task: TileTask) -> float:
        """How many seconds a tile may take without progress: the first of a query is loaded, and perhaps compiled."""
        pace = self.paces.get(task.query.key)
        return FIRST if pace is None else max(LEAST, MARGIN * pace * task.passes)

    def note(self, task: TileTask, seconds: float) -> None:
        """Measures."""
        key = task.query.key
        if len(self.paces) > PACES:
            self.paces.clear()
        self.paces[key] = max(self.paces.get(key, 0.0), seconds / task.passes)


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
        self._fast: WeakSet[Job] = WeakSet()
        self._turn = 0
        self._pumping = False
        self._closed = False

    def close(self) -> None:
        """Hands out no more tiles, as the workers are about to end: those in flight are not missed."""
        with self.lock:
            self._closed = True

    def add_worker(self, executor: Executor) -> None:
        """Takes on another device."""
        with self.lock:
            self._workers.append(Worker(executor))
        self.pump()

    def add(self, job: Job) -> None:
        """Fills a job from the store, then computes the rest."""
        with self.lock:
            if remembered(self._store, job.query):
                job.fall_back()
            elif job.query.precision == "fast":
                self._fast.add(job)
            self._fill_all(job)
            if job.state in ACTIVE:
                self._jobs.append(job)
            self._changed(job)
        self.pump()

    def drop(self, job: Job) -> None:
        """Forgets a job."""
        with self.lock:
            self._jobs = [other for other in self._jobs if other is not job]

    def set_state(self, job: Job, state: JobState) -> None:
        """Pauses, cancels or goes on; tiles in flight are kept. What has ended can only be gone on with."""
        with self.lock:
            may = {JobState.QUEUED} if job.state in ENDED else {*JobState} - {job.state}
            if job.state is not JobState.DONE and state in may:
                job.state, job.error = state, None
                job.start_clock()
                self._changed(job)
        self.pump()

    def focus(self, job: Job, view: Lattice) -> None:
        """Computes what a view shows before the rest, from the next tile on."""
        with self.lock:
            job.focus(view)

    def put_first(self, job: Job) -> None:
        """Computes a job before all others, from the next tile on."""
        with self.lock:
            job.order = min(other.order for other in (job, *self._jobs)) - 1

    def pump(self) -> None:
        """Hands out tiles until every worker has its share or nothing is wanted."""
        with self.lock:
            if self._pumping or self._closed:
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
        self._serve(worker, *choice)
        return True

    def _next(self) -> tuple[Job, Wish] | None:
        """The most wanted tile of all jobs, turn by turn among equals."""
        choices = []
        for job in self._jobs:
            key = job.query.key
            wish = job.ask({tile for name, tile in self._busy if name == key}) if job.state in ACTIVE else None
            if wish is not None:
                choices.append((job, wish))
        return min(choices, key=lambda choice: choice[1].rank, default=None)

    def _serve(self, worker: Worker, job: Job, wish: Wish) -> None:
        self._turn += 1
        job.served = self._turn
        if job.state is JobState.QUEUED:
            job.state = JobState.RUNNING
            job.start_clock()
            self._changed(job)
        task = self._task(job, wish)
        if task is None:  # another process has computed it since the job was opened
            self._tell(job, wish.tile, fresh=False)
            return
        self._busy.add((task.query.key, task.tile))
        worker.busy += 1
        future: Future[TileResult] = submit(worker.executor, worker.allowed(task), evaluate, task)
        future.add_done_callback(lambda done: self._finished(worker, task, done))

    def _task(self, job: Job, wish: Wish) -> TileTask | None:
        """The first block that a wish lacks, with those after it that lack the same points; None if it lacks none."""
        query = job.query
        lacking: list[tuple[Block, np.ndarray]] = []
        for block in blocks(job.survey.answers):
            if block.stop > wish.size:
                break
            stored = self._stored(query.key, wish.tile, block)
            mask = wish.mask & ~stored.known if stored else wish.mask
            if lacking and not np.array_equal(mask, lacking[0][1]):
                break
            if mask.any():
                lacking.append((block, mask))
        if not lacking:
            return None
        wanted = tuple(block for block, _ in lacking)
        return TileTask(query, wish.tile, wanted, lacking[0][1], job.survey.lattice.reach)

    def _finished(self, worker: Worker, task: TileTask, future: "Future[TileResult]") -> None:
        with self.lock:
            worker.busy -= 1
            self._busy.discard((task.query.key, task.tile))
            if not future.cancelled() and not self._closed:
                try:
                    self._settle(worker, task, future)
                except Exception as problem:  # noqa: BLE001 - whatever it is, no survey may wait for ever
                    self._fail(task, sentence(task, problem), problem)
        self.pump()

    def _settle(self, worker: Worker, task: TileTask, future: "Future[TileResult]") -> None:
        problem = future.exception()
        if problem is None:
            worker.note(task, future.result().seconds)
            self._losses.pop((task.query.key, task.tile), None)
            self._answered(task, future.result())
        elif isinstance(problem, BrokenExecutor):
            worker.paces.clear()  # the new process has loaded nothing yet
            self._worker_lost(task, problem)
        else:
            self._fail(task, sentence(task, problem), problem)

    def _give_up_fast(self, task: TileTask, result: TileResult) -> None:
        """Starts every survey of a query anew in exact arithmetic, also those that are done, and notes why."""
        try:
            remember(self._store, task.query)
        except Exception as problem:
            log.error("fast not given up for later processes key=%s", task.query.key, exc_info=problem)
        for job in [job for job in self._fast if job.query.key == task.query.key]:
            self._fast.discard(job)
            job.mark(0, result)
            job.fall_back()
            self._fill_all(job)
            if job.state in ACTIVE and job not in self._jobs:
                self._jobs.append(job)
            self._changed(job)

    def _answered(self, task: TileTask, result: TileResult) -> None:
        if result.fell_back:  # the values are exact
            self._give_up_fast(task, result)
            task = replace(task, query=exact(task.query))
        fresh = dict(zip(task.blocks, result.values, strict=True))
        for job in self._wanting(task):
            job.mark(int(task.mask.sum()) * task.examples * job.survey.weight, result)
            self._tell(job, task.tile, fresh=True, added=fresh)
        for block, values in fresh.items():
            self._keep(task, block, values)

    def _keep(self, task: TileTask, block: Block, values: BlockValues) -> None:
        try:
            self._store.put(task.query.key, task.tile, block, values)
        except Exception as problem:  # noqa: BLE001 - a broken store must not leave a survey waiting for ever
            self._fail(
                task, f"Tiles need a cache that can be written, this one cannot ({problem}): see the log.", problem
            )

    def _tell(self, job: Job, tile: Tile, fresh: bool, added: Mapping[Block, BlockValues] = NOTHING) -> None:
        self._fill(job, tile, fresh, added)
        self._changed(job)
        self._jobs = [job for job in self._jobs if job.state is not JobState.DONE]

    def _fill_all(self, job: Job) -> None:
        """Tells a job all that the store knows."""
        for tile in job.survey.lattice.tiles():
            self._fill(job, tile)

    def _fill(self, job: Job, tile: Tile, fresh: bool = False, added: Mapping[Block, BlockValues] = NOTHING) -> None:
        """Tells a job, stage by stage, what the store and a result that just came in know of a tile."""
        if not job.survey.lattice.mask(tile).any():
            return
        key, parts, left = job.query.key, [], list(job.stages)
        for block in blocks(job.survey.answers):
            stored, new = self._stored(key, tile, block), added.get(block)
            values = stored.merged(new) if stored and new else stored or new
            if values is None:
                return
            parts.append(values)
            if block.stop == left[0].size:
                job.tell(left.pop(0), tile, summary(parts, job.survey.statistic), fresh)

    def _worker_lost(self, task: TileTask, problem: BrokenExecutor) -> None:
        address = task.query.key, task.tile
        self._losses[address] = self._losses.get(address, 0) + 1
        log.warning("worker lost key=%s tile=%s times=%d", *address, self._losses[address])
        if self._losses[address] >= PATIENCE:
            del self._losses[address]
            how = str(problem) if isinstance(problem, WorkerLost) else "died"
            why = "" if isinstance(problem, WorkerLate) else " (out of memory?)"
            self._fail(
                task,
                f"Computing {task.query.model.run} needs a worker process that lives, it {how} {PATIENCE} times on the "
                f"same tile{why}: choose fewer samples, then go on.",
                None,
            )

    def _fail(self, task: TileTask, message: str, problem: BaseException | None) -> None:
        level = logging.INFO if isinstance(problem, LandscapeError) else logging.ERROR  # the message says it all
        log.log(level, "tile failed key=%s tile=%s reason=%s", task.query.key, task.tile, message, exc_info=problem)
        for job in self._wanting(task):
            if job.state in ACTIVE:
                job.state, job.error = JobState.FAILED, message
                self._changed(job)

    def _wanting(self, task: TileTask) -> list[Job]:
        return [job for job in self._jobs if job.query.key == task.query.key]

    def _stored(self, key: str, tile: Tile, block: Block) -> BlockValues | None:
        try:
            return self._store.get(key, tile, block)
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
