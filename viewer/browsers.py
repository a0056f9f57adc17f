"""Which browsers are connected, and which tabs each of them has open."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING

from compute.errors import LandscapeError

if TYPE_CHECKING:
    from compute.service import LandscapeService

MOST_STREAMS = 16
"""Streams at a time: each holds a thread of the server, and others must be left for requests."""
MOST_BROWSERS = 128
"""Browsers that are known at a time."""
MOST_TABS = 256
"""Tabs of a browser."""
LONGEST_NAME = 64
"""Characters that the name of a browser or tab may have."""
LEASE = 60.0
"""Seconds without a stream or a report after which a browser counts as closed."""
FULL = (
    f"Live updates go to at most {MOST_STREAMS} browsers at a time, and as many are connected: this page asks for news "
    "every few seconds instead; close others."
)


class TooManyStreams(LandscapeError):
    """Another stream would leave too few threads for requests."""


class BadReport(LandscapeError):
    """What a browser says about its tabs makes no sense."""


@dataclass(slots=True)
class Browser:
    """Its open tabs and whether each is on screen, how many streams it has, when it was last heard of (seconds)."""

    heard: float
    tabs: dict[str, bool] = field(default_factory=dict)
    streams: int = 0


class Browsers:
    """The connected browsers, by name; tells the service which tabs are on screen and which were closed."""

    def __init__(self, service: "LandscapeService", clock: Callable[[], float] = monotonic) -> None:
        """None is connected."""
        self._service, self._clock, self._lock = service, clock, Lock()
        self._browsers: dict[str, Browser] = {}

    @property
    def full(self) -> bool:
        """Whether no more streams are opened."""
        return sum(browser.streams for browser in self._browsers.values()) >= MOST_STREAMS

    def connect(self, name: str) -> None:
        """Notes that a browser opened a stream.

        Raises:
            TooManyStreams: there are as many as there can be.
            BadReport: the name is none.
        """
        checked_name(name)
        with self._lock:
            if self.full:
                raise TooManyStreams(FULL)
            self._browser(name).streams += 1

    def disconnect(self, name: str) -> None:
        """Notes that a browser's stream has ended; it may open another."""
        with self._lock:
            self._browser(name).streams -= 1

    def report(self, name: object, tabs: object) -> bool:
        """Notes a browser's open tabs and whether each is on screen; gives whether it had reported before.

        Raises:
            BadReport: a name is none, or there are too many tabs.
        """
        name, tabs = checked_name(name), checked_tabs(tabs)
        with self._lock:
            for other, browser in self._browsers.items():
                if other != name:  # a tab's browser has another name once another tab holds its stream
                    browser.tabs = {tab: seen for tab, seen in browser.tabs.items() if tab not in tabs}
            browser = self._browser(name)
            before, browser.tabs = browser.tabs, dict(tabs)
        for tab, visible in tabs.items():
            self._service.show(tab, visible)
        for tab in before.keys() - tabs.keys():
            self._service.leave(tab)
        return bool(before)

    def tabs_of(self, name: object) -> frozenset[str]:
        """The tabs that a browser has open, as far as it has reported."""
        with self._lock:
            browser = self._browsers.get(str(name))
            return frozenset(browser.tabs if browser else ())

    def leave(self, tab: object) -> None:
        """Notes that a tab says it is being closed.

        Raises:
            BadReport: the name is none.
        """
        tab = checked_name(tab)
        with self._lock:
            for browser in self._browsers.values():
                browser.tabs.pop(tab, None)
        self._service.leave(tab)

    def expire(self) -> None:
        """Closes the tabs of browsers that were not heard of for long, and of the oldest where there are too many."""
        with self._lock:
            oldest = self._clock() - LEASE
            idle = [name for name, each in self._browsers.items() if not each.streams]
            surplus = idle[: max(0, len(self._browsers) - MOST_BROWSERS)]
            lapsed = {*surplus, *(name for name in idle if self._browsers[name].heard < oldest)}
            gone = [tab for name in lapsed for tab in self._browsers.pop(name).tabs]
        for tab in gone:
            self._service.leave(tab)

    def _browser(self, name: str) -> Browser:
        """A browser, heard of just now, and so the last of the table."""
        browser = self._browsers.pop(name, None) or Browser(0.0)
        browser.heard = self._clock()
        self._browsers[name] = browser
        return browser


def checked_name(name: object) -> str:
    """The name of a browser or tab.

    Raises:
        BadReport: it is none.
    """
    if isinstance(name, str) and 0 < len(name) <= LONGEST_NAME and name.isprintable():
        return name
    raise BadReport(
        f"The name of a browser or tab should be 1 to {LONGEST_NAME} printable characters, got "
        f"{str(name)[:LONGEST_NAME]!r}: reload the page."
    )


def checked_tabs(tabs: object) -> dict[str, bool]:
    """The tabs of a browser, and whether each is on screen.

    Raises:
        BadReport: they are none, or too many.
    """
    if not isinstance(tabs, Mapping) or len(tabs) > MOST_TABS:
        found = f"{len(tabs)} tabs" if isinstance(tabs, Mapping) else type(tabs).__name__
        raise BadReport(f"A browser should report a table of at most {MOST_TABS} tabs, got {found}: close some.")
    if not all(isinstance(visible, bool) for visible in tabs.values()):
        raise BadReport(
            "A browser should report true or false for each of its tabs, got another value: reload the page."
        )
    return {checked_name(tab): visible for tab, visible in tabs.items()}
