"""The routes that hand figures, files, and what draws them to the browser."""

import json
import re
from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import plotly
from flask import Blueprint, Response, jsonify, request, send_file

from compute.card import thumbnail as reduced
from compute.errors import LandscapeError, UnknownName
from compute.snapshot import Snapshot
from compute.specs import Survey
from viewer import tables
from viewer.charts import network
from viewer.course import Course, course, growths
from viewer.faults import sentence
from viewer.figures import courses, mesh
from viewer.figures.barcode import barcode
from viewer.figures.block import block
from viewer.figures.contour import contour
from viewer.figures.encode import Figure
from viewer.figures.enlarged import enlarged
from viewer.figures.line import line
from viewer.figures.paths import with_paths
from viewer.figures.provisional import prolonged
from viewer.figures.relief import with_cap
from viewer.figures.seeds import Rows, seeds
from viewer.figures.style import Style
from viewer.figures.surface import surface
from viewer.figures.thumbnail import thumbnail
from viewer.figures.weights import histograms, norms
from viewer.files import printable
from viewer.titles import card_titles, title_of, titles

if TYPE_CHECKING:
    from compute.service import LandscapeService

Drawer = Callable[[Snapshot, Style, Snapshot | None], Figure]

FIGURES: dict[str, Drawer] = {"surface": surface, "block": block, "contour": contour, "barcode": barcode}
LIBRARY = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
LIBRARY_URL = f"/vendor/plotly-{plotly.__version__}.js"
YEAR = 365 * 24 * 3600
BYTES = "application/octet-stream"
"""The media type of a file of numbers."""


def blueprint(service: "LandscapeService") -> Blueprint:
    """The routes."""
    routes = Blueprint("drawing", __name__)
    routes.register_error_handler(LandscapeError, problem)

    @routes.get("/api/figure/<kind>/<names>")
    def figure(kind: str, names: str) -> Response:
        found = drawn(service, kind, names, request.args)
        return figure_response(enlarged(found) if request.args.get("large") == "1" else found)

    @routes.get("/api/file/<survey_id>/<kind>")
    def file(survey_id: str, kind: str) -> Response:
        name = f"{request.args.get('name', survey_id)}.{kind}"
        return attached(numbers(service, survey_id, request.args, kind), name, mesh.KINDS.get(kind, BYTES))

    @routes.get("/api/thumbnail/<survey_id>")
    def picture(survey_id: str) -> Response:
        return Response(face(service.snapshot(service.survey(survey_id))), mimetype="text/plain")

    @routes.get("/api/table/<chart>/<names>/<kind>")
    def table(chart: str, names: str, kind: str) -> Response:
        name = f"{request.args.get('name', chart)}.{kind}"
        return attached(tables.written(service, chart, names, kind), name, BYTES)

    @routes.get("/api/track/<survey_id>/<kind>")
    def track(survey_id: str, kind: str) -> Response:
        content = tracked(service, survey_id, request.args, kind)
        return attached(content, f"{request.args.get('name', 'track')}.{kind}", BYTES)

    @routes.get(LIBRARY_URL)
    def library() -> Response:
        return send_file(LIBRARY, mimetype="text/javascript", max_age=YEAR)

    return routes


def drawn(service: "LandscapeService", kind: str, names: str, arguments: Mapping[str, str]) -> Figure:
    """The figure of a survey, in the style that an address spells; less another survey's where it names one.

    A figure of several seeds or lines is named by rows of surveys, surveys apart by commas and rows by semicolons; one
    of weights by runs or networks apart by commas.

    Raises:
        LandscapeError: there is no such kind of figure, or no such survey, run or network.
    """
    style = Style.read(arguments)
    if kind in MANY:
        return MANY[kind](service, names, style)
    version = service.wait(-1, 0)  # before anything is read: what comes later is drawn later
    if kind in courses.FIGURES:
        return _versioned(courses.FIGURES[kind](walked(service, names, arguments), style), version)
    snapshot, style, against = shown(service, names, arguments)
    figure = drawer(kind)(snapshot, style, against)
    if "tracks" not in arguments:
        return figure
    paths = with_paths(figure, snapshot, walked(service, names, arguments), style, _place(arguments.get("place", "")))
    return _versioned(paths, version)


def _place(text: str) -> int:
    """The place of the first run among those of a view."""
    return int(text) if re.fullmatch("[0-9]{1,3}", text) else 0


def _versioned(figure: Figure, version: int) -> Figure:
    """A figure that is drawn from many surveys, as of a version."""
    layout = figure["layout"]
    return figure | {"layout": layout | {"meta": layout["meta"] | {"version": version}}}


def walked(service: "LandscapeService", survey_id: str, arguments: Mapping[str, str]) -> Course:
    """The runs that an address names, on a survey's plane: `tracks` is RUN:CHECKPOINTS, several apart by commas.

    Raises:
        LandscapeError: there is no such survey or run, or the survey is an imported surface.
    """
    survey = service.survey(survey_id)
    if not isinstance(survey, Survey):
        name = title_of(service, survey.run)
        raise LandscapeError(f"Runs are projected onto the plane of a network, {name} is an imported surface.")
    return course(service, survey, tracks(arguments.get("tracks", "")))


def tracks(named: str) -> list[str]:
    """The runs of RUN:CHECKPOINTS, several apart by commas; the number is there to tell a run from one that has grown.

    Example:
        >>> tracks("vgg9:7,study:mine:3")
        ['vgg9', 'study:mine']
    """
    return [track.rpartition(":")[0] for track in named.split(",")]


def numbers(service: "LandscapeService", survey_id: str, arguments: Mapping[str, str], kind: str) -> bytes:
    """A surface as a file: its numbers, or its mesh in the style that an address spells, `limits` among it.

    Raises:
        UnknownName: there is no such survey, or no such kind of file.
    """
    if kind not in mesh.KINDS:
        return service.export(survey_id, kind)
    snapshot, style, against = shown(service, survey_id, arguments)
    return mesh.written(snapshot, style, kind, against)


def tracked(service: "LandscapeService", survey_id: str, arguments: Mapping[str, str], kind: str) -> bytes:
    """Where the checkpoints of an address's runs lie on a survey's plane, how long and how good each is, as a file.

    Raises:
        LandscapeError: there is no such survey, run or kind of file.
    """
    found = walked(service, survey_id, arguments)
    norms = [service.norms(track.run).norms[: len(track.steps)] for track in found.trajectory.tracks]
    return service.export_tracks(found.trajectory, kind, {"norm": np.concatenate(norms), **found.columns})


def face(snapshot: Snapshot) -> str:
    """The picture of a surface so far for its network's card, as a data address."""
    return thumbnail(reduced(prolonged(snapshot.loss, snapshot.given, snapshot.survey.lattice)))


def lines(service: "LandscapeService", names: str, style: Style) -> Figure:
    """Curves along lines."""
    found = [[service.snapshot(service.survey(each)) for each in row.split(",")] for row in names.split(";")]
    return line(found, style, card_titles(service))


def weighed(service: "LandscapeService", names: str, style: Style) -> Figure:
    """The norms of runs' weights over training."""
    runs = names.split(",")
    return norms([service.norms(run) for run in runs], titles(service, runs), style)


def grown(service: "LandscapeService", names: str, style: Style) -> Figure:
    """The same beside the runs' other numbers, of runs as `tracks` names them."""
    return courses.lengths(growths(service, tracks(names)), style)


def distributions(service: "LandscapeService", names: str, style: Style) -> Figure:
    """The histograms of networks' weights."""
    each = names.split(",")
    return histograms(service.histograms([network(service, name) for name in each]), titles(service, each), style)


def several(service: "LandscapeService", names: str, style: Style) -> Figure:
    """Planes of several seeds."""
    found = rows(service, names)
    return seeds(found, with_cap(style, (snapshot for _, snapshots in found for snapshot in snapshots)))


MANY: dict[str, Callable[["LandscapeService", str, Style], Figure]] = {
    "seeds": several,
    "line": lines,
    "norms": weighed,
    "lengths": grown,
    "weights": distributions,
}
"""Figures that are drawn from more than one survey, or from none."""


def rows(service: "LandscapeService", names: str) -> Rows:
    """Surfaces by the titles of their models.

    Raises:
        UnknownName: there is no such survey.
    """
    found = [[service.snapshot(service.survey(survey_id)) for survey_id in row.split(",")] for row in names.split(";")]
    return list(zip(titles(service, [snapshots[0].survey.run for snapshots in found]), found, strict=True))


def shown(
    service: "LandscapeService", survey_id: str, arguments: Mapping[str, str]
) -> tuple[Snapshot, Style, Snapshot | None]:
    """What an address asks to draw: a snapshot, its style, and the snapshot to be taken from it, if any.

    Raises:
        UnknownName: there is no such survey.
    """
    other = arguments.get("minus")
    against = service.snapshot(service.survey(other)) if other else None
    snapshot = service.snapshot(service.survey(survey_id))
    compared = [each for each in (snapshot, against) if each is not None]
    return snapshot, with_cap(Style.read(arguments), compared), against


def figure_response(figure: Figure) -> Response:
    """A figure as plotly.js reads it."""
    text = json.dumps(figure, separators=(",", ":"), allow_nan=False)
    return Response(text, mimetype="application/json", headers={"Cache-Control": "no-store"})


def problem(error: LandscapeError) -> tuple[Response, int]:
    """What is answered in place of what cannot be had: one sentence."""
    return jsonify(error=sentence(error)), 404


def attached(content: bytes, name: str, media: str) -> Response:
    """A file to save."""
    return send_file(BytesIO(content), media, as_attachment=True, download_name=printable(name), max_age=0)


def drawer(kind: str) -> Drawer:
    """The function that draws a kind of figure.

    Raises:
        UnknownName: there is no such kind.
    """
    if kind not in FIGURES:
        raise UnknownName("kind of figure", kind, FIGURES)
    return FIGURES[kind]
