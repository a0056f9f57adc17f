"""Several finished figures as one, side by side."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from viewer.figures.encode import Figure

CELL = (960, 720)
"""Width and height that a figure takes where nobody says otherwise, in CSS pixels."""
HEAD = 34
"""Pixels above a figure for its title."""
BESIDE = 84
"""Pixels that a colour bar takes beside its figure."""
AXIS = re.compile(r"(xaxis|yaxis|scene)(\d*)$")
REFERENCE = re.compile(r"(x|y)(\d*)( domain)?$")
REFERRING = ("anchor", "overlaying", "scaleanchor", "matches", "xref", "yref")
SHARED = ("font", "paper_bgcolor", "plot_bgcolor", "hoverlabel", "showlegend", "dragmode")
"""What a layout has only once: the first figure's that has it."""

Box = tuple[float, float, float, float]
"""Left, right, bottom and top, as shares of the whole."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Cells in rows, each with a figure and above it, where there are titles, room for one; lengths in CSS pixels.

    Example:
        >>> Grid.of(4, titled=True, cell=(400, 300)).size
        (800, 668)
        >>> Grid.of(2, titled=False).box(1)
        (0.5, 1.0, 0.0, 1.0)
    """

    across: int
    down: int
    cell: tuple[int, int] = CELL
    head: int = 0

    @classmethod
    def of(cls, count: int, titled: bool, across: int = 0, cell: tuple[int, int] = CELL) -> "Grid":
        """The grid for so many figures; `across` of them side by side, 0 chooses."""
        across = across or {1: 1, 2: 2, 4: 2}.get(count, 3)
        return cls(across, ceil(count / across), cell, HEAD * titled)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the whole."""
        return self.across * self.cell[0], self.down * (self.cell[1] + self.head)

    def box(self, place: int) -> Box:
        """Where a figure lies, without its title."""
        row, col = divmod(place, self.across)
        top = 1 - row / self.down - self.head / self.size[1]
        return col / self.across, (col + 1) / self.across, 1 - (row + 1) / self.down, top

    def inner(self, place: int, figure: Figure) -> Box:
        """Where a figure's axes lie: without its margins, and without the room of a colour bar beside it."""
        left, right, bottom, top = self.box(place)
        margin, (width, height) = figure["layout"].get("margin", {}), self.size
        beside = BESIDE * any(bar["colorbar"].get("xanchor", "left") == "left" for bar in _bars(figure))
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
    grid = Grid.of(len(figures), any(title for title, _ in figures), across, cell)
    bars = _bars_shown([figure for _, figure in figures], grid.across)
    counts = dict.fromkeys(("xaxis", "yaxis", "scene"), 0)
    data: list[Figure] = []
    layout: Figure = {"annotations": [], "images": [], "shapes": []}
    for place, (title, figure) in enumerate(figures):
        names, box = _numbered(figure["layout"], counts), grid.inner(place, figure)
        data += [_trace(trace, names, box, place in bars) for trace in figure["data"]]
        _lay(layout, figure["layout"], names, box)
        layout["annotations"] += _titled(title, figure["layout"], grid, place)
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
    bar = holder["colorbar"]
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


def _titled(title: str, layout: Figure, grid: Grid, place: int) -> list[Figure]:
    """A title over the middle of its figure."""
    if not title:
        return []
    left, right, _, top = grid.box(place)
    font = {"size": 15, "color": layout.get("font", {}).get("color"), "weight": 600}
    at = {"xref": "paper", "yref": "paper", "x": (left + right) / 2, "y": top + grid.head / 2 / grid.size[1]}
    return [at | {"text": title, "font": font, "showarrow": False, "xanchor": "center", "yanchor": "middle"}]


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
