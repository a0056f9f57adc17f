"""A figure as one web page that needs nothing else."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from html import escape

import plotly.io

from compute.settings import ROOT
from viewer.apart import Apart
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
.drawing {{ position: relative; aspect-ratio: {width} / {height}; min-width: {least}px; }}
.block {{ position: absolute; touch-action: pan-y; cursor: grab; }}
.block canvas {{ width: 100%; height: 100%; touch-action: pan-y; }}
.reading {{ min-height: 1.6em; margin: 0; text-align: center; font-variant-numeric: tabular-nums; white-space: pre; }}
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
<div class="window"><div class="drawing">{drawing}{hosts}</div></div>
<div class="player"></div>
<figcaption>
<p>{caption}</p>
<details><summary>BibTeX</summary><pre>{bibtex}</pre></details>
</figcaption>
</figure>
{blocks}{player}<script>{tooltips}</script>
</body>
</html>
"""


NARROWEST = 320
"""CSS pixels below which a figure on a page is scrolled sideways instead of made smaller."""


@dataclass(frozen=True, slots=True, eq=False)
class Words:
    """What is written on a page."""

    title: str
    caption: str
    bibtex: str


def standalone(
    figure: Figure, words: Words, size: tuple[int, int], across: int = 1, blocks: Sequence[Apart] = ()
) -> str:
    """The page: the figure to turn and zoom, as wide as there is room, in a size's proportions; caption and literature.

    plotly.js is in the page itself, so that it opens without a network, and so is what draws `blocks`; where there are
    these alone, plotly.js is left out. `across` figures stand side by side.
    """
    layout = figure["layout"]
    bare = bool(blocks) and not figure["data"] and not layout["annotations"]
    return PAGE.format(
        title=escape(words.title),
        ground=layout.get("paper_bgcolor", "#ffffff"),
        text=layout.get("font", {}).get("color", "#000000"),
        font=FONT,
        width=size[0],
        height=size[1],
        least=NARROWEST * across,
        drawing="" if bare else _by_plotly(figure),
        hosts="".join(map(_host, blocks)),
        blocks=_carved(blocks) if blocks else "",
        player=player(figure, *(block.figure for block in blocks)),
        tooltips=TOOLTIPS.format(code=(ROOT / "assets" / "tooltips.js").read_text("utf-8")),
        caption=escape(words.caption),
        bibtex=escape(words.bibtex),
    )


def _by_plotly(figure: Figure) -> str:
    """plotly.js, and the figure for it to draw."""
    drawing: str = plotly.io.to_html(
        figure,
        config=CONFIG,
        include_plotlyjs=True,
        full_html=False,
        default_width="100%",
        default_height="100%",
        validate=False,
    )
    return drawing


def _host(block: Apart) -> str:
    """Where a block is drawn."""
    left, right, bottom, top = (100 * end for end in block.box)
    place = f"left:{left:.4f}%;top:{100 - top:.4f}%;width:{right - left:.4f}%;height:{top - bottom:.4f}%"
    return f'<div class="block" style="{place}" tabindex="0" role="img" aria-label="Loss surface"></div>'


BLOCKS = """<p class="reading"></p>
<script>{code}</script>
<script>
const told = {told};
const hosts = [...document.querySelectorAll(".block")];
const places = told.map((each, place) => ({{ ...each, host: hosts[place] }}));
lossAtlasRelief.alone(places, document.querySelector(".reading"));
</script>
"""


def _carved(blocks: Sequence[Apart]) -> str:
    """What draws blocks, and their figures."""
    code = (ROOT / "assets" / "vendor" / "relief.js").read_text("utf-8").replace("</script", "<\\/script")
    told = [{"figure": each.figure, "scheme": each.scheme, "view": asdict(each.view)} for each in blocks]
    return BLOCKS.format(code=code, told=json.dumps(told, separators=(",", ":")).replace("</", "<\\/"))


PLAYER = """<script>{code}</script>
<script>
const figures = () => [...document.querySelectorAll(".plotly-graph-div, .block")];
atlas.player(document.querySelector(".player"), figures, () => {{}});
atlas.film({epochs}, {at});
</script>
"""


TOOLTIPS = """{code}
document.querySelectorAll(".plotly-graph-div").forEach(atlas.tooltips);
"""
"""Tooltips in the page's number format, by its own script."""


def player(*figures: Figure) -> str:
    """What plays figures that mark an epoch, by the page's own script; nothing for any other."""
    found = [trace["meta"] for figure in figures for trace in figure["data"] if marks(trace)]
    epochs = [run for meta in found for run in meta["epochs"]]
    at = next((str(meta["at"]) for meta in found if "at" in meta), "")
    code = (ROOT / "assets" / "playback.js").read_text("utf-8")
    return PLAYER.format(code=code, epochs=json.dumps(epochs), at=json.dumps(at)) if epochs else ""
