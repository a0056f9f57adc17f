"""The loss surface in three dimensions."""

from collections.abc import Mapping, Sequence
from math import ceil

import numpy as np

from compute.grid import Grid
from compute.minima import Minima, minima
from compute.snapshot import Snapshot
from viewer import theme
from viewer.figures.camera import fitted
from viewer.figures.encode import (
    Figure,
    base_layout,
    colour_bar,
    diagnosis,
    marked_lowest,
    tooltip,
    typed,
)
from viewer.figures.finer import mesh
from viewer.figures.minima import marked, marks
from viewer.figures.provisional import parted, settled
from viewer.figures.relief import Relief, relief
from viewer.figures.style import Style

HEIGHT = 0.5
"""The height of the scene beside its longer side; more in a panel higher than wide."""
MARGINS = {False: (0.06, 0.02, 0.15), True: (0.12, 0.04, 0.15)}
"""The shares of half the room that ticks and titles take beside, above and below the surface; in small panels."""
BESIDE_BLOCK = {False: (0.2, 0.04, 0.15), True: (0.42, 0.04, 0.2)}
"""The same of a block, whose corners all stand out."""
LIGHTING = {"ambient": 0.38, "diffuse": 0.62, "specular": 0.12, "roughness": 0.6, "fresnel": 0.05}
SUN = {"x": -4000, "y": -5000, "z": 5000}
WIRES = 32
"""Most cells between grid lines along an axis."""
ROOM = {False: 0.9, True: 0.84}
"""Share of a wide panel that a surface, or a block, takes; the rest is the colour bar's."""
SLIMMEST = 0.4
"""The shorter axis is drawn at least so long beside the longer."""
CORNER = {False: 0.06, True: 0.1}
"""Ticks nearer to the floor than this share of the height would run into those of the other axes; in small panels."""
BRIM = 1e-3
"""Share of the height by which the axis goes on beyond it: a plain at the very end of an axis is cut off in specks."""


def surface(snapshot: Snapshot, style: Style, against: Snapshot | None = None) -> Figure:
    """The surface so far: computed cells in colour, provisional ones paler, absent ones not at all."""
    found = relief(snapshot, style, against)
    lows = minima(snapshot)
    layout = base_layout(snapshot, found, style, "surface", lows) | {"margin": {"l": 0, "r": 0, "t": 0, "b": 0}}
    layout |= {"scene": _scene(snapshot, found, style)}
    if not found.drawable:
        return {"data": [HIDDEN], "layout": layout | {"annotations": diagnosis(snapshot, style)}}
    points = [_minima(snapshot, lows, found, style), *marked_lowest(snapshot, "scatter3d", style, found.z)]
    marks = [
        _origin(snapshot, found, style),
        *(points if marked(snapshot, against) else []),
        *_computed(snapshot, found, style),
    ]
    sheet = _sheet(snapshot, found, style)
    return {"data": [*_parted(sheet, found, style, marks)], "layout": layout | {"annotations": []}}


BLOCK_HEIGHT = 0.8
"""The height of a block beside a side of 2: as in relief/src/block.js."""
GROUND = {"ground": True}
"""The `meta` of what stands for a surface's sheet without being one."""
HIDDEN: Figure = {"type": "surface", "visible": False, "z": [[0, 0], [0, 0]], "showscale": False}
"""Stands where nothing is finite: plotly's 3-D does not survive a visible surface without one finite point."""


def _sheet(snapshot: Snapshot, found: Relief, style: Style) -> Figure:
    drawn = mesh(snapshot, found, style)
    return {
        "type": "surface",
        "x": typed(drawn.x),
        "y": typed(drawn.y),
        "z": typed(drawn.z),
        **_colours(found.palette, found),
        "showscale": False,
        "contours": _threads(snapshot, style) | {"z": _isolines(found, style)},
        "lighting": LIGHTING,
        "lightposition": SUN,
        "meta": {"every": list(drawn.every)} | ({"eased": typed(drawn.eased)} if style.carved else {}),
        **tooltip(snapshot, found, style, drawn),
    }


def _parted(sheet: Figure, found: Relief, style: Style, marks: list[Figure]) -> list[Figure]:
    """The sheet and the marks; while points are missing, provisional cells first, paler, and computed cells at last.

    The first sheet tells all heights in its `meta`, for the scripts that look up what lies below the cursor. A carved
    block is one sheet, which tells by its `surfacecolor` where computed cells are: 1 there, 0 elsewhere.
    """
    if style.carved and not found.given.all():
        return [sheet | {"surfacecolor": typed(settled(found.given).astype(float))}, *marks]
    pale, full = parted(found.z, found.given)
    if found.given.all() or not np.isfinite(pale).any():
        return [sheet, *marks]
    meta = sheet["meta"] | {"heights": sheet["z"]}
    first = sheet | {"z": typed(pale), "meta": meta} | _colours(theme.paler(found.palette, style.theme.paper), found)
    return [first, *marks, *([sheet | {"z": typed(full)}] if np.isfinite(full).any() else [])]


def _colours(palette: tuple[str, ...], found: Relief) -> Figure:
    """Height as colour."""
    return {"colorscale": theme.stops(palette), "cmin": found.limits.lo, "cmax": found.limits.hi}


def _isolines(found: Relief, style: Style) -> Figure:
    """Lines of equal height, two steps apart, once all is known; on the floor, too, where asked for."""
    if not found.given.all():
        return _unseen(found.limits.lo, found.limits.hi)
    look = {"show": True, "color": style.theme.isolines, "width": 1, "usecolormap": style.floor}
    ends = {"start": found.limits.lo, "end": found.limits.hi, "size": 2 * found.limits.step, "highlight": False}
    return look | ends | ({"project": {"z": True}} if style.floor else {})


def _threads(snapshot: Snapshot, style: Style) -> Figure:
    """The lattice's own lines on the surface, thinned to at most WIRES either way, where they are wanted."""
    threads = {}
    for axis in "xy":
        places = snapshot.survey.lattice.coordinates(axis)
        if not style.wire:
            threads[axis] = _unseen(float(places[0]), float(places[-1]))
            continue
        gap = (places[-1] - places[0]) / (len(places) - 1) * ceil((len(places) - 1) / WIRES)
        ends = {"start": float(places[0]), "end": float(places[-1]), "size": float(gap)}
        threads[axis] = ends | {"show": True, "color": style.theme.threads, "width": 1, "highlight": False}
    return threads


def _unseen(first: float, last: float) -> Figure:
    """Lines beyond an axis's end: plotly.js goes on drawing those it once drew if it is told to draw none."""
    beyond = last + (last - first)
    return {"show": True, "start": beyond, "end": 2 * beyond - last, "size": 2 * (beyond - last), "highlight": False}


def _computed(snapshot: Snapshot, found: Relief, style: Style) -> list[Figure]:
    """A dot at every computed point, where asked for."""
    if not style.marks or isinstance(snapshot.survey.lattice, Grid):  # of which nothing was computed here
        return []
    lattice, shown = snapshot.survey.lattice, snapshot.known & np.isfinite(found.z)
    alpha, beta = lattice.grid()
    return [
        {
            "type": "scatter3d",
            "mode": "markers",
            **{axis: typed(array[shown]) for axis, array in (("x", alpha), ("y", beta), ("z", found.z))},
            "hoverinfo": "skip",
            "marker": {"size": 1.8, "color": style.theme.marker_edge},
        }
    ]


def _minima(snapshot: Snapshot, lows: Minima, found: Relief, style: Style) -> Figure:
    """The local minima of the loss that are deep enough, on the sheet; faint where noise may have made them."""
    lattice, (at, colours) = snapshot.survey.lattice, marks(lows, style)
    x, y, z = lattice.coordinates("x")[at[:, 1]], lattice.coordinates("y")[at[:, 0]], found.z[tuple(at.T)]
    marker = {"symbol": "circle", "size": 2 if style.small else 3, "color": colours, "line": {"width": 0}}
    place = {"x": typed(x), "y": typed(y), "z": typed(z)}
    return {"type": "scatter3d", "mode": "markers", **place, "hoverinfo": "skip", "marker": marker}


def _origin(snapshot: Snapshot, found: Relief, style: Style) -> Figure:
    """The network itself, at (0, 0); the colour bar hangs on it, for it never turns pale."""
    at = snapshot.survey.lattice.origin
    height = np.nan if at is None else float(found.z[at])
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
            "color": [found.limits.lo],
            "cmin": found.limits.lo,
            "cmax": found.limits.hi,
            "colorscale": theme.stops(found.palette),
            "line": {"color": style.theme.marker, "width": 2},
            "showscale": style.bar,
            "colorbar": colour_bar(found, style),
        },
    }


def _scene(snapshot: Snapshot, found: Relief, style: Style) -> Figure:
    lattice, limits = snapshot.survey.lattice, found.limits
    ends = {axis: [float(x) for x in lattice.coordinates(axis)[[0, -1]]] for axis in "xy"}
    shown = [place for place, tick in enumerate(limits.ticks) if limits.share(np.array(tick)) > CORNER[style.small]]
    z_ticks = {
        key: [values[place] for place in shown]
        for key, values in (("tickvals", limits.ticks), ("ticktext", limits.labels))
    }
    z_title = "" if style.small else found.title
    brim = BRIM * (limits.hi - limits.lo)
    room = ROOM[style.carved] if style.aspect >= 1 and style.bar else 1.0
    height = BLOCK_HEIGHT / 2 if style.carved else HEIGHT + 0.7 * max(0.0, 1 - style.aspect)
    lengths = sides(ends) | {"z": height}
    return {
        "domain": {"x": [0, room], "y": [0, 1]},
        "aspectmode": "manual",
        "aspectratio": lengths,
        "camera": fitted(
            lengths, room * style.aspect, BESIDE_BLOCK[style.small] if style.carved else MARGINS[style.small]
        ),
        "dragmode": "turntable",
        "xaxis": _axis("α", ends["x"], style) | {"nticks": 5},
        "yaxis": _axis("β", ends["y"], style) | {"nticks": 5},
        "zaxis": _axis(z_title, [limits.lo - brim, limits.hi + brim], style) | z_ticks,
    }


def sides(axes: Mapping[str, Sequence[float]]) -> Figure:
    """The lengths of the axes from their first to their last place, the longer one 1: in proportion, but no needle."""
    spans = {axis: places[-1] - places[0] for axis, places in axes.items()}
    return {axis: max(SLIMMEST, span / max(spans.values())) for axis, span in spans.items()}


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
