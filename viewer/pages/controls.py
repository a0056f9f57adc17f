"""The controls beside the panels."""

from collections.abc import Iterable
from typing import Any

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from compute.formatting import brief_percent, number
from viewer import ids
from viewer.address import MAX_SEED
from viewer.attributes import aria
from viewer.figures.style import statistic_words
from viewer.pages.explain import explained
from viewer.state import (
    AUTO_HEIGHT,
    CAPS,
    CLASSES,
    COLOURS,
    DEPTHS,
    POINTS,
    SAMPLES,
    SEEDS,
    SPANS,
    STATISTICS,
    TOLERANCES,
    ViewState,
)

START = ViewState()
QUANTITIES = {
    **{"loss": "Loss", "accuracy": "Accuracy", "slope": "In-plane slope", "gradient": "Gradient norm"},
    **{"min_eig": "λ min", "max_eig": "λ max"},
}
HEIGHTS = {"log": "Log", "linear": "Linear", "clipped": "Linear, capped"}
LEVEL_LABELS = {
    "even": "Evenly spaced",
    "linear": "Even in loss",
    "log": "Eight to a decade",
    "paper": "As Li et al. draw them",
}
LOOK_LABELS = {"relief": "Relief", "plotly": "Plotly"}
NORM_LABELS = {"filter": "Filter-wise", "layer": "Layer-wise", "weight": "Weight-wise", "none": "None"}
PRECISION_LABELS = {"exact": "float32", "fast": "bfloat16"}


def controls() -> Component:
    """Height, comparison, drawing, grid, examples, directions, accuracy and speed."""
    return html.Div(
        [
            section("Height", _quantity(), height(AUTO_HEIGHT, {AUTO_HEIGHT: "Auto", **HEIGHTS}), cap(), colours()),
            section("Comparison", _scale(), _compare()),
            section("Drawing", look(), levels(), _floor(), _wireframe(), _smoothing(), _marks()),
            section("Grid", points(), _span()),
            section("Examples", split(), samples(), _statistic()),
            section("Directions", norm(), seed(), _seeds(), _cosine()),
            section("Accuracy and speed", tolerance(), precision()),
        ],
        className="side-body",
    )


def section(name: str, *fields: Component) -> Component:
    """Controls that belong together."""
    head = html.Div(name, className="section-name")
    return html.Div([head, *fields], className="section", role="group", **aria(label=name))


def field(about: str, label: str, control: Component, hint: str | None = None) -> Component:
    """A labelled control with its explanation; the hint tells what it really gives."""
    told = [html.Span("", id=hint, className="hint")] if hint else []
    head = [html.Span(label, className="label"), explained(about), html.Span(className="spring"), *told]
    return html.Div([html.Div(head, className="field-head"), control])


def slider(name: str, label: str, choices: tuple[float, ...], value: float, zero: str = "all") -> Component:
    """A slider over named choices; its value is the choice's place, sent when the thumb is let go."""
    return dmc.Slider(
        id=name,
        min=0,
        max=len(choices) - 1,
        step=1,
        value=choices.index(value),
        marks=marks(number(choice, 6) if choice else zero for choice in choices),
        label=None,
        updatemode="mouseup",
        thumbLabel=label,
        size="sm",
        className="slider",
    )


def marks(labels: Iterable[str | int]) -> list[Any]:
    """What a slider's places are called, from its first on.

    Example:
        >>> marks([7, 13])
        [{'value': 0, 'label': '7'}, {'value': 1, 'label': '13'}]
    """
    return [{"value": place, "label": str(label)} for place, label in enumerate(labels)]


def segments(name: str | dict[str, object], label: str, value: str, options: dict[str, str]) -> Component:
    """A choice between a few."""
    data: list[Any] = [{"value": key, "label": text} for key, text in options.items()]
    return dmc.SegmentedControl(id=name, value=value, data=data, size="xs", fullWidth=True, **aria(label=label))


def choice(name: str, label: str, value: str, options: Iterable[tuple[str, str]]) -> Component:
    """A choice between many."""
    return dmc.Select(id=name, value=value, data=listed(options), allowDeselect=False, size="sm", **aria(label=label))


def listed(options: Iterable[tuple[str, str]]) -> list[Any]:
    """What is chosen between, by values and words."""
    return [{"value": key, "label": text} for key, text in options]


def whole(name: str, label: str, value: int) -> Component:
    """A whole number, as large as an address takes."""
    return dmc.NumberInput(
        id=name,
        value=value,
        min=0,
        max=MAX_SEED,
        allowDecimal=False,
        allowNegative=False,
        clampBehavior="strict",
        debounce=400,
        size="sm",
        **aria(label=label),
    )


def switch(name: str, about: str, label: str, on: bool) -> Component:
    """On or off, with its explanation."""
    return html.Div([dmc.Switch(id=name, label=label, checked=on, size="sm"), explained(about)], className="switch-row")


def _quantity() -> Component:
    return field("quantity", "Quantity", segments(ids.QUANTITY, "Quantity", START.quantity, QUANTITIES))


def height(value: str, options: dict[str, str]) -> Component:
    """How heights are scaled."""
    return field("height", "Scale", segments(ids.HEIGHT, "Scale of the height", value, options))


def cap() -> Component:
    """Shown only while a cap was asked for."""
    name = "Cap"
    head = html.Div(html.Span(name, className="label"), className="field-head")
    return html.Div([head, slider(ids.CAP, name, CAPS, START.cap, "auto")], id=ids.CAP_FIELD, hidden=True)


def depth() -> Component:
    """How deep minima have to be to be marked, in the Numbers view and on maps and surfaces."""
    name = "Marked from depth"
    return html.Div(field("depth", name, slider(ids.DEPTH, name, DEPTHS, START.depth)), className="depth-field")


def colours() -> Component:
    """The map of colours."""
    options = ((name, sentence_case(name)) for name in COLOURS)
    return field("colours", "Colours", choice(ids.COLOURS, "Colours", START.colours, options))


def _scale() -> Component:
    return switch(ids.SCALE, "scale", "One scale for all panels", START.scale == "shared")


def _compare() -> Component:
    return switch(ids.COMPARE, "difference", "Subtract first panel", START.compare == "difference")


def look() -> Component:
    """What draws surfaces."""
    return field("look", "Surfaces as", segments(ids.LOOK, "Surfaces as", START.look, LOOK_LABELS))


def levels() -> Component:
    """Where lines of equal height lie."""
    levels = choice(ids.LEVELS, "Contour levels", START.levels, LEVEL_LABELS.items())
    return field("levels", "Contour levels", levels)


def _floor() -> Component:
    return switch(ids.FLOOR, "floor", "Contours on the floor", START.floor == "on")


def _wireframe() -> Component:
    return switch(ids.WIREFRAME, "wireframe", "Grid lines", START.wireframe == "on")


def _smoothing() -> Component:
    return switch(ids.SMOOTHING, "smoothing", "Smoothed", START.smoothing == "on")


def _marks() -> Component:
    return switch(ids.MARKS, "marks", "Show evaluated points", START.marks == "on")


def points() -> Component:
    """The resolution."""
    name = "Resolution"
    return field("points", name, slider(ids.POINTS, name, POINTS, START.points), ids.POINTS_HINT)


def _span() -> Component:
    """The range, and a button that finds one."""
    find = html.Button("Fit range to basin", id=ids.FIND, className="go-on soft")
    return html.Div(
        [
            field("range", "Range", slider(ids.SPAN, "Range", SPANS, START.span), ids.SPAN_HINT),
            find,
            html.P("", id=ids.FOUND, className="meta", **aria(live="polite")),
        ]
    )


def split() -> Component:
    """Training or test set."""
    splits = segments(ids.SPLIT, "Split", START.split, {"train": "Training set", "test": "Test set"})
    return field("split", "Data", splits)


def samples() -> Component:
    """How many examples."""
    return field("samples", "Examples", slider(ids.SAMPLES, "Examples", SAMPLES, START.samples), ids.SAMPLES_HINT)


def _statistic() -> Component:
    words = statistics(START.statistic, CLASSES)
    return field("statistic", "Loss statistic", choice(ids.STATISTIC, "Loss statistic", START.statistic, words))


def statistics(chosen: str, classes: int) -> list[tuple[str, str]]:
    """The statistics and their words, with each of some classes alone, and the one that is chosen.

    Example:
        >>> [name for name, _ in statistics("class:7", 2)][-3:]
        ['class:0', 'class:1', 'class:7']
    """
    names = dict.fromkeys((*STATISTICS, *(f"class:{label}" for label in range(classes)), chosen))
    return [(name, sentence_case(statistic_words(name))) for name in names]


def sentence_case(text: str) -> str:
    """A text that begins with a capital."""
    return text[:1].upper() + text[1:]


def norm() -> Component:
    """How random directions are normalised."""
    name = "Normalisation"
    return field("norm", name, choice(ids.NORM, name, START.norm, NORM_LABELS.items()))


def seed() -> Component:
    """The seed of random directions."""
    return field("seed", "Seed", whole(ids.SEED, "Seed", START.seed))


def _seeds() -> Component:
    """The way to the view of several seeds."""
    ask = html.Button(f"Compare {SEEDS} seeds", id=ids.ASK_SEEDS, className="go-on soft")
    return html.Div([ask, explained("seeds")], className="switch-row")


def _cosine() -> Component:
    """The angle between the two directions; assets/directions.js writes into it."""
    told = html.Div(id=ids.COSINE, className="meta")
    return field("cosine", "Angle of the directions", told)


def tolerance() -> Component:
    """Which points are computed."""
    words = {share: f"Interpolate within {brief_percent(share)}" if share else "Every point" for share in TOLERANCES}
    options = ((f"{share:g}", words[share]) for share in words)
    return field("tolerance", "Compute", choice(ids.TOLERANCE, "Compute", f"{START.tolerance:g}", options))


def precision() -> Component:
    """The numbers in which losses are computed."""
    return field("precision", "Precision", segments(ids.PRECISION, "Precision", START.precision, PRECISION_LABELS))
