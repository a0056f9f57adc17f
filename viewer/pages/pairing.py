"""What the dialog asks about a checkpoint's tensors: which set of weights, and whether pairs by order are right."""

from collections.abc import Mapping, Sequence
from typing import Any

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from viewer import ids

AUTO = "auto"
"""The set of weights that is taken where the file has no other."""


def weights_field() -> Component:
    """Which of several sets of weights in a file."""
    return html.Div(
        dmc.Select(id=ids.ADDING_WEIGHTS, label="Weights", data=[], value=AUTO, allowDeselect=False),
        id=f"{ids.ADDING_WEIGHTS}-field",
        hidden=True,
    )


def order_field() -> Component:
    """The pairs that only the order of the tensors tells, and their confirmation."""
    return html.Div(
        [
            html.Div(id=ids.ADDING_PAIRS, className="adding-pairs", tabIndex=0),
            dmc.Checkbox(
                id=ids.ADDING_CONFIRMED,
                label="These pairs are right: load the tensors in this order",
                checked=False,
            ),
        ],
        id=ids.ADDING_ORDER,
        hidden=True,
    )


def candidate(upload: Mapping[str, Any], architecture: str | None) -> Mapping[str, Any]:
    """One of an upload's candidates; an empty one where there is none."""
    return next((one for one in upload.get("candidates", ()) if one["architecture"] == architecture), {})


def weights(one: Mapping[str, Any]) -> tuple[list[dict[str, str]], str, bool]:
    """The sets of weights to choose from, the one that is chosen, and whether there is no choice.

    Example:
        >>> weights({"weights": ["params_ema", "params"]})[1:], weights({"weights": ["params"]})[1:]
        (('params_ema', False), ('auto', True))
    """
    names = one.get("weights") or []
    if len(names) < 2:
        return [], AUTO, True
    return [{"value": name, "label": name} for name in names], names[0], False


def pairs(one: Mapping[str, Any]) -> Component | None:
    """The network's names and the file's, row by row; nothing where names tell."""
    rows: Sequence[Sequence[str]] = one.get("pairs") or ()
    if not rows:
        return None
    head = html.Thead(html.Tr([html.Th("Network", scope="col"), html.Th("File", scope="col")]))
    return html.Table([head, html.Tbody([html.Tr([html.Td(name) for name in row]) for row in rows])])


def unconfirmed(one: Mapping[str, Any], confirmed: bool) -> str:
    """What is to be done about pairs that nobody has confirmed, as a sentence; nothing where there are none.

    Example:
        >>> unconfirmed({"pairs": []}, False)
        ''
    """
    if confirmed or not one.get("pairs"):
        return ""
    return (
        f"The file's names are not those of {one['architecture']}, and tensors of one shape could change places "
        "unnoticed: look at the pairs and confirm them."
    )
