"""The JSON in the body of a request, without what no page ever sends."""

from contextlib import suppress
from math import isfinite
from typing import Any

from flask import request

from compute.errors import LandscapeError

DEPTH = 24
"""Lists and tables within one another; the deepest body of a page has nine."""


class BadBody(LandscapeError):
    """A request's body that no page sends."""


def json_object(any_type: bool = False) -> dict[str, Any]:
    """The JSON object in the request's body; `any_type` where it need not be declared as JSON.

    Raises:
        BadBody: it is none, or holds what a browser's JSON never does.
    """
    found = None
    with suppress(RecursionError):
        found = request.get_json(force=any_type, silent=True)
    if not isinstance(found, dict):
        raise BadBody(
            "A request's body should be a JSON object, and say so, this one is something else: reload the page."
        )
    check(found)
    return found


def check(body: object) -> None:
    """Refuses values that JSON of a browser has not, and that programs stumble over.

    Raises:
        BadBody: it is nested too deeply, a text is no Unicode, or a number is not finite.

    Example:
        >>> check({"x": [1.5, "ü", None]})
    """
    parts = [(body, 1)]
    while parts:
        part, depth = parts.pop()
        if depth > DEPTH:
            raise BadBody(
                f"A request's body should be nested {DEPTH} deep at most, this one is deeper: reload the page."
            )
        if isinstance(part, dict):
            parts += [(each, depth + 1) for pair in part.items() for each in pair]
        elif isinstance(part, list):
            parts += [(each, depth + 1) for each in part]
        elif not plain(part):
            raise BadBody(
                "The texts of a request's body should be Unicode and its numbers finite, one is not: reload the page."
            )


def plain(value: object) -> bool:
    r"""Whether a value of JSON is one that a browser writes.

    Example:
        >>> plain("a"), plain(2.5), plain(float("nan")), plain("\ud800")
        (True, True, False, False)
    """
    if isinstance(value, str):
        return value.isascii() or not any("\ud800" <= each <= "\udfff" for each in value)
    return not isinstance(value, float) or isfinite(value)
