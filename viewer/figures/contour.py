"""The loss seen from above, as a contour map."""

import numpy as np

from compute.grid import Grid
from compute.lattice import MAX_REACH
from compute.minima import Minima, minima
from compute.snapshot import Snapshot
from viewer import theme
from viewer.figures.encode import (
    Figure,
    base_layout,
    colour_bar,
    diagnosis,
    marked_lowest,
    tooltip,
    typed,
)
from viewer.figures.heights import levels
from viewer.figures.line_labels import line_labels
from viewer.figures.minima import marked, marks
from viewer.figures.overlay import overlay
from viewer.figures.relief import Relief, relief
from viewer.figures.style import Limits, Style


def contour(snapshot: Snapshot, style: Style, against: Snapshot | None = None) -> Figure:
    """The map so far: bands of equal height, a veil over provisional cells, the network and all minima marked."""
    found = relief(snapshot, style, against)
    lows = minima(snapshot)
    layout = base_layout(snapshot, found, style, "contour", lows) | {"margin": NARROW if style.small else WIDE}
    if not found.drawable:
        hidden = {name: axis | {"visible": False} for name, axis in _axes(snapshot, style).items()}
        return {"data": [], "layout": layout | hidden | {"annotations": diagnosis(snapshot, style), "images": []}}
    rounds = [rings(snapshot, lows, style), *marked_lowest(snapshot, "scatter", style, found.z)]
    marked_points = rounds if marked(snapshot, against) else []
    layout |= _axes(snapshot, style) | {"images": overlay(snapshot, style), "dragmode": "pan"}
    layout["annotations"] = [_key(marked_points, style)]
    x, y = (snapshot.survey.lattice.coordinates(axis) for axis in "xy")
    words = line_labels(x, y, found, levels(found.limits, style), style)
    return {"data": [bands(snapshot, found, style), *marked_points, words, _origin(style)], "layout": layout}


WIDE = {"l": 54, "r": 12, "t": 26, "b": 46}
NARROW = {"l": 50, "r": 8, "t": 22, "b": 38}


NARROW_ASPECT = 1.2
"""The width over the height of a small figure below which the key is wider than the map under it."""
KEY = "key of marks"
"""What the annotation is called in which a map explains its marks."""


def _key(marked_points: list[Figure], style: Style) -> Figure:
    """What the marks on a map stand for, above it; in a small figure in fewer words, clear of the ticks."""
    minima, lowest_point = ("○ minima", "◇ lowest") if style.small else ("○ strict minima", "◇ lowest point")
    words = ["✚ network", *([minima] if marked_points else [])]
    words += [lowest_point] if len(marked_points) > 1 else []
    across = "paper" if style.small and style.aspect < NARROW_ASPECT else "x domain"
    place = {"xref": across, "yref": "y domain", "x": 1, "y": 1, "xanchor": "right", "yanchor": "bottom"}
    font = {"size": 10 if style.small else 11, "color": style.theme.text}
    return place | {
        "name": KEY,
        "text": "   ".join(words),
        "font": font,
        "showarrow": False,
        "yshift": 6 if style.small else 2,
        "borderpad": 0,
    }


def bands(snapshot: Snapshot, found: Relief, style: Style) -> Figure:
    """Bands between the levels, which need not be even: what plotly draws is the number of the band."""
    lattice, lines = snapshot.survey.lattice, levels(found.limits, style)
    bands, last = np.arange(len(lines)), len(lines) - 1
    colours = theme.mixed(found.limits.share(lines), found.palette)
    bar = colour_bar(found, style) | {"xanchor": "left", "y": 0.5, "yanchor": "middle"}
    return {
        "type": "contour",
        "x": typed(lattice.coordinates("x")),
        "y": typed(lattice.coordinates("y")),
        "z": typed(np.interp(found.z, lines, bands)),
        "zmin": 0,
        "zmax": last,
        "colorscale": [
            [band / last, theme.written(colour)] for band, colour in zip(bands.tolist(), colours, strict=True)
        ],
        "contours": {"start": 0, "end": last, "size": 1, "coloring": "fill"},
        "line": {"width": 0.7, "color": style.theme.lines, "smoothing": 0},
        "connectgaps": False,
        "showscale": style.bar,
        "colorbar": bar | {"tickvals": np.interp(found.limits.ticks, lines, bands).tolist()},
        **tooltip(snapshot, found, style),
    }


def rings(snapshot: Snapshot, lows: Minima, style: Style) -> Figure:
    """A ring around each local minimum of the loss that is deep enough, faint where noise may have made it."""
    lattice, (at, colours) = snapshot.survey.lattice, marks(lows, style)
    place = {"x": typed(lattice.coordinates("x")[at[:, 1]]), "y": typed(lattice.coordinates("y")[at[:, 0]])}
    marker = {"symbol": "circle-open", "size": 7, "color": colours, "line": {"color": colours, "width": 1.4}}
    return {"type": "scatter", "mode": "markers", **place, "hoverinfo": "skip", "marker": marker}


def _origin(style: Style) -> Figure:
    """The network itself."""
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [0],
        "y": [0],
        "cliponaxis": True,
        "hoverinfo": "skip",
        "marker": {
            "symbol": "cross",
            "size": 11,
            "color": style.theme.marker,
            "line": {"color": style.theme.marker_edge, "width": 1.4},
        },
    }


def _axes(snapshot: Snapshot, style: Style) -> Figure:
    lattice = snapshot.survey.lattice
    whole = {axis: [float(x) for x in lattice.coordinates(axis)[[0, -1]]] for axis in "xy"}
    bounds = {} if isinstance(lattice, Grid) else {"minallowed": -MAX_REACH, "maxallowed": MAX_REACH}
    return {
        "xaxis": _axis("α", style.x or whole["x"], style) | bounds | {"scaleanchor": "y"},
        "yaxis": _axis("β", style.y or whole["y"], style) | bounds,
    }


def _axis(title: str, ends: Limits | list[float], style: Style) -> Figure:
    """One axis; a zoom of the reader's is kept until the page itself asks for another range."""
    return {
        "title": {"text": title, "font": {"size": 13}, "standoff": 6},
        "range": list(ends),
        "autorange": False,
        "constrain": "domain",
        "showgrid": False,
        "zeroline": False,
        "nticks": 4 if style.small else 7,
        "tickangle": 0,
        "ticks": "outside",
        "ticklen": 4,
        "tickcolor": style.theme.grid,
        "tickfont": {"size": 11},
    }
