"""The gallery: trained networks, those that were added, and surfaces that others computed."""

from collections.abc import Sequence
from typing import Any

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from compute.card import ADDED, STUDY, Card, ModelCard, SurfaceCard
from viewer import ids
from viewer.attributes import aria, data
from viewer.figures.thumbnail import thumbnail
from viewer.icons import icon
from viewer.screen import brief, details


def gallery(cards: Sequence[Card], measuring: Sequence[str] = ()) -> Component:
    """Every network and every imported surface as a card that opens and closes its panel.

    `measuring` are runs whose losses are being measured.
    """
    models = [card(each) for each in cards if isinstance(each, ModelCard) and not each.run.startswith((ADDED, STUDY))]
    empty = html.P("No trained network was found. Train one, or restore the gallery folder.", className="meta")
    return html.Div(
        [
            search(),
            html.Div("Studies", className="section-name"),
            html.Div(own(cards, STUDY), id=ids.STUDIED, className="cards"),
            html.Div("Your models", className="section-name"),
            html.Div(own(cards, ADDED, measuring), id=ids.OWN, className="cards"),
            html.Div("Models", className="section-name"),
            html.Div(models or [empty], className="cards"),
            html.Div("Surfaces of others", className="section-name"),
            html.Div(imported(cards), id=ids.IMPORTS, className="cards"),
            drop_zone(),
        ],
        className="side-body",
    )


def search() -> Component:
    """A field that leaves only the cards that tell what is typed; assets/find.js listens."""
    words = "Find a model"
    field = dmc.TextInput(placeholder=words, size="sm", className="find", **aria(label=words))
    none = html.P("Nothing here is called so.", className="meta found-none", hidden=True, role="status")
    return html.Div([field, none], className="search")


def own(cards: Sequence[Card], start: str, measuring: Sequence[str] = ()) -> list[Component]:
    """The cards of studies, or of what was added, told by how their runs begin; each with its commands.

    `measuring` are runs whose losses are being measured.
    """
    found = [each for each in cards if isinstance(each, ModelCard) and each.run.startswith(start)]
    return [html.Div([card(each), commands(each, each.run in measuring)], className="own") for each in found]


def imported(cards: Sequence[Card]) -> list[Component]:
    """The cards of surfaces that others computed, each with its command."""
    return [html.Div([card(each), commands(each)], className="own") for each in cards if isinstance(each, SurfaceCard)]


ASKED = {
    ModelCard: "Remove this model? The copy of its file that was added is deleted.",
    SurfaceCard: "Remove this surface? The copy of its numbers that was imported is deleted.",
}
"""What is asked before something is removed."""


def commands(model: Card, measuring: bool = False) -> Component:
    """What can be done with a model of one's own, or an imported surface; assets/adding.js asks before a removal."""
    words = {}
    if isinstance(model, ModelCard) and measuring:
        words["measure"] = "Measuring"
    elif isinstance(model, ModelCard):
        words["measure"] = "Measure" if model.test_loss is None else "Measure again"
    if isinstance(model, SurfaceCard) or model.run.startswith(ADDED):
        words["remove"] = "Remove"
    curve = isinstance(model, SurfaceCard) and model.curve
    link = [html.A("Open on Profile", href=f"/profile/?models={model.run}", className="quiet")] if curve else []
    return html.Div(
        link
        + [
            html.Button(
                text,
                id=ids.own(command, model.run),
                className="quiet",
                n_clicks=0,
                disabled=text == "Measuring",
                **aria(label=f"{text} {model.title}", busy=str(text == "Measuring").lower()),
                **data(own=command, asks=ASKED[type(model)]),
            )
            for command, text in words.items()
        ],
        className="own-commands",
    )


def card(model: Card, **more: str) -> Component:
    """One network or surface: its landscape, its name, how well it does and how large it is; `more` is for scripts."""
    face = html.Button(
        [
            html.Img(src=thumbnail(model.picture), alt="", className="thumbnail"),
            html.Span(
                [
                    html.Span(model.title.replace(" = ", "\u00a0=\u00a0"), className="card-title"),
                    html.Span(unbroken(brief(model)), className="meta"),
                ],
                className="card-text",
            ),
        ],
        id=ids.card(model.run),
        className="card",
        n_clicks=0,
        **aria(pressed="false"),
        **data(run=model.run, find=f"{model.title} {details(model)}", pictured=pictured(model), **more),
    )
    return dmc.Tooltip(face, label=details(model), **TOOLTIP)


def unbroken(text: str) -> list[Component | str]:
    """Parts between dots, none of which is broken between two lines."""
    first, *others = (html.Span(part, className="unbroken") for part in text.split(" · "))
    return [first, *(each for part in others for each in (" · ", part))]


def pictured(model: Card) -> str:
    """Whether a card has a picture of its own; assets/pictures.js gives the others one while their surface fills in."""
    return "no" if model.picture is None and model.run.startswith((ADDED, STUDY)) else "yes"


def drop_zone() -> Component:
    """A button that asks for files, and on which files can be dropped; assets/adding.js sends them."""
    words = [
        html.Span("Add a model or surface", className="card-title"),
        html.Span("Weights, data, HDF5, npz or CSV", className="meta", role="status"),
    ]
    return html.Button(
        [html.Span(icon("add"), className="add-sign"), html.Span(words, className="card-text")],
        id=ids.ADD,
        className="card add",
        title="Choose or drop files. Weights: safetensors, or what torch.save writes. Data: a NumPy archive of images "
        "and labels, or a text. Surfaces and curves: HDF5 as the code of Li et al. writes it, a NumPy archive, or a "
        "table",
    )


TOOLTIP: dict[str, Any] = {
    "position": "bottom",  # over the rail, never over the panels
    "multiline": True,
    "w": 228,
    "withArrow": True,
    "openDelay": 500,
    "events": {"hover": True, "focus": True, "touch": False},
    "boxWrapperProps": {"w": "100%"},
}
