"""How deep the minima of a surface are: a bar from each minimum up to its saddle, beside a map of where they lie."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from compute.formatting import number
from compute.minima import Minimum, minima
from compute.snapshot import Snapshot
from viewer import theme
from viewer.figures.contour import bands, rings
from viewer.figures.encode import Figure, surroundings
from viewer.figures.heights import Scale, heights, scale
from viewer.figures.minima import spacing
from viewer.figures.relief import relief
from viewer.figures.style import Style

MOST = 60
"""Bars that can be told apart in the height there is; the deepest are drawn."""
FEWEST = 8
"""The room for so many bars is there however few there are."""
NARROW = 0.9
"""Width over height below which the map stands above the bars."""
BAR = {True: theme.SERIES[0], False: "#9aa3af"}
"""Colours of minima that are above sampling noise, and of others."""
GREY = "Grey bars are not above it."
SHORT = 0.3
"""How opaque a bar is that is shorter than the threshold."""


def barcode(snapshot: Snapshot, style: Style, _against: Snapshot | None = None) -> Figure:
    """The barcode once the surface is finished; what hovering marks on the map is the last two traces, by number."""
    found = minima(snapshot)
    finished = snapshot.is_done
    ready = finished and len(found) > 0 and snapshot.of_losses
    plain = replace(style, quantity="loss", small=True, bar=False, against="", limits=None)
    bars, shown = list(found)[:MOST], relief(snapshot, plain)
    layout: Figure = surroundings(style) | {
        "uirevision": "barcode",
        "meta": {
            "survey": snapshot.survey.id,
            "version": snapshot.progress.version,
            "state": snapshot.progress.state,
            "drawable": ready,
            "places": [places(each) for each in bars] if ready else [],
            "readings": [hover(each, found.tested) for each in bars] if ready else [],
            "words": told(snapshot, style) if ready else NONE if finished else WAITING,
        },
    }
    if not ready:
        return {"data": [], "layout": layout | BARE}
    scaled = replace(
        plain, height="log" if plain.height != "linear" and min(each.loss for each in bars) > 0 else "linear"
    )
    height = scale(heights(np.concatenate(lives(bars)), scaled), scaled)
    layout |= _layout(snapshot, len(bars), height, scaled)
    data = [_bars(bars, found.tested, height, scaled)]
    if shown.drawable:
        on_map = [
            bands(snapshot, shown, plain),
            rings(snapshot, found, style) | {"cliponaxis": False},
            LINK,
            _targets(bars),
        ]
        data += [trace | {"xaxis": "x2", "yaxis": "y2"} for trace in on_map]
    return {"data": data, "layout": layout}


WAITING = "The barcode is drawn once all points are known."
NONE = "There is no finite loss, and so no minimum."
BARE: Figure = {"xaxis": {"visible": False}, "yaxis": {"visible": False}}
LINK: Figure = {
    "type": "scatter",
    "mode": "lines+markers",
    "x": [],
    "y": [],
    "hoverinfo": "skip",
    "line": {"color": "#ffffff", "width": 1.6, "dash": "dot"},
    "marker": {"size": 11, "symbol": ["circle", "x"], "color": "#d55e00", "line": {"color": "#ffffff", "width": 1.6}},
}
"""From the minimum that is hovered over to its saddle; assets/barcode.js moves it."""


def places(minimum: Minimum) -> list[list[float]]:
    """Where a minimum and its saddle lie."""
    return [[minimum.alpha, minimum.beta], *([list(minimum.saddle)] if minimum.saddle else [])]


def told(snapshot: Snapshot, style: Style) -> str:
    """What the bars say in numbers, below a title."""
    found = minima(snapshot)
    more = f", the {MOST} deepest drawn" if len(found) > MOST else ""
    kept = int(found.at_least(style.depth).sum())
    deep = f"; {kept:,} at least {number(style.depth)} deep" if style.depth else ""
    grey = f" {GREY}" if found.above_noise not in {None, len(found)} else ""
    return f"{found.words}{more}{deep}.{grey} {spacing(snapshot)}".strip()


def _bars(bars: Sequence[Minimum], tested: bool, height: Scale, style: Style) -> Figure:
    """A bar for each minimum, the deepest at the top; the lowest's goes on to the end of the axis."""
    low, high = (heights(ends, style) for ends in lives(bars))
    strong = [each.depth is None or each.depth >= style.depth for each in bars]
    return {
        "type": "bar",
        "orientation": "h",
        "base": low.tolist(),
        "x": (np.where(np.isfinite(high), high, height.hi) - low).tolist(),
        "y": list(range(len(bars))),
        "width": 0.62,
        "marker": {
            "color": [BAR[each.above_noise or not tested] for each in bars],
            "opacity": [1.0 if shown else SHORT for shown in strong],
            "line": {"width": 0},
        },
        "customdata": list(range(len(bars))),
        "hoverinfo": "none",  # the words stand below the count: a label would hide the map
    }


def lives(bars: Sequence[Minimum]) -> tuple[np.ndarray, np.ndarray]:
    """The losses at which minima begin, and those of their saddles; infinite where there is none."""
    low = np.array([each.loss for each in bars])
    return low, low + [np.inf if each.depth is None else each.depth for each in bars]


def hover(minimum: Minimum, tested: bool) -> str:
    """What is told of the bar or the ring that is hovered over."""
    first = f"Minimum at α {number(minimum.alpha, 4)}, β {number(minimum.beta, 4)}: loss {number(minimum.loss, 4)}"
    if minimum.saddle is None or minimum.depth is None:
        return f"{first}; no saddle leads lower."
    alpha, beta = minimum.saddle
    second = f"saddle at α {number(alpha, 4)}, β {number(beta, 4)}: loss {number(minimum.loss + minimum.depth, 4)}"
    noise = f", {number(minimum.z, 2)} standard errors" if minimum.z is not None else ""
    verdict = "" if not tested else ", above noise" if minimum.above_noise else ", not above noise"
    return f"{first}; {second}; depth {number(minimum.depth)}{noise}{verdict}."


def _targets(bars: Sequence[Minimum]) -> Figure:
    """Unseen marks on the map for a hand to find; they know their bar's number."""
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [each.alpha for each in bars],
        "y": [each.beta for each in bars],
        "marker": {"size": 14, "opacity": 0},
        "customdata": list(range(len(bars))),
        "hoverinfo": "none",
    }


def _layout(snapshot: Snapshot, count: int, height: Scale, style: Style) -> Figure:
    """Bars beside the map, or below it where there is no room."""
    beside = style.aspect >= NARROW
    wide, high = ([0.0, 0.6], [0.0, 1.0]) if beside else ([0.0, 1.0], [0.0, 0.38])
    right, top = ([0.7, 1.0], [0.0, 1.0]) if beside else ([0.1, 1.0], [0.52, 1.0])
    line = {"zeroline": False, "tickfont": {"size": 11}, "fixedrange": True}
    map_line = line | {"ticks": "outside", "ticklen": 4, "tickcolor": style.theme.grid, "nticks": 4}
    map_line |= {"showgrid": False, "constrain": "domain"}
    lattice, last = snapshot.survey.lattice, max(count, FEWEST) - 0.4
    ends = {axis: [float(x) for x in lattice.coordinates(axis)[[0, -1]]] for axis in "xy"}
    name = "loss, from minimum to saddle" + (" (log)" if style.logarithmic else "")
    title = {"text": name, "font": {"size": 12}, "standoff": 6}
    return {
        "margin": {"l": 16, "r": 14, "t": 8, "b": 44},
        "hovermode": "closest",
        "dragmode": False,
        "xaxis": line
        | {"domain": wide, "range": [height.lo, height.hi], "gridcolor": style.theme.grid, "title": title}
        | {"tickvals": list(height.ticks), "ticktext": list(height.labels)},
        "yaxis": line | {"domain": high, "range": [last, -0.6], "showticklabels": False, "showgrid": False},
        "xaxis2": map_line | {"domain": right, "range": ends["x"], "anchor": "y2", "title": {"text": "α"}},
        "yaxis2": map_line
        | {"domain": top, "range": ends["y"], "anchor": "x2", "scaleanchor": "x2", "title": {"text": "β"}},
    }
