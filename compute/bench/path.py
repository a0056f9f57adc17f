"""The whole path of a surface: service, store and worker process."""

from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from compute.errors import LandscapeError
from compute.lattice import Lattice
from compute.service import LandscapeService
from compute.settings import Settings
from compute.snapshot import JobState
from compute.specs import Query, Survey
from compute.store.disk import DiskStore
from compute.store.memory import MemoryStore
from compute.store.protocol import Store

PICTURE = 2
"""The level of the first complete picture: 9 x 9 points."""


@dataclass(frozen=True, slots=True)
class Walk:
    """How long a surface took, and its first picture of 9 x 9; `store` says where it went: to disk, or to memory."""

    seconds_per_point: float
    first_picture: float
    store: str


def walk(query: Query, level: int, engine: Executor, folder: Path) -> Walk:
    """Asks a service with an empty store in `folder` for a surface of a level from -1 to 1.

    Raises:
        LandscapeError: the surface could not be computed.
    """
    survey = Survey(query, Lattice.spanning(level, (-1, 1), (-1, 1)))
    store = opened(folder)
    service = LandscapeService(Settings(), store, [engine])
    picture = slice(None, None, 2 ** max(0, level - PICTURE))
    start, first, version = perf_counter(), None, 0
    service.open(survey)
    while True:
        version = service.wait(version, timeout=1.0)
        snapshot = service.snapshot(survey)
        if first is None and snapshot.known[picture, picture].all():
            first = perf_counter() - start
        if snapshot.progress.state is JobState.FAILED:
            raise LandscapeError(snapshot.progress.error or "The survey failed.")
        if snapshot.progress.state is JobState.DONE and first is not None:
            seconds = perf_counter() - start
            store.close()  # not the service, which would end the engine's process
            return Walk(seconds / survey.lattice.size, first, "disk" if isinstance(store, DiskStore) else "memory")


def opened(folder: Path) -> Store:
    """A store on disk, or in memory where diskcache is not installed."""
    try:
        return DiskStore(folder)
    except ImportError:
        return MemoryStore()
