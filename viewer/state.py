"""What a tab looks at, as a frozen value that the page's address spells out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from math import isfinite
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qsl, urlencode

from compute.errors import LandscapeError
from compute.lattice import MAX_LEVEL, MAX_REACH, SIDE, Lattice, nearest_level
from compute.specs import RandomPlane
from viewer.theme import PALETTES

PANELS = 4
"""How many models stand side by side."""
SEEDS, SEEDS_POINTS = 6, 33
"""How many planes show whether a picture depends on its directions, and their points a side at most."""
POINTS = (9, 17, 33, 65, 129, 257)
SPANS = (0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0)
ALL = 0
"""The number of examples that stands for every one of the split."""
SAMPLES = (64, 128, 256, 512, 1024, ALL)
VIEWS = ("surface", "contour", "both", "numbers", "seeds")
SPLITS = ("train", "test")
NORMS = ("filter", "layer", "weight", "none")
QUANTITIES = ("loss", "accuracy", "slope")
STATISTICS = (
    "mean",
    *("quantile:0.5", "quantile:0.9"),
    *("tempered:1", "tempered:0.1"),
    *(f"class:{label}" for label in range(10)),
)
"""What is said of the examples' losses, in the words of `compute.specs.statistic`."""
PRECISIONS = ("exact", "fast")
TOLERANCES = (0.0, 0.005, 0.01, 0.02)
HEIGHTS = ("log", "linear", "clipped")
CAPS = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)
LEVELS = ("even", "linear", "log", "paper")
SWITCH = ("off", "on")
SCALES = ("shared", "own")
COMPARISONS = ("side", "difference")
COLOURS = tuple(PALETTES)
MAX_SEED = 2**31 - 1
NARROWEST = SIDE / 2**MAX_LEVEL
"""The width of a tile of the finest level: nothing narrower is looked at."""

Window = tuple[float, float, float, float]
"""The part of the plane that is looked at: the ends of alpha, then those of beta."""


class BadLink(LandscapeError):
    """An address that names something there is not."""


@dataclass(frozen=True, slots=True)
class ViewState:
    """All that the page's address says; `models` are runs, in the order of their panels.

    Example:
        >>> ViewState(models=("vgg",), span=0.5).query()
        'models=vgg&range=0.5'
        >>> ViewState.read("?models=vgg&range=0.5").state.span
        0.5
    """

    models: tuple[str, ...] = ()
    view: str = "surface"
    points: int = 33
    span: float = 1.0
    samples: int = 256
    split: str = "train"
    seed: int = 0
    norm: str = "filter"
    precision: str = "exact"
    tolerance: float = 0.01
    statistic: str = "mean"
    marks: str = "off"
    colours: str = "viridis"
    quantity: str = "loss"
    height: str = "log"
    cap: float = 10.0
    levels: str = "even"
    smoothing: str = "off"
    wireframe: str = "off"
    floor: str = "off"
    scale: str = "shared"
    compare: str = "side"
    window: Window | None = None
    solo: str = ""

    def query(self) -> str:
        """The address's query: what differs from the defaults, in a fixed order."""
        plain = ViewState()
        pairs = [(row.name, getattr(self, row.name)) for row in fields(self)]
        differing = [(name, value) for name, value in pairs if value != getattr(plain, name)]
        return urlencode([(NAMES.get(name, name), _written(name, value)) for name, value in differing], safe=",:/")

    @classmethod
    def read(cls, search: str) -> "Reading":
        """The state that an address spells; whatever cannot be read keeps its default and is reported."""
        given = dict(parse_qsl(search.removeprefix("?"), keep_blank_values=True))
        state, problems = cls(), []
        for name, text in given.items():
            try:
                state = replace(state, **_field(name, text))
            except BadLink as problem:
                problems.append(str(problem))
        return Reading(state, tuple(problems))

    def lattice(self) -> Lattice:
        """The lattice over the range or the window whose points a side come nearest to the wished."""
        if self.window is None:
            return Lattice.spanning(
                nearest_level(2 * self.span, self.points), (-self.span, self.span), (-self.span, self.span)
            )
        x, y = self.window[:2], self.window[2:]
        return Lattice.covering(nearest_level(max(x[1] - x[0], y[1] - y[0]), self.points), x, y)

    def neighbours(self) -> "tuple[ViewState, ...]":
        """The same view of SEEDS planes, this one's seed the first, over the whole range and not too fine."""
        coarse = replace(self, points=min(self.points, SEEDS_POINTS), window=None)
        return tuple(replace(coarse, seed=(self.seed + step) % (MAX_SEED + 1)) for step in range(SEEDS))

    def plane(self) -> RandomPlane:
        """The plane that seed and normalisation name."""
        return RandomPlane(seed=self.seed, norm=self.norm)  # type: ignore[arg-type]

    def examples(self, available: int) -> int:
        """How many examples to average over, of those there are."""
        return available if self.samples == ALL else min(self.samples, available)


@dataclass(frozen=True, slots=True)
class Reading:
    """A state, and a sentence for everything in the address that could not be read."""

    state: ViewState
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Opened:
    """Which models are open: `runs` in the order of their panels, `recent` in that of their opening, oldest first.

    Example:
        >>> opened = Opened.of({"runs": ["a", "b"], "recent": ["b", "a"]})
        >>> opened.toggled("c")
        Opened(runs=('a', 'b', 'c'), recent=('b', 'a', 'c'))
        >>> opened.toggled("a")
        Opened(runs=('b',), recent=('b',))
    """

    runs: tuple[str, ...] = ()
    recent: tuple[str, ...] = ()

    @classmethod
    def of(cls, value: Mapping[str, Any] | None) -> "Opened":
        """What a browser store holds."""
        return cls(tuple(value["runs"]), tuple(value["recent"])) if value else cls()

    def toggled(self, run: str) -> "Opened":
        """Closes an open model; opens another, in place of the one opened longest ago where there is no room."""
        if run in self.runs:
            return Opened(*(tuple(other for other in order if other != run) for order in (self.runs, self.recent)))
        if len(self.runs) < PANELS:
            return Opened((*self.runs, run), (*self.recent, run))
        oldest, *rest = self.recent
        return Opened(tuple(run if other == oldest else other for other in self.runs), (*rest, run))

    def moved(self, run: str, slot: int) -> "Opened":
        """Puts an open model's panel at another place.

        Example:
            >>> Opened(("a", "b", "c"), ("a", "b", "c")).moved("c", 0).runs
            ('c', 'a', 'b')
        """
        if run not in self.runs:
            return self
        others = [other for other in self.runs if other != run]
        return replace(self, runs=(*others[:slot], run, *others[slot:]))


def window(ends: Sequence[float]) -> Window:
    """The nearest part of the plane that can be looked at: within reach, and as wide as a tile of the finest level.

    Raises:
        BadLink: the ends are not four finite numbers.

    Example:
        >>> window([-9.0, 1.0, 0.5, 0.5])
        (-8.0, 1.0, 0.4990234375, 0.5009765625)
    """
    if len(ends) != 4 or not all(isfinite(end) for end in ends):
        raise BadLink(f"The link's window should be four numbers, as in -1,1,-1,1, got {ends}: the whole is shown.")
    found: list[float] = []
    for low, high in (sorted(ends[:2]), sorted(ends[2:])):
        centre, half = (low + high) / 2, max(high - low, NARROWEST) / 2
        centre = min(max(centre, NARROWEST - MAX_REACH), MAX_REACH - NARROWEST)
        found += [max(centre - half, -MAX_REACH), min(centre + half, MAX_REACH)]
    return found[0], found[1], found[2], found[3]


NAMES = {"span": "range"}
"""Fields whose name in an address is another."""


def _written(name: str, value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(_written("", part) for part in value)
    if name == "samples" and value == ALL:
        return "all"
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def _field(name: str, text: str) -> dict[str, Any]:
    """One field's value.

    Raises:
        BadLink: there is no such field, or no such value.
    """
    if name not in READERS:
        raise BadLink(
            f"The link has an unknown part {name!r}: it is left out, for there are only {', '.join(READERS)}."
        )
    fields_of = {new: old for old, new in NAMES.items()}
    return {fields_of.get(name, name): READERS[name](name, text)}


def _models(name: str, text: str) -> tuple[str, ...]:
    runs = tuple(dict.fromkeys(run for run in text.split(",") if run))
    if len(runs) > PANELS:
        raise BadLink(f"At most {PANELS} models stand side by side, the link names {len(runs)}: name fewer.")
    return runs


def _one_of(choices: tuple[str, ...]) -> Callable[[str, str], str]:
    def read(name: str, text: str) -> str:
        if text not in choices:
            raise BadLink(
                f"The link's {name} should be one of {', '.join(choices)}, got {text!r}: the default is shown."
            )
        return text

    return read


def _number(
    choices: tuple[float, ...], kind: type, words: Mapping[float, str] = MappingProxyType({})
) -> Callable[[str, str], Any]:
    named = {words.get(choice, f"{choice:g}"): kind(choice) for choice in choices}

    def read(name: str, text: str) -> float:
        return named[_one_of(tuple(named))(name, text)]

    return read


def _window(name: str, text: str) -> Window:
    try:
        return window([float(end) for end in text.split(",")])
    except ValueError:
        raise BadLink(
            f"The link's {name} should be four numbers, as in -1,1,-1,1, got {text!r}: the whole is shown."
        ) from None


def _name(_name: str, text: str) -> str:
    return text


def _seed(name: str, text: str) -> int:
    if not text.isdecimal() or not text.isascii() or len(text) > 10 or int(text) > MAX_SEED:
        raise BadLink(
            f"The link's {name} should be a whole number up to {MAX_SEED}, got {text!r}: the default is shown."
        )
    return int(text)


READERS: dict[str, Callable[[str, str], Any]] = {
    "models": _models,
    "view": _one_of(VIEWS),
    "points": _number(POINTS, int),
    "range": _number(SPANS, float),
    "samples": _number(SAMPLES, int, {ALL: "all"}),
    "split": _one_of(SPLITS),
    "seed": _seed,
    "norm": _one_of(NORMS),
    "precision": _one_of(PRECISIONS),
    "tolerance": _number(TOLERANCES, float),
    "statistic": _one_of(STATISTICS),
    "marks": _one_of(SWITCH),
    "colours": _one_of(COLOURS),
    "quantity": _one_of(QUANTITIES),
    "height": _one_of(HEIGHTS),
    "cap": _number(CAPS, float),
    "levels": _one_of(LEVELS),
    "smoothing": _one_of(SWITCH),
    "wireframe": _one_of(SWITCH),
    "floor": _one_of(SWITCH),
    "scale": _one_of(SCALES),
    "compare": _one_of(COMPARISONS),
    "window": _window,
    "solo": _name,
}
