"""The route that says whether the server is well, for whoever watches it."""

from typing import TYPE_CHECKING

from flask import Blueprint, Response, jsonify

from viewer.version import version

if TYPE_CHECKING:
    from compute.service import LandscapeService


def blueprint(service: "LandscapeService") -> Blueprint:
    """The route `/healthz`."""
    routes = Blueprint("health", __name__)

    @routes.get("/healthz")
    def healthz() -> Response:
        """The status is "ok", or "degraded" where results cannot be kept; waits for no lock and changes nothing."""
        problem = service.store_problem
        answer = jsonify(
            status="degraded" if problem else "ok", store=problem, device=service.device, version=version()
        )
        answer.headers["Cache-Control"] = "no-store"
        return answer

    return routes
