"""How a figure should look, apart from what it shows."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite

from viewer.theme import THEMES, Theme

ASPECTS = (0.4, 3.0)
"""Bounds of a panel's width over its height that the camera makes allowance for."""


@dataclass(frozen=True, slots=True)
class Style:
    """Quantity, transform of the height, colours, the panel's width over its height, and whether it is a small one."""

    quantity: str = "loss"
    log: bool = True
    scheme: str = "light"
    aspect: float = 1.25
    small: bool = False

    @classmethod
    def read(cls, arguments: Mapping[str, str]) -> "Style":
        """The style that a figure's address spells; anything else falls back to the default."""
        return cls(
            "accuracy" if arguments.get("quantity") == "accuracy" else "loss",
            arguments.get("height") != "linear",
            "dark" if arguments.get("scheme") == "dark" else "light",
            _aspect(arguments.get("aspect", "")),
            arguments.get("small") == "1",
        )

    @property
    def theme(self) -> Theme:
        """The surroundings' colours."""
        return THEMES[self.scheme]

    @property
    def logarithmic(self) -> bool:
        """Whether heights are decimal logarithms; shares of right answers never are."""
        return self.log and self.quantity == "loss"


def _aspect(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        return Style().aspect
    return min(max(value, ASPECTS[0]), ASPECTS[1]) if isfinite(value) else Style().aspect
