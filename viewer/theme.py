"""Every colour that Python draws with; assets/tokens.css repeats those the page shares."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from plotly.colors import sequential


@dataclass(frozen=True, slots=True)
class Theme:
    """The colours of a figure's surroundings."""

    paper: str
    text: str
    grid: str
    lines: str
    isolines: str
    threads: str
    veil: tuple[int, int, int, int]
    marker: str
    marker_edge: str


LINES = ("rgba(16,24,40,0.34)", "#4b6474", "#64808c")
"""Lines on a map, and iso-lines and grid lines on a surface: opaque there, for what shines through is the page."""
VEILS = {"light": (255, 255, 255, 128), "dark": (26, 29, 35, 128)}
THEMES: dict[str, Theme] = {
    "light": Theme("#ffffff", "#3b4252", "#d7dce3", *LINES, VEILS["light"], "#ffffff", "#14181f"),
    "dark": Theme("#1a1d23", "#c3c9d4", "#3a404b", *LINES, VEILS["dark"], "#ffffff", "#14181f"),
}

ATLAS = (
    *("#233f73", "#254b7f", "#27588c", "#2a6596", "#2e729d", "#3280a4", "#3f8ea7", "#4d9baa"),
    *("#5fa8ab", "#75b4aa", "#8bbfa9", "#a4c9ab", "#bcd3ac", "#d3ddb5", "#e9e6c1", "#f8f0dc"),
)
"""From blue over green to cream in even steps of lightness (of Oklab), without a black end: shadows stay readable."""
VIRIDIS = ("#440154", "#482878", "#3e4989", "#31688e", "#26828e", "#1f9e89", "#35b779", "#6ece58", "#b5de2b", "#fde725")
PALETTES: dict[str, tuple[str, ...]] = {
    "atlas": ATLAS,
    "viridis": VIRIDIS,
    "cividis": tuple(sequential.Cividis),
    "magma": tuple(sequential.Magma),
    "inferno": tuple(sequential.Inferno),
    "grey": tuple(f"#{level:02x}{level:02x}{level:02x}" for level in range(28, 248, 24)),
}
"""Colour maps in which equal steps of height look equal, and which read in grey; cividis for colour-blind eyes too."""
DIVERGING = (
    *("#053061", "#2166ac", "#4393c3", "#92c5de", "#d1e5f0", "#f7f7f7"),
    *("#fddbc7", "#f4a582", "#d6604d", "#b2182b", "#67001f"),
)
"""Blue below, red above, white where there is no difference: told apart by colour-blind eyes, too."""
GREYS = ("#5a5d63", "#686b71", "#76797f", "#84878d", "#92959b", "#a0a3a8", "#aeb1b6", "#bcbfc3", "#c9cbcf", "#d5d7da")

SERIES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")
"""Colours of lines that belong to different models; told apart by colour-blind eyes (Okabe and Ito 2008)."""

PATHS = ("#d55e00", "#0072b2", "#cc79a7", "#e69f00", "#009e73", "#56b4e9", "#8a8f99", "#7a4a1e")
"""Colours of training runs: those of Okabe and Ito (2008) that are seen on paper and on maps, then grey and brown."""

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


def mixed(share: np.ndarray, palette: tuple[str, ...]) -> np.ndarray:
    """The colours (..., 3) at shares of the way through a palette, 0 to 255.

    Example:
        >>> mixed(np.array([0.5]), ("#000000", "#ffc800")).tolist()
        [[127.5, 100.0, 0.0]]
    """
    channels, places = np.array([rgb(colour) for colour in palette], float), np.linspace(0, 1, len(palette))
    return np.stack([np.interp(share, places, channel) for channel in channels.T], axis=-1)


def paler(palette: tuple[str, ...], paper: str) -> tuple[str, ...]:
    """The same colours half way to the paper.

    Example:
        >>> paler(("#000000", "#ffc800"), "#ffffff")
        ('#7f7f7f', '#ffe37f')
    """
    return tuple(written((np.array(rgb(colour)) + np.array(rgb(paper))) / 2) for colour in palette)


def written(colour: np.ndarray) -> str:
    """Three channels, 0 to 255, as plotly wants a colour.

    Example:
        >>> written(np.array([127.5, 100.0, 0.0]))
        '#7f6400'
    """
    return "#" + "".join(f"{int(channel):02x}" for channel in colour)


def rgb(colour: str) -> tuple[int, int, int]:
    """The channels of a colour written #rrggbb.

    Example:
        >>> rgb("#fde725")
        (253, 231, 37)
    """
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
