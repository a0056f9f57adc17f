"""What is answered to errors: one sentence; to an unexpected one with a reference, under which the log has more."""

import json
import logging
from http import HTTPStatus
from secrets import token_hex
from types import MappingProxyType

from dash.exceptions import DependencyException
from flask import Flask, Response, abort, jsonify, request
from werkzeug.exceptions import HTTPException

from compute.errors import LandscapeError
from compute.settings import LOG

log = logging.getLogger(__name__)

LONGEST = 1000
"""Characters of a sentence; what came may be quoted in it."""
REFUSALS = MappingProxyType(
    {
        400: "A request should be one that a page of this application sends, this one cannot be read: reload the page.",
        403: "A request should come from a page of this application, this one came from another site's: open its own.",
        404: "An address should be one of this application's, there is nothing at this one: go back to its first page.",
        405: "An address should be asked as a page of this application asks it, not with {method}: reload the page.",
        413: "A request should have no more bytes than its address takes, this one has: send less.",
        416: "A part of a file should lie within the file, the one asked for does not: ask for all of it.",
    }
)
"""What is said to a request that is refused, by the status of the answer."""


def sentence(problem: Exception) -> str:
    """What is said about an error; an unexpected one is written into the log, under the reference in its sentence."""
    if isinstance(problem, LandscapeError):
        return one_line(str(problem))
    reference = token_hex(4)
    log.error("unexpected error reference=%s", reference, exc_info=problem)
    return (
        f"The server should have an answer, but met an unexpected error, which {LOG} in the cache folder describes "
        f"under the reference {reference}: try again, or report it with that part of the log."
    )


def one_line(text: str) -> str:
    r"""A text without line breaks and control characters, and not too long.

    Example:
        >>> one_line("a\r\nb\0")
        'a b '
    """
    plain = "".join(each if each.isprintable() else " " for each in text.replace("\r\n", "\n"))
    return plain if len(plain) <= LONGEST else f"{plain[: LONGEST - 1]}…"


def install(server: Flask) -> None:
    """Has a server answer every error in a sentence, and refuse addresses that are no UTF-8."""
    server.before_request(check_query)
    server.register_error_handler(HTTPException, refused)
    server.register_error_handler(DependencyException, missing)
    server.register_error_handler(Exception, failed)


def check_query() -> None:
    """Refuses an address whose query is no UTF-8, which no browser sends."""
    try:
        request.query_string.decode()
    except UnicodeDecodeError:
        abort(400)


def check_path() -> None:
    """Refuses a path that is no page: Dash answers with a page whatever stands below its path."""
    if request.url_rule is not None and request.url_rule.rule.endswith("/<path:path>"):
        abort(404)


def refused(problem: HTTPException) -> Response:
    """The answer to a request that the server refuses: its status and headers, and a sentence."""
    status = problem.code or 500
    said = (
        REFUSALS.get(status) or f"A request should be answered, this one was not ({phrase(status)}): reload the page."
    )
    answer = Response(status=status, headers=[each for each in problem.get_headers() if each[0] != "Content-Type"])
    answer.data, answer.mimetype = json.dumps({"error": said.format(method=request.method)}), "application/json"
    return answer


def phrase(status: int) -> str:
    """A status in words."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return str(status)


def missing(_problem: DependencyException) -> tuple[Response, int]:
    """The answer to a request for a script that Dash does not have."""
    return jsonify(error=REFUSALS[404]), 404


def failed(problem: Exception) -> tuple[Response, int]:
    """The answer where something went wrong that nobody expected."""
    return jsonify(error=sentence(problem)), 500
