"""A figure with larger type, for a lecture hall."""

from typing import Any

from viewer.figures.encode import Figure

FACTOR = 1.4
"""By how much type, and the room that is kept for it, grow."""
ROOM = ("margin", "standoff", "xshift", "yshift", "thickness", "borderpad")
"""Lengths in CSS pixels that go with the size of type."""


def enlarged(figure: Figure) -> Figure:
    """The same figure with all type FACTOR times as large, and as much more room for it.

    Example:
        >>> enlarged({"data": [], "layout": {"font": {"size": 10}, "margin": {"l": 5}, "width": 7}})["layout"]
        {'font': {'size': 14.0}, 'margin': {'l': 7.0}, 'width': 7}
    """
    return figure | {"data": _grown(figure["data"]), "layout": _grown(figure["layout"])}


def _grown(part: Any, within: str = "") -> Any:  # noqa: ANN401  # whatever a figure holds
    """A part of a figure, found under a name."""
    if isinstance(part, dict):
        return {name: part[name] if name == "meta" else _grown(part[name], _name(name, within)) for name in part}
    if isinstance(part, list) and part and isinstance(part[0], dict):
        return [_grown(each) for each in part]
    number = isinstance(part, int | float) and not isinstance(part, bool)
    return part * FACTOR if number and within in {"font size", *ROOM} else part


def _name(name: str, within: str) -> str:
    """What the number called so is: the size of a font, a length in ROOM, or neither."""
    if within.endswith("font") and name == "size":
        return "font size"
    return "margin" if within == "margin" else name
