"""Every colour that Python draws with; assets/tokens.css repeats those the page shares."""

from dataclasses import dataclass
from typing import Any, Literal

from plotly.colors import sequential

Scheme = Literal["light", "dark"]
Stops = tuple[tuple[float, str], ...]


@dataclass(frozen=True, slots=True)
class Theme:
    """The colours of a figure's surroundings."""

    paper: str
    text: str
    grid: str
    lines: str
    veil: tuple[int, int, int, int]
    marker: str
    marker_edge: str


THEMES: dict[str, Theme] = {
    "light": Theme(
        "#ffffff", "#3b4252", "#d7dce3", "rgba(255,255,255,0.55)", (236, 239, 243, 158), "#ffffff", "#14181f"
    ),
    "dark": Theme("#1a1d23", "#c3c9d4", "#3a404b", "rgba(255,255,255,0.42)", (26, 29, 35, 158), "#ffffff", "#14181f"),
}

VIRIDIS = ("#440154", "#482878", "#3e4989", "#31688e", "#26828e", "#1f9e89", "#35b779", "#6ece58", "#b5de2b", "#fde725")
PALETTES: dict[str, tuple[str, ...]] = {
    "viridis": VIRIDIS,
    "cividis": tuple(sequential.Cividis),
    "magma": tuple(sequential.Magma),
    "inferno": tuple(sequential.Inferno),
    "grey": tuple(f"#{level:02x}{level:02x}{level:02x}" for level in range(28, 248, 24)),
}
"""Colour maps in which equal steps of height look equal, and which read in grey; cividis for colour-blind eyes too."""
GREYS = ("#5a5d63", "#686b71", "#76797f", "#84878d", "#92959b", "#a0a3a8", "#aeb1b6", "#bcbfc3", "#c9cbcf", "#d5d7da")

FONT = "Inter, system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', sans-serif"

DARKS = (
    *("#c3c9d4", "#b0b7c4", "#98a1b0", "#6b7485", "#3a404b"),
    *("#2f353f", "#252932", "#1a1d23", "#15181d", "#121419"),
)
"""From text to ground: the neutral colours of the dark scheme."""

MANTINE: dict[str, Any] = {
    "primaryColor": "indigo",
    "primaryShade": {"light": 7, "dark": 7},
    "fontFamily": FONT,
    "colors": {"dark": list(DARKS)},
    "defaultRadius": "md",
    "cursorType": "pointer",
    "respectReducedMotion": True,
}


def stops(colours: tuple[str, ...], first: float = 0.0, last: float = 1.0) -> list[list[Any]]:
    """Evenly spaced colours from `first` to `last`, as plotly wants a colour scale."""
    step = (last - first) / (len(colours) - 1)
    return [[first + index * step, colour] for index, colour in enumerate(colours)]


def rgb(colour: str) -> tuple[int, int, int]:
    """The channels of a colour written #rrggbb.

    Example:
        >>> rgb("#fde725")
        (253, 231, 37)
    """
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
