"""How the fields of a page's view state travel through its components."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dash import Input, Output

from viewer import ids
from viewer.address import MAX_SEED, BadLink, View, window


def _same(value: Any) -> Any:  # noqa: ANN401  # whatever a component holds
    return value


@dataclass(frozen=True, slots=True)
class Bound:
    """A component whose property holds a field of the view state, written and read by two functions."""

    component: str
    field: str
    property: str = "value"
    write: Callable[[Any], Any] = _same
    read: Callable[[Any], Any] = _same


def slider(component: str, field: str, choices: tuple[Any, ...]) -> Bound:
    """A slider that holds the place of a choice."""
    return Bound(component, field, write=choices.index, read=dict(enumerate(choices)).__getitem__)


def switch(component: str, field: str, off: str = "off", on: str = "on") -> Bound:
    """A switch between two words."""
    return Bound(component, field, "checked", lambda value: value == on, lambda checked: on if checked else off)


def counted(component: str, field: str) -> Bound:
    """A field for a whole number, which may be empty."""
    return Bound(component, field, read=lambda value: min(max(int(value or 0), 0), MAX_SEED))


def _window(value: Any) -> Any:  # noqa: ANN401  # whatever the store holds
    """Its ends as they are, or of one that is no window the nearest that is."""
    found = window(value) if value else None
    return tuple(value) if found and value[0] < value[1] and value[2] < value[3] else found


SEED = counted(ids.SEED, "seed")
WINDOW = Bound(ids.WINDOW, "window", "data", read=_window)


def inputs(rows: Sequence[Bound]) -> list[Input]:
    """What a callback hears of the components, in their order."""
    return [Input(bound.component, bound.property) for bound in rows]


def outputs(rows: Sequence[Bound]) -> list[Output]:
    """Where a callback writes a state, in their order."""
    return [Output(bound.component, bound.property) for bound in rows]


def values(rows: Sequence[Bound], state: View) -> tuple[Any, ...]:
    """What the components hold in a state, in their order."""
    return tuple(bound.write(getattr(state, bound.field)) for bound in rows)


def told(rows: Sequence[Bound], held: Sequence[Any]) -> Mapping[str, Any]:
    """The fields that the components' values make up.

    Raises:
        BadLink: a component holds what it never should.
    """
    return {bound.field: _read(bound, value) for bound, value in zip(rows, held, strict=True)}


def _read(bound: Bound, value: Any) -> Any:  # noqa: ANN401  # whatever a component holds
    try:
        return bound.read(value)
    except (TypeError, ValueError, LookupError, OverflowError) as problem:
        raise BadLink(
            f"The page's {bound.field} should be one that can be chosen, got {str(value)[:80]!r}: choose another, or "
            "reload the page."
        ) from problem
