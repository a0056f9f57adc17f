"""How large the weights of networks are: their norms over training, and their histograms."""

from collections.abc import Sequence
from html import escape

from compute.formatting import number, percent
from compute.weighing import Histograms, Norms
from viewer import theme
from viewer.course import epochs
from viewer.figures.encode import Figure, surroundings, typed
from viewer.figures.hover import written
from viewer.figures.line import coloured, margin, titled
from viewer.figures.pens import series
from viewer.figures.style import Style


def norms(found: Sequence[Norms], names: Sequence[str], style: Style) -> Figure:
    """The length of all parameters after each epoch, a curve for each run."""
    colours = series(len(found))
    data = [
        {
            "type": "scatter",
            "mode": "lines+markers",
            "name": name,
            "x": epochs(each.steps),
            "y": typed(each.norms),
            "line": {"color": colour, "width": 2},
            "marker": {"size": 4 if len(each.steps) > 1 else 8},
            "hovertemplate": f"{escape(name)} <b>{written('y', each.norms)}</b><extra></extra>",
        }
        for each, name, colour in zip(found, names, colours, strict=True)
    ]
    top = 1.05 * max(float(each.norms.max()) for each in found)
    layout = _plain("epoch", "‖θ‖₂", list(zip(names, colours, strict=True)), style)
    layout["yaxis"] |= {"range": [0, top]}
    layout["xaxis"] |= {"rangemode": "tozero"}
    return {"data": data, "layout": layout}


def histograms(found: Histograms, names: Sequence[str], style: Style) -> Figure:
    """The shares of the weights in common bins, an outline for each network."""
    colours, width = series(len(names)), float(found.edges[1] - found.edges[0])
    middles = (found.edges[:-1] + found.edges[1:]) / 2
    data = [
        {
            "type": "scatter",
            "mode": "lines",
            "name": name,
            "x": typed(middles),
            "y": typed(100 * shares),
            "line": {"color": colour, "width": 1.6, "shape": "hvh"},
            "fill": "tozeroy",
            "fillcolor": "rgba({},{},{},0.16)".format(*theme.rgb(colour)),
            "hovertemplate": f"{escape(name)} <b>{written('y', 100 * shares, 3)} %</b> "
            f"({percent(beyond, 2)} beyond)<extra></extra>",
        }
        for name, shares, beyond, colour in zip(names, found.shares, found.beyond, colours, strict=True)
    ]
    layout = _plain("weight", f"share in bins of {number(width, 2)}", list(zip(names, colours, strict=True)), style)
    layout["yaxis"] |= {"rangemode": "tozero", "ticksuffix": " %"}
    layout["xaxis"] |= {"range": [float(found.edges[0]), float(found.edges[-1])], "hoverformat": ",.3~r"}
    return {"data": data, "layout": layout}


def _plain(x: str, y: str, names: Sequence[tuple[str, str]], style: Style) -> Figure:
    """Two axes, and above them the names of the curves in their colours."""
    axis, note = (
        {"zeroline": False, "tickfont": {"size": 11}, "gridcolor": style.theme.grid},
        coloured(names, (), style),
    )
    return surroundings(style) | {
        "annotations": [note],
        "hovermode": "x unified",
        "margin": margin(note, style) | {"r": 14},
        "xaxis": axis | {"title": titled(x, 6), "showgrid": False, "ticks": "outside", "ticklen": 4},
        "yaxis": axis | {"title": titled(y, 4)},
        "uirevision": "weights",
        "meta": {"version": 0, "state": "done", "drawable": True, "columns": []},
    }
