"""The route by which surfaces that others computed, checkpoints and data come in."""

from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import RequestEntityTooLarge

from compute.adding import KeptData, Upload
from compute.errors import BadCheckpoint, LandscapeError
from viewer.faults import sentence
from viewer.files import printable
from viewer.pages.choosing import plain_name

if TYPE_CHECKING:
    from compute.service import LandscapeService


def blueprint(service: "LandscapeService") -> Blueprint:
    """The route: a file's bytes as the body, its name in the address.

    Answers with a surface's run, a checkpoint that waits to be added, data that were kept, or a sentence.
    """
    routes = Blueprint("taking", __name__)

    @routes.post("/api/import")
    def take() -> Response:
        request.max_content_length = service.upload_limit  # every other route takes far less
        found = service.receive(printable(request.args.get("name", "")), request.stream)
        if isinstance(found, KeptData):
            return jsonify(data=asdict(replace(found, name=plain_name(found.name))))
        return jsonify(upload=asdict(found)) if isinstance(found, Upload) else jsonify(run=found)

    @routes.errorhandler(RequestEntityTooLarge)
    def large(_error: RequestEntityTooLarge) -> Response:
        return problem(
            BadCheckpoint(
                f"A file should have at most {service.upload_limit // 2**20} MiB, this has more: raise --upload-mib, "
                "or use --study."
            )
        )

    @routes.errorhandler(LandscapeError)
    def problem(error: LandscapeError) -> Response:
        return jsonify(error=sentence(error))  # an answer like another, for the page to show

    return routes
