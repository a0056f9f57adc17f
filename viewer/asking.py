"""The routes that answer questions about surfaces: their numbers, the angle of their directions, a range that fits."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING

from flask import Blueprint, Response, jsonify, request

from compute.basin import Basin
from compute.errors import LandscapeError
from compute.formatting import number
from compute.indicators import indicators
from compute.specs import Survey
from viewer.drawing import problem
from viewer.state import SPANS
from viewer.titles import title_of, titles

if TYPE_CHECKING:
    from compute.service import LandscapeService


def blueprint(service: "LandscapeService") -> Blueprint:
    """The routes."""
    routes = Blueprint("asking", __name__)
    routes.register_error_handler(LandscapeError, problem)

    @routes.get("/api/indicators/<survey_id>")
    def numbers(survey_id: str) -> Response:
        return jsonify([asdict(row) for row in indicators(service.snapshot(service.survey(survey_id)))])

    @routes.get("/api/angle/<survey_id>")
    def angle(survey_id: str) -> Response:
        return jsonify(asdict(service.angle(computed(service, survey_id))))

    @routes.get("/api/range")
    def basin() -> Response:
        surveys = [computed(service, survey_id) for survey_id in request.args.get("surveys", "").split(",")]
        called = titles(service, [survey.run for survey in surveys])
        found = {name: service.basin(survey, SPANS) for name, survey in zip(called, surveys, strict=True)}
        widest = max(found.values(), key=lambda each: each.span)
        return jsonify(place=SPANS.index(widest.span), sentence=sentence(found))

    return routes


def computed(service: "LandscapeService", survey_id: str) -> Survey:
    """A survey that can be computed further.

    Raises:
        LandscapeError: there is none of that name, or it was imported.
    """
    found = service.survey(survey_id)
    if not isinstance(found, Survey):
        raise LandscapeError(
            f"Only a network can be asked about its plane, {title_of(service, found.run)} is an imported surface."
        )
    return found


def sentence(found: Mapping[str, Basin]) -> str:
    """What the search for a range has found, by models; each with its loss of guessing where these differ.

    Example:
        >>> sentence({"mlp": Basin(0.5, 3.1, 2.3026), "vgg9": Basin(4.0, 0.7, 2.3026)})
        'Where half of the edge has a loss above 2.3, that of guessing: mlp at ± 0.5, vgg9 not up to ± 4.'
        >>> sentence({"mlp": Basin(0.5, 3.1, 2.3026), "wrn": Basin(4.0, 0.7, 4.6052)})
        'Where half of the edge has a loss above that of guessing: mlp at ± 0.5 (2.3), wrn not up to ± 4 (4.6).'
    """
    guesses = {run: number(basin.guess, 2) for run, basin in found.items()}
    alike = len(set(guesses.values())) == 1
    each = [
        f"{run} {'at' if basin.enough else 'not up to'} ± {number(basin.span)}{'' if alike else f' ({guesses[run]})'}"
        for run, basin in found.items()
    ]
    guess = f"{next(iter(guesses.values()))}, that of guessing" if alike else "that of guessing"
    return f"Where half of the edge has a loss above {guess}: {', '.join(each)}."
