"""The whole path of a surface: service, store and worker process."""

from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from compute.lattice import Lattice
from compute.service import LandscapeService
from compute.settings import Settings
from compute.specs import Query, Survey
from compute.store.disk import DiskStore
from compute.store.memory import MemoryStore
from compute.store.protocol import Store
from compute.store.spilling import SpillingStore

PICTURE, FINEST = 2, 5
"""The levels of the first complete picture, 9 x 9 points, and of a whole surface, 65 x 65."""


@dataclass(frozen=True, slots=True)
class Picture:
    """When the first 9 x 9 points of a surface are there, in seconds, and the fewest examples that one rests on."""

    seconds: float
    examples: int


@dataclass(frozen=True, slots=True)
class Walk:
    """How long a surface of so many points took.

    `store` says where it went: to disk, or to memory.
    """

    points: int
    seconds_per_point: float
    first_picture: Picture | None
    store: str


def affordable(seconds_per_point: float, seconds: float) -> int:
    """The finest level whose surface takes no longer; the coarsest if none does.

    Example:
        >>> affordable(0.1, 10.0), affordable(0.0001, 10.0), affordable(0.1, 0.0)
        (2, 5, 0)
    """
    levels = range(FINEST + 1)
    return max((level for level in levels if spanned(level).size * seconds_per_point <= seconds), default=0)


def spanned(level: int) -> Lattice:
    """The points of a level from -1 to 1."""
    return Lattice.spanning(level, (-1, 1), (-1, 1))


def walk(query: Query, level: int, engine: Executor, folder: Path) -> Walk:
    """Asks a service with an empty store in `folder` for a surface of a level from -1 to 1.

    Raises:
        LandscapeError: the surface could not be computed.
    """
    survey = Survey(query, spanned(level))
    store = opened(folder)
    service = LandscapeService(Settings(), store, [engine], patience=None)
    picture = slice(None, None, 2 ** max(0, level - PICTURE))
    start, first = perf_counter(), None
    for snapshot in service.unfolding(survey):
        if first is None and snapshot.known[picture, picture].all():
            first = Picture(perf_counter() - start, int(snapshot.examples[picture, picture].min()))
    seconds = perf_counter() - start
    store.close()  # not the service, which would end the engine's process
    kind = "memory" if store.problem or isinstance(store, MemoryStore) else "disk"
    points = survey.lattice.size
    return Walk(points, seconds / points, first if level >= PICTURE else None, kind)


def opened(folder: Path) -> Store:
    """A store on disk, or in memory where the folder does not work or diskcache is not installed."""
    try:
        return SpillingStore(DiskStore(folder), folder)
    except ImportError:
        return MemoryStore()
