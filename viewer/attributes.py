"""HTML attributes whose names are no Python words."""

from typing import Any


def aria(**values: str) -> dict[str, Any]:
    """Attributes for assistive technology.

    Example:
        >>> aria(label="Close", hidden="true")
        {'aria-label': 'Close', 'aria-hidden': 'true'}
    """
    return {f"aria-{name}": value for name, value in values.items()}


def data(**values: str) -> dict[str, Any]:
    """Attributes that scripts and styles read."""
    return {f"data-{name}": value for name, value in values.items()}


def target(name: str, label: str) -> dict[str, Any]:
    """Turns the box that Mantine wraps around what opens a menu into the button: it is the box that is told `expanded`.

    Example:
        >>> target("quiet", "Export")["aria-label"]
        'Export'
    """
    return {"component": "button", "type": "button", "className": name, "title": label, "w": None, **aria(label=label)}
