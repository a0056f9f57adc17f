"""What tells curves of several lines apart: words, colours and dashes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from compute.formatting import number
from compute.snapshot import Snapshot
from compute.specs import RandomPlane, Segment, Survey
from viewer import theme
from viewer.titles import NONE, Titles, checkpoint


@dataclass(frozen=True, slots=True)
class Pen:
    """A curve's `kind` and split in words, and its colours: `alone` there is one kind, and loss and accuracy differ."""

    kind: str
    split: str
    loss: str
    accuracy: str
    alone: bool
    width: float = 2.0

    @property
    def dash(self) -> str:
        """The test set's curves are dashed."""
        return "dash" if self.split == "test" else "solid"

    def name(self, quantity: str) -> str:
        """The curve's name: what it shows, of what."""
        told = f"{self.split} {quantity}".lstrip()
        return told if self.alone else f"{self.kind}, {told}"


def pens(snapshots: Sequence[Snapshot], called: Titles = NONE) -> list[Pen]:
    """A pen for each row: what its line is beside the others', in words and colours."""
    told = [traits(snapshot, called) for snapshot in snapshots]
    differing = [name for name in told[0] if len({each.get(name) for each in told}) > 1]
    kinds = [" · ".join(each[name] for name in differing if each[name]) for each in told]
    order, alone = list(dict.fromkeys(kinds)), len(set(kinds)) == 1
    colours = series(len(order))
    return [
        Pen(kind, one.survey.split, colours[place], theme.SERIES[1] if alone else colours[place], alone, WIDTHS[few])
        for kind, one in zip(kinds, snapshots, strict=True)
        for place, few in [(order.index(kind), len(order) <= len(theme.SERIES) or kind == order[0])]
    ]


WIDTHS = {True: 2.0, False: 1.3}
"""Curves are thin where there are many; the first of them is not."""
APART = "#868e96"
"""The first of many kinds, which are steps of one scale of colours: it is none of them."""


def series(count: int) -> list[str]:
    """Colours for so many kinds of curve: those of different models, or as many as it takes, from deep to light."""
    if count <= len(theme.SERIES):
        return list(theme.SERIES[:count])
    scale = theme.mixed(np.linspace(0.22, 0.9, count - 1), theme.VIRIDIS)
    return [APART, *(theme.written(colour) for colour in scale)]


def traits(snapshot: Snapshot, called: Titles = NONE) -> dict[str, str]:
    """What tells a line from others, but for the split."""
    survey = snapshot.survey
    found = {
        "run": called.get(survey.run, survey.run),
        "statistics": "",
        "part": "",
        "end": "",
        "norm": "",
        "rescale": "",
    }
    if not isinstance(survey, Survey):
        return found
    plane, factor = survey.query.plane, survey.query.model.rescale
    rescaled = "as trained" if factor == 1 else f"layers × and ÷ {number(factor)}"
    found |= {"run": checkpoint(survey.query.model, called), "rescale": rescaled}
    if isinstance(plane, Segment):
        found |= {
            "statistics": plane.statistics,
            "part": plane.part or "whole network",
            "end": checkpoint(plane.end, called),
        }
    if isinstance(plane, RandomPlane):
        found["norm"] = plane.norm
    return found
