"""A picture over the map: pale where a cell is provisional, dotted where a point was computed."""

from collections.abc import Iterator

import numpy as np

from compute.grid import Grid
from compute.snapshot import Snapshot
from viewer.figures.encode import Figure, address, typed
from viewer.figures.provisional import settled
from viewer.figures.style import Style
from viewer.theme import rgb

PIXELS = 2048
"""A side of the picture, at most; a point's cell takes a whole number of pixels, nine at most."""


def overlay(snapshot: Snapshot, style: Style) -> list[Figure]:
    """The picture in the axes' own units, every point's cell around it; none if it would be empty.

    An image, for plotly draws a second heat map under the contours, where nobody sees it.
    """
    lattice, pale = snapshot.survey.lattice, ~settled(snapshot.final)
    if isinstance(lattice, Grid) or not (pale.any() or style.marks):  # nothing of a grid was computed here
        return []
    width = 2.0**-lattice.level
    x, y = (lattice.coordinates(axis) for axis in "xy")
    return [
        {
            "source": address(painted(pale, snapshot.known & style.marks, style)),
            "xref": "x",
            "yref": "y",
            "x": float(x[0] - width / 2),
            "y": float(y[-1] + width / 2),
            "sizex": float(x[-1] - x[0] + width),
            "sizey": float(y[-1] - y[0] + width),
            "sizing": "stretch",
            "layer": "above",
        }
    ]


def veil(snapshot: Snapshot, style: Style) -> list[Figure]:
    """The pale cells as a filled trace, for a map with more above it: plotly draws every picture over all traces."""
    lattice, pale = snapshot.survey.lattice, ~settled(snapshot.final)
    if isinstance(lattice, Grid) or not pale.any():
        return []
    half = 2.0**-lattice.level / 2
    x, y = (lattice.coordinates(axis) for axis in "xy")
    gap = float("nan")
    across, up = list[float](), list[float]()
    for bottom, top, left, right in rectangles(pale):
        across += [x[left] - half, x[right] + half, x[right] + half, x[left] - half, gap]
        up += [y[bottom] - half, y[bottom] - half, y[top] + half, y[top] + half, gap]
    *colour, alpha = style.theme.veil
    fill = f"rgba({','.join(map(str, colour))},{round(alpha / 255, 3)})"
    places = {"x": typed(np.array(across)), "y": typed(np.array(up))}
    return [
        {"type": "scatter", "mode": "lines", "line": {"width": 0}, **places, "fill": "toself"}
        | SILENT
        | {"fillcolor": fill}
    ]


SILENT: Figure = {"hoverinfo": "skip", "showlegend": False}


def rectangles(mask: np.ndarray) -> Iterator[tuple[int, int, int, int]]:
    """Rectangles (first and last row, first and last column) that cover what is true, each cell once.

    Example:
        >>> list(rectangles(np.array([[True, True, False], [True, True, True]])))
        [(0, 0, 0, 1), (1, 1, 0, 2)]
    """
    begun: dict[tuple[int, int], int] = {}
    for row in range(len(mask) + 1):
        runs = _runs(mask[row]) if row < len(mask) else []
        for run in [run for run in begun if run not in runs]:
            yield begun.pop(run), row - 1, *run
        for run in runs:
            begun.setdefault(run, row)


def _runs(row: np.ndarray) -> list[tuple[int, int]]:
    """The first and last place of every stretch that is true."""
    steps = np.diff(np.pad(row.astype(int), 1))
    return list(zip(np.flatnonzero(steps > 0).tolist(), (np.flatnonzero(steps < 0) - 1).tolist(), strict=True))


def painted(pale: np.ndarray, dotted: np.ndarray, style: Style) -> np.ndarray:
    """The pixels (height, width, 4), uint8, the first row on top: each cell a square, with a dot in its middle."""
    cell = max(1, min(9, PIXELS // max(pale.shape)))
    dot = np.zeros((cell, cell), bool)
    dot[cell // 3 : cell // 3 + max(1, cell // 3), cell // 3 : cell // 3 + max(1, cell // 3)] = True
    pixels = np.zeros((pale.shape[0] * cell, pale.shape[1] * cell, 4), np.uint8)
    pixels[np.kron(pale, np.ones_like(dot))] = style.theme.veil
    pixels[np.kron(dotted, dot)] = (*rgb(style.theme.marker_edge), 210)
    return pixels[::-1]
