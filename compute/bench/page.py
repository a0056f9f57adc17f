"""What the server says its page is made of, and what a browser sends when something on it has changed."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from compute.errors import LandscapeError

Values = Mapping[str, object]
"""Properties of components by their addresses, such as "points.value"."""


@dataclass(frozen=True, slots=True, eq=False)
class Page:
    """What the page is made of: its components' properties by their ids as JSON, and its callbacks."""

    components: Mapping[str, Mapping[str, Any]]
    callbacks: Sequence[Mapping[str, Any]]

    @classmethod
    def of(cls, layout: object, callbacks: Sequence[Mapping[str, Any]]) -> "Page":
        """From what `/_dash-layout` and `/_dash-dependencies` say."""
        return cls({key(found["id"]): found for found in described(layout)}, callbacks)

    def call(self, changed: str, written: str, values: Values) -> bytes:
        """The body that a browser posts when a property has changed: the rest as in `values`, or as the page began.

        Raises:
            LandscapeError: no callback reads the one property and writes the other.
        """
        for callback in self.callbacks:
            outputs = callback["output"].strip(".").split("...")
            if written in outputs and changed in map(address, callback["inputs"]):
                return json.dumps(
                    {
                        "output": callback["output"],
                        "outputs": [self.filled(dependency(output), None) for output in outputs],
                        "inputs": [self.filled(each, values) for each in callback["inputs"]],
                        "state": [self.filled(each, values) for each in callback["state"]],
                        "changedPropIds": [changed],
                    }
                ).encode()
        raise LandscapeError(f"The page should write {written} when {changed} has changed, but no callback does.")

    def filled(self, wanted: Mapping[str, str], values: Values | None) -> object:
        """A dependency with its value, unless `values` is None; a list of all it matches, if it has a wildcard."""
        if '["ALL"]' not in wanted["id"]:
            return self.valued(wanted["id"], wanted["property"], values)
        pattern = json.loads(wanted["id"])
        return [self.valued(name, wanted["property"], values) for name in self.components if matches(name, pattern)]

    def valued(self, name: str, prop: str, values: Values | None) -> dict[str, object]:
        """One property of one component."""
        there = {"id": json.loads(name) if name.startswith("{") else name, "property": prop}
        if values is None:
            return there
        return {**there, "value": values.get(f"{name}.{prop}", self.components.get(name, {}).get(prop))}


def described(part: object) -> Iterator[Mapping[str, Any]]:
    """The properties of every component of a layout that has an id."""
    if isinstance(part, list):
        for each in part:
            yield from described(each)
    elif isinstance(part, dict):
        if "id" in part.get("props", ()):
            yield part["props"]
        yield from described(list(part.values()))


def key(name: str | Mapping[str, object]) -> str:
    """An id as callbacks spell it.

    Example:
        >>> key("points"), key({"slot": 0, "part": "panel"})
        ('points', '{"part":"panel","slot":0}')
    """
    return name if isinstance(name, str) else json.dumps(name, sort_keys=True, separators=(",", ":"))


def matches(name: str, pattern: Mapping[str, object]) -> bool:
    """Whether an id fits one with wildcards.

    Example:
        >>> matches('{"card":"mlp"}', {"card": ["ALL"]}), matches("points", {"card": ["ALL"]})
        (True, False)
    """
    found = json.loads(name) if name.startswith("{") else {}
    return found.keys() == pattern.keys() and all(part in (["ALL"], found[each]) for each, part in pattern.items())


def address(wanted: Mapping[str, str]) -> str:
    """Where a dependency's property is."""
    return f"{wanted['id']}.{wanted['property']}"


def dependency(place: str) -> dict[str, str]:
    """The inverse of `address`.

    Example:
        >>> dependency("points.value")
        {'id': 'points', 'property': 'value'}
    """
    name, _, prop = place.rpartition(".")
    return {"id": name, "property": prop}


def answered(body: bytes) -> Values:
    """What a callback wrote.

    Example:
        >>> answered(b'{"multi": true, "response": {"points": {"value": 2}}}')
        {'points.value': 2}
    """
    written = json.loads(body)["response"]
    return {f"{name}.{prop}": value for name, part in written.items() for prop, value in part.items()}
