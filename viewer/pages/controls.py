"""The controls beside the panels."""

from typing import Any

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from viewer import ids
from viewer.attributes import aria
from viewer.figures.style import statistic_words
from viewer.state import ALL, COLOURS, MAX_SEED, POINTS, SAMPLES, SPANS, STATISTICS, TOLERANCES, ViewState

NORM_LABELS = {"filter": "Each filter", "layer": "Each layer", "weight": "Each weight", "none": "None"}
START = ViewState()


def controls() -> Component:
    """Height, grid, examples, directions and effort."""
    return html.Div(
        [
            section("Height", _quantity(), _log(), _colours()),
            section("Grid", _points(), _span()),
            section("Examples", _split(), _samples(), _statistic()),
            section("Directions", _norm(), _seed()),
            section("Effort", _tolerance(), _marks(), _precision()),
        ],
        className="side-body",
    )


def section(name: str, *fields: Component) -> Component:
    """Controls that belong together."""
    return html.Div([html.Div(name, className="section-name"), *fields], className="section", role="group")


def field(label: str, control: Component, hint: str | None = None) -> Component:
    """A labelled control; the hint tells what it really gives."""
    told = [html.Span("", id=hint, className="hint")] if hint else []
    return html.Div([html.Div([html.Span(label, className="label"), *told], className="field-head"), control])


def slider(name: str, label: str, choices: tuple[float, ...], value: float) -> Component:
    """A slider over named choices; its value is the choice's place, sent when the thumb is let go."""
    marks = [
        {"value": place, "label": "all" if choice == ALL else f"{choice:g}"} for place, choice in enumerate(choices)
    ]
    return dmc.Slider(
        id=name,
        min=0,
        max=len(choices) - 1,
        step=1,
        value=choices.index(value),
        marks=marks,
        label=None,
        updatemode="mouseup",
        thumbLabel=label,
        size="sm",
        className="slider",
    )


def segments(name: str, label: str, value: str, options: dict[str, str]) -> Component:
    """A choice between a few."""
    data: list[Any] = [{"value": key, "label": text} for key, text in options.items()]
    return dmc.SegmentedControl(id=name, value=value, data=data, size="xs", fullWidth=True, **aria(label=label))


def _quantity() -> Component:
    return segments(ids.QUANTITY, "Quantity", START.quantity, {"loss": "Loss", "accuracy": "Accuracy"})


def _log() -> Component:
    return dmc.Switch(id=ids.LOG, label="Logarithmic height", checked=START.height == "log", size="sm")


def _colours() -> Component:
    return dmc.Select(
        id=ids.COLOURS,
        label="Colours",
        value=START.colours,
        data=[{"value": name, "label": sentence_case(name)} for name in COLOURS],
        allowDeselect=False,
        size="sm",
    )


def _points() -> Component:
    return field("Points a side", slider(ids.POINTS, "Points a side", POINTS, START.points), ids.POINTS_HINT)


def _span() -> Component:
    return field("Range", slider(ids.SPAN, "Range", SPANS, START.span), ids.SPAN_HINT)


def _split() -> Component:
    return segments(ids.SPLIT, "Split", START.split, {"train": "Training set", "test": "Test set"})


def _samples() -> Component:
    return field("Examples", slider(ids.SAMPLES, "Examples", SAMPLES, START.samples), ids.SAMPLES_HINT)


def _statistic() -> Component:
    return dmc.Select(
        id=ids.STATISTIC,
        label="Summarised by",
        value=START.statistic,
        data=[{"value": name, "label": sentence_case(statistic_words(name))} for name in STATISTICS],
        allowDeselect=False,
        size="sm",
    )


def sentence_case(text: str) -> str:
    """A text that begins with a capital."""
    return text[:1].upper() + text[1:]


def _norm() -> Component:
    return dmc.Select(
        id=ids.NORM,
        label="Scaled to the norm of",
        value=START.norm,
        data=[{"value": key, "label": text} for key, text in NORM_LABELS.items()],
        allowDeselect=False,
        size="sm",
    )


def _tolerance() -> Component:
    words = {share: f"Interpolate within {100 * share:g} %" if share else "Every point" for share in TOLERANCES}
    return dmc.Select(
        id=ids.TOLERANCE,
        label="Compute",
        value=f"{START.tolerance:g}",
        data=[{"value": f"{share:g}", "label": text} for share, text in words.items()],
        allowDeselect=False,
        size="sm",
    )


def _marks() -> Component:
    return dmc.Switch(id=ids.MARKS, label="Mark what is computed", checked=START.marks == "on", size="sm")


def _precision() -> Component:
    return segments(ids.PRECISION, "Arithmetic", START.precision, {"exact": "Exact", "fast": "Fast"})


def _seed() -> Component:
    return dmc.NumberInput(
        id=ids.SEED,
        label="Seed",
        value=START.seed,
        min=0,
        max=MAX_SEED,
        allowDecimal=False,
        allowNegative=False,
        clampBehavior="strict",
        debounce=400,
        size="sm",
    )
