"""Which surveys the open tabs look at."""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from math import inf

MOST_TABS = 256
"""Tabs that are known at a time; beyond, the one that asked longest ago counts as closed."""
MOST_LEFT = 1024
"""Closed tabs whose requests that are still under way are refused."""


class Attention(IntEnum):
    """Who looks at a survey; the smaller, the sooner it is computed."""

    VISIBLE = 0
    HIDDEN = 1
    NOBODY = 2


@dataclass(slots=True)
class Tab:
    """What an open tab looks at, when it asked for that (seconds), and whether it is on screen."""

    surveys: frozenset[str]
    asked: float
    visible: bool = True


class Watching:
    """The open tabs, by name. Its owner serialises all calls.

    Example:
        >>> watching = Watching()
        >>> watching.look("tab", ["survey"], 1.0), watching.look("tab", [], 0.5)
        (frozenset(), None)
        >>> watching.attention("survey").name, watching.attention("another").name
        ('VISIBLE', 'NOBODY')
    """

    def __init__(self) -> None:
        """No tab is open."""
        self._tabs: OrderedDict[str, Tab] = OrderedDict()
        self._left: OrderedDict[str, float] = OrderedDict()

    def look(self, name: str, surveys: Iterable[str], asked: float) -> frozenset[str] | None:
        """Notes what a tab looks at now; gives what it looked at before.

        None, and nothing changes, where the tab asked for something else later than `asked`, or was closed since.
        """
        tab = self._tabs.get(name)
        if asked < (tab.asked if tab else self._left.get(name, asked)):
            return None
        self._left.pop(name, None)
        self._keep(name, Tab(frozenset(surveys), asked, tab.visible if tab else True))
        return tab.surveys if tab else frozenset()

    def show(self, name: str, visible: bool) -> None:
        """Notes whether a tab is on screen; one that is just being opened may look at nothing yet."""
        if name in self._tabs:
            self._tabs[name].visible = visible
        else:
            self._keep(name, Tab(frozenset(), self._left.get(name, -inf), visible))

    def leave(self, name: str, now: float) -> None:
        """Forgets a tab that was closed; what it asked for before `now` comes too late."""
        self._tabs.pop(name, None)
        self._left[name] = now
        self._left.move_to_end(name)
        if len(self._left) > MOST_LEFT:
            self._left.popitem(last=False)

    def _keep(self, name: str, tab: Tab) -> None:
        """Makes a tab the last that asked, and room for it."""
        self._tabs[name] = tab
        self._tabs.move_to_end(name)
        if len(self._tabs) > MOST_TABS:
            oldest, before = next(iter(self._tabs.items()))
            self.leave(oldest, before.asked)

    def seen(self) -> frozenset[str]:
        """All that some tab looks at."""
        return frozenset().union(*(tab.surveys for tab in self._tabs.values()))

    def seen_by(self, tabs: Iterable[str]) -> frozenset[str]:
        """All that one of some tabs looks at."""
        return frozenset().union(*(self._tabs[name].surveys for name in tabs if name in self._tabs))

    def attention(self, survey: str) -> Attention:
        """Who looks at a survey."""
        looking = [tab.visible for tab in self._tabs.values() if survey in tab.surveys]
        if not looking:
            return Attention.NOBODY
        return Attention.VISIBLE if any(looking) else Attention.HIDDEN
