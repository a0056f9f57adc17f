"""Arrays and axes in the form that plotly.js reads."""

from base64 import b64encode
from typing import Any

import numpy as np

from compute.snapshot import Snapshot
from viewer import theme
from viewer.figures.heights import Scale
from viewer.figures.style import Style

Figure = dict[str, Any]

DIAGNOSES = {
    "nothing": "Waiting for the first points",
    "nonfinite": "The {quantity} is NaN or infinite<br>almost everywhere: there is nothing to draw",
}


def typed(array: np.ndarray) -> dict[str, str]:
    """An array as a typed array of single precision: four bytes a number, and no text to parse."""
    flat = np.ascontiguousarray(array, dtype="<f4")
    return {"dtype": "f4", "bdata": b64encode(flat.tobytes()).decode(), "shape": ",".join(map(str, flat.shape))}


def truth(snapshot: Snapshot, loss: np.ndarray, accuracy: np.ndarray) -> dict[str, Any]:
    """What hovering tells: loss and accuracy at each point, and which of them were not computed."""
    told = {"customdata": typed(np.stack([loss, accuracy], axis=-1))}
    if snapshot.known.all():
        return told | {"hovertemplate": HOVER.format(note="")}
    notes = np.where(snapshot.known, "", "<br><i>not computed yet: between coarser points</i>")
    return told | {"text": notes.tolist(), "hovertemplate": HOVER.format(note="%{text}")}


HOVER = (
    "α %{{x:.4~g}}   β %{{y:.4~g}}<br>loss <b>%{{customdata[0]:.4~g}}</b>"
    "<br>accuracy %{{customdata[1]:.1%}}{note}<extra></extra>"
)


def colour_bar(scale: Scale, style: Style) -> Figure:
    """A slim colour bar with the height's ticks."""
    return {
        "thickness": 8,
        "lenmode": "pixels",
        "len": 160,
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
    }


def base_layout(snapshot: Snapshot, style: Style, kind: str, drawable: bool) -> Figure:
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
            "url": f"/api/figure/{kind}/{snapshot.survey.id}",
            "drawable": drawable,
            "side": "x".join(map(str, reversed(snapshot.survey.lattice.shape))),
        },
    }


def has_cell(heights: np.ndarray) -> bool:
    """Whether any four neighbouring points are finite: less cannot be seen."""
    finite = np.isfinite(heights)
    return bool((finite[1:, 1:] & finite[1:, :-1] & finite[:-1, 1:] & finite[:-1, :-1]).any())


def diagnosis(snapshot: Snapshot, style: Style) -> list[Figure]:
    """A sentence in place of a surface that cannot be drawn."""
    sentence = DIAGNOSES["nonfinite" if snapshot.known.all() else "nothing"].format(quantity=style.quantity)
    place = {"xref": "paper", "yref": "paper", "x": 0.5, "y": 0.5, "showarrow": False}
    return [place | {"text": sentence, "font": {"size": 14, "color": style.theme.text}}]


def axis_title(style: Style) -> str:
    """The height's name, and its transform where there is one."""
    return f"{style.quantity} (log)" if style.logarithmic else style.quantity
