"""What the components of the pages may hold when a callback is called, by name and property."""

from collections.abc import Callable, Mapping

from viewer import ids
from viewer.address import FARTHEST

Check = Callable[[object], bool]
"""Whether a value is of some kind."""

LONGEST = 2**14
"""Characters of a text that a component holds."""


def anything(_value: object) -> bool:
    """Whatever it is."""
    return True


def text(value: object) -> bool:
    """Whether it is a text."""
    return isinstance(value, str) and len(value) <= LONGEST


def number(value: object) -> bool:
    """Whether it is a number, not beyond FARTHEST; JSON of a browser has no NaN, which is for others to refuse."""
    return isinstance(value, int | float) and not isinstance(value, bool) and not abs(value) > FARTHEST


def whole(value: object) -> bool:
    """Whether it is a whole number, not beyond FARTHEST."""
    return isinstance(value, int) and number(value)


def flag(value: object) -> bool:
    """Whether it is true or false."""
    return isinstance(value, bool)


def either(*checks: Check) -> Check:
    """Whether it is of one of some kinds."""
    return lambda value: any(check(value) for check in checks)


def optional(check: Check) -> Check:
    """Whether it is of a kind, or nothing."""
    return lambda value: value is None or check(value)


def listed(check: Check, least: int = 0) -> Check:
    """Whether it is a list of some kind, with so many entries at least."""
    return lambda value: isinstance(value, list) and len(value) >= least and all(map(check, value))


def table(**checks: Check) -> Check:
    """Whether it is a table whose entries are of some kinds; one that is optional may be left out."""
    return lambda value: isinstance(value, dict) and all(check(value.get(name)) for name, check in checks.items())


def pair(value: object) -> bool:
    """Whether it is a list of two numbers."""
    return isinstance(value, list) and len(value) == 2 and all(map(number, value))


CANDIDATE = table(
    architecture=text,
    shape=listed(whole, 1),
    classes=whole,
    differs=text,
    pairs=listed(listed(text)),
    weights=listed(text),
)
"""An architecture that an added checkpoint may be of, as `compute.adding.Candidate`."""
UPLOAD = table(token=text, file=text, candidates=listed(CANDIDATE, 1))
"""A checkpoint that waits to be added, as `compute.adding.Upload`."""
CHOICE = table(name=text, raw=flag, mean=optional(listed(number)), std=optional(listed(number)))
"""Data on which it can be evaluated, as `compute.adding.DataChoice`."""
KEPT = listed(table(name=text, title=text, contents=text))
"""Data that came and were kept, as `compute.adding.KeptData`."""

STORES: Mapping[str, Check] = {
    ids.SEARCH: optional(text),
    ids.TAB: text,
    ids.RECONNECTED: optional(number),
    ids.OPENED: optional(listed(text)),
    ids.OPENING: optional(flag),
    ids.RUNS: optional(listed(text)),
    ids.SURVEYS: listed(text),
    ids.WINDOW: optional(listed(number)),
    ids.CUT: optional(listed(number)),
    ids.SOLO: optional(text),
    ids.AT: optional(either(text, number)),
    ids.SEEN: optional(listed(whole)),
    ids.GREW: optional(listed(whole)),
    ids.LINK: optional(text),
    ids.ADDED: optional(table(runs=listed(text), problems=listed(text), uploads=listed(UPLOAD), data=optional(KEPT))),
    ids.UPLOADS: listed(UPLOAD),
    ids.DROPPED: listed(text),
    ids.MEASURING: listed(text),
    ids.MEASURED: optional(number),
    ids.DESTINATION: table(runs=listed(text), address=optional(text)),
    ids.ADDING_CHOICES: listed(CHOICE),
}
"""What stores hold, by their names."""
PROPERTIES: Mapping[str, Check] = {
    "n_clicks": optional(number),
    "n_intervals": optional(number),
    "checked": optional(flag),
    "opened": optional(flag),
    "description": optional(text),
    "value": optional(either(text, number)),
    "data-state": optional(text),
    "data-survey": optional(text),
}
"""What properties of other components hold; whether a value can be chosen is for the page to say."""


def check_of(name: str, prop: str) -> Check:
    """How to tell what a component's property may hold; anything where nothing is known of it.

    Example:
        >>> check_of("window", "data")([-1, 1]), check_of("pause", "n_clicks")("often")
        (True, False)
    """
    return STORES.get(name, anything) if prop == "data" else PROPERTIES.get(prop, anything)
