"""What is timed, each in a process of its own: asked for by name, answered in seconds or losses."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from time import perf_counter

import numpy as np
import torch

from compute.bench.plain import plain_loop
from compute.jobs.build import ready
from compute.jobs.executors import WorkerProcess, begin
from compute.jobs.process import ALLOCATOR
from compute.jobs.tasks import devices
from compute.specs import Query

REACH = 1.0
"""Every surface that is timed spans -1 to 1."""

Point = tuple[float, float]
Answer = Callable[[float, float], object]

CONTESTANTS: Mapping[str, Callable[[Query, str], Answer]] = {
    "plain": lambda query, device: plain_loop(query, device).mean_loss,
    "bare": lambda query, device: plain_loop(query, device).forward,
    "engine": lambda query, device: ready(query).within(REACH).mean_loss,
}
"""Name to what answers a point; the engine's device is its process's own."""


def seconds_per_point(contestant: str, query: Query, device: str, points: Sequence[Point], least: float) -> float:
    """The time of a point, over as many rounds through the points as fill `least` seconds."""
    work = round_of(contestant, query, device, points)
    done, start = 0, perf_counter()
    while True:
        done += work()
        elapsed = perf_counter() - start
        if elapsed >= least:
            return elapsed / done


def round_of(contestant: str, query: Query, device: str, points: Sequence[Point]) -> Callable[[], int]:
    """One round through the points, which gives how many they were; the engine takes as many at once as it would."""
    if contestant != "engine":
        answer = CONTESTANTS[contestant](query, device)
        return lambda: len([answer(*point) for point in points])
    made = ready(query).within(REACH)
    at = np.resize(points, (max(len(points), made.stack), 2))
    return lambda: len(made.losses(at, 0, query.data.size)[0])


def losses(contestant: str, query: Query, device: str, points: Sequence[Point]) -> list[float]:
    """The mean loss at each point; not of the bare forward pass, which computes none."""
    answer = CONTESTANTS[contestant](query, device)
    return [answer(*point)[0] for point in points]  # type: ignore[index]


def fallen_back(query: Query) -> bool:
    """Whether the engine gave the fast arithmetic up for a query because it strayed too far."""
    found = ready(query)
    return found.exact is not None and found.within(REACH) is found.exact


@dataclass(frozen=True, slots=True)
class Processes:
    """The plain loop's process and the engine's, with as many threads each; they are never asked at once."""

    plain: Executor
    engine: Executor
    device: str
    threads: int


@contextmanager
def processes(wanted: str) -> Iterator[Processes]:
    """Starts both on a device and ends them.

    Raises:
        LandscapeError: the machine has no such device.
    """
    threads = torch.get_num_threads()
    engine = WorkerProcess(wanted, threads)
    try:
        device = engine.submit(devices, wanted).result()[0]
        with untuned(device, threads) as plain:
            yield Processes(plain, engine, device, threads)
    finally:
        engine.shutdown()


def untuned(device: str, threads: int) -> ProcessPoolExecutor:
    """A process whose allocator is as its user finds it."""
    tuned = {name: os.environ.pop(name) for name in ALLOCATOR if name in os.environ}
    try:
        pool = ProcessPoolExecutor(1, get_context("spawn"), begin, (device, threads))
        pool.submit(os.getpid).result()  # only now is it there, with the environment of this moment
    finally:
        os.environ.update(tuned)
    return pool
