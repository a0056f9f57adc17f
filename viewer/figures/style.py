"""How a figure should look, apart from what it shows."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite

from viewer.theme import PALETTES, THEMES, Theme

ASPECTS = (0.4, 3.0)
"""Bounds of a panel's width over its height that the camera makes allowance for."""


@dataclass(frozen=True, slots=True)
class Style:
    """What is drawn, how its height is transformed, colours, the panel's width over its height, whether it is small.

    `marks` tells computed points from interpolated ones; a surface beside its map needs no colour `bar` of its own.
    """

    quantity: str = "loss"
    log: bool = True
    scheme: str = "light"
    aspect: float = 1.25
    small: bool = False
    statistic: str = "mean"
    marks: bool = False
    bar: bool = True
    colours: str = "viridis"

    @classmethod
    def read(cls, arguments: Mapping[str, str]) -> "Style":
        """The style that a figure's address spells; anything else falls back to the default."""
        return cls(
            "accuracy" if arguments.get("quantity") == "accuracy" else "loss",
            arguments.get("height") != "linear",
            "dark" if arguments.get("scheme") == "dark" else "light",
            _aspect(arguments.get("aspect", "")),
            arguments.get("small") == "1",
            arguments.get("statistic", "mean"),
            arguments.get("marks") == "1",
            arguments.get("bar") != "0",
            arguments.get("colours", "viridis"),
        )

    @property
    def theme(self) -> Theme:
        """The surroundings' colours."""
        return THEMES[self.scheme]

    @property
    def palette(self) -> tuple[str, ...]:
        """The colours of heights, from low to high."""
        return PALETTES.get(self.colours, PALETTES["viridis"])

    @property
    def logarithmic(self) -> bool:
        """Whether heights are decimal logarithms; shares of right answers never are."""
        return self.log and self.quantity == "loss"


def statistic_words(name: str) -> str:
    """A statistic's name as one reads it; the mean for any other text.

    Example:
        >>> statistic_words("quantile:0.9"), statistic_words("class:3"), statistic_words("tempered:0.1")
        ('quantile 90 %', 'class 3 only', 'easy examples weighted up, T = 0.1')
    """
    kind, _, rest = name.partition(":")
    words = {
        "quantile:0.5": "median",
        "quantile:0.9": "quantile 90 %",
        "class": f"class {rest} only",
        "tempered": f"easy examples weighted up, T = {rest}",
    }
    return words.get(name) or words.get(kind) or "mean of all examples"


def _aspect(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        return Style().aspect
    return min(max(value, ASPECTS[0]), ASPECTS[1]) if isfinite(value) else Style().aspect
