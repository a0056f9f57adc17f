"""What a tab looks at, as a frozen value that the page's address spells out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qsl, urlencode

from compute.errors import LandscapeError
from compute.lattice import Lattice
from compute.specs import RandomPlane
from viewer.theme import PALETTES

PANELS = 4
"""How many models stand side by side."""
POINTS = (9, 17, 33, 65, 129, 257)
SPANS = (0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0)
ALL = 0
"""The number of examples that stands for every one of the split."""
SAMPLES = (64, 128, 256, 512, 1024, ALL)
VIEWS = ("surface", "contour", "both", "numbers")
SPLITS = ("train", "test")
NORMS = ("filter", "layer", "weight", "none")
QUANTITIES = ("loss", "accuracy")
STATISTICS = (
    "mean",
    *("quantile:0.5", "quantile:0.9"),
    *("tempered:1", "tempered:0.1"),
    *(f"class:{label}" for label in range(10)),
)
"""What is said of the examples' losses, in the words of `compute.specs.statistic`."""
PRECISIONS = ("exact", "fast")
TOLERANCES = (0.0, 0.005, 0.01, 0.02)
HEIGHTS = ("log", "linear")
MARKS = ("off", "on")
COLOURS = tuple(PALETTES)
MAX_SEED = 2**31 - 1


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
        """The lattice over the range whose points a side come nearest to the wished."""
        levels = range(13)
        level = min(levels, key=lambda level: abs(2 * self.span * 2**level + 1 - self.points))
        return Lattice.spanning(level, (-self.span, self.span), (-self.span, self.span))

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


NAMES = {"span": "range"}
"""Fields whose name in an address is another."""


def _written(name: str, value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(value)
    if name == "samples" and value == ALL:
        return "all"
    return f"{value:g}" if isinstance(value, float) else str(value)


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
    "marks": _one_of(MARKS),
    "colours": _one_of(COLOURS),
    "quantity": _one_of(QUANTITIES),
    "height": _one_of(HEIGHTS),
}
