"""The gallery of trained networks."""

from collections.abc import Sequence
from typing import Any

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from compute.card import ModelCard
from viewer import ids
from viewer.attributes import aria, data
from viewer.figures.thumbnail import thumbnail
from viewer.screen import counted, details


def gallery(cards: Sequence[ModelCard]) -> Component:
    """Every network as a card that opens and closes its panel."""
    empty = html.P("No trained network was found. Train one, or restore the gallery folder.", className="meta")
    return html.Div(
        [
            html.Div("Models", className="section-name"),
            html.Div([card(model) for model in cards] or [empty], className="cards"),
        ],
        className="side-body",
    )


def card(model: ModelCard) -> Component:
    """One network: its landscape, its name, how well it does and how large it is."""
    face = html.Button(
        [
            html.Img(src=thumbnail(model.picture), alt="", className="thumbnail"),
            html.Span(
                [
                    html.Span(model.title, className="card-title"),
                    html.Span(f"{100 * model.test_error:.1f} % error · {counted(model.parameters)}", className="meta"),
                ],
                className="card-text",
            ),
        ],
        id=ids.card(model.run),
        className="card",
        n_clicks=0,
        **aria(pressed="false"),
        **data(run=model.run),
    )
    return dmc.Tooltip(face, label=details(model), **TOOLTIP)


TOOLTIP: dict[str, Any] = {
    "position": "right",
    "multiline": True,
    "w": 300,
    "withArrow": True,
    "openDelay": 500,
    "events": {"hover": True, "focus": True, "touch": False},
    "boxWrapperProps": {"w": "100%"},
}
