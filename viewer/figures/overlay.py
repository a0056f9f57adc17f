"""A picture over the map: pale where a cell is provisional, dotted where a point was computed."""

import numpy as np

from compute.grid import Grid
from compute.snapshot import Snapshot
from viewer.figures.encode import Figure, address
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


def painted(pale: np.ndarray, dotted: np.ndarray, style: Style) -> np.ndarray:
    """The pixels (height, width, 4), uint8, the first row on top: each cell a square, with a dot in its middle."""
    cell = max(1, min(9, PIXELS // max(pale.shape)))
    dot = np.zeros((cell, cell), bool)
    dot[cell // 3 : cell // 3 + max(1, cell // 3), cell // 3 : cell // 3 + max(1, cell // 3)] = True
    pixels = np.zeros((pale.shape[0] * cell, pale.shape[1] * cell, 4), np.uint8)
    pixels[np.kron(pale, np.ones_like(dot))] = style.theme.veil
    pixels[np.kron(dotted, dot)] = (*rgb(style.theme.marker_edge), 210)
    return pixels[::-1]
