"""How far the picture depends on its directions: the same models on planes of several seeds, and their profiles."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from compute.minima import minima
from compute.snapshot import Snapshot
from compute.specs import Query, RandomPlane, Surface, Survey
from viewer import theme
from viewer.figures.contour import bands
from viewer.figures.encode import Figure, surroundings, typed
from viewer.figures.heights import Scale, extent, scale
from viewer.figures.hover import written
from viewer.figures.relief import Relief, relief
from viewer.figures.style import Style

Rows = Sequence[tuple[str, Sequence[Snapshot]]]
"""Models by their titles, each with its surfaces on planes of different seeds; all on one lattice."""

NARROW = 0.8
"""Width over height below which a model's maps are broken in two lines."""
PROFILE = (0.28, 0.66)
"""Bounds of the profiles' share of the height; the maps leave them what they do not need."""
GAP = 0.008
WORDS = 0.035
"""The height of the words above a map, and half the room between maps and profiles."""


def seeds(rows: Rows, style: Style) -> Figure:
    """Small maps on one scale, a row for each model, and below them each model's profile along alpha.

    A profile is the mean of the heights over the seeds at beta = 0, with a band of one standard deviation either side.
    """
    found = [[relief(snapshot, style) for snapshot in snapshots] for _, snapshots in rows]
    ends = [each.extent for row in found for each in row if each.drawable]
    style = replace(style, limits=extent(np.array(ends)), bar=False)
    drawn = [maps(rows, style), *(profile(rows[row], found[row], row, style) for row in range(len(rows)))]
    told = [snapshot.progress for _, snapshots in rows for snapshot in snapshots]
    layout = surroundings(style) | {"showlegend": len(rows) > 1, "margin": {"l": 56, "r": 16, "t": 12, "b": 44}}
    layout["legend"] = {"x": 1, "y": lowest(rows, style), "xanchor": "right", "yanchor": "top"}
    layout["meta"] = {
        "version": max((progress.version for progress in told), default=-1),
        "state": "done" if all(progress.state == "done" for progress in told) else "running",
        "drawable": bool(ends),
    }
    if ends:
        height = scale(np.array(ends), style)
        layout |= drawn[0]["layout"] | axes(rows, found[0][0].title, height, style)
    return {"data": [trace for part in drawn for trace in part["data"]] if ends else [], "layout": layout}


def maps(rows: Rows, style: Style) -> Figure:
    """A small map for each model and seed."""
    data: list[Figure] = []
    layout: Figure = {"annotations": []}
    for number, (snapshot, x, y) in enumerate(places(rows, style), start=2):
        shown = relief(snapshot, style)
        if shown.drawable:
            data.append(bands(snapshot, shown, style) | {"xaxis": f"x{number}", "yaxis": f"y{number}"})
        bare = {"visible": False, "constrain": "domain", "fixedrange": True}
        layout[f"xaxis{number}"] = bare | {"domain": x, "anchor": f"y{number}"}
        layout[f"yaxis{number}"] = bare | {"domain": y, "anchor": f"x{number}", "scaleanchor": f"x{number}"}
        layout["annotations"].append(words(snapshot, sum(x) / 2, y[1], style))
    if len(rows) > 1:
        layout["annotations"] += list(names(rows, style))
    return {"data": data, "layout": layout}


def places(rows: Rows, style: Style) -> Iterator[tuple[Snapshot, list[float], list[float]]]:
    """Every snapshot with the parts of the width and of the height that its map takes."""
    columns, lines = table(rows, style)
    row_high = _row_height(rows, style)
    high = (row_high - _title_height(rows)) / lines
    for row, (_, snapshots) in enumerate(rows):
        top = 1 - row * row_high - _title_height(rows)
        for place, snapshot in enumerate(snapshots):
            line, column = divmod(place, columns)
            x = [column / columns + GAP, (column + 1) / columns - GAP]
            yield snapshot, x, [top - (line + 1) * high, top - line * high - WORDS]


def _row_height(rows: Rows, style: Style) -> float:
    """The part of the height that a model's title and maps take."""
    return (1 - lowest(rows, style) - 2 * WORDS) / len(rows)


def _title_height(rows: Rows) -> float:
    """The part of the height that a model's title takes: a single one has none."""
    return WORDS if len(rows) > 1 else 0.0


def table(rows: Rows, style: Style) -> tuple[int, int]:
    """How many maps stand side by side, and in how many lines a model's are broken."""
    count = max(len(snapshots) for _, snapshots in rows)
    lines = 2 if style.aspect < NARROW else 1
    return -(-count // lines), lines


def lowest(rows: Rows, style: Style) -> float:
    """The part of the height that the profiles take: what square maps leave."""
    columns, lines = table(rows, style)
    square = style.aspect / columns + WORDS
    used = len(rows) * (lines * square + _title_height(rows))
    return min(max(1 - 2 * WORDS - used, PROFILE[0]), PROFILE[1])


def words(snapshot: Snapshot, x: float, y: float, style: Style) -> Figure:
    """The seed and, once all is known, the number of local minima, above a map."""
    unsaid = style.small or snapshot.survey.measure == "gradient" or not snapshot.is_done
    text = name(snapshot.survey) + ("" if unsaid else f" · {minima(snapshot).count}")
    return _note(text, style) | {"x": x, "y": y, "xanchor": "center", "yanchor": "bottom"}


def name(surface: Surface) -> str:
    """What tells a surface from the others of its row."""
    match surface:
        case Survey(query=Query(plane=RandomPlane(seed=seed))):
            return f"seed {seed}"
        case _:
            return surface.run


def names(rows: Rows, style: Style) -> Iterator[Figure]:
    """The models' titles above their maps."""
    for row, (title, _) in enumerate(rows):
        y = 1 - row * _row_height(rows, style) - _title_height(rows)
        place = {"x": GAP, "y": y, "xanchor": "left", "yanchor": "bottom"}
        yield _note(f"<b>{title}</b>", style) | place


def profile(row: tuple[str, Sequence[Snapshot]], reliefs: Sequence[Relief], place: int, style: Style) -> Figure:
    """One model's mean height along alpha, and the band about it."""
    title, snapshots = row
    lattice = snapshots[0].survey.lattice
    if lattice.origin is None:
        return {"data": []}
    heights = np.stack([found.z[lattice.origin[0]] for found in reliefs])
    known = np.isfinite(heights).all(axis=0)
    mean, spread = heights[:, known].mean(axis=0), heights[:, known].std(axis=0, ddof=min(1, len(heights) - 1))
    x, colour = lattice.coordinates("x")[known], theme.SERIES[place]
    group = {"type": "scatter", "mode": "lines", "legendgroup": title, "name": title}
    shade = "rgba({},{},{},0.18)".format(*theme.rgb(colour))
    band = {
        "x": typed(np.concatenate([x, x[::-1]])),
        "y": typed(np.concatenate([mean + spread, (mean - spread)[::-1]])),
    }
    told = np.stack([10.0**mean, 10.0**spread] if style.logarithmic else [mean, spread], axis=-1)
    return {
        "data": [
            group | band | {"fill": "toself", "fillcolor": shade, "line": {"width": 0}} | SILENT,
            group
            | {"x": typed(x), "y": typed(mean), "line": {"color": colour, "width": 2}, "customdata": typed(told)}
            | {"hovertemplate": _hover(x, told, style)},
        ]
    }


SILENT: Figure = {"hoverinfo": "skip", "showlegend": False}


def _hover(x: np.ndarray, told: np.ndarray, style: Style) -> str:
    """The mean and the band about it, which about a logarithm is a factor."""
    mean, spread = (written(f"customdata[{place}]", told[:, place], 3) for place in (0, 1))
    sign = "×÷" if style.logarithmic else "±"
    return f"α {written('x', x)}<br>{style.noun} <b>{mean}</b> {sign} {spread}<extra></extra>"


def axes(rows: Rows, title: str, height: Scale, style: Style) -> Figure:
    """The axes of the profiles."""
    lattice = rows[0][1][0].survey.lattice
    ends = [float(x) for x in lattice.coordinates("x")[[0, -1]]]
    line = {"showgrid": True, "gridcolor": style.theme.grid, "zeroline": False, "tickfont": {"size": 11}}
    seen = len(rows[0][1])
    about = f"α   (β = 0; mean over {seen} seeds, band: one standard deviation)"
    return {
        "xaxis": line
        | {"range": ends, "title": {"text": "α" if style.small else about, "standoff": 6}, "anchor": "y"}
        | {"ticklabelstandoff": 5},
        "yaxis": line
        | {"range": [height.lo, height.hi], "domain": [0, lowest(rows, style)], "anchor": "x", "title": {"text": title}}
        | {"tickvals": list(height.ticks), "ticktext": list(height.labels)},
    }


def _note(text: str, style: Style) -> Figure:
    font = {"size": 11, "color": style.theme.text}
    return {"text": text, "xref": "paper", "yref": "paper", "showarrow": False, "font": font}
