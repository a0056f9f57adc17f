"""Blocks that a browser draws beside a figure of many."""

from dataclasses import dataclass

from viewer.figures.camera import Viewpoint
from viewer.figures.encode import Figure
from viewer.figures.together import Box


@dataclass(frozen=True, slots=True, eq=False)
class Apart:
    """A surface's `figure`, its `box` on the sheet, its `scheme`, and the `view` from which the block is seen."""

    figure: Figure
    box: Box
    scheme: str
    view: Viewpoint
