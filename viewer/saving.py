"""The routes that hand out what is on screen as one figure, as a file, or in words."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from flask import Blueprint, Response, jsonify, request

from compute.errors import LandscapeError
from viewer.bodies import json_object
from viewer.brief_caption import brief_caption
from viewer.drawing import problem
from viewer.film import film, playback_of
from viewer.sheet import Sheet, figure_and_blocks, written

if TYPE_CHECKING:
    from compute.service import LandscapeService

FILM_LIMIT = 2**26
"""Bytes that the pictures of a playback take at most."""
MEDIA = {"html": "text/html", "pdf": "application/pdf", "txt": "text/plain", "bib": "application/x-bibtex"}


def blueprint(service: "LandscapeService") -> Blueprint:
    """The routes; each takes a sheet as JSON, for what is seen and from where is no part of any address."""
    routes = Blueprint("saving", __name__)
    routes.register_error_handler(LandscapeError, problem)

    @routes.post("/api/together")
    def all_as_one() -> Response:
        sheet = Sheet.read(json_object())
        width, height = sheet.grid.size
        found, blocks = figure_and_blocks(service, sheet)
        answer = {"figure": found, "blocks": list(map(asdict, blocks)), "width": width, "height": height}
        answer |= sheet.magnified
        return Response(json.dumps(answer, separators=(",", ":"), allow_nan=False), mimetype="application/json")

    @routes.post("/api/sheet/<kind>")
    def file(kind: str) -> Response:
        content = written(service, Sheet.read(json_object()), kind)
        return Response(content, mimetype=MEDIA.get(kind, f"image/{kind}"))

    @routes.post("/api/caption")
    def caption() -> Response:
        return jsonify(caption=brief_caption(service, Sheet.read(json_object())))

    @routes.post("/api/film")
    def playback() -> Response:
        request.max_content_length = FILM_LIMIT
        frames, pace, rest = playback_of(json_object())
        # In the process that reads files: unpacking pictures takes time and memory.
        content = service.read_apart("The film", sum(map(len, frames)), film, frames, pace, rest)
        return Response(content, mimetype="image/gif")

    return routes
