"""A figure as one web page that needs nothing else."""

import json
from html import escape

import plotly.io

from compute.settings import ROOT
from viewer.figures.encode import Figure
from viewer.figures.moment import marks
from viewer.theme import FONT

CONFIG = {"displaylogo": False, "showSendToCloud": False, "responsive": True, "scrollZoom": True}
PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ margin: 0; background: {ground}; color: {text}; font: 15px/1.6 {font}; }}
figure {{ margin: 0 auto; max-width: 1200px; }}
.window {{ overflow-x: auto; }}
.drawing {{ aspect-ratio: {width} / {height}; min-width: {least}px; }}
figcaption {{ max-width: 76ch; margin: 0 auto; padding: 16px 20px 32px; }}
pre {{ overflow: auto; font-size: 12.5px; line-height: 1.45; }}
summary {{ cursor: pointer; }}
.player {{ display: flex; align-items: center; gap: 12px; padding: 0 20px; }}
.player button::before {{ content: "▶"; }}
.player[data-playing="yes"] button::before {{ content: "■"; }}
.player input {{ flex: 1; }}
</style>
</head>
<body>
<figure>
<div class="window"><div class="drawing">{drawing}</div></div>
<div class="player"></div>
<figcaption>
<p>{caption}</p>
<details><summary>BibTeX</summary><pre>{bibtex}</pre></details>
</figcaption>
</figure>
{player}<script>{tooltips}</script>
</body>
</html>
"""


NARROWEST = 320
"""CSS pixels below which a figure on a page is scrolled sideways instead of made smaller."""


def standalone(figure: Figure, title: str, caption: str, bibtex: str, size: tuple[int, int], across: int = 1) -> str:
    """The page: the figure to turn and zoom, as wide as there is room, in a size's proportions; caption and literature.

    plotly.js is in the page itself, so that it opens without a network; `across` figures stand side by side.
    """
    drawing = plotly.io.to_html(
        figure,
        config=CONFIG,
        include_plotlyjs=True,
        full_html=False,
        default_width="100%",
        default_height="100%",
        validate=False,
    )
    layout = figure["layout"]
    return PAGE.format(
        title=escape(title),
        ground=layout.get("paper_bgcolor", "#ffffff"),
        text=layout.get("font", {}).get("color", "#000000"),
        font=FONT,
        width=size[0],
        height=size[1],
        least=NARROWEST * across,
        drawing=drawing,
        player=player(figure),
        tooltips=TOOLTIPS.format(code=(ROOT / "assets" / "tooltips.js").read_text("utf-8")),
        caption=escape(caption),
        bibtex=escape(bibtex),
    )


PLAYER = """<script>{code}</script>
<script>
atlas.player(document.querySelector(".player"), () => [document.querySelector(".plotly-graph-div")], () => {{}});
atlas.film({epochs}, {at});
</script>
"""


TOOLTIPS = """{code}
document.querySelectorAll(".plotly-graph-div").forEach(atlas.tooltips);
"""
"""Tooltips in the page's number format, by its own script."""


def player(figure: Figure) -> str:
    """What plays a figure that marks an epoch, by the page's own script; nothing for any other."""
    found = [trace["meta"] for trace in figure["data"] if marks(trace)]
    epochs = [run for meta in found for run in meta["epochs"]]
    at = next((str(meta["at"]) for meta in found if "at" in meta), "")
    code = (ROOT / "assets" / "playback.js").read_text("utf-8")
    return PLAYER.format(code=code, epochs=json.dumps(epochs), at=json.dumps(at)) if epochs else ""
