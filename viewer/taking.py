"""The route by which a surface that others computed comes in."""

from typing import TYPE_CHECKING

from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import RequestEntityTooLarge

from compute.errors import BadSurface, LandscapeError
from compute.settings import IMPORT_LIMIT

if TYPE_CHECKING:
    from compute.service import LandscapeService


def blueprint(service: "LandscapeService") -> Blueprint:
    """The route: a file's bytes as the body, its name in the address; answers with the run, or with a sentence."""
    routes = Blueprint("taking", __name__)

    @routes.post("/api/import")
    def take() -> Response:
        request.max_content_length = IMPORT_LIMIT  # every other route takes far less
        return jsonify(run=service.take_in(request.args.get("name", ""), request.get_data(cache=False)))

    @routes.errorhandler(RequestEntityTooLarge)
    def large(_error: RequestEntityTooLarge) -> Response:
        return problem(
            BadSurface(f"An import should have at most {IMPORT_LIMIT // 2**20} MiB, this has more: thin it out.")
        )

    @routes.errorhandler(LandscapeError)
    def problem(error: LandscapeError) -> Response:
        return jsonify(error=str(error))  # an answer like another, for the page to show

    return routes
