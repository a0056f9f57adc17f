"""Words on the lines of a map: the losses at which they lie, where there is room."""

from collections.abc import Sequence

import numpy as np

from compute.formatting import brief_percent
from viewer import theme
from viewer.figures.encode import Figure, typed
from viewer.figures.relief import Relief
from viewer.figures.style import Style
from viewer.figures.tick_labels import loss_label

APART = {False: 0.17, True: 0.27}
"""How far labels keep from each other, as a share of the map's width; in small panels."""
EDGE = 0.05
"""How far they keep from the map's edges."""
CROWD = {False: 0.022, True: 0.035}
"""Where lines lie nearer to each other than this, none is labelled."""
TWICE = 2
"""Labels on all lines of one height, at most."""
BRIGHT = 140
"""Labels are dark on colours that are brighter than this, of 255, and bright on others."""


def line_labels(x: np.ndarray, y: np.ndarray, found: Relief, lines: np.ndarray, style: Style) -> Figure:
    """A trace of labels on the lines of a map.

    Args:
        x: the columns' places.
        y: the rows' places.
        found: the heights.
        lines: the heights of the lines, rising; the first and the last are limits and have no label.
        style: how the map looks.
    """
    bands = np.interp(found.z, lines, np.arange(len(lines)))
    rows, columns, levels = crossings(bands)
    right, up = columns / (len(x) - 1), rows / (len(y) - 1)
    origin = [np.interp(0.0, axis, np.linspace(0, 1, len(axis)), left=9, right=9) for axis in (x, y)]
    free = (np.minimum(right, 1 - right) > EDGE) & (np.minimum(up, 1 - up) > EDGE)
    free &= spacing(bands, rows, columns) > CROWD[style.small]
    chosen = np.flatnonzero(free)[spread(np.stack([right, up], 1)[free], levels[free], origin, APART[style.small])]
    heights = lines[levels[chosen]]
    gaps = np.minimum(np.diff(lines)[levels[chosen] - 1], np.diff(lines)[levels[chosen]])
    bright = theme.mixed(found.limits.share(heights), found.palette) @ (0.299, 0.587, 0.114) > BRIGHT
    return {
        "type": "scatter",
        "mode": "text",
        "x": typed(np.interp(columns[chosen], np.arange(len(x)), x)),
        "y": typed(np.interp(rows[chosen], np.arange(len(y)), y)),
        "text": [label(height, gap, style) for height, gap in zip(heights.tolist(), gaps.tolist(), strict=True)],
        "textfont": {"size": 10, "color": [DARK if each else BRIGHTEST for each in bright]},
        "hoverinfo": "skip",
    }


SLACK = 0.035
"""A label may be off by this share of its loss, and by an eighth of the way to the next line."""
DARK, BRIGHTEST = "#14181f", "#ffffff"


def crossings(bands: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where lines cross the edges between neighbouring points: rows and columns, as fractions, and the line's number.

    Args:
        bands: band numbers (rows, columns); a line lies where one is whole. Edges that several cross are left out.

    Example:
        >>> [found.tolist() for found in crossings(np.array([[0.5, 1.5], [0.5, 1.5]]))]
        [[0.0, 1.0], [0.5, 0.5], [1, 1]]
    """
    found = []
    for axis in (0, 1):
        one, other = (bands[:-1], bands[1:]) if axis == 0 else (bands[:, :-1], bands[:, 1:])
        line = np.maximum(np.floor(one), np.floor(other))
        row, column = np.nonzero(np.abs(np.floor(other) - np.floor(one)) == 1)  # no edge of which an end is NaN
        start, end, number = one[row, column], other[row, column], line[row, column]
        along = (number - start) / (end - start)
        found.append((row + along * (axis == 0), column + along * (axis == 1), number.astype(int)))
    rows, columns, numbers = (np.concatenate(parts) for parts in zip(*found, strict=True))
    inside = (numbers > 0) & (numbers < np.nanmax(bands, initial=0))
    return rows[inside], columns[inside], numbers[inside]


def spacing(bands: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """How far apart the lines lie at some points, as shares of the map's width; 0 where that is not known."""
    steep = np.hypot(*(slope * (side - 1) for slope, side in zip(np.gradient(bands), bands.shape, strict=True)))
    here = np.maximum(steep[np.floor(rows).astype(int), np.floor(columns).astype(int)], 1e-9)
    return np.where(np.isnan(here), 0.0, 1 / here)


def spread(places: np.ndarray, levels: np.ndarray, taken: Sequence[float], apart: float) -> list[int]:
    """Which of some places (n, 2) are labelled: each is `apart` from the others, and from one that is taken.

    Of each level in turn that place is labelled which lies furthest from all labels so far.
    """
    chosen: list[int] = []
    free = np.hypot(*(places - taken).T) if len(places) else np.zeros(0)
    for _ in range(TWICE):
        for level in np.unique(levels):
            own = np.where(levels == level, free, -1.0)
            at = int(own.argmax())
            if own[at] < apart:
                continue
            chosen.append(at)
            free = np.minimum(free, np.hypot(*(places - places[at]).T))
    return chosen


def label(height: float, gap: float, style: Style) -> str:
    """What a line at a height says: its loss, with as few digits as tell it from the next, `gap` away.

    Example:
        >>> label(-0.25, 0.125, Style()), label(0.75, 0.25, Style(height="linear")), label(5.0, 0.1, Style())
        ('0.56', '0.75', '10⁵')
        >>> label(0.9, 0.1, Style("accuracy")), label(-0.5, 0.1, Style(height="linear", against="first"))
        ('90 %', '−0.5')
    """
    value = 10.0**height if style.logarithmic else height
    step = 10.0 ** (height + gap) - value if style.logarithmic else gap
    bound = min(step / 8, SLACK * abs(value))
    shortest = (rounded(value, digits) for digits in range(1, 7))
    shown = next((short for short in shortest if abs(short - value) <= bound), value)
    if style.quantity == "accuracy":
        return brief_percent(shown, 6)
    sign = "× " if style.against and style.logarithmic else "+" if style.against and shown > 0 else ""
    return sign + loss_label(shown)


def rounded(value: float, digits: int) -> float:
    """A number to so many significant digits."""
    return float(f"{value:.{digits}g}")
