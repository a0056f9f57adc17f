"""The loss seen from above, as a contour map."""

import numpy as np

from compute.indicators import minima
from compute.snapshot import Snapshot
from viewer import theme
from viewer.figures.encode import Figure, base_layout, colour_bar, diagnosis, drawable, truth, typed
from viewer.figures.heights import Scale, heights, scale
from viewer.figures.overlay import overlay
from viewer.figures.provisional import given, prolonged
from viewer.figures.style import Style


def contour(snapshot: Snapshot, style: Style) -> Figure:
    """The map so far: bands of equal height, a veil over provisional cells, the network and all minima marked."""
    drawn = heights(snapshot.values(style.quantity), style)
    limits = scale(drawn, style)
    z = prolonged(drawn, given(snapshot), snapshot.survey.lattice)
    seen = drawable(z, given(snapshot))
    layers = [_bands(snapshot, z, limits, style), _minima(snapshot, style), _origin(style)]
    layout = base_layout(snapshot, style, "contour", seen) | {"margin": NARROW if style.small else WIDE}
    axes = _axes(snapshot, style) if seen else {"xaxis": {"visible": False}, "yaxis": {"visible": False}}
    layout |= axes | {"annotations": [] if seen else diagnosis(snapshot, style)}
    layout["images"] = overlay(snapshot, style) if seen else []
    return {"data": layers if seen else [], "layout": layout | {"dragmode": "pan"}}


WIDE = {"l": 54, "r": 12, "t": 14, "b": 46}
NARROW = {"l": 46, "r": 8, "t": 8, "b": 38}


def _bands(snapshot: Snapshot, z: np.ndarray, limits: Scale, style: Style) -> Figure:
    lattice, known = snapshot.survey.lattice, given(snapshot)
    loss, accuracy = (prolonged(values, known, lattice) for values in (snapshot.loss, snapshot.accuracy))
    return {
        "type": "contour",
        "x": typed(lattice.coordinates("x")),
        "y": typed(lattice.coordinates("y")),
        "z": typed(z),
        "zmin": limits.lo,
        "zmax": limits.hi,
        "colorscale": theme.stops(style.palette),
        "contours": {"start": limits.lo, "end": limits.hi, "size": limits.step, "coloring": "fill"},
        "line": {"width": 0.7, "color": style.theme.lines},
        "connectgaps": False,
        "colorbar": colour_bar(limits, style) | {"xanchor": "left", "y": 0.5, "yanchor": "middle"},
        **truth(snapshot, loss, accuracy),
    }


def _minima(snapshot: Snapshot, style: Style) -> Figure:
    """The strict local minima of the loss."""
    lattice, (rows, cols) = snapshot.survey.lattice, minima(snapshot)
    return {
        "type": "scatter",
        "mode": "markers",
        "x": typed(lattice.coordinates("x")[cols]),
        "y": typed(lattice.coordinates("y")[rows]),
        "hoverinfo": "skip",
        "marker": {
            "symbol": "circle-open",
            "size": 7,
            "color": style.theme.marker,
            "line": {"color": style.theme.marker, "width": 1.4},
        },
    }


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
    ends = {axis: [float(x) for x in lattice.coordinates(axis)[[0, -1]]] for axis in "xy"}
    return {
        "xaxis": _axis("α", ends["x"], style) | {"scaleanchor": "y"},
        "yaxis": _axis("β", ends["y"], style),
    }


def _axis(title: str, ends: list[float], style: Style) -> Figure:
    """One axis; its zoom is kept until the range itself changes."""
    return {
        "title": {"text": title, "font": {"size": 13}, "standoff": 6},
        "range": ends,
        "autorange": False,
        "uirevision": f"{ends[0]:g}:{ends[1]:g}",
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
