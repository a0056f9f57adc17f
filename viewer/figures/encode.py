"""Arrays and axes in the form that plotly.js reads."""

from base64 import b64encode
from dataclasses import replace
from html import escape
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image

from compute.indicators import lowest
from compute.minima import Minima
from compute.snapshot import JobState, Snapshot
from compute.specs import CURVATURES, Imported
from viewer import theme
from viewer.figures.finer import Mesh
from viewer.figures.hover import share, written
from viewer.figures.minima import summary
from viewer.figures.provisional import prolonged
from viewer.figures.relief import Relief, with_cap
from viewer.figures.style import AUTO, Style

Figure = dict[str, Any]

DIAGNOSES = {
    "nothing": "Waiting for the first points",
    "holes": "{given:,} of {size:,} points have a value in this file, and no four of them<br>"
    "are neighbours: there is no surface to draw",
    "stopped": "Nothing has been computed",
    "nonfinite": "The {quantity} is NaN or infinite, or below zero on a logarithmic scale,<br>"
    "almost everywhere: there is nothing to draw",
}


def typed(array: np.ndarray) -> dict[str, str]:
    """An array as a typed array of single precision: four bytes a number, and no text to parse."""
    flat = np.ascontiguousarray(array, dtype="<f4")
    return {"dtype": "f4", "bdata": b64encode(flat.tobytes()).decode(), "shape": ",".join(map(str, flat.shape))}


def address(pixels: np.ndarray) -> str:
    """A picture as a data address."""
    file = BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return "data:image/png;base64," + b64encode(file.getvalue()).decode()


def marked_lowest(snapshot: Snapshot, kind: str, style: Style, z: np.ndarray) -> list[Figure]:
    """The lowest point of the loss, as a trace of one diamond on heights `z`; none where it is the network itself."""
    lattice, at = snapshot.survey.lattice, lowest(snapshot)
    if at is None or at == lattice.origin or not np.isfinite(z[at]):
        return []
    place = {"x": [float(lattice.coordinates("x")[at[1]])], "y": [float(lattice.coordinates("y")[at[0]])]}
    if kind == "scatter3d":
        place["z"] = [float(z[at])]
    line = {"color": style.theme.marker_edge, "width": 1.2}
    marker = {"symbol": "diamond", "size": 4 if kind == "scatter3d" else 9, "color": style.theme.marker, "line": line}
    return [{"type": kind, "mode": "markers", **place, "hoverinfo": "skip", "marker": marker}]


def tooltip(snapshot: Snapshot, relief: Relief, style: Style, drawn: Mesh | None = None) -> dict[str, Any]:
    """What hovering tells: loss, its standard error and accuracy, if any, at each point; which were not computed.

    A height that is neither loss nor accuracy is told, too. Arrays are indexed [β, α], as plotly.js reads them for a
    map. On the mesh of a surface each point tells of the nearest computed one, and where that lies; plotly.js looks up
    a surface's `customdata` and `text`, but not its `z`, at [α, β].
    """
    lattice, given = snapshot.survey.lattice, snapshot.given
    loss, accuracy = (prolonged(values, given, lattice) for values in (snapshot.loss, snapshot.accuracy))
    error = prolonged(snapshot.error, snapshot.known, lattice)
    numbers, more = [loss, accuracy, error], ""
    if style.quantity in CURVATURES:
        numbers.append(snapshot.values(style.quantity))
        more = MORE.format(name=style.noun, value=written("customdata[3]", numbers[3]))
    if relief.plain is not None and (style.against or style.quantity == "slope"):
        numbers.append(relief.plain)
        beside = " ÷ the first" if style.logarithmic else " − the first"
        name = style.noun + (beside if style.against else "")
        more = MORE.format(name=name, value=written("customdata[3]", numbers[3]))
    noun = "gradient norm" if snapshot.survey.measure == "gradient" else "loss"
    fields = ("x", "y")
    if drawn is not None:
        fields = (f"customdata[{len(numbers)}]", f"customdata[{len(numbers) + 1}]")
        numbers += lattice.grid()
    x, y = (written(field, lattice.coordinates(axis)) for field, axis in zip(fields, ("x", "y"), strict=True))
    told = {"customdata": typed(_spread(np.stack(numbers, axis=-1), drawn))}
    doubt = ", s.e. " + written("customdata[2]", error, 2) if np.isfinite(error).any() else ""
    more = f"<br>accuracy {share('customdata[1]')}{more}" if np.isfinite(snapshot.accuracy).any() else more
    value = (
        VALUE.format(noun=noun, value=written("customdata[0]", loss), doubt=doubt)
        if "loss" in snapshot.survey.quantities
        else ""
    )
    words = {"x": x, "y": y, "value": value, "more": more}
    if snapshot.known.all():
        return told | {"hovertemplate": HOVER.format(**words, note="")}
    notes = np.select([snapshot.known, snapshot.interpolated, snapshot.final], ["", NOTES[0], NOTES[2]], NOTES[1])
    return told | {
        "text": _spread(notes, drawn).tolist(),
        "hovertemplate": HOVER.format(**words, note="%{text}"),
    }


def _spread(numbers: np.ndarray, drawn: Mesh | None) -> np.ndarray:
    """What belongs to a map's points; or to those of the mesh that a surface is drawn on, column before row."""
    return numbers if drawn is None else numbers[np.ix_(*drawn.nearest)].swapaxes(0, 1)


NOTES = ("<br><i>interpolated</i>", "<br><i>not computed yet: between coarser points</i>", "<br><i>not in the file</i>")
HOVER = "α {x}   β {y}{value}{more}{note}<extra></extra>"
VALUE = "<br>{noun} <b>{value}</b>{doubt}"
MORE = "<br>{name} <b>{value}</b>"


def colour_bar(relief: Relief, style: Style) -> Figure:
    """A slim colour bar with the height's ticks."""
    return {
        "thickness": 8,
        "lenmode": "pixels",
        "len": 176 if style.small else 200,
        "y": 1,
        "yanchor": "top",
        "ypad": 14,
        "x": 1,
        "xpad": 12,
        "xanchor": "right",
        "outlinewidth": 0,
        "ticklen": 3,
        "tickcolor": style.theme.grid,
        "tickvals": list(relief.limits.ticks),
        "ticktext": list(relief.limits.labels),
        "tickfont": {"size": 11, "color": style.theme.text},
        "title": {
            "text": _broken(relief.title, relief.data),
            "side": "top",
            "font": {"size": 11, "color": style.theme.text},
        },
    }


UNDER = '<br><span style="font-size:6px;color:rgba(0,0,0,0)">.</span>'
"""A line below a colour bar's title in which nothing can be seen: plotly leaves out lines of blanks."""


def _broken(title: str, data: str) -> str:
    """A title and its data in lines as narrow as may be, the last one blank, for the highest tick stands beside it."""
    return title.replace(" that of ", " that of<br>") + (f",<br>{escape(shortened(data))}" if data else "") + UNDER


def shortened(text: str) -> str:
    """A text of at most MOST letters.

    Example:
        >>> shortened("digits 8 × 8"), shortened("photographs_of_the_alps")
        ('digits 8 × 8', 'photographs_of_…')
    """
    return text if len(text) <= MOST else text[: MOST - 1] + "…"


MOST = 16
"""Letters of the data's name beside a colour bar."""


def surroundings(style: Style) -> Figure:
    """A figure's colours and type."""
    return {
        "paper_bgcolor": style.theme.paper,
        "plot_bgcolor": style.theme.paper,
        "font": {"family": theme.FONT, "size": 12, "color": style.theme.text},
        "showlegend": False,
        "hoverlabel": {"font": {"family": theme.FONT, "size": 12}},
    }


def base_layout(snapshot: Snapshot, relief: Relief, style: Style, kind: str, found: Minima) -> Figure:
    """What both kinds of figure share: colours, type, and what the page asks of a figure."""
    limits = relief.limits
    return surroundings(style) | {
        "uirevision": kind,
        "meta": {
            "survey": snapshot.survey.id,
            "version": snapshot.progress.version,
            "state": snapshot.progress.state,
            "drawable": relief.drawable,
            "side": "x".join(map(str, reversed(snapshot.survey.lattice.shape))),
            "extent": list(relief.extent) if relief.drawable else None,
            "cap": with_cap(replace(style, cap=AUTO), [snapshot]).cap if style.height == "clipped" else None,
            "noun": style.noun,
            "limits": [limits.lo, limits.hi, limits.step],
            "minima": summary(snapshot, found),
            "bar": {
                "title": relief.title,
                "colours": list(relief.palette),
                "places": [float(limits.share(np.array(tick))) for tick in limits.ticks],
                "labels": list(limits.labels),
            },
        },
    }


def diagnosis(snapshot: Snapshot, style: Style) -> list[Figure]:
    """A sentence in place of a surface that cannot be drawn."""
    sentence = DIAGNOSES[reason_of(snapshot, style)].format(
        quantity=style.noun, given=int(snapshot.given.sum()), size=snapshot.survey.lattice.size
    )
    place = {"xref": "paper", "yref": "paper", "x": 0.5, "y": 0.5, "showarrow": False}
    return [place | {"text": sentence, "font": {"size": 14, "color": style.theme.text}}]


def reason_of(snapshot: Snapshot, style: Style) -> str:
    """Why a surface cannot be drawn, as a key of DIAGNOSES."""
    if isinstance(snapshot.survey, Imported):
        finite = np.isfinite(snapshot.values(style.quantity))
        return "holes" if finite[snapshot.given].all() else "nonfinite"
    if snapshot.given.all():
        return "nonfinite"
    return "stopped" if snapshot.progress.state in {JobState.FAILED, JobState.CANCELLED} else "nothing"
