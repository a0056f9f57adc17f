"""The gallery: trained networks, and surfaces that others computed."""

from collections.abc import Sequence
from typing import Any

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from compute.card import Card, SurfaceCard
from compute.settings import IMPORT_LIMIT
from viewer import ids
from viewer.attributes import aria, data
from viewer.figures.thumbnail import thumbnail
from viewer.icons import icon
from viewer.screen import brief, details


def gallery(cards: Sequence[Card]) -> Component:
    """Every network and every imported surface as a card that opens and closes its panel."""
    imported = [card(each) for each in cards if isinstance(each, SurfaceCard)]
    models = [card(each) for each in cards if not isinstance(each, SurfaceCard)]
    empty = html.P("No trained network was found. Train one, or restore the gallery folder.", className="meta")
    return html.Div(
        [
            html.Div("Models", className="section-name"),
            html.Div(models or [empty], className="cards"),
            html.Div("Surfaces of others", className="section-name"),
            html.Div(imported, id=ids.IMPORTS, className="cards"),
            drop_zone(),
        ],
        className="side-body",
    )


def card(model: Card) -> Component:
    """One network or surface: its landscape, its name, how well it does and how large it is."""
    face = html.Button(
        [
            html.Img(src=thumbnail(model.picture), alt="", className="thumbnail"),
            html.Span(
                [
                    html.Span(model.title, className="card-title"),
                    html.Span(brief(model), className="meta"),
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


def drop_zone() -> Component:
    """A button that asks for files, and on which files can be dropped; assets/adding.js sends them."""
    words = [
        html.Span("Add a surface", className="card-title"),
        html.Span("HDF5, npz or CSV: choose or drop", className="meta", role="status"),
    ]
    return html.Button(
        [html.Span(icon("add"), className="add-sign"), html.Span(words, className="card-text")],
        id=ids.ADD,
        className="card add",
        title="HDF5 as the code of Li et al. writes it, a NumPy archive or a CSV table",
        **data(limit=str(IMPORT_LIMIT)),
    )


TOOLTIP: dict[str, Any] = {
    "position": "right",
    "multiline": True,
    "w": 300,
    "withArrow": True,
    "openDelay": 500,
    "events": {"hover": True, "focus": True, "touch": False},
    "boxWrapperProps": {"w": "100%"},
}
