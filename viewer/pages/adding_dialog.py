"""The dialog that adds a model: where files are dropped, and what is asked about a checkpoint that has come."""

from collections.abc import Sequence

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from viewer import ids
from viewer.attributes import aria
from viewer.icons import icon
from viewer.pages.pairing import order_field, weights_field

OFTEN = ("0.485, 0.456, 0.406", "0.4914, 0.4822, 0.4465"), ("0.229, 0.224, 0.225", "0.2470, 0.2435, 0.2616")
"""Means and standard deviations of channels that are often used: ImageNet's, and those of CIFAR-10."""

TAKEN = (
    ("Weights", ".safetensors, .pt, .pth, .th, .bin, .ckpt"),
    ("Data for them", ".npz with images and labels (x_train, y_train, x_test, y_test), or a text, .txt"),
    ("Surfaces and curves", "HDF5, .npz or a table"),
)
"""What files may hold, and how they are called."""

ELSEWHERE = (
    "For an architecture, inputs or a loss of your own, define model(), data() and loss() in a Python file and start ",
    "python run.py --study FILE.py",
    ". In a notebook, save net.state_dict() with torch.save and drop the file here.",
)
"""What the page cannot do, and where it is done; the middle is a command."""


def dialog() -> Component:
    """Both steps: files, then what is asked about the weights among them."""
    return dmc.Modal(
        [
            html.Div(id=ids.ADDING_NOTES, className="problems", role="status"),
            html.Div(start(), id=ids.ADDING_START, className="adding-fields"),
            html.Div(fields(), id=ids.ADDING_FORM, className="adding-fields", hidden=True),
        ],
        id=ids.ADDING,
        title="Add model",
        opened=False,
        size="lg",
    )


def start() -> list[Component]:
    """Where files are dropped or chosen; assets/adding.js listens."""
    rows = [html.Div([html.Dt(kind), html.Dd(endings)]) for kind, endings in TAKEN]
    before, command, after = ELSEWHERE
    return [
        html.Button(
            [
                html.Span(icon("add"), className="add-sign"),
                html.Span("Drop files here, or choose them", className="card-title", role="status"),
                html.Span("Weights and data may come together", className="meta"),
            ],
            id=ids.ADDING_DROP,
            className="adding-drop",
        ),
        html.Dl(rows, className="adding-kinds"),
        html.P([before, html.Code(command), after], className="meta"),
    ]


def fields() -> list[Component]:
    """What is asked about weights."""
    return [
        html.P(id=ids.ADDING_FILE, className="adding-file"),
        dmc.TextInput(id=ids.ADDING_TITLE, label="Title", **aria(label="Title")),
        dmc.Select(id=ids.ADDING_ARCHITECTURE, label="Architecture", data=[], allowDeselect=False, searchable=True),
        order_field(),
        weights_field(),
        dmc.Select(
            id=ids.ADDING_DATA, label="Evaluated on", data=[], allowDeselect=False, placeholder="No data here fit"
        ),
        html.Div(
            [
                channels(ids.ADDING_MEAN, "Mean", OFTEN[0]),
                channels(ids.ADDING_STD, "Standard deviation", OFTEN[1]),
                html.P("", id=ids.ADDING_TRIED, className="meta"),
                html.P("Trying the usual means and deviations …", id=ids.ADDING_TRYING, className="meta", hidden=True),
            ],
            id=ids.ADDING_CHANNELS,
            className="adding-pair",
            hidden=True,
        ),
        html.Div(id=ids.ADDING_PROBLEM, role="alert"),
        html.Div(
            [
                dmc.Button("Cancel", id=ids.ADDING_CANCEL, variant="default", n_clicks=0),
                dmc.Button("Add model", id=ids.ADDING_GO, n_clicks=0),
            ],
            className="adding-ends",
        ),
    ]


def channels(name: str, label: str, often: Sequence[str]) -> Component:
    """A field of one number for each channel."""
    return dmc.Autocomplete(
        id=name, label=label, data=list(often), placeholder="none: pixels from 0 to 1", **aria(label=label)
    )
