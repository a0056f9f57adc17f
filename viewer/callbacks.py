"""Refuses requests for callbacks that the page cannot have sent, before Dash reads them."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from dash import Dash
from flask import Flask, Response, jsonify, request

from viewer.bodies import BadBody, json_object
from viewer.values import check_of

ROUTE = "_dash-update-component"
"""Where the pages ask for callbacks, below their paths."""
WILD = ("ALL", "MATCH", "ALLSMALLER")
"""What stands in a callback's name for any value."""

Part = Mapping[str, Any]
"""An input, state or output: the component's `id`, its `property`, and its `value` where it has one."""


def install(server: Flask, pages: Mapping[str, Dash]) -> None:
    """Has a server check the requests for the callbacks of pages, which are named by their paths."""
    routes = {f"{path}{ROUTE}": app for path, app in pages.items()}

    @server.before_request
    def check() -> tuple[Response, int] | None:
        app = routes.get(request.path)
        if app is None or request.method != "POST":
            return None
        try:
            check_call(json_object(), app.callback_map)
        except BadBody as problem:
            return jsonify(error=str(problem)), 400
        return None


def check_call(body: Mapping[str, Any], known: Mapping[str, Any]) -> None:
    """Compares what is asked with the callbacks that a page has.

    Raises:
        BadBody: there is no such callback, or its inputs, states or outputs are others.
    """
    name = body.get("output")
    found = known.get(name) if isinstance(name, str) else None
    if found is None or "callback" not in found:  # those without one run in the browser
        raise BadBody("A request should name a callback of its page, there is none of that name: reload the page.")
    heard = [*check_parts(body.get("inputs", []), found["inputs"]), *check_parts(body.get("state", []), found["state"])]
    changed, able = body.get("changedPropIds", []), spellings(heard)
    if not isinstance(changed, list) or not all(each in able for each in changed):
        raise BadBody("What has changed should be inputs of the callback, something else is named: reload the page.")
    if not found["no_output"]:
        check_outputs(body.get("outputs"), found["output"])


def check_parts(given: object, wanted: Sequence[Part]) -> list[Part]:
    """The inputs or states of a request, those of a pattern one by one.

    Raises:
        BadBody: they are not those that the callback has, or a value is of another kind.
    """
    if not isinstance(given, list) or len(given) != len(wanted):
        raise BadBody("A callback should get the inputs that it has, others came: reload the page.")
    parts = []
    for one, known in zip(given, wanted, strict=True):
        pattern = json.loads(known["id"]) if known["id"].startswith("{") else None
        alike = one if pattern is not None and isinstance(one, list) else [one]
        for each in alike:
            check_part(each, known, pattern)
        parts += alike
    return parts


def check_part(part: object, known: Part, pattern: Mapping[str, Any] | None) -> None:
    """Checks one input or state, of a component that a name or a pattern tells.

    Raises:
        BadBody: it is of another component or property, or its value of another kind.
    """
    if not isinstance(part, dict) or part.get("property") != known["property"] or not names(part, known, pattern):
        raise BadBody(f"A callback should hear of {known['id']}, something else came: reload the page.")
    if not check_of(known["id"], known["property"])(part.get("value")):
        raise BadBody(
            f"{known['property']} of {known['id']} should hold a value of its kind, another came "
            f"({type(part.get('value')).__name__}): reload the page."
        )


def names(part: Part, known: Part, pattern: Mapping[str, Any] | None) -> bool:
    """Whether an input or state is of a known component, or of one that a pattern tells."""
    return part.get("id") == known["id"] if pattern is None else fits(part.get("id"), pattern)


def fits(name: object, pattern: Mapping[str, Any]) -> bool:
    """Whether a component's name is one that a pattern tells.

    Example:
        >>> fits({"part": "close", "slot": 1}, {"part": "close", "slot": ["ALL"]}), fits("close", {"part": ["ALL"]})
        (True, False)
    """
    if not isinstance(name, dict) or name.keys() != pattern.keys():
        return False
    wild = [key for key, value in pattern.items() if isinstance(value, list) and value[0] in WILD]
    return all(isinstance(name[key], str | int) if key in wild else name[key] == pattern[key] for key in pattern)


def check_outputs(given: object, wanted: Any) -> None:  # noqa: ANN401 - an Output, or several in any grouping
    """Compares the outputs of a request with a callback's.

    Raises:
        BadBody: they are others.
    """
    several = isinstance(wanted, list | tuple)
    known = [(each.component_id, each.component_property) for each in (wanted if several else [wanted])]
    parts = given if several else [given]
    if not isinstance(parts, list) or [place(each) for each in parts] != known:
        raise BadBody("A callback should write to the outputs that it has, others came: reload the page.")


def place(part: object) -> tuple[object, object]:
    """Where an output writes: its component and property; behind an @ stands which of several callbacks does."""
    if not isinstance(part, dict) or not isinstance(part.get("property"), str):
        return None, None
    return part.get("id"), part["property"].partition("@")[0]


def spellings(parts: Sequence[Part]) -> list[str]:
    """The names and properties of some inputs, as the browser spells them, and as Python does."""
    found = []
    for part in parts:
        name, names = part["id"], [part["id"]]
        if isinstance(name, dict):
            names = [
                json.dumps(name, sort_keys=True, separators=(",", ":"), ensure_ascii=each) for each in (True, False)
            ]
        found += [f"{each}.{part['property']}" for each in names]
    return found
