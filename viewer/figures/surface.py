"""The loss surface in three dimensions."""

import numpy as np

from compute.indicators import minima
from compute.snapshot import Snapshot
from viewer import theme
from viewer.figures.encode import (
    Figure,
    axis_title,
    base_layout,
    colour_bar,
    diagnosis,
    drawable,
    truth,
    typed,
)
from viewer.figures.heights import Scale, heights, scale
from viewer.figures.provisional import given, prolonged, settled
from viewer.figures.style import Style

EYE = (1.16, -1.26, 0.9)
"""Where one looks from, in a panel a quarter wider than high."""
ASPECT = 1.25
FINEST_ISOLINES = 129
"""Points a side beyond which iso-lines cost more than they show."""
ROOM = 0.9
"""Share of a wide panel that the surface takes; the rest is the colour bar's."""
CORNER = 0.06
"""Ticks nearer to the floor than this share of the height would run into those of the other axes."""
QUIET = {"x": {"highlight": False}, "y": {"highlight": False}}


def surface(snapshot: Snapshot, style: Style) -> Figure:
    """The surface so far: computed cells in colour, provisional ones in grey, absent ones not at all."""
    drawn = heights(snapshot.values(style.quantity), style)
    limits = scale(drawn, style)
    z = prolonged(drawn, given(snapshot), snapshot.survey.lattice)
    seen = drawable(z, given(snapshot))
    marks = [_origin(snapshot, z, limits, style), _minima(snapshot, z, style), *_computed(snapshot, drawn, style)]
    data = [_sheet(snapshot, z, limits, style), *marks] if seen else [HIDDEN]
    layout = base_layout(snapshot, style, "surface", seen) | {"margin": {"l": 0, "r": 0, "t": 0, "b": 0}}
    layout |= {"scene": _scene(snapshot, limits, style), "annotations": [] if seen else diagnosis(snapshot, style)}
    return {"data": data, "layout": layout}


HIDDEN: Figure = {"type": "surface", "visible": False, "z": [[0, 0], [0, 0]], "showscale": False}
"""Stands where nothing is finite: plotly's 3-D does not survive a visible surface without one finite point."""


def _sheet(snapshot: Snapshot, z: np.ndarray, limits: Scale, style: Style) -> Figure:
    lattice, known = snapshot.survey.lattice, given(snapshot)
    loss, accuracy = (prolonged(values, known, lattice) for values in (snapshot.loss, snapshot.accuracy))
    lines = {"show": False, "highlight": False}
    if known.all() and max(lattice.shape) <= FINEST_ISOLINES:
        lines = isolines(limits, style)
    return {
        "type": "surface",
        "x": typed(lattice.coordinates("x")),
        "y": typed(lattice.coordinates("y")),
        "z": typed(z),
        **_colours(z, known, limits, style),
        "showscale": False,
        "contours": QUIET | {"z": lines},
        "lighting": {"ambient": 0.72, "diffuse": 0.62, "specular": 0.1, "roughness": 0.75, "fresnel": 0.1},
        "lightposition": {"x": -60, "y": -120, "z": 160},
        **truth(snapshot, loss, accuracy),
    }


def _colours(z: np.ndarray, known: np.ndarray, limits: Scale, style: Style) -> Figure:
    """Height as colour; while points are missing, grey and colour share one scale and meet at its bright middle."""
    if known.all():
        return {"colorscale": theme.stops(style.palette), "cmin": limits.lo, "cmax": limits.hi}
    share = limits.share(z)
    halves = theme.stops(theme.GREYS, 0.0, 0.4999) + theme.stops(style.palette[::-1], 0.5001, 1.0)
    place = np.where(settled(known), 1 - 0.4999 * share, 0.4999 * share)
    return {"surfacecolor": typed(place), "colorscale": halves, "cmin": 0, "cmax": 1}


def isolines(limits: Scale, style: Style) -> Figure:
    """Lines of equal height, a step apart."""
    ends = {"start": limits.lo, "end": limits.hi, "size": 2 * limits.step}
    return ends | {"show": True, "color": style.theme.lines, "width": 1, "highlight": False, "usecolormap": False}


def _computed(snapshot: Snapshot, drawn: np.ndarray, style: Style) -> list[Figure]:
    """A dot at every computed point, where asked for."""
    if not style.marks:
        return []
    lattice, shown = snapshot.survey.lattice, snapshot.known & np.isfinite(drawn)
    beta, alpha = np.meshgrid(lattice.coordinates("y"), lattice.coordinates("x"), indexing="ij")
    return [
        {
            "type": "scatter3d",
            "mode": "markers",
            **{axis: typed(array[shown]) for axis, array in (("x", alpha), ("y", beta), ("z", drawn))},
            "hoverinfo": "skip",
            "marker": {"size": 1.8, "color": style.theme.marker_edge},
        }
    ]


def _minima(snapshot: Snapshot, z: np.ndarray, style: Style) -> Figure:
    """The strict local minima of the loss."""
    lattice, (rows, cols) = snapshot.survey.lattice, minima(snapshot)
    return {
        "type": "scatter3d",
        "mode": "markers",
        "x": typed(lattice.coordinates("x")[cols]),
        "y": typed(lattice.coordinates("y")[rows]),
        "z": typed(z[rows, cols]),
        "hoverinfo": "skip",
        "marker": {"symbol": "circle", "size": 3, "color": style.theme.marker},
    }


def _origin(snapshot: Snapshot, z: np.ndarray, limits: Scale, style: Style) -> Figure:
    """The network itself, at (0, 0); the colour bar hangs on it, for it never turns grey."""
    row, col = -snapshot.survey.lattice.y[0], -snapshot.survey.lattice.x[0]
    height = float(z[row, col])
    shown = np.isfinite(height)
    return {
        "type": "scatter3d",
        "mode": "markers",
        "x": [0 if shown else None],
        "y": [0],
        "z": [height if shown else None],
        "hoverinfo": "skip",
        "marker": {
            "size": 4,
            "color": [limits.lo],
            "cmin": limits.lo,
            "cmax": limits.hi,
            "colorscale": theme.stops(style.palette),
            "line": {"color": style.theme.marker, "width": 2},
            "showscale": style.bar,
            "colorbar": colour_bar(limits, style),
        },
    }


def _scene(snapshot: Snapshot, limits: Scale, style: Style) -> Figure:
    lattice = snapshot.survey.lattice
    ends = {axis: [float(x) for x in lattice.coordinates(axis)[[0, -1]]] for axis in "xy"}
    shown = [place for place, tick in enumerate(limits.ticks) if limits.share(np.array(tick)) > CORNER]
    z_ticks = {
        key: [values[place] for place in shown]
        for key, values in (("tickvals", limits.ticks), ("ticktext", limits.labels))
    }
    z_title = "" if style.small else axis_title(style)
    room = ROOM if style.aspect >= 1 and style.bar else 1.0
    away = max(1.0, ASPECT / (room * style.aspect)) ** 0.92
    eye = [value * away for value in EYE]
    eye[2] *= 1 + 0.4 * max(0.0, 1 - style.aspect)
    return {
        "domain": {"x": [0, room], "y": [0, 1]},
        "aspectmode": "manual",
        "aspectratio": {"x": 1, "y": 1, "z": 0.62 + 0.25 * max(0.0, 1 - style.aspect)},
        "camera": {
            "eye": dict(zip("xyz", eye, strict=True)),
            "center": {"x": 0, "y": 0, "z": -0.14},
        },
        "dragmode": "turntable",
        "xaxis": _axis("α", ends["x"], style) | {"nticks": 5},
        "yaxis": _axis("β", ends["y"], style) | {"nticks": 5},
        "zaxis": _axis(z_title, [limits.lo, limits.hi], style) | z_ticks,
    }


def _axis(title: str, ends: list[float], style: Style) -> Figure:
    colour = style.theme
    return {
        "title": {"text": title, "font": {"size": 13, "color": colour.text}},
        "range": ends,
        "autorange": False,
        "color": colour.text,
        "tickfont": {"size": 11, "color": colour.text},
        "gridcolor": colour.grid,
        "zeroline": False,
        "showbackground": False,
        "showspikes": False,
    }
