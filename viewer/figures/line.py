"""One-dimensional landscapes: loss and accuracy along a line, on twin axes."""

from collections.abc import Sequence
from dataclasses import asdict
from html import escape
from statistics import fmean, stdev
from textwrap import wrap

import numpy as np

from compute.formatting import percent
from compute.profile import readings
from compute.snapshot import JobState, Snapshot
from compute.specs import LineRef, Survey
from viewer import theme
from viewer.figures.encode import Figure, surroundings, typed
from viewer.figures.heights import Scale, heights, risen, scale
from viewer.figures.hover import share, written
from viewer.figures.pens import Pen, pens
from viewer.figures.style import Style
from viewer.titles import NONE, Titles

Rows = Sequence[Sequence[Snapshot]]
"""A row is one curve: on a line, or along the random directions of several seeds."""

SHARES = [0, 0.2, 0.4, 0.6, 0.8, 1]
"""Ticks of accuracies."""
PALE = 0.5
"""How opaque a curve is of which not all points are known yet."""
FAINT = 0.28
ROUNDING = 1e-6
"""A deviation below this share of the mean tells of arithmetic, not of directions."""
ROOM = {True: 34, False: 76}
"""Letters that stand above a small figure, or another, in one line."""
WIDE = {"l": 58, "r": 60, "t": 28, "b": 44}
NARROW = {"l": 46, "r": 42, "t": 26, "b": 36}


def line(rows: Rows, style: Style, called: Titles = NONE) -> Figure:
    """Curves of loss, on the left axis, and accuracy, on the right: train solid, test dashed.

    Curves of several kinds have no accuracy beside their loss, unless it is all that is shown. Several seeds of a row
    are a band of one standard deviation about their mean, with each curve faint. Gaps are losses that are not numbers.
    """
    found = pens([row[0] for row in rows], called)
    known = np.concatenate([shown(snapshot, style)[1] for row in rows for snapshot in row])
    measured = {quantity for row in rows for snapshot in row for quantity in snapshot.survey.quantities}
    height, pairs = scale(known, style), list(zip(rows, found, strict=True))
    losing = "loss" in measured and style.curves != "accuracy"
    right = not losing or (style.curves == "both" and found[0].alone)
    drawable = bool(np.isfinite(known).any()) if losing else any(np.isfinite(row[0].accuracy).any() for row in rows)
    data = [trace for row, pen in pairs for trace in losses(row, pen, style)] if losing else []
    data += [accuracy(row, pen) for row, pen in pairs] if right else []
    note = key(found, losing, right, style)
    layout = surroundings(style) | axes(rows[0][0], found, height, style, losing, right)
    layout |= {"annotations": [note], "margin": margin(note, style), "meta": meta(rows, found, drawable)}
    layout["meta"]["view"] = {f"{axis}.range": layout[axis]["range"] for axis in ("xaxis", "yaxis", "yaxis2")}
    return {"data": data if drawable else [], "layout": layout}


def shown(snapshot: Snapshot, style: Style) -> tuple[np.ndarray, np.ndarray]:
    """Places and heights of the losses that are known; NaN where one is not a number."""
    given = snapshot.given[0]
    return snapshot.survey.lattice.coordinates("x")[given], risen(snapshot.loss[0][given], style)


def losses(row: Sequence[Snapshot], pen: Pen, style: Style) -> list[Figure]:
    """A row's curve of the loss, with its band."""
    group: Figure = {"type": "scatter", "mode": "lines", "name": pen.name("loss")} | unfinished(row, pen.loss)
    stroke = {"color": pen.loss, "width": pen.width, "dash": pen.dash}
    if len(row) > 1:
        return spread(row, group, stroke, style)
    x, y = shown(row[0], style)
    given = row[0].given[0]
    told = np.stack([values[0][given] for values in (row[0].loss, row[0].error)], axis=-1)
    doubt = ", s.e. " + written("customdata[1]", told[:, 1], 2) if np.isfinite(told[:, 1]).any() else ""
    hover = f"{pen.name('loss')} <b>{written('customdata[0]', told[:, 0])}</b>{doubt}<extra></extra>"
    curve = group | {"x": typed(x), "y": typed(y), "line": stroke, "customdata": typed(told), "hovertemplate": hover}
    low, high = (heights(told[:, 0] + side * told[:, 1], style) for side in (-1, 1))
    area = {"type": "scatter", "mode": "lines", "name": pen.name("loss")} | band(x, low, high, pen.loss)
    return [area, curve] if style.errors else [curve]


def unfinished(row: Sequence[Snapshot], colour: str) -> Figure:
    """How a curve looks of which more is to come: pale, with a dot at each known point; nothing once it is done."""
    if all(one.is_done for one in row):
        return {}
    return {"mode": "lines+markers", "opacity": PALE, "marker": {"size": 4, "color": colour}}


def spread(row: Sequence[Snapshot], group: Figure, stroke: Figure, style: Style) -> list[Figure]:
    """Several seeds: each faint, their mean where all of them are computed, and the band of one standard deviation."""
    given = np.logical_and.reduce([one.given[0] for one in row])
    x = row[0].survey.lattice.coordinates("x")[given]
    every = np.stack([risen(one.loss[0][given], style) for one in row])
    mean, deviation = every.mean(axis=0), every.std(axis=0, ddof=1)
    faint = {"line": stroke | {"width": 1}, "opacity": FAINT, "hoverinfo": "skip"}
    each = [dict(zip("xy", map(typed, shown(one, style)), strict=True)) for one in row]
    told = np.stack([10.0**mean, 10.0**deviation] if style.logarithmic else [mean, deviation], axis=-1)
    sign = "×÷" if style.logarithmic else "±"
    middle, width = written("customdata[0]", told[:, 0]), written("customdata[1]", told[:, 1], 3)
    hover = f"{group['name']} <b>{middle}</b> {sign} {width}<extra></extra>"
    curve = {"x": typed(x), "y": typed(mean), "line": stroke, "customdata": typed(told), "hovertemplate": hover}
    area = band(x, mean - deviation, mean + deviation, stroke["color"])
    plain = group | {"mode": "lines"}
    return [*(plain | faint | one for one in each), plain | area, group | curve]


def band(x: np.ndarray, low: np.ndarray, high: np.ndarray, colour: str) -> Figure:
    """A pale area between two curves, in pieces where they are not numbers."""
    known = np.isfinite(low) & np.isfinite(high)
    pieces = np.split(np.arange(len(x)), np.flatnonzero(np.diff(known)) + 1)
    rings = [np.concatenate([piece, piece[::-1]]) for piece in pieces if len(piece) and known[piece[0]]]
    gap = np.array([np.nan])
    sides = [np.concatenate([high[ring[: len(ring) // 2]], low[ring[len(ring) // 2 :]], gap]) for ring in rings]
    places = [np.concatenate([x[ring], gap]) for ring in rings]
    shade = "rgba({},{},{},0.16)".format(*theme.rgb(colour))
    area = {"x": typed(np.concatenate([gap, *places])), "y": typed(np.concatenate([gap, *sides]))}
    return area | {"fill": "toself", "fillcolor": shade, "line": {"width": 0}, "hoverinfo": "skip"}


def accuracy(row: Sequence[Snapshot], pen: Pen) -> Figure:
    """A row's accuracy, the mean over its seeds; a gap where the loss is not a number."""
    look = {"type": "scatter", "mode": "lines"} | unfinished(row, pen.accuracy)
    given = np.logical_and.reduce([one.given[0] for one in row])
    mean = np.mean([np.where(np.isfinite(one.first[0]), one.accuracy[0], np.nan) for one in row], axis=0)[given]
    return look | {
        "yaxis": "y2",
        "name": pen.name("accuracy"),
        "x": typed(row[0].survey.lattice.coordinates("x")[given]),
        "y": typed(mean),
        "line": {"color": pen.accuracy, "width": 1.6, "dash": pen.dash},
        "hovertemplate": f"{pen.name('accuracy')} <b>{share('y')}</b><extra></extra>",
    }


def axes(snapshot: Snapshot, found: Sequence[Pen], height: Scale, style: Style, losing: bool, right: bool) -> Figure:
    """Twin axes, in the colours of their curves where there is one kind of them, and lines at both ends."""
    plain = {"showgrid": False, "zeroline": False, "tickfont": {"size": 11}}
    ends = [float(x) for x in snapshot.survey.lattice.coordinates("x")[[0, -1]]]
    name = f"loss{' (log)' if style.logarithmic else ''}"
    few = len({pen.kind for pen in found}) <= len(theme.SERIES)
    return {
        "hovermode": "x unified" if few else "closest",
        "uirevision": "line",
        "xaxis": plain
        | {"range": ends, "title": titled("α", 6), "nticks": 9, "ticks": "outside", "ticklen": 4}
        | {"tickcolor": style.theme.grid, "hoverformat": ",.4~r"},
        "yaxis": plain
        | {"range": [height.lo, height.hi], "visible": losing, "title": _titled(name, found[0], found[0].loss)}
        | {"tickvals": list(height.ticks), "ticktext": list(height.labels), "showgrid": True}
        | {"gridcolor": style.theme.grid},
        "yaxis2": plain
        | {"range": [-0.02, 1.02], "overlaying": "y", "side": "right", "anchor": "x", "visible": right}
        | {"title": _titled("" if style.small else "accuracy", found[0], found[0].accuracy), "tickvals": SHARES}
        | {"ticktext": [percent(each, 0) for each in SHARES]},
        "shapes": [_upright(at, style) for at in marked(snapshot)],
    }


def _titled(text: str, pen: Pen, colour: str) -> Figure:
    found = titled(text, 4)
    return found | {"font": found["font"] | ({"color": colour} if pen.alone else {})}


def titled(text: str, standoff: int) -> Figure:
    """The title of an axis, so many pixels from its labels."""
    return {"text": text, "standoff": standoff, "font": {"size": 12}}


def key(found: Sequence[Pen], losing: bool, right: bool, style: Style) -> Figure:
    """What colours and dashes stand for, in a line above the curves."""
    named = list(dict.fromkeys(pen.split for pen in found))
    splits = ["train, test dashed"] if len(named) > 1 else [f"{named[0]} set" if named[0] else "data not named"]
    if found[0].alone:
        names = [("loss", found[0].loss)] * losing + [("accuracy", found[0].accuracy)] * right
        return coloured(names, splits, style)
    kinds = {pen.kind: pen.loss for pen in found}
    if len(kinds) > len(theme.SERIES):
        first, second, *_, last = kinds.items()
        return coloured([first, (f"{second[0]} …", second[1]), last], splits, style)
    return coloured(list(kinds.items()), splits, style)


def coloured(names: Sequence[tuple[str, str]], others: Sequence[str], style: Style) -> Figure:
    """Words in the colours of curves, and others, above a figure's axes: in one line, or more for lack of room."""
    most = ROOM[style.small]
    parts = [(part, colour) for name, colour in names for part in wrap(name, most) or [name]]
    said = [(f'<span style="color:{colour}"><b>{escape(part)}</b></span>', len(part)) for part, colour in parts]
    lines, room = [""], most
    for word, size in (*said, *((other, len(other)) for other in others)):
        if lines[-1] and size > room:
            lines, room = [*lines, ""], most
        lines[-1] += ("   " if lines[-1] else "") + word
        room -= size + 3
    place = {"xref": "paper", "yref": "paper", "x": 0, "y": 1, "xanchor": "left", "yanchor": "bottom", "yshift": 3}
    font = {"size": 10.5 if style.small else 11, "color": style.theme.text}
    return place | {"text": "<br>".join(lines), "showarrow": False, "font": font, "align": "left"}


def margin(note: Figure, style: Style) -> Figure:
    """The room around axes with a note above them."""
    sides = NARROW if style.small else WIDE
    return sides | {"t": sides["t"] + 14 * note["text"].count("<br>")}


def marked(snapshot: Snapshot) -> tuple[int, ...]:
    """Where networks lie, or the ends of a cut."""
    survey = snapshot.survey
    return (0, 1) if isinstance(survey, Survey) and isinstance(survey.query.plane, LineRef) else (0,)


def _upright(at: float, style: Style) -> Figure:
    stroke = {"color": style.theme.text, "width": 1, "dash": "dot"}
    place = {"x0": at, "x1": at, "y0": 0, "y1": 1, "xref": "x", "yref": "paper"}
    return place | {"type": "line", "line": stroke, "opacity": 0.5}


def meta(rows: Rows, found: Sequence[Pen], drawable: bool) -> Figure:
    """What the page asks of a figure: how far it is, and the numbers of its curves, a column for each kind."""
    told = [snapshot.progress for row in rows for snapshot in row]
    ended = all(progress.state in {JobState.DONE, JobState.FAILED, JobState.CANCELLED} for progress in told)
    columns = {pen.name("").strip(): numbers(row) for row, pen in zip(rows, found, strict=True)}
    return {
        "version": max(progress.version for progress in told),
        "state": "done" if ended else "running",
        "drawable": drawable,
        "gaps": sum(int((~np.isfinite(one.loss) & one.known).sum()) for row in rows for one in row),
        "columns": [{"name": name, "readings": each} for name, each in columns.items()],
    }


def numbers(row: Sequence[Snapshot]) -> list[Figure]:
    """The numbers of a curve: fields of an `Indicator`, and the `deviation` between several directions.

    A number of several directions is the mean of those that are read off each, None where one of them does not tell
    it; its deviation is that of the sample, 0 where it is no more than rounding, None of a single direction.
    """
    found = []
    for each in zip(*map(readings, row), strict=True):
        values = [one.value for one in each if one.value is not None]
        told = len(values) == len(row)
        mean, spread = (fmean(values), stdev(values) if len(row) > 1 else None) if told else (None, None)
        if mean is not None and spread is not None and spread <= ROUNDING * abs(mean):
            spread = 0.0
        found.append(asdict(each[0]) | {"value": mean, "deviation": spread})
    return found
