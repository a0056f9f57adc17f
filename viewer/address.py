"""How a page's address spells what a tab looks at."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import Field, dataclass, fields, replace
from math import isfinite
from types import MappingProxyType
from typing import Any, ClassVar, Generic, Protocol, TypeVar
from urllib.parse import parse_qsl, urlencode

from compute.errors import BadReference, LandscapeError
from compute.lattice import MAX_LEVEL, MAX_REACH, SIDE
from viewer.figures.camera import Viewpoint

ALL = 0
"""The number of examples that stands for every one of the split."""
SWITCH = ("off", "on")
WORDS: Mapping[tuple[str, object], str] = MappingProxyType({("samples", ALL): "all", ("cap", 0.0): "auto"})
"""Numbers that an address spells as words, by the names of their fields."""
MAX_SEED = 2**31 - 1
NARROWEST = SIDE / 2**MAX_LEVEL
"""The width of a tile of the finest level: nothing narrower is looked at."""
FARTHEST = 1e100
"""The largest end of a window, and of whatever number a page sends: beyond, sums and squares overflow."""

Window = tuple[float, float, float, float]
"""The part of the plane that is looked at: the ends of alpha, then those of beta."""

Reader = Callable[[str, str], Any]
"""From a part's name and text to its value, or a BadLink."""


class BadLink(LandscapeError):
    """An address that names something there is not."""


class View(Protocol):
    """What a page looks at: a frozen dataclass whose every field has a default."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


State = TypeVar("State", bound=View)


@dataclass(frozen=True, slots=True)
class Reading(Generic[State]):
    """A state, and a sentence for everything in the address that could not be read."""

    state: State
    problems: tuple[str, ...] = ()

    def whole(self) -> State:
        """The state, where all of the address could be read.

        Raises:
            BadReference: something in it could not.
        """
        if self.problems:
            raise BadReference(" ".join(self.problems))
        return self.state


def spelled(state: View, names: Mapping[str, str] = MappingProxyType({})) -> str:
    """What differs from the defaults, in a fixed order; `names` maps fields to their names in the address if others."""
    return urlencode(_parts(state, names), safe=",:/@")


def _parts(state: View, names: Mapping[str, str]) -> list[tuple[str, str]]:
    plain = type(state)()
    pairs = [(row.name, getattr(state, row.name)) for row in fields(state)]
    differing = [(name, value) for name, value in pairs if value != getattr(plain, name)]
    return [(names.get(name, name), spell(name, value)) for name, value in differing]


def check(state: View, readers: Mapping[str, Reader], names: Mapping[str, str] = MappingProxyType({})) -> None:
    """Refuses a state that no address could spell: what a page holds is checked as its address would be.

    Raises:
        BadLink: a field has a value that there is not.
    """
    for name, text in _parts(state, names):
        try:
            readers[name](name, text)
        except BadLink as problem:
            raise BadLink(
                f"The page's {name} should be one that can be chosen, got {text[:80]!r}: choose another, or reload the "
                "page."
            ) from problem


def read(
    plain: State, search: str, readers: Mapping[str, Reader], names: Mapping[str, str] = MappingProxyType({})
) -> Reading[State]:
    """The state that an address spells; whatever cannot be read keeps its default and is reported."""
    given = dict(parse_qsl(search.removeprefix("?"), keep_blank_values=True))
    fields_of = {new: old for old, new in names.items()}
    state, problems = plain, []
    for name, text in given.items():
        try:
            state = replace(state, **{fields_of.get(name, name): _reader(name, readers)(name, text)})
        except BadLink as problem:
            problems.append(str(problem))
    return Reading(state, tuple(problems))


def spell(name: str, value: object) -> str:
    """A field's value as an address spells it.

    Example:
        >>> spell("cap", 0.0), spell("cap", 10.0), spell("window", (-1.0, 0.5))
        ('auto', '10', '-1,0.5')
    """
    if isinstance(value, tuple):
        return ",".join(spell("", part) for part in value)
    if (name, value) in WORDS:
        return WORDS[name, value]
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def _reader(name: str, readers: Mapping[str, Reader]) -> Reader:
    """What reads a part.

    Raises:
        BadLink: there is no such part.
    """
    if name not in readers:
        raise BadLink(
            f"The link has an unknown part {name!r}: it is left out, for there are only {', '.join(readers)}."
        )
    return readers[name]


def one_of(choices: Sequence[str]) -> Reader:
    """Reads one of some words."""

    def reader(name: str, text: str) -> str:
        if text not in choices:
            raise BadLink(
                f"The link's {name} should be one of {', '.join(choices)}, got {text!r}: the default is shown."
            )
        return text

    return reader


def number(choices: Sequence[float], kind: type) -> Reader:
    """Reads one of some numbers, some of which are WORDS in the address of a field."""

    def reader(name: str, text: str) -> float:
        named: dict[str, float] = {WORDS.get((name, choice), f"{choice:g}"): kind(choice) for choice in choices}
        return named[one_of(tuple(named))(name, text)]

    return reader


def runs(most: int) -> Reader:
    """Reads different models apart by commas."""

    def reader(name: str, text: str) -> tuple[str, ...]:
        found = tuple(dict.fromkeys(run for run in text.split(",") if run))
        if len(found) > most:
            raise BadLink(f"At most {most} models stand side by side, the link names {len(found)}: name fewer.")
        return found

    return reader


def whole(name: str, text: str) -> int:
    """Reads a whole number up to MAX_SEED."""
    if not text.isdecimal() or not text.isascii() or len(text) > 10 or int(text) > MAX_SEED:
        raise BadLink(
            f"The link's {name} should be a whole number up to {MAX_SEED}, got {text!r}: the default is shown."
        )
    return int(text)


def word(_name: str, text: str) -> str:
    """Reads a text as it is."""
    return text


def epoch(name: str, text: str) -> str:
    """Reads a number that may be left out, and keeps its text."""
    try:
        known = not text or isfinite(float(text))
    except ValueError:
        known = False
    if not known:
        raise BadLink(f"The link's {name} should be an epoch, as in 20, got {text!r}: the last is marked.")
    return text


def camera(_name: str, text: str) -> str:
    """Reads where one looks at a surface from."""
    try:
        return Viewpoint.read(text).written if text else ""
    except BadReference as problem:
        raise BadLink(f"{str(problem).removesuffix('.')}: the first view is shown.") from None


def ends(name: str, text: str) -> Window:
    """Reads a window."""
    try:
        return window([float(end) for end in text.split(",")])
    except ValueError:
        raise BadLink(
            f"The link's {name} should be four numbers, as in -1,1,-1,1, got {text!r}: the whole is shown."
        ) from None


def window(ends: Sequence[float]) -> Window:
    """The part of a plane between some ends, as wide as a tile of the finest level at least.

    It may lie beyond the reach of the axes: surfaces that others computed have axes of their own.

    Raises:
        BadLink: the ends are not four numbers up to FARTHEST.

    Example:
        >>> window([40.0, 1.0, 0.5, 0.5])
        (1.0, 40.0, 0.4990234375, 0.5009765625)
    """
    if len(ends) != 4 or not all(abs(end) <= FARTHEST for end in ends):
        raise BadLink(f"The link's window should be four numbers, as in -1,1,-1,1, got {ends}: the whole is shown.")
    return (*_widened(*sorted(ends[:2])), *_widened(*sorted(ends[2:])))


def reachable(part: Window) -> Window:
    """The nearest part of the plane that can be computed.

    Example:
        >>> reachable((-9.0, 1.0, 40.0, 50.0))
        (-8.0, 1.0, 7.998046875, 8.0)
    """
    return (*_reached(*part[:2]), *_reached(*part[2:]))


def _widened(low: float, high: float) -> tuple[float, float]:
    centre, half = (low + high) / 2, max(high - low, NARROWEST) / 2
    return centre - half, centre + half


def _reached(low: float, high: float) -> tuple[float, float]:
    inside = [min(max(end, -MAX_REACH), MAX_REACH) for end in (low, high)]
    if inside[1] - inside[0] >= NARROWEST * (1 - 1e-9):  # but for rounding, which may have made it less
        return inside[0], inside[1]
    centre = min(max(sum(inside) / 2, NARROWEST / 2 - MAX_REACH), MAX_REACH - NARROWEST / 2)
    return _widened(centre, centre)
