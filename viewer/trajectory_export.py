"""Writes the files of a Trajectory view without a page."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode

from compute.errors import BadReference
from compute.specs import Survey
from viewer import sheet as sheets
from viewer import tables
from viewer.completing import complete
from viewer.drawing import numbers, tracked
from viewer.explore_export import NUMBERS, carved
from viewer.figures import mesh
from viewer.figures.encode import Figure
from viewer.figures.moment import moment, rising, wished
from viewer.files import beside, ending, named
from viewer.film import film
from viewer.paper import Paper
from viewer.printing import pictures
from viewer.sheet import Sheet
from viewer.trajectory_screen import CHARTS, Drawing, TrajectoryScreen, trajectory_screen
from viewer.trajectory_state import TrajectoryState

if TYPE_CHECKING:
    from compute.service import LandscapeService

FILM = "gif"
KINDS = (*sheets.KINDS, FILM, *NUMBERS, *mesh.KINDS)
"""Every ending that a file's name may have; those of numbers are a file for the surface and one for the track."""
SURFACES = {"contour": ("contour",), "surface": ("surface",), "both": ("surface", "contour")}
"""The kinds of figure that a view shows above its charts."""
PACE = 5.0
"""Checkpoints a second."""
FEW = 4
"""Maps that stand side by side where there are more."""


def asked(query: str) -> TrajectoryState:
    """The view that the query of a link spells.

    Raises:
        BadReference: it names no run, or something there is not.
    """
    state = TrajectoryState.read(query).whole()
    if not state.models:
        raise BadReference(
            f"An export needs a link that names a training run, as in /trajectory/?models=resnet20, got {query!r}: "
            "copy it from the page."
        )
    return state


def export(
    service: "LandscapeService",
    state: TrajectoryState,
    files: Sequence[Path],
    paper: Paper,
    finish: Callable[[Survey], object],
) -> list[tuple[Path, bytes]]:
    """Computes what a view still lacks, and gives the contents of its files by their paths.

    Raises:
        LandscapeError: there is no such run, the checkpoints span no plane, or a survey failed.
    """
    shown = trajectory_screen(service, state)
    if shown.problems:
        raise BadReference(" ".join(shown.problems))
    complete(service, shown.surveys, finish)
    sheet = sheet_of(shown, state, paper)
    found = []
    for file in files:
        kind = ending(file)
        if kind == FILM:
            found.append((file, playback(sheets.figure(service, sheet), sheet.grid.size, runs(shown))))
        elif kind in sheets.KINDS:
            found.append((file, sheets.written(service, sheet, kind, paper.scale)))
        else:
            found += _numbers(service, state, shown, file)
    return found


def sheet_of(shown: TrajectoryScreen, state: TrajectoryState, paper: Paper) -> Sheet:
    """The figures of a view on paper, as the page shows them: surface, map and charts, or a map for each run.

    Raises:
        BadReference: the paper is too small or too large.
    """
    scheme, at = urlencode({"scheme": paper.scheme}), wished(runs(shown), state.at)
    kinds = ("contour",) * len(shown.apart) or (*SURFACES[state.view], *CHARTS)
    drawings = shown.apart or [shown.figures[kind] for kind in kinds]
    parts = [
        {
            "address": f"/api/figure/{each.address}&{scheme}" + carved(kind, state),
            "title": each.title,
            "view": {"at": at, "camera": state.camera},
        }
        for kind, each in zip(kinds, drawings, strict=True)
    ]
    return paper.sheet(parts, FEW if len(shown.apart) > FEW else 0)


def runs(shown: TrajectoryScreen) -> list[list[float]]:
    """The epochs of each run."""
    return list(json.loads(shown.epochs))


def playback(figure: Figure, size: tuple[int, int], epochs: Sequence[Sequence[float]]) -> bytes:
    """An animated GIF of a figure of training runs: a picture for each epoch of any run.

    Raises:
        NoBrowser: there is no Chromium or Chrome, or it fails.
    """
    return film(pictures([moment(figure, epoch) for epoch in rising(epochs)], "png", size), PACE)


def _numbers(
    service: "LandscapeService", state: TrajectoryState, shown: TrajectoryScreen, file: Path
) -> list[tuple[Path, bytes]]:
    """The files of each plane: its surface, and where a table can hold it, the track of its checkpoints."""
    kind, found = ending(file), []
    shared = shown.figures.get("contour")
    planes = {"_".join(state.models): shared} if shared else dict(zip(state.models, shown.apart, strict=True))
    for run, drawing in planes.items():
        path = named(file, run, len(planes))
        survey, arguments = _spelled(drawing)
        found.append((path, numbers(service, survey, arguments, kind)))
        if kind in tables.KINDS:
            found.append((beside(path, "track"), tracked(service, survey, arguments, kind)))
    return found


def _spelled(drawing: Drawing) -> tuple[str, Mapping[str, str]]:
    """The survey and the arguments of a figure's address."""
    path, _, query = drawing.address.partition("?")
    return path.rpartition("/")[2], dict(parse_qsl(query))
