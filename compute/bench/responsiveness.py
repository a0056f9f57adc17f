"""How fast the server answers while a survey runs, beside how fast it does when it has nothing to compute."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from itertools import cycle, islice
from math import ceil
from pathlib import Path
from time import perf_counter, sleep

from compute.bench.browser import Stream, Visitor
from compute.bench.page import Page, answered
from compute.bench.served import server
from compute.errors import LandscapeError

ROUNDS = 2
"""Idle and busy take turns, so that a noisy minute meets both."""
PAUSE = 0.02
"""Seconds between two requests."""
SHARE = 0.95

LIGHT, HEAVY = "?models=mlp&samples=64", "?models=resnet20&points=129&samples=all&seed=1&tolerance=0"
"""Links to surveys of which one is computed at once, and one keeps any worker busy."""

Times = Mapping[str, Sequence[float]]
Answers = dict[str, dict[str, float]]


def responsiveness(device: str, requests: int, folder: Path) -> Answers:
    """The 95th percentiles of the milliseconds in which `run.py serve` answers, idle and busy, and their ratios.

    Two kinds of requests take turns: the page itself, and the callback of a slider that is moved to and fro between two
    small surveys which are already there. Meanwhile another tab looks at a large survey, or at nothing new.

    Args:
        device: where the server computes.
        requests: of each kind in each of the rounds.
        folder: where the server may write.

    Raises:
        LandscapeError: there is no dash, or the server does not do as it should.
    """
    if find_spec("dash") is None:
        raise LandscapeError("It needs dash, which is not installed here: see requirements.txt.")
    with server(device, folder) as port:
        return summary(*measured(Tabs.at(port), requests))


def summary(idle: Times, busy: Times) -> Answers:
    """Percentiles of seconds, in milliseconds, and the ratios of busy to idle.

    Example:
        >>> summary({"page": [0.002]}, {"page": [0.003]})
        {'idle_ms': {'page': 2.0}, 'busy_ms': {'page': 3.0}, 'ratio': {'page': 1.5}}
    """
    before, during = (
        {kind: 1000 * percentile(times, SHARE) for kind, times in state.items()} for state in (idle, busy)
    )
    found = {"idle_ms": before, "busy_ms": during, "ratio": {kind: during[kind] / before[kind] for kind in before}}
    return {name: {kind: float(f"{value:.4g}") for kind, value in part.items()} for name, part in found.items()}


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest of the values that at least a share of them do not exceed.

    Example:
        >>> percentile([3.0, 1.0, 2.0, 4.0], 0.5), percentile([3.0, 1.0, 2.0, 4.0], 0.95)
        (2.0, 4.0)
    """
    return sorted(values)[max(0, ceil(share * len(values)) - 1)]


@dataclass(frozen=True, slots=True, eq=False)
class Tabs:
    """Two tabs of one browser: "moved" has the slider, "watched" the survey."""

    page: Page
    visitor: Visitor
    stream: Stream

    @classmethod
    def at(cls, port: int) -> "Tabs":
        """Those of the server on a port of this machine."""
        visitor = Visitor.at(port)
        return cls(visitor.page(), visitor, Stream(Visitor.at(port).answered("GET", "/api/stream?browser=watched")))

    def move(self, tab: str, link: str) -> bytes:
        """What a tab that was opened by a link sends when its slider has been moved to where the link says.

        Raises:
            LandscapeError: the link cannot be read.
        """
        values = answered(self.visitor.post(self.page.call("search.data", "opened.data", {"search.data": link})))
        misread = values.get("misread.children")
        if isinstance(misread, list) and misread:
            raise LandscapeError(" ".join(str(alert["props"]["children"]) for alert in misread))
        return self.page.call("points.value", "surveys.data", {**values, "tab.data": tab})

    def look(self, tab: str, link: str) -> str:
        """Moves the slider, and gives the survey that the tab looks at now.

        Raises:
            LandscapeError: it looks at none, for there is no such run.
        """
        surveys = answered(self.visitor.post(self.move(tab, link)))["surveys.data"]
        if not isinstance(surveys, list) or not surveys:
            raise LandscapeError(f"The server should show what {link} names, which ships with it, but does not.")
        return str(surveys[0])

    def work(self) -> str:
        """Looks at a survey that keeps the worker busy, and waits until it does; gives its id."""
        survey = self.look("watched", HEAVY)
        before = self.stream.standing.get(survey, {}).get("passes", 0)
        self.stream.until(survey, lambda found: found["state"] == "running" and found["passes"] > before)
        return survey

    def rest(self, working: str, number: int) -> None:
        """Looks at a small survey instead, and waits for it: the worker has nothing else in hand then.

        Raises:
            LandscapeError: the large survey did not last until now.
        """
        small = self.look("watched", f"{LIGHT}&points=9&seed={1 + number}")
        ended = self.stream.until(working, lambda found: found["state"] not in {"queued", "running"})
        if ended["state"] != "cancelled":
            raise LandscapeError("The survey should run for as long as answers are timed, but was done before.")
        self.settle(small)

    def settle(self, survey: str) -> None:
        """Waits for the end of a survey."""
        self.stream.until(survey, lambda found: found["state"] == "done")


def measured(tabs: Tabs, requests: int) -> tuple[Times, Times]:
    """The seconds that answers of each kind took while nothing, and while a survey was computed."""
    idle: dict[str, list[float]] = {"page": [], "slider": []}
    busy: dict[str, list[float]] = {"page": [], "slider": []}
    ends = [f"{LIGHT}&points={points}" for points in (9, 17)]
    for link in ends:
        tabs.settle(tabs.look("moved", link))
    moves = [tabs.move("moved", link) for link in ends]
    tabs.rest(tabs.work(), 0)  # whatever is done once is done
    for number in range(ROUNDS):
        time_answers(tabs.visitor, moves, requests, idle)
        working = tabs.work()
        time_answers(tabs.visitor, moves, requests, busy)
        tabs.rest(working, 1 + number)
    return idle, busy


def time_answers(visitor: Visitor, moves: Sequence[bytes], requests: int, found: Mapping[str, list[float]]) -> None:
    """Adds the seconds of as many answers of each kind."""
    for move in islice(cycle(moves), requests):
        found["page"].append(seconds(partial(visitor.get, "/")))
        found["slider"].append(seconds(partial(visitor.post, move)))


def seconds(ask: Callable[[], object]) -> float:
    """How long an answer takes, after a pause."""
    sleep(PAUSE)
    start = perf_counter()
    ask()
    return perf_counter() - start
