"""The paths of training runs over a map or a surface of the plane that they are projected on."""

from collections.abc import Sequence
from html import escape
from textwrap import wrap
from typing import Any

import numpy as np
from scipy.interpolate import RegularGridInterpolator

from compute.formatting import brief_percent, number
from compute.snapshot import Snapshot
from compute.specs import ThroughPlane, TrajectoryPlane
from compute.trajectory import Trajectory
from viewer import theme
from viewer.course import Course, Walk
from viewer.figures.contour import KEY
from viewer.figures.encode import Figure
from viewer.figures.overlay import veil
from viewer.figures.relief import relief
from viewer.figures.style import Style
from viewer.titles import NONE, Titles, checkpoint

SYMBOLS = ("circle", "square", "diamond", "cross", "x", "circle-open", "square-open", "diamond-open")
"""Markers of runs: not told apart by colour alone; those that scenes have, too."""
LIFT = 0.015
"""How far above the surface a path runs, as a share of its height: on it, half of the line would sink in."""
LETTERS = {True: 24, False: 60}
"""Letters of a run's name that find room in one line over a small map, or another."""
BENDS = 8
"""Parts of each leg of a path on a surface, so that it follows the ground."""
CASING = "rgba(255,255,255,0.9)"


def with_paths(figure: Figure, snapshot: Snapshot, course: Course, style: Style, first: int = 0) -> Figure:
    """A map or a surface with the paths above it, its axes named for the plane; `first` is the first path's colour.

    No minima are marked, and a map fills its room, for the axes of such a plane are of different lengths anyway. A map
    without a loss shows the paths all the same: where checkpoints lie is known from their weights.
    """
    layout = figure["layout"]
    titles = [
        title.removesuffix(" of the variance" * style.small) for title in axis_titles(course.trajectory, course.called)
    ]
    named = {f"{axis}axis": {"title": {"text": title}} for axis, title in zip("xy", titles, strict=True)}
    if "scene" in layout:
        layout = layout | {"scene": _merged(layout["scene"], named)}
        paths = _lifted(snapshot, course, style, first)
    else:
        layout, paths = _merged(_loose(layout), named), _flat(course, style, first)
        layout |= {"annotations": [each for each in layout["annotations"] if each.get("name") != KEY], "images": []}
        paths = [*veil(snapshot, style), *paths]
    if style.names:
        layout = layout | {"annotations": [*layout.get("annotations", ()), key(course, style, first)]}
    ground = [trace for trace in figure["data"] if _of_the_ground(trace)]
    if ground:
        return figure | {"data": [*ground, *paths], "layout": layout}
    return figure | {"layout": layout} if "scene" in layout else _bare(_flat(course, style, first), layout)


def _of_the_ground(trace: Figure) -> bool:
    """Whether a trace is the surface or map itself, its colour bar, or the words on its lines."""
    replaced = (trace.get("meta") or {}).get("ground", False)
    return replaced or "customdata" in trace or "colorbar" in trace.get("marker", {}) or trace.get("mode") == "text"


def _bare(paths: list[Figure], layout: Figure) -> Figure:
    """Paths on an empty map, the sentence that says why it is empty below them."""
    shown = {f"{axis}axis": layout[f"{axis}axis"] | {"visible": True} for axis in "xy"}
    (reason, *others) = layout["annotations"]
    below = reason | {"y": 0.02, "yanchor": "bottom"}
    return {"data": paths, "layout": layout | shown | {"annotations": [below, *others]}}


def key(course: Course, style: Style, first: int = 0) -> Figure:
    """The runs' names in the colours of their paths, in a corner of the figure."""
    most = LETTERS[style.small]
    names = [
        f'<span style="color:{colour(index)}">■</span> {"<br>    ".join(map(escape, wrap(walk.title, most)))}'
        for index, walk in enumerate(course.walks, first)
    ]
    place = {"xref": "paper", "yref": "paper", "x": 0, "y": 1, "xanchor": "left", "yanchor": "top", "align": "left"}
    look = {"font": {"size": 11, "color": style.theme.text}, "bgcolor": style.theme.paper, "opacity": 0.9}
    return place | look | {"text": "<br>".join(names), "showarrow": False, "borderpad": 4}


def _loose(layout: Figure) -> Figure:
    """A map's layout whose axes need not have one scale."""
    free = {key: value for key, value in layout["xaxis"].items() if key != "scaleanchor"}
    return layout | {"xaxis": free}


def _merged(layout: Figure, more: Figure) -> Figure:
    """A layout whose axes have other titles in the same type."""
    found = dict(layout)
    for axis, change in more.items():
        old = layout.get(axis, {})
        found[axis] = old | {"title": old.get("title", {}) | change["title"]}
    return found


def axis_titles(trajectory: Trajectory, called: Titles = NONE) -> tuple[str, str]:
    """What the axes of a plane are."""
    plane = trajectory.plane
    if isinstance(plane, TrajectoryPlane):
        shares = [*trajectory.scree, 0.0, 0.0][:2]
        return (
            f"PC 1: {brief_percent(shares[0])} of the variance",
            f"PC 2: {brief_percent(shares[1])} of the variance",
        )
    if isinstance(plane, ThroughPlane):
        other = "β, random" if plane.third is None else f"β, to {checkpoint(plane.third, called)}"
        return f"α, to {checkpoint(plane.second, called)}", other
    return "α, a random direction", "β, another random direction"


def colour(index: int) -> str:
    """A run's colour."""
    return theme.PATHS[index % len(theme.PATHS)]


def _flat(course: Course, style: Style, first: int) -> list[Figure]:
    """The paths on a map: each with a pale casing, so that it is seen on any colour."""
    size = 5 if style.small else 7
    traces = []
    for index, walk in enumerate(course.walks, first):
        at = {"x": walk.track.x.tolist(), "y": walk.track.y.tolist()}
        line = {"type": "scatter", "mode": "lines", "hoverinfo": "skip", **at}
        traces.append(line | {"line": {"color": CASING, "width": 4.5}})
        traces.append(line | {"line": {"color": colour(index), "width": 2}})
        traces.append({"type": "scatter", "mode": "markers", **at, **_marked(index, walk, size, style), **told(walk)})
    return [*traces, _now("scatter", course, None, style, first)]


def _marked(index: int, walk: Walk, size: float, style: Style) -> Figure:
    """A marker for each checkpoint: the first is hollow, the last large, and those before the rate fell are ringed."""
    count = len(walk.track.steps)
    fill, edge, sizes = [colour(index)] * count, [CASING] * count, [float(size)] * count
    for place in walk.drops:
        edge[place], sizes[place] = style.theme.marker_edge, size + 4.0
    fill[0], edge[0], sizes[0] = "#ffffff", colour(index), size + 2.0
    sizes[-1] = size + 5.0
    symbol = SYMBOLS[index % 5]
    line = {"color": edge, "width": 1.0 if style.small else 1.6}
    return {"marker": {"symbol": symbol, "size": sizes, "color": fill, "line": line, "opacity": 1}}


def told(walk: Walk) -> Figure:
    """What hovering a checkpoint tells."""
    rows = []
    for place, epoch in enumerate(walk.epochs):
        word = "checkpoint" if walk.track.steps[place] is None else "epoch"
        lines = [f"<b>{walk.title}</b>, {word} {number(epoch, 6)}"]
        doubt = f", s.e. {number(walk.error[place], 2)}" if np.isfinite(walk.error[place]) else ""
        lines.append(f"its own loss <b>{_number(walk.own[place])}</b>{doubt}")
        lines.append(f"loss of the plane here <b>{_number(walk.plane[place])}</b>")
        lines.append(f"{brief_percent(float(walk.track.residual[place]))} of its distance from θ* lies off the plane")
        if place in walk.drops:
            lines.append("the learning rate fell here")
        rows.append("<br>".join(lines))
    return {"text": rows, "hovertemplate": "%{text}<extra></extra>"}


def _number(value: float) -> str:
    return number(value, 4) if np.isfinite(value) else "…"


def _now(kind: str, course: Course, tops: Sequence[np.ndarray] | None, style: Style, first: int) -> Figure:
    """Where each run is at the marked epoch; assets/playback.js moves it along what `meta` says."""
    places = {axis: _listed([getattr(walk.track, axis) for walk in course.walks]) for axis in "xy"}
    places |= {} if tops is None else {"z": _listed(tops)}
    colours = [colour(index) for index, _ in enumerate(course.walks, first)]
    size = 6 if kind == "scatter3d" else 12 if style.small else 15
    line = {"color": style.theme.marker_edge, "width": 2}
    return {
        "type": kind,
        "mode": "markers",
        **{axis: [values[-1] for values in listed] for axis, listed in places.items()},
        "marker": {"symbol": "circle", "size": size, "color": colours, "line": line},
        "hoverinfo": "skip",
        "meta": {"now": True, "epochs": [walk.epochs for walk in course.walks], **places},
    }


def _listed(arrays: Sequence[np.ndarray]) -> list[list[Any]]:
    """Arrays as lists, None where there is no number."""
    return [[float(value) if np.isfinite(value) else None for value in array] for array in arrays]


def _lifted(snapshot: Snapshot, course: Course, style: Style, first: int) -> list[Figure]:
    """The paths on a surface, a little above it; bent to its ground between the checkpoints."""
    found = relief(snapshot, style)
    lattice = snapshot.survey.lattice
    ground = RegularGridInterpolator(
        (lattice.coordinates("y"), lattice.coordinates("x")), found.z, bounds_error=False, fill_value=np.nan
    )
    up = LIFT * (found.limits.hi - found.limits.lo)

    def height(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.clip(ground(np.stack([y, x], axis=-1)), found.limits.lo, found.limits.hi) + up

    traces, tops = [], []
    for index, walk in enumerate(course.walks, first):
        x, y = _bent(walk.track.x), _bent(walk.track.y)
        line = dict(zip("xyz", _listed([x, y, height(x, y)]), strict=True))
        traces.append({"type": "scatter3d", "mode": "lines", "hoverinfo": "skip", **line} | _stroke(colour(index)))
        tops.append(height(walk.track.x, walk.track.y))
        at = dict(zip("xyz", _listed([walk.track.x, walk.track.y, tops[-1]]), strict=True))
        marks = _marked(index, walk, 3.5, style)
        traces.append({"type": "scatter3d", "mode": "markers", **at, **marks, **told(walk)})
    return [*traces, _now("scatter3d", course, tops, style, first)]


def _stroke(of: str) -> Figure:
    return {"line": {"color": of, "width": 5}}


def _bent(places: np.ndarray) -> np.ndarray:
    """Places with BENDS − 1 more between each two.

    Example:
        >>> _bent(np.array([0.0, 8.0])).tolist()
        [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]
    """
    count = len(places)
    fine = np.linspace(0, count - 1, BENDS * (count - 1) + 1)
    return np.interp(fine, np.arange(count), places)
