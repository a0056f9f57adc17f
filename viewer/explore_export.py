"""Writes the files of an Explore view without a page."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode

import numpy as np

from compute.errors import BadReference
from compute.specs import Survey
from viewer import sheet as sheets
from viewer.completing import complete
from viewer.drawing import numbers, shown
from viewer.figures import mesh
from viewer.figures.heights import extent
from viewer.figures.relief import relief
from viewer.files import ending, named
from viewer.paper import Paper
from viewer.screen import Panel, Screen, screen
from viewer.sheet import Sheet
from viewer.state import ViewState
from viewer.trajectory_state import TrajectoryState

if TYPE_CHECKING:
    from compute.service import LandscapeService

NUMBERS = ("h5", "npz", "csv", "vtk")
KINDS = (*sheets.KINDS, *NUMBERS, *mesh.KINDS)
"""Every ending that a file's name may have; those of numbers and meshes are one file for each model."""
VIEWS = {"contour": ("contour",), "both": ("surface", "contour")}
"""The kinds of figure that a view shows, where not the surface alone."""


def asked(query: str) -> ViewState:
    """The view that the query of a link spells.

    Raises:
        BadReference: it names no model, or something there is not.
    """
    state = ViewState.read(query).whole()
    if not state.models:
        raise BadReference(
            f"An export needs a link that names a model, as in models=resnet56&view=contour, got {query!r}: copy it "
            "from the page."
        )
    return state


def export(
    service: "LandscapeService",
    state: ViewState,
    files: Sequence[Path],
    paper: Paper,
    finish: Callable[[Survey], object],
) -> list[tuple[Path, bytes]]:
    """Computes what a view still lacks, and gives the contents of its files by their paths.

    Raises:
        LandscapeError: there is no such model, a survey failed, or the view has no such files.
    """
    if state.view == "seeds" and any(ending(file) not in sheets.KINDS for file in files):
        raise BadReference(
            f"A view of several seeds is saved as {', '.join(sheets.KINDS)}, got another kind among "
            f"{', '.join(map(str, files))}: open one of its planes for its numbers."
        )
    view = screen(service, state)
    if view.problems:
        raise BadReference(" ".join(view.problems))
    sheet = sheet_of(view, state, paper)
    complete(service, view.surveys, finish)
    if state.scale == "shared":
        sheet = on_one_scale(service, with_one_cap(service, sheet))
    panels = [panel for panel in view.panels if panel.run]
    shared = {part.survey: {name: part.arguments.get(name, "") for name in ("limits", "cap")} for part in sheet.parts}
    found = []
    for file in files:
        kind = ending(file)
        if kind in sheets.KINDS:
            found.append((file, sheets.written(service, sheet, kind, paper.scale)))
        else:
            found += [
                (named(file, panel.run, len(panels)), data(service, panel, kind, shared.get(panel.survey, {})))
                for panel in panels
            ]
    return found


def sheet_of(view: Screen, state: ViewState, paper: Paper) -> Sheet:
    """The figures of a view on paper, surfaces above maps.

    Raises:
        BadReference: the paper is too small or too large.
    """
    panels = [panel for panel in view.panels if panel.run and not panel.hidden]
    kinds = VIEWS.get(state.view, ("surface",))
    seen = {"camera": state.camera}
    parts = [
        {"address": _address(panel, kind, paper) + carved(kind, state), "title": panel.title, "view": seen}
        for kind in kinds
        for panel in panels
    ]
    if view.seeds:
        parts = [{"address": _address(replace(panels[0], survey=view.seeds), "seeds", paper), "title": "Seeds"}]
    rowed = len(panels) > 1 and len(kinds) > 1
    return paper.sheet(parts, len(panels) * rowed)


def with_one_cap(service: "LandscapeService", sheet: Sheet) -> Sheet:
    """The same with one cap that suits its surfaces, where it is to be chosen."""
    to_choose = [part for part in sheet.parts if part.arguments.get("cap") == "auto" and part.kind != "seeds"]
    if not to_choose:
        return sheet
    caps = {part.survey: shown(service, part.survey, part.arguments)[1].cap for part in to_choose}
    parts = [
        replace(part, arguments={**part.arguments, "cap": ",".join(map(repr, caps.values()))})
        if part in to_choose
        else part
        for part in sheet.parts
    ]
    return replace(sheet, parts=tuple(parts))


def on_one_scale(service: "LandscapeService", sheet: Sheet) -> Sheet:
    """The same with limits that hold the heights of all its figures; differences have limits of their own."""
    drawn = [part for part in sheet.parts if part.kind != "seeds"]  # which has one scale anyway
    limits: dict[bool, str] = {}
    for differs in (False, True):
        alike = [part for part in drawn if ("minus" in part.arguments) == differs]
        ends = extent(np.array([relief(*shown(service, part.survey, part.arguments)).extent for part in alike]))
        limits[differs] = f"{ends[0]!r}:{ends[1]!r}"
    parts = [
        replace(part, arguments={**part.arguments, "limits": limits["minus" in part.arguments]})
        if part in drawn
        else part
        for part in sheet.parts
    ]
    return replace(sheet, parts=tuple(parts))


def _address(panel: Panel, kind: str, paper: Paper) -> str:
    """Where the page would fetch a figure."""
    return f"/api/figure/{kind}/{panel.survey}?{panel.style}&{urlencode({'scheme': paper.scheme})}"


def carved(kind: str, state: ViewState | TrajectoryState) -> str:
    """What an address adds so that a surface is shown as a block, where the view shows it so."""
    return "&carved=1" if kind == "surface" and state.look == "relief" else ""


def data(service: "LandscapeService", panel: Panel, kind: str, scale: Mapping[str, str]) -> bytes:
    """The numbers of one model, or its mesh on a scale that it shares with others."""
    return numbers(service, panel.survey, {**dict(parse_qsl(panel.style)), **scale}, kind)
