"""The routes that hand figures, their numbers and what draws them to the browser, and learn what is in view."""

import json
from collections.abc import Callable
from dataclasses import asdict
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import plotly
from flask import Blueprint, Response, jsonify, request, send_file

from compute.errors import BadReference, LandscapeError, UnknownName
from compute.indicators import indicators
from compute.snapshot import Snapshot
from viewer.figures import mesh
from viewer.figures.contour import contour
from viewer.figures.encode import Figure
from viewer.figures.style import Style
from viewer.figures.surface import surface

if TYPE_CHECKING:
    from compute.service import LandscapeService

FIGURES: dict[str, Callable[[Snapshot, Style], Figure]] = {"surface": surface, "contour": contour}
LIBRARY = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
LIBRARY_URL = f"/vendor/plotly-{plotly.__version__}.js"
YEAR = 365 * 24 * 3600


def blueprint(service: "LandscapeService") -> Blueprint:
    """The routes."""
    routes = Blueprint("drawing", __name__)

    @routes.get("/api/figure/<kind>/<survey_id>")
    def figure(kind: str, survey_id: str) -> Response:
        snapshot = service.snapshot(service.survey(survey_id))
        return Response(
            json.dumps(drawer(kind)(snapshot, Style.read(request.args)), separators=(",", ":"), allow_nan=False),
            mimetype="application/json",
            headers={"Cache-Control": "no-store"},
        )

    @routes.get("/api/file/<survey_id>/<kind>")
    def file(survey_id: str, kind: str) -> Response:
        name = f"{request.args.get('name', survey_id)}.{kind}"
        if kind in mesh.KINDS:
            snapshot = service.snapshot(service.survey(survey_id))
            return attached(mesh.written(snapshot, Style.read(request.args), kind), name, mesh.KINDS[kind])
        return attached(service.export(survey_id, kind), name, "application/octet-stream")

    @routes.get("/api/indicators/<survey_id>")
    def numbers(survey_id: str) -> Response:
        return jsonify([asdict(row) for row in indicators(service.snapshot(service.survey(survey_id)))])

    @routes.post("/api/view/<survey_id>")
    def view(survey_id: str) -> tuple[str, int]:
        x, y = (ends(request.get_json(silent=True), axis) for axis in "xy")
        service.focus(survey_id, x, y)
        return "", 204

    @routes.get(LIBRARY_URL)
    def library() -> Response:
        return send_file(LIBRARY, mimetype="text/javascript", max_age=YEAR)

    @routes.errorhandler(LandscapeError)
    def problem(error: LandscapeError) -> tuple[Response, int]:
        return jsonify(error=str(error)), 404

    return routes


def attached(content: bytes, name: str, media: str) -> Response:
    """A file to save."""
    return send_file(BytesIO(content), media, as_attachment=True, download_name=name, max_age=0)


def ends(told: object, axis: str) -> tuple[float, float]:
    """The two ends of an axis that a browser tells.

    Raises:
        BadReference: they are no two numbers.
    """
    try:
        low, high = told[axis]  # type: ignore[index]
        return float(low), float(high)
    except (TypeError, KeyError, ValueError):
        raise BadReference(f"A view needs two numbers for {axis}, got {told!r}: send both ends of each axis.") from None


def drawer(kind: str) -> Callable[[Snapshot, Style], Figure]:
    """The function that draws a kind of figure.

    Raises:
        UnknownName: there is no such kind.
    """
    if kind not in FIGURES:
        raise UnknownName("kind of figure", kind, FIGURES)
    return FIGURES[kind]
