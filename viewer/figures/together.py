"""Several finished figures as one, side by side."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from viewer.figures.encode import Figure

CELL = (960, 720)
"""Width and height that a figure takes where nobody says otherwise, in CSS pixels."""
HEAD = 34
"""Pixels above a figure for its title."""
GLYPH = 0.6
"""The width of a character, at most on average, as a share of the size of its type."""
LINE = 1.6
"""The height of a line, with the room before it, as a multiple of the size of its type."""
EMPTY = re.compile(r"<br><span[^>]*>\.</span>$")
"""The blank line below a title, which keeps it from the highest tick where it stands above."""
BOLD = 0.68
"""The same of bold type."""
TITLES = 15.0, 11.0
"""The size of the type of titles, and below which they are broken into two lines instead of made smaller."""
PAIR = 13.0
"""The size of type of which two lines find room in HEAD, at most."""
SMALL = 12
"""Pixels of type that says nothing of its size."""
GAP = 4
"""Pixels between a tick of a colour bar and its text."""
BREAK, TAG = re.compile(r"<br */?>"), re.compile(r"<[^>]*>")
AXIS = re.compile(r"(xaxis|yaxis|scene)(\d*)$")
REFERENCE = re.compile(r"(x|y)(\d*)( domain)?$")
REFERRING = ("anchor", "overlaying", "scaleanchor", "matches", "xref", "yref")
SHARED = ("font", "paper_bgcolor", "plot_bgcolor", "hoverlabel", "showlegend", "dragmode")
"""What a layout has only once: the first figure's that has it."""


def usual(count: int) -> int:
    """How many of so many figures stand side by side where nobody says otherwise."""
    return {1: 1, 2: 2, 4: 2}.get(count, 3)


Box = tuple[float, float, float, float]
"""Left, right, bottom and top, as shares of the whole."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Cells in rows, each with a figure and, in a row of titles, room for one above it; lengths in CSS pixels.

    Example:
        >>> Grid.of(["One", "Two", "Three", "Four"], cell=(400, 300)).size
        (800, 668)
        >>> Grid.of(["", ""]).box(1)
        (0.5, 1.0, 0.0, 1.0)
        >>> Grid.of(["One", "Two", "", ""], cell=(400, 300)).heads
        (34, 0)
    """

    across: int
    heads: tuple[int, ...]
    cell: tuple[int, int] = CELL

    @classmethod
    def of(cls, titles: Sequence[str], across: int = 0, cell: tuple[int, int] = CELL) -> "Grid":
        """The grid of figures with some titles, "" for none; `across` of them side by side, 0 chooses."""
        across = across or usual(len(titles))
        rows = [titles[start : start + across] for start in range(0, len(titles), across)]
        return cls(across, tuple(HEAD * any(row) for row in rows), cell)

    @property
    def down(self) -> int:
        """How many rows there are."""
        return len(self.heads)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the whole."""
        return self.across * self.cell[0], self.down * self.cell[1] + sum(self.heads)

    def box(self, place: int) -> Box:
        """Where a figure lies, without its title."""
        row, col = divmod(place, self.across)
        height = self.size[1]
        top = height - row * self.cell[1] - sum(self.heads[: row + 1])
        return col / self.across, (col + 1) / self.across, (top - self.cell[1]) / height, top / height

    def inner(self, place: int, figure: Figure, beside: float) -> Box:
        """Where a figure's axes lie: without its margins, and without the room `beside` them of a colour bar."""
        left, right, bottom, top = self.box(place)
        margin, (width, height) = figure["layout"].get("margin", {}), self.size
        side = {name: margin.get(name, 0) / (height if name in "tb" else width) for name in "lrtb"}
        return left + side["l"], right - side["r"] - beside / width, bottom + side["b"], top - side["t"]


def together(
    figures: Sequence[tuple[str, Figure]], across: int = 0, cell: tuple[int, int] = CELL, transparent: bool = False
) -> Figure:
    """One figure of several, row by row, each under its title if it has one; they are not changed.

    Args:
        figures: at least one title and figure, of scenes, of axes or of both.
        across: how many stand side by side; 0 chooses.
        cell: each figure's width and height in CSS pixels, without its title.
        transparent: leaves out the ground.

    Example:
        >>> flat = {"data": [{"type": "scatter", "y": [1, 2]}], "layout": {"xaxis": {}, "yaxis": {}}}
        >>> [trace["xaxis"] for trace in together([("One", flat), ("Two", flat)])["data"]]
        ['x', 'x2']
    """
    grid = Grid.of([title for title, _ in figures], across, cell)
    bars = _bars_shown([figure for _, figure in figures], grid.across)
    beside = [_beside(figure) for _, figure in figures]
    room = max(beside)  # the same for all that have a bar, so that maps are as large
    counts = dict.fromkeys(("xaxis", "yaxis", "scene"), 0)
    named, size = fitted([title for title, _ in figures], cell[0])
    data: list[Figure] = []
    layout: Figure = {"annotations": [], "images": [], "shapes": []}
    for place, (_, figure) in enumerate(figures):
        names, box = _numbered(figure["layout"], counts), grid.inner(place, figure, room * (beside[place] > 0))
        data += [_trace(trace, names, box, place in bars) for trace in figure["data"]]
        _lay(layout, figure["layout"], names, box)
        layout["annotations"] += _titled(named[place], size, figure["layout"], grid, place)
        layout = {name: figure["layout"][name] for name in SHARED if name in figure["layout"]} | layout
    return {"data": data, "layout": layout | {"margin": NO_MARGIN} | (CLEAR if transparent else {})}


NO_MARGIN = {"l": 0, "r": 0, "t": 0, "b": 0, "autoexpand": False}
"""The figures' own margins lie within their cells."""
CLEAR = {"paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)"}


def _numbered(layout: Figure, counts: dict[str, int]) -> dict[str, str]:
    """A new name for each axis and scene of a layout, after those that `counts` has handed out already."""
    names = {}
    for key in sorted(key for key in layout if AXIS.match(key)):
        kind = AXIS.match(key)[1]  # type: ignore[index]
        counts[kind] += 1
        names[key] = kind + ("" if counts[kind] == 1 else str(counts[kind]))
    return names


def _trace(trace: Figure, names: Mapping[str, str], box: Box, bar: bool) -> Figure:
    """A trace on its new axes, with its colour bar in its own box."""
    found = {key: value for key, value in trace.items() if key not in {"scene", "xaxis", "yaxis"}}
    if _solid(trace):
        found["scene"] = names[trace.get("scene", "scene")]
    else:
        found |= {axis: _short(names[_long(trace.get(axis, axis[0]))]) for axis in ("xaxis", "yaxis")}
    marker = trace.get("marker")
    if isinstance(marker, dict) and "colorbar" in marker:
        found["marker"] = _barred(marker, box, bar)
    return _barred(found, box, bar) if "colorbar" in found else found


def _barred(holder: Figure, box: Box, shown: bool) -> Figure:
    """What holds a colour bar, with the bar moved into a box, or hidden."""
    bar = _turned(holder["colorbar"])
    moved = {"x": _at(box[:2], bar.get("x", 1)), "y": _at(box[2:], bar.get("y", 0.5))}
    return holder | {"colorbar": bar | moved, "showscale": shown and holder.get("showscale", True)}


def _lay(layout: Figure, part: Figure, names: Mapping[str, str], box: Box) -> None:
    """Puts axes, scenes, words, pictures and shapes of a figure into the layout of all."""
    for key, name in names.items():
        layout[name] = _referred(part[key], names, box) | _domain(key, part[key], box)
        if not key.startswith("scene"):
            other = ("y" if key[0] == "x" else "x") + key[1:]
            layout[name].setdefault("anchor", _short(names.get(other, other)))
    for listed in ("annotations", "images", "shapes"):
        layout[listed] += [_referred(item, names, box) for item in part.get(listed, [])]


def _referred(item: Figure, names: Mapping[str, str], box: Box) -> Figure:
    """A layout's item with its references to axes renamed, and its places on the paper moved into the box."""
    found = dict(item)
    for key in REFERRING:
        match = REFERENCE.match(str(item.get(key, "")))
        if match and _long(match[1] + match[2]) in names:
            found[key] = _short(names[_long(match[1] + match[2])]) + (match[3] or "")
    for axis, ends in (("x", box[:2]), ("y", box[2:])):
        if item.get(f"{axis}ref") == "paper":
            found |= {name: _at(ends, item[name]) for name in (axis, f"{axis}0", f"{axis}1") if name in item}
            size = f"size{axis}"
            found |= {size: item[size] * (ends[1] - ends[0])} if size in item else {}
    return found


def _domain(key: str, part: Figure, box: Box) -> Figure:
    """Where an axis or a scene lies."""
    if key.startswith("scene"):
        domain = part.get("domain", {})
        ends = {axis: domain.get(axis, [0, 1]) for axis in "xy"}
        return {"domain": {axis: [_at(_side(box, axis), end) for end in ends[axis]] for axis in "xy"}}
    return {"domain": [_at(_side(box, key[0]), end) for end in part.get("domain", [0, 1])]}


def fitted(titles: Sequence[str], width: float) -> tuple[list[str], float]:
    """Titles in one line or two, and the size of type at which all of them fit into a width in CSS pixels.

    Example:
        >>> fitted(["ResNet-56", ""], 400)
        (['ResNet-56', ''], 15.0)
        >>> fitted(["(b) ResNet-56 without skip connections"], 180)[0]
        ['(b) ResNet-56 without<br>skip connections']
    """
    room = 0.96 * width / BOLD
    size = min(TITLES[0], *(room / len(title) for title in titles if title), TITLES[0])
    if size >= TITLES[1]:
        return list(titles), size
    longest = max(len(line) for title in titles for line in _broken(title).split("<br>"))
    size = min(PAIR, room / longest)
    return [title if len(title) * size <= room else _broken(title) for title in titles], size


def _broken(title: str) -> str:
    """A title in two lines, broken at the space nearest to its middle, if it has one."""
    spaces = [place for place, letter in enumerate(title) if letter == " "]
    middle = min(spaces, key=lambda place: abs(place - len(title) / 2), default=None)
    return title if middle is None else f"{title[:middle]}<br>{title[middle + 1 :]}"


def _titled(title: str, size: float, layout: Figure, grid: Grid, place: int) -> list[Figure]:
    """A title over the middle of its figure."""
    if not title:
        return []
    left, right, _, top = grid.box(place)
    font = {"size": size, "color": layout.get("font", {}).get("color"), "weight": 600}
    at = {"xref": "paper", "yref": "paper", "x": (left + right) / 2, "y": top + HEAD / 2 / grid.size[1]}
    return [at | {"text": title, "font": font, "showarrow": False, "xanchor": "center", "yanchor": "middle"}]


def _beside(figure: Figure) -> float:
    """Pixels that the colour bars of a figure take beside it, none where they stand within."""
    return max((_extent(holder["colorbar"]) for holder in _bars(figure)), default=0)


def _extent(bar: Figure) -> float:
    """Pixels from a figure to the far side of the words of a colour bar beside it."""
    if bar.get("xanchor", "left") != "left":
        return 0
    ticks = max((_width(str(text), bar.get("tickfont", {})) for text in bar.get("ticktext", ())), default=0)
    title = bar.get("title", {})
    words = LINE * float(title.get("font", {}).get("size", SMALL)) if title.get("text") else 0
    return float(2 * bar.get("xpad", 10) + bar.get("thickness", 30) + bar.get("ticklen", 0) + GAP + ticks + words)


def _turned(bar: Figure) -> Figure:
    """A colour bar beside its figure, with its title along it in one line, where no width cuts it off."""
    title = bar.get("title", {})
    if bar.get("xanchor", "left") != "left" or not title.get("text"):
        return bar
    text = re.sub(r"\s+", " ", TAG.sub("", BREAK.sub(" ", EMPTY.sub("", title["text"])))).strip()
    return bar | {"title": title | {"text": text, "side": "right"}}


def _width(text: str, font: Figure) -> float:
    """The width of the longest line of a text in CSS pixels, at most."""
    lines = TAG.sub("", BREAK.sub("\n", text)).splitlines()
    return max(map(len, lines), default=0) * GLYPH * float(font.get("size", SMALL))


def _bars(figure: Figure) -> list[dict[str, Any]]:
    """What holds the colour bars that a figure shows."""
    holders: list[dict[str, Any]] = [*figure["data"], *(trace.get("marker") or {} for trace in figure["data"])]
    return [holder for holder in holders if "colorbar" in holder and holder.get("showscale", True)]


def _bars_shown(figures: Sequence[Figure], across: int) -> set[int]:
    """The places whose colour bars are drawn: all that have one, or the last of the first row if they say the same."""
    having = [place for place, figure in enumerate(figures) if _bars(figure)]
    if len({_limits(figures[place]) for place in having}) != 1:
        return set(having)
    return {max(place for place in having if place // across == having[0] // across)}


def _limits(figure: Figure) -> str:
    """What a figure's colour bars say."""
    told = ("tickvals", "ticktext", "title")
    return repr([[*map(bar["colorbar"].get, told), bar.get("colorscale")] for bar in _bars(figure)])


def _solid(trace: Figure) -> bool:
    """Whether a trace lies in a scene."""
    return str(trace.get("type")) in {"surface", "mesh3d", "cone", "volume", "isosurface"} or "3d" in str(trace["type"])


def _side(box: Box, axis: str) -> tuple[float, float]:
    return box[:2] if axis == "x" else box[2:]


def _at(ends: tuple[float, ...], share: float) -> float:
    """A share of the way between two ends."""
    return ends[0] + share * (ends[1] - ends[0])


def _long(short: str) -> str:
    return short[0] + "axis" + short[1:]


def _short(long: str) -> str:
    return long.replace("axis", "")
