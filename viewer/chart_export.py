"""Writes the files of a Profile view without a page."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from compute.errors import BadReference
from compute.specs import Survey
from viewer import sheet as sheets
from viewer import tables
from viewer.charts import Charts, found, style
from viewer.completing import complete
from viewer.files import beside, ending
from viewer.paper import Paper
from viewer.profile import ProfileState
from viewer.sheet import Sheet

if TYPE_CHECKING:
    from compute.service import LandscapeService

KINDS = (*sheets.KINDS, *tables.KINDS)
"""Every ending that a file's name may have; those of numbers are one file for each chart."""
CELL = (640, 420)
"""A chart's width and height, in CSS pixels, where nobody says otherwise."""


def asked(query: str) -> ProfileState:
    """The view that the query of a link spells.

    Raises:
        BadReference: it names something there is not.
    """
    return ProfileState.read(query).whole()


def export(
    service: "LandscapeService",
    state: ProfileState,
    files: Sequence[Path],
    paper: Paper,
    finish: Callable[[Survey], object],
) -> list[tuple[Path, bytes]]:
    """Computes what a view still lacks, and gives the contents of its files by their paths.

    Raises:
        LandscapeError: there is no such model, or a survey failed.
    """
    shown = found(service, state)
    if shown.problems:
        raise BadReference(" ".join(shown.problems))
    complete(service, shown.surveys, finish)
    sheet = sheet_of(shown, style(state), paper)
    result = []
    for file in files:
        kind = ending(file)
        if kind in sheets.KINDS:
            result.append((file, sheets.written(service, sheet, kind, paper.scale)))
            continue
        several = len(shown.charts) > 1
        for chart in shown.charts:
            path = beside(file, chart.file) if several else file
            result.append((path, tables.written(service, chart.kind, chart.names, kind)))
    return result


def sheet_of(shown: Charts, look: str, paper: Paper) -> Sheet:
    """The charts of a view on paper.

    Raises:
        BadReference: the paper is too small or too large.
    """
    scheme = urlencode({"scheme": paper.scheme})
    parts = [{"address": f"/api/figure/{each.address(look)}&{scheme}", "title": each.title} for each in shown.charts]
    return paper.sheet(parts, shown.across, CELL)
