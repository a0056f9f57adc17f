"""How a figure should look, apart from what it shows."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from types import MappingProxyType

from compute.specs import CURVATURES
from viewer.figures.capping import common_cap
from viewer.theme import PALETTES, THEMES, Theme

ASPECTS = (0.4, 3.0)
"""Bounds of a panel's width over its height that the camera makes allowance for."""

Limits = tuple[float, float]

QUANTITIES = ("loss", "accuracy", "slope", "gradient", *CURVATURES)
"""What a surface may show."""
NOUNS: Mapping[str, str] = MappingProxyType(
    {
        "slope": "in-plane slope",
        "gradient": "gradient norm",
        "min_eig": "smallest eigenvalue",
        "max_eig": "largest eigenvalue",
    }
)
"""Quantities that are called otherwise than in an address."""
AUTO = 0.0
"""The cap that stands for one chosen from the surfaces."""
LINEAR = frozenset({"accuracy", *CURVATURES})
"""Quantities that are never drawn on a logarithmic scale: shares, and what is negative as often as not."""

CURVES = ("both", "loss", "accuracy")
"""What a line shows."""


@dataclass(frozen=True, slots=True)
class Style:
    """What is drawn, how its height is transformed, its colours and lines, and the room there is.

    `height` is "log", "linear" or "clipped" (at `cap`, or where that is AUTO at one chosen from the surfaces); `levels`
    how the lines of equal height lie; `limits` what the height's hold at least, and `x` and `y` those of a map's axes,
    where they are not the figure's own; `against` names what the heights are a difference from. `marks` tells computed
    points from interpolated ones; a surface beside its map needs no colour `bar` of its own; a `small` panel has fewer
    words; `names` tells what the paths over it are.
    Minima are marked that are at least so much `depth` below their saddle.
    A surface that is to be `carved` out of a block tells its heights above a cap, too.
    A line shows the `curves` of loss, of accuracy or of both, and with `errors` the standard error of the loss.
    """

    quantity: str = "loss"
    height: str = "log"
    scheme: str = "light"
    aspect: float = 1.25
    small: bool = False
    statistic: str = "mean"
    marks: bool = False
    bar: bool = True
    colours: str = "atlas"
    cap: float = 10.0
    levels: str = "even"
    smooth: bool = False
    wire: bool = False
    floor: bool = False
    limits: Limits | None = None
    x: Limits | None = None
    y: Limits | None = None
    against: str = ""
    curves: str = "both"
    errors: bool = False
    names: bool = False
    depth: float = 0.0
    carved: bool = False

    @classmethod
    def read(cls, arguments: Mapping[str, str]) -> "Style":
        """The style that a figure's address spells; anything else falls back to the default."""
        plain, on = cls(), {name: text == "1" for name, text in arguments.items()}
        return cls(
            quantity=_one(arguments, "quantity", QUANTITIES),
            height=_one(arguments, "height", ("log", "linear", "clipped")),
            scheme=_one(arguments, "scheme", ("light", "dark")),
            aspect=min(max(_number(arguments, "aspect", plain.aspect), ASPECTS[0]), ASPECTS[1]),
            small=on.get("small", False),
            statistic=arguments.get("statistic", plain.statistic),
            marks=on.get("marks", False),
            bar=on.get("bar", True),
            colours=arguments.get("colours", plain.colours),
            cap=_cap(arguments.get("cap", ""), plain.cap),
            levels=_one(arguments, "levels", ("even", "linear", "log", "paper")),
            smooth=on.get("smooth", False),
            wire=on.get("wire", False),
            floor=on.get("floor", False),
            limits=_limits(arguments.get("limits", "")),
            x=_limits(arguments.get("x", "")),
            y=_limits(arguments.get("y", "")),
            against=arguments.get("against", ""),
            curves=_one(arguments, "curves", CURVES),
            errors=on.get("errors", False),
            names=on.get("names", False),
            carved=on.get("carved", False),
            depth=max(_number(arguments, "depth", plain.depth), 0.0),
        )

    @property
    def theme(self) -> Theme:
        """The surroundings' colours."""
        return THEMES[self.scheme]

    @property
    def palette(self) -> tuple[str, ...]:
        """The colours of heights, from low to high."""
        return PALETTES.get(self.colours, PALETTES["atlas"])

    @property
    def noun(self) -> str:
        """What the heights are."""
        return NOUNS.get(self.quantity, self.quantity)

    @property
    def logarithmic(self) -> bool:
        """Whether heights are decimal logarithms; shares of right answers and eigenvalues never are."""
        return self.height == "log" and self.quantity not in LINEAR


def statistic_words(name: str, noun: str = "examples") -> str:
    """A statistic's name as one reads it; the mean for any other text. `noun` is what examples are called.

    Example:
        >>> statistic_words("quantile:0.9"), statistic_words("class:3"), statistic_words("tempered:0.1")
        ('quantile 90 %', 'class 3 only', 'easy examples weighted up, T = 0.1')
    """
    kind, _, rest = name.partition(":")
    words = {
        "quantile:0.5": "median",
        "quantile:0.9": "quantile 90 %",
        "class": f"class {rest} only",
        "tempered": f"easy {noun} weighted up, T = {rest}",
    }
    return words.get(name) or words.get(kind) or f"mean of the {noun}"


def _one(arguments: Mapping[str, str], name: str, choices: tuple[str, ...]) -> str:
    """A named choice; the first of them for any other text."""
    text = arguments.get(name, "")
    return text if text in choices else choices[0]


def _cap(text: str, otherwise: float) -> float:
    """A cap, AUTO, or the common one of the caps of several surfaces, apart by commas."""
    caps = [max(_number({"cap": cap}, "cap", otherwise), 1e-6) for cap in text.split(",")]
    return AUTO if text == "auto" else common_cap(caps)


def _number(arguments: Mapping[str, str], name: str, otherwise: float) -> float:
    try:
        value = float(arguments.get(name, ""))
    except ValueError:
        return otherwise
    return value if isfinite(value) else otherwise


def _limits(text: str) -> Limits | None:
    """The two numbers of a text such as `-1:1`, if they are two that rise."""
    low, _, high = text.partition(":")
    ends = [_number({"end": end}, "end", float("nan")) for end in (low, high)]
    return (ends[0], ends[1]) if ends[0] < ends[1] else None
