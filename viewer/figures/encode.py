"""Arrays and axes in the form that plotly.js reads."""

from base64 import b64encode
from typing import Any

import numpy as np

from compute.snapshot import JobState, Snapshot
from viewer import theme
from viewer.figures.heights import Scale
from viewer.figures.provisional import given, prolonged
from viewer.figures.style import Style, statistic_words

Figure = dict[str, Any]

DIAGNOSES = {
    "nothing": "Waiting for the first points",
    "stopped": "Nothing has been computed",
    "nonfinite": "The {quantity} is NaN or infinite<br>almost everywhere: there is nothing to draw",
}


def typed(array: np.ndarray) -> dict[str, str]:
    """An array as a typed array of single precision: four bytes a number, and no text to parse."""
    flat = np.ascontiguousarray(array, dtype="<f4")
    return {"dtype": "f4", "bdata": b64encode(flat.tobytes()).decode(), "shape": ",".join(map(str, flat.shape))}


def truth(snapshot: Snapshot, loss: np.ndarray, accuracy: np.ndarray) -> dict[str, Any]:
    """What hovering tells: loss, its standard error and accuracy at each point, and which were not computed."""
    error = prolonged(snapshot.error, snapshot.known, snapshot.survey.lattice)
    told = {"customdata": typed(np.stack([loss, accuracy, error], axis=-1))}
    doubt = " ± %{customdata[2]:.2~g}" if np.isfinite(error).any() else ""
    if snapshot.known.all():
        return told | {"hovertemplate": HOVER.format(doubt=doubt, note="")}
    notes = np.select([snapshot.known, snapshot.interpolated], ["", NOTES[0]], NOTES[1])
    return told | {"text": notes.tolist(), "hovertemplate": HOVER.format(doubt=doubt, note="%{text}")}


NOTES = ("<br><i>interpolated</i>", "<br><i>not computed yet: between coarser points</i>")
HOVER = (
    "α %{{x:.4~g}}   β %{{y:.4~g}}<br>loss <b>%{{customdata[0]:.4~g}}</b>{doubt}"
    "<br>accuracy %{{customdata[1]:.1%}}{note}<extra></extra>"
)


def colour_bar(scale: Scale, style: Style) -> Figure:
    """A slim colour bar with the height's ticks."""
    return {
        "thickness": 8,
        "lenmode": "pixels",
        "len": 130 if style.small else 170,
        "y": 1,
        "yanchor": "top",
        "ypad": 14,
        "x": 1,
        "xpad": 12,
        "xanchor": "right",
        "outlinewidth": 0,
        "ticklen": 3,
        "tickcolor": style.theme.grid,
        "tickvals": list(scale.ticks),
        "ticktext": list(scale.labels),
        "tickfont": {"size": 11, "color": style.theme.text},
        "title": {"text": axis_title(style), "side": "top", "font": {"size": 11, "color": style.theme.text}},
    }


def base_layout(snapshot: Snapshot, style: Style, kind: str, seen: bool) -> Figure:
    """What both kinds of figure share: colours, type, and where the figure can be asked for again."""
    return {
        "uirevision": kind,
        "paper_bgcolor": style.theme.paper,
        "plot_bgcolor": style.theme.paper,
        "font": {"family": theme.FONT, "size": 12, "color": style.theme.text},
        "showlegend": False,
        "hoverlabel": {"font": {"family": theme.FONT, "size": 12}},
        "meta": {
            "survey": snapshot.survey.id,
            "version": snapshot.progress.version,
            "state": snapshot.progress.state,
            "url": f"/api/figure/{kind}/{snapshot.survey.id}",
            "drawable": seen,
            "side": "x".join(map(str, reversed(snapshot.survey.lattice.shape))),
        },
    }


def drawable(z: np.ndarray, known: np.ndarray) -> bool:
    """Whether there is a shape to see: four neighbouring heights, from points in more than one row and column."""
    finite = np.isfinite(z)
    cells = finite[1:, 1:] & finite[1:, :-1] & finite[:-1, 1:] & finite[:-1, :-1]
    given = finite & known
    return bool(cells.any() and given.any(axis=0).sum() > 1 and given.any(axis=1).sum() > 1)


def diagnosis(snapshot: Snapshot, style: Style) -> list[Figure]:
    """A sentence in place of a surface that cannot be drawn."""
    ended = snapshot.progress.state in {JobState.FAILED, JobState.CANCELLED}
    reason = "nonfinite" if given(snapshot).all() else "stopped" if ended else "nothing"
    sentence = DIAGNOSES[reason].format(quantity=style.quantity)
    place = {"xref": "paper", "yref": "paper", "x": 0.5, "y": 0.5, "showarrow": False}
    return [place | {"text": sentence, "font": {"size": 14, "color": style.theme.text}}]


def axis_title(style: Style) -> str:
    """The height's name, of which examples it tells if not of their mean, and its transform where there is one."""
    about = "" if style.statistic == "mean" else f", {statistic_words(style.statistic)}"
    return f"{style.quantity}{about} (log)" if style.logarithmic else f"{style.quantity}{about}"
