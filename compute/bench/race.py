"""All contestants on one case, in turns, so that a noisy minute meets every one of them."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from math import isfinite
from pathlib import Path
from statistics import median

from compute.bench import adaptive, ceilings, path
from compute.bench.cases import Case
from compute.bench.contestants import Processes, fallen_back, losses, seconds_per_point
from compute.jobs.precision import CHECKS
from compute.specs import Query


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is timed: rounds, points of a turn, a turn's least seconds, and about how many the whole path may take.

    `checked` points of the adaptive surface are compared with exact ones; with none it is left out. `requests` of each
    kind are sent to the server at a time.
    """

    repetitions: int = 5
    points: int = 3
    least: float = 1.5
    walk: float = 12.0
    checked: int = 40
    requests: int = 25


QUICK = Effort(repetitions=2, points=2, least=0.05, walk=0.3, checked=0, requests=10)


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """A contestant: what it is asked, and in which process."""

    kind: str
    executor: Executor
    query: Query


@dataclass(frozen=True, slots=True, eq=False)
class Round:
    """One turn of each: seconds per point by the contestants' names, the whole path, the adaptive surface, if any.

    Only the first round has a surface, which takes longer than all the rest, and a whole path of 9 x 9 points at least.
    """

    seconds: Mapping[str, float]
    walk: path.Walk
    surface: adaptive.Surface | None


@dataclass(frozen=True, slots=True, eq=False)
class Race:
    """What was measured of a case; `losses`, at the check points, go by the contestants' names and "reference".

    `shares` are those of a GPU's matrix-product and copy ceilings.
    """

    case: Case
    effort: Effort
    losses: Mapping[str, list[float]]
    rounds: Sequence[Round]
    fell_back: bool
    surface_error: float | None
    shares: tuple[float, float] | None

    def pps(self, name: str) -> float:
        """The median of a contestant's points per second."""
        return 1 / median(turn.seconds[name] for turn in self.rounds)

    def strays(self, name: str, other: str) -> float:
        """The largest relative difference of a contestant's losses from another's."""
        return largest_relative(self.losses[name], self.losses[other])


def race(case: Case, effort: Effort, where: Processes, scratch: Path) -> Race:
    """Times every contestant on a case, with stores in a scratch folder.

    Raises:
        LandscapeError: the case cannot be computed.
    """
    entries = contestants(case.query, where)
    fast = entries["fast"].query
    found = {name: answers(entry, where.device) for name, entry in entries.items() if name != "bare"}
    del entries["reference"]
    short = replace(effort, checked=0)
    warm = turn(entries, replace(short, least=0.0), 0, where, scratch / "warm")
    level = path.affordable(warm.seconds["fast"], effort.walk)
    rounds = [turn(entries, effort, max(level, path.PICTURE), where, scratch / "0")]
    rounds += [turn(entries, short, level, where, scratch / str(number)) for number in range(1, effort.repetitions)]
    fell_back = where.engine.submit(fallen_back, fast).result()
    pps = 1 / median(each.seconds["fast"] for each in rounds)
    shares = where.engine.submit(ceilings.shares, fast, pps).result()
    return Race(case, effort, found, rounds, fell_back, surface_error(rounds[0], entries["exact"], effort), shares)


def contestants(query: Query, where: Processes) -> dict[str, Entry]:
    """Who takes part, and the reference, which is not timed."""
    exact, fast, reference = (replace(query, precision=name) for name in ("exact", "fast", "reference"))
    return {
        "plain": Entry("plain", where.plain, exact),
        "bare": Entry("bare", where.plain, exact),
        "exact": Entry("engine", where.engine, exact),
        "fast": Entry("engine", where.engine, fast),
        "reference": Entry("engine", where.engine, reference),
    }


def answers(entry: Entry, device: str) -> list[float]:
    """A contestant's losses at the check points."""
    return entry.executor.submit(losses, entry.kind, entry.query, device, CHECKS).result()


def turn(entries: Mapping[str, Entry], effort: Effort, level: int, where: Processes, folder: Path) -> Round:
    """One turn of each; the whole path's is a surface of a level."""
    points = CHECKS[: effort.points]
    seconds = {
        name: entry.executor.submit(
            seconds_per_point, entry.kind, entry.query, where.device, points, effort.least
        ).result()
        for name, entry in entries.items()
    }
    fast = entries["fast"].query
    walk = path.walk(fast, level, where.engine, folder)
    surface = where.engine.submit(adaptive.adaptive65, fast).result() if effort.checked else None
    return Round(seconds, walk, surface)


def surface_error(first: Round, exact: Entry, effort: Effort) -> float | None:
    """The adaptive surface's error, where there is one."""
    if first.surface is None:
        return None
    return exact.executor.submit(adaptive.largest_error, first.surface, exact.query, effort.checked).result()


def largest_relative(found: Sequence[float], true: Sequence[float]) -> float:
    """The largest |found / true - 1|; where neither is finite there is no difference, where only one is, all.

    Example:
        >>> largest_relative([1.0, 2.5], [1.0, 2.0])
        0.25
    """
    return max(relative(*pair) for pair in zip(found, true, strict=True))


def relative(found: float, true: float) -> float:
    """The same of one pair."""
    if isfinite(found) and isfinite(true):
        return abs(found - true) / max(abs(true), 1e-300)
    return 0.0 if isfinite(found) == isfinite(true) else float("inf")
