"""The controls of the Profile page, and how its view state travels through them."""

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from viewer import ids
from viewer.attributes import aria, data
from viewer.pages.bound import SEED, Bound, slider, switch
from viewer.pages.controls import choice, field, norm, precision, section, seed, segments
from viewer.pages.controls import slider as sliding
from viewer.pages.controls import switch as switching
from viewer.pages.explain import explained
from viewer.profile import BEYOND, FACTORS, MODELS, POINTS, SEEDS, ProfileState
from viewer.state import SAMPLES, SPANS

START = ProfileState()
CONTROLS = (
    Bound(ids.VIEW, "view"),
    slider(ids.POINTS, "points", POINTS),
    slider(ids.SPAN, "span", SPANS),
    slider(ids.BEYOND, "beyond", BEYOND),
    slider(ids.SAMPLES, "samples", SAMPLES),
    Bound(ids.SPLIT, "split"),
    Bound(ids.STATISTICS, "statistics"),
    Bound(ids.NORM, "norm"),
    SEED,
    slider(ids.COUNT, "seeds", SEEDS),
    switch(ids.RAW, "raw"),
    slider(ids.FACTOR, "factor", FACTORS),
    Bound(ids.PRECISION, "precision"),
    Bound(ids.CURVES, "curves"),
    Bound(ids.HEIGHT, "height"),
    switch(ids.ERRORS, "errors"),
    switch(ids.WEIGHTS, "weights"),
    Bound(ids.CUT, "cut", "data", read=lambda value: tuple(value) if value else None),
)

STATISTICS = {"recomputed": "Recomputed", "interpolated": "Interpolated", "frozen": "Frozen", "all": "All three"}


def controls() -> Component:
    """Networks, line or direction, curves, grid, examples; what a view does not depend on is hidden."""
    return html.Div(
        [
            html.Div(_ends(), id=ids.ENDS, className="section", role="group", **LABELLED),
            section("Line", *_line(), *_direction()),
            section("Curves", _curves(), _height(), _errors()),
            section("Grid", _points()),
            section("Examples", _split(), _samples(), precision()),
        ],
        className="side-body",
    )


LABELLED = aria(label="Networks") | data(of="direction line training layers rescaled cut")


def _of(views: str, control: Component) -> Component:
    """A control that only some views depend on."""
    return html.Div(control, **data(of=views))


def _line() -> list[Component]:
    return [
        _of("line training layers batches", _statistics()),
        _of("line training layers batches cut", _beyond()),
        _of("line", _weights()),
    ]


def _direction() -> list[Component]:
    return [
        _of("direction rescaled cut", norm()),
        _of("direction rescaled cut", seed()),
        _of("direction rescaled", _count()),
        _of("direction", _raw()),
        _of("direction rescaled", _span()),
        _of("rescaled", _factor()),
    ]


def _ends() -> list[Component]:
    """The chosen networks, each with a choice of its epoch, and a button that swaps the first two."""
    rows = [
        html.Div(
            [
                html.Span("", id=ids.part("name", slot), className="end-name"),
                dmc.Select(id=ids.part("epoch", slot), data=[], allowDeselect=False, size="xs", **aria(label="Epoch")),
            ],
            id=ids.part("end", slot),
            className="end",
            hidden=True,
            **data(run=""),
        )
        for slot in range(MODELS)
    ]
    swap = _of("line layers", html.Button("Swap endpoints", id=ids.SWAP, className="go-on soft"))
    head = [html.Div("Networks", className="section-name"), explained("ends")]
    return [html.Div(head, className="switch-row"), *rows, swap]


def _statistics() -> Component:
    options = STATISTICS.items()
    return field("statistics", "BatchNorm", choice(ids.STATISTICS, "BatchNorm", START.statistics, options))


def _beyond() -> Component:
    return field("beyond", "Extrapolate", sliding(ids.BEYOND, "Extrapolate", BEYOND, START.beyond, zero="0"))


def _weights() -> Component:
    return switching(ids.WEIGHTS, "weights", "Show weight norms", START.weights == "on")


def _count() -> Component:
    return field("count", "Directions", sliding(ids.COUNT, "Directions", SEEDS, START.seeds))


def _raw() -> Component:
    return switching(ids.RAW, "raw", "Compare unnormalised", START.raw == "on")


def _span() -> Component:
    return field("range", "Range", sliding(ids.SPAN, "Range", SPANS, START.span))


def _factor() -> Component:
    return field("factor", "Rescaled by", sliding(ids.FACTOR, "Rescaled by", FACTORS, START.factor))


def _curves() -> Component:
    options = {"both": "Both", "loss": "Loss", "accuracy": "Accuracy"}
    return field("curves", "Curves", segments(ids.CURVES, "Curves", START.curves, options))


def _height() -> Component:
    options = {"log": "Log", "linear": "Linear"}
    return field("height", "Scale", segments(ids.HEIGHT, "Scale of the loss", START.height, options))


def _errors() -> Component:
    return switching(ids.ERRORS, "errors", "Standard error", START.errors == "on")


def _points() -> Component:
    return field("line points", "Points", sliding(ids.POINTS, "Points", POINTS, START.points))


def _split() -> Component:
    options = {"both": "Both", "train": "Training", "test": "Test"}
    return field("split", "Data", segments(ids.SPLIT, "Split", START.split, options))


def _samples() -> Component:
    return field("samples", "Examples", sliding(ids.SAMPLES, "Examples", SAMPLES, START.samples))
