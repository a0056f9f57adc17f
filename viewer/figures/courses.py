"""Training runs over their epochs: losses, distances from the plane, norms, and the principal components' shares."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from compute.formatting import brief_percent, number
from viewer.course import Course, Growth, Walk
from viewer.figures.encode import Figure, surroundings
from viewer.figures.hover import written
from viewer.figures.paths import SYMBOLS, colour
from viewer.figures.style import Style

Drawer = Callable[[Course, Style], Figure]
MARGIN = {"l": 52, "r": 12, "t": 8, "b": 40}


def losses(course: Course, style: Style) -> Figure:
    """Each checkpoint's own loss (line) and that of the plane where it is projected (dots)."""
    data = [
        trace
        for index, walk in enumerate(course.walks)
        for trace in (
            _line(index, walk, walk.own, "its own loss") | _band(walk),
            _line(index, walk, walk.plane, "the plane's loss") | _dotted(index),
        )
    ]
    return _over_epochs([*data, _now(course.walks, [walk.own for walk in course.walks], style)], "loss", style, LOSS)


def distances(course: Course, style: Style) -> Figure:
    """Which share of each checkpoint's distance from the origin lies off the plane."""
    shares = [100 * walk.track.residual for walk in course.walks]
    data = [
        _line(index, walk, shares[index], "distance from the plane", " %") for index, walk in enumerate(course.walks)
    ]
    axis = {"range": [0, 105], "ticksuffix": " %", "nticks": 5}
    return _over_epochs([*data, _now(course.walks, shares, style)], "distance from the plane", style, axis)


def lengths(found: Sequence[Growth], style: Style) -> Figure:
    """The length of all parameters of each checkpoint; from 0 on, so that small changes look small."""
    values = [each.norms.norms for each in found]
    data = [_line(index, each, values[index], "‖θ‖₂") for index, each in enumerate(found)]
    axis = {"range": [0, 1.08 * max(float(each.max()) for each in values)], "nticks": 5}
    return _over_epochs([*data, _now(found, values, style)], "‖θ‖₂", style, axis)


def scree(course: Course, style: Style) -> Figure:
    """The share of the variance that each principal component has; the two that span the plane stand out."""
    shares = course.trajectory.scree
    if not shares:
        return _words(_alternative(course), style)
    at = list(range(1, len(shares) + 1))
    bars = {
        "type": "bar",
        "x": at,
        "y": [100 * share for share in shares],
        "marker": {"color": [style.theme.text if place <= 2 else style.theme.grid for place in at]},
        "text": [_share(share, style) if place <= 2 else "" for place, share in zip(at, shares, strict=True)],
        "textposition": "outside",
        "constraintext": "none",
        "textangle": 0,
        "textfont": {"size": 11},
        "cliponaxis": False,
        "hovertemplate": f"PC %{{x}}: {written('y', 100 * np.array(shares), 3)} % of the variance<extra></extra>",
    }
    x = {"title": {"text": "principal component"}, "tickvals": at}
    y = {"title": {"text": "share of the variance"}, "range": [0, 112], "tickvals": [0, 50, 100]}
    y["ticktext"] = [f"{share} %" for share in y["tickvals"]]
    return {"data": [bars], "layout": _layout(style, x, y) | {"bargap": 0.35}}


def _share(share: float, style: Style) -> str:
    """A bar's label, no wider than the bar where there is little room."""
    return brief_percent(share).removesuffix(" %" * style.small)


FIGURES: Mapping[str, Drawer] = {"losses": losses, "distances": distances, "scree": scree}
"""The figures of a course, by their kinds."""

LOSS = {"type": "log", "exponentformat": "power", "nticks": 5, "tickfont": {"size": 9}}  # plotly makes powers larger


def _line(index: int, walk: Walk | Growth, values: np.ndarray, name: str, unit: str = "") -> Figure:
    """One number of every checkpoint over the epochs."""
    marked = [9.0 if place in walk.drops else 4.0 for place in range(len(values))]
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "x": walk.epochs,
        "y": _plain(values),
        "line": {"color": colour(index), "width": 2},
        "marker": {"symbol": SYMBOLS[index % 5], "size": marked, "color": colour(index)},
        "hovertemplate": f"<b>{walk.title}</b>, epoch %{{x}}<br>{name} {written('y', values)}{unit}<extra></extra>",
    }


def _dotted(index: int) -> Figure:
    """What tells the plane's loss from the checkpoints' own."""
    return {"mode": "lines", "line": {"color": colour(index), "width": 2, "dash": "dot"}}


def _band(walk: Walk) -> Figure:
    """Standard errors."""
    return {"error_y": {"array": _plain(walk.error), "thickness": 1, "width": 0}}


def _plain(values: np.ndarray) -> list[Any]:
    return [float(value) if np.isfinite(value) else None for value in values]


def _now(walks: Sequence[Walk | Growth], values: list[np.ndarray], style: Style) -> Figure:
    """The marked epoch on each line; assets/playback.js moves it."""
    epochs = [walk.epochs for walk in walks]
    ys = [_plain(line) for line in values]
    line = {"color": style.theme.text, "width": 2}
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [each[-1] for each in epochs],
        "y": [each[-1] for each in ys],
        "marker": {"size": 11, "color": [colour(index) for index in range(len(ys))], "line": line},
        "hoverinfo": "skip",
        "meta": {"now": True, "epochs": epochs, "x": epochs, "y": ys},
    }


def _over_epochs(data: list[Figure], title: str, style: Style, axis: Figure) -> Figure:
    return {"data": data, "layout": _layout(style, {"title": {"text": "epoch"}}, {"title": {"text": title}} | axis)}


def _layout(style: Style, x: Figure, y: Figure) -> Figure:
    plain: Figure = {"gridcolor": style.theme.grid, "zeroline": False, "tickfont": {"size": 11}, "automargin": False}
    axes = {"xaxis": plain | {"showgrid": False} | x, "yaxis": plain | y}
    found = {
        name: axis | {"title": axis["title"] | TITLE, "linecolor": style.theme.grid} for name, axis in axes.items()
    }
    return surroundings(style) | found | {"margin": MARGIN, "uirevision": "course", "hovermode": "closest"} | META


TITLE: Figure = {"standoff": 6, "font": {"size": 12}}
META: Figure = {"meta": {"version": 0, "state": "done", "drawable": True}}
"""What assets/live.js asks of every figure."""


def _alternative(course: Course) -> str:
    """What a plane that is not of principal components tells in place of their shares."""
    found = course.trajectory
    seen, cosine = brief_percent(found.seen), number(found.cosine, 2)
    return f"This plane sees {seen}<br>of the squared distances<br>cos(δ, η) = {cosine}"


def _words(text: str, style: Style) -> Figure:
    place = {"xref": "paper", "yref": "paper", "x": 0.5, "y": 0.5, "showarrow": False}
    note = place | {"text": text, "font": {"size": 13, "color": style.theme.text}}
    bare = {"xaxis": {"visible": False}, "yaxis": {"visible": False}, "margin": MARGIN}
    return {"data": [], "layout": surroundings(style) | bare | {"annotations": [note], "uirevision": "words"} | META}
