"""Writes the files of a view without a page."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode, urlsplit

import numpy as np

from compute.errors import BadReference, LandscapeError, UnknownName
from compute.specs import Survey
from viewer import chart_export
from viewer import sheet as sheets
from viewer.drawing import shown
from viewer.figures import mesh
from viewer.figures.heights import extent
from viewer.figures.relief import relief
from viewer.figures.together import CELL, Grid
from viewer.profile import ProfileState
from viewer.screen import Panel, Screen, screen
from viewer.sheet import Sheet
from viewer.state import ViewState

if TYPE_CHECKING:
    from compute.service import LandscapeService

NUMBERS = ("h5", "npz", "csv", "vtk")
KINDS = (*sheets.KINDS, *NUMBERS, *mesh.KINDS)
"""Every ending that a file's name may have; those of numbers and meshes are one file for each model."""
VIEWS = {"contour": ("contour",), "both": ("surface", "contour")}
"""The kinds of figure that a view shows, where not the surface alone."""
TAB = "export"
LARGEST = 16
"""Times that a picture may be as large as its size in CSS pixels."""


@dataclass(frozen=True, slots=True)
class Paper:
    """How large a picture is in CSS pixels, None where that is left to its figures, and what it is drawn on."""

    width: int | None = None
    height: int | None = None
    scale: float = sheets.SCALE
    transparent: bool = False
    scheme: str = "light"


@dataclass(frozen=True, slots=True)
class Wish:
    """Files of a view."""

    state: ViewState | ProfileState
    files: tuple[Path, ...]
    paper: Paper


def wish(link: str, files: Sequence[Path], paper: Paper) -> Wish:
    """A wish that can be granted, as far as one can tell before anything is opened.

    Args:
        link: a page's address or its query, such as `models=resnet56&view=contour`.
        files: names whose endings are of KINDS; `{run}` stands for a model's run.
        paper: for pictures.

    Raises:
        LandscapeError: the link, a name or the paper cannot be what it is.
    """
    profile = urlsplit(link).path.startswith(chart_export.PATH)
    _check(files, paper, chart_export.KINDS if profile else KINDS)
    if profile:
        return Wish(chart_export.asked(urlsplit(link).query), tuple(files), paper)
    state = asked(link)
    if state.view == "seeds" and any(ending(file) not in sheets.KINDS for file in files):
        raise BadReference(
            f"A view of several seeds is saved as {', '.join(sheets.KINDS)}, got another kind among "
            f"{', '.join(map(str, files))}: open one of its planes for its numbers."
        )
    return Wish(state, tuple(files), paper)


def export(service: "LandscapeService", wished: Wish, finish: Callable[[Survey], object]) -> list[Path]:
    """Computes what a view still lacks, writes files of it, and gives their paths; `finish` waits for a survey.

    Raises:
        LandscapeError: there is no such model, a survey failed, or a file cannot be written.
    """
    state, files, paper = wished.state, wished.files, wished.paper
    if isinstance(state, ProfileState):
        return [_put(*each) for each in chart_export.export(service, state, files, paper, finish)]
    view = screen(service, state)
    if view.problems:
        raise BadReference(" ".join(view.problems))
    sheet = sheet_of(view, state, paper)
    service.watch(TAB, view.surveys)
    for survey in view.surveys:
        if isinstance(survey, Survey):  # an imported surface is complete
            finish(survey)
    if state.scale == "shared":
        sheet = on_one_scale(service, sheet)
    panels = [panel for panel in view.panels if panel.run]
    written = []
    for file in files:
        kind = ending(file)
        if kind in sheets.KINDS:
            written.append(_put(file, sheets.written(service, sheet, kind, paper.scale)))
        else:
            written += [_put(named(file, panel.run, len(panels)), data(service, panel, kind)) for panel in panels]
    return written


def asked(link: str) -> ViewState:
    """The view of an address or its query.

    Raises:
        BadReference: it names no model, or something there is not.
    """
    query = urlsplit(link).query if "://" in link or link.startswith("/") else link
    reading = ViewState.read(query)
    if reading.problems:
        raise BadReference(" ".join(reading.problems))
    if not reading.state.models:
        raise BadReference(
            f"An export needs a link that names a model, as in models=resnet56&view=contour, got {link!r}: copy it "
            "from the page."
        )
    return reading.state


def _check(files: Sequence[Path], paper: Paper, kinds: Sequence[str]) -> None:
    """Refuses, before anything is computed, what could not be written afterwards.

    Raises:
        LandscapeError: a name has an unknown ending, its folder does not exist, or a picture would have no size.
    """
    if not 0 < paper.scale <= LARGEST:
        raise BadReference(f"A picture's scale must be above 0 and at most {LARGEST}, got {paper.scale:g}: choose 2.")
    for file in files:
        if ending(file) not in kinds:
            raise UnknownName("kind of file", ending(file), kinds)
        if not file.parent.is_dir():
            raise BadReference(f"A file needs a folder that is there, {str(file.parent)!r} is not: create it.")


def ending(file: Path) -> str:
    """What a file's name ends in, in small letters and without the dot."""
    return file.suffix.removeprefix(".").lower()


def named(file: Path, run: str, models: int) -> Path:
    """The name of one of several models' files.

    Example:
        >>> named(Path("out/loss_{run}.csv"), "vgg", 2).name, named(Path("loss.csv"), "vgg", 2).name
        ('loss_vgg.csv', 'loss_vgg.csv')
        >>> named(Path("loss.csv"), "vgg", 1).name
        'loss.csv'
    """
    if "{run}" in file.name:
        return file.with_name(file.name.replace("{run}", run))
    return file if models == 1 else file.with_name(f"{file.stem}_{run}{file.suffix}")


def sheet_of(view: Screen, state: ViewState, paper: Paper) -> Sheet:
    """The figures of a view on paper, surfaces above maps.

    Raises:
        BadReference: the paper is too small or too large.
    """
    panels = [panel for panel in view.panels if panel.run and not panel.hidden]
    kinds = VIEWS.get(state.view, ("surface",))
    parts = [{"address": _address(panel, kind, paper), "title": panel.title} for kind in kinds for panel in panels]
    if view.seeds:
        parts = [{"address": _address(replace(panels[0], survey=view.seeds), "seeds", paper), "title": "Seeds"}]
    rowed = len(panels) > 1 and len(kinds) > 1
    grid = Grid.of(len(parts), len(parts) > 1, len(panels) * rowed)
    width = CELL[0] if paper.width is None else paper.width // grid.across
    height = width * CELL[1] // CELL[0] if paper.height is None else paper.height // grid.down - grid.head
    ground = "clear" if paper.transparent else "page"
    return Sheet.read({"parts": parts, "across": grid.across, "width": width, "height": height, "ground": ground})


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


def data(service: "LandscapeService", panel: Panel, kind: str) -> bytes:
    """The numbers or the mesh of one model."""
    if kind in NUMBERS:
        return service.export(panel.survey, kind)
    snapshot, style, against = shown(service, panel.survey, dict(parse_qsl(panel.style)))
    return mesh.written(snapshot, style, kind, against)


def _put(file: Path, content: bytes) -> Path:
    """Writes a file.

    Raises:
        LandscapeError: it cannot be written.
    """
    try:
        file.write_bytes(content)
    except OSError as problem:
        raise LandscapeError(
            f"{str(file)!r} should be written, and could not be ({problem}): choose another."
        ) from None
    return file
