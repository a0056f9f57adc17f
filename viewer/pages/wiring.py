"""How a view state travels through the page's components."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import dash_mantine_components as dmc
from dash import ALL as EVERY
from dash import Input, Output

from viewer import ids
from viewer.screen import Panel, Screen
from viewer.state import CAPS, MAX_SEED, PANELS, POINTS, SAMPLES, SPANS, ViewState


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


def _slider(component: str, field: str, choices: tuple[Any, ...]) -> Bound:
    return Bound(component, field, write=choices.index, read=choices.__getitem__)


def _switch(component: str, field: str, off: str = "off", on: str = "on") -> Bound:
    return Bound(component, field, "checked", lambda value: value == on, lambda checked: on if checked else off)


CONTROLS = (
    Bound(ids.VIEW, "view"),
    _slider(ids.POINTS, "points", POINTS),
    _slider(ids.SPAN, "span", SPANS),
    _slider(ids.SAMPLES, "samples", SAMPLES),
    Bound(ids.SPLIT, "split"),
    Bound(ids.SEED, "seed", read=lambda value: min(max(int(value or 0), 0), MAX_SEED)),
    Bound(ids.NORM, "norm"),
    Bound(ids.PRECISION, "precision"),
    Bound(ids.TOLERANCE, "tolerance", write="{:g}".format, read=float),
    Bound(ids.STATISTIC, "statistic"),
    _switch(ids.MARKS, "marks"),
    Bound(ids.COLOURS, "colours"),
    Bound(ids.QUANTITY, "quantity"),
    Bound(ids.HEIGHT, "height"),
    _slider(ids.CAP, "cap", CAPS),
    Bound(ids.LEVELS, "levels"),
    _switch(ids.SMOOTHING, "smoothing"),
    _switch(ids.WIREFRAME, "wireframe"),
    _switch(ids.FLOOR, "floor"),
    _switch(ids.SCALE, "scale", "own", "shared"),
    _switch(ids.COMPARE, "compare", "side", "difference"),
    Bound(ids.WINDOW, "window", "data", read=lambda value: tuple(value) if value else None),
    Bound(ids.SOLO, "solo", "data", read=lambda value: value or ""),
)
CONTROL_INPUTS = [Input(bound.component, bound.property) for bound in CONTROLS]
CONTROL_OUTPUTS = [Output(bound.component, bound.property) for bound in CONTROLS]

PANEL_PARTS = (
    ("panel", "hidden"),
    ("panel", "data-run"),
    ("panel", "data-survey"),
    ("panel", "data-side"),
    ("panel", "data-available"),
    ("panel", "data-style"),
    ("panel", "data-minus"),
    ("panel", "data-file"),
    ("title", "children"),
    ("meta", "children"),
)
SCREEN_OUTPUTS = [
    *(Output(ids.part(name, slot), prop) for slot in range(PANELS) for name, prop in PANEL_PARTS),
    Output(ids.card(EVERY), "aria-pressed"),
    Output(ids.STAGE, "data-view"),
    Output(ids.STAGE, "data-open"),
    Output(ids.STAGE, "data-solo"),
    Output(ids.STAGE, "data-scale"),
    Output(ids.STAGE, "data-seeds"),
    Output(ids.POINTS_HINT, "children"),
    Output(ids.SPAN_HINT, "children"),
    Output(ids.SAMPLES_HINT, "children"),
    Output(ids.HEIGHT, "disabled"),
    Output(ids.CAP_FIELD, "hidden"),
    Output(ids.SURVEYS, "data"),
    Output(ids.PROBLEMS, "children"),
    Output(ids.LINK, "data"),
    Output(ids.WINDOW, "data", allow_duplicate=True),
]


def controls_of(state: ViewState) -> tuple[Any, ...]:
    """The controls' values, in the order of CONTROLS."""
    return tuple(bound.write(getattr(state, bound.field)) for bound in CONTROLS)


def state_of(runs: Sequence[str], values: Sequence[Any]) -> ViewState:
    """The state that open runs and the controls' values make up."""
    told = {bound.field: bound.read(value) for bound, value in zip(CONTROLS, values, strict=True)}
    return ViewState(models=tuple(runs), **told)


def outputs_of(
    state: ViewState, shown: Screen, told: tuple[str, str, str], link_problems: str | None, runs: Sequence[str]
) -> tuple[Any, ...]:
    """What the page shows, in the order of SCREEN_OUTPUTS."""
    problems = [*(link_problems or "").splitlines(), *shown.problems]
    return (
        *(value for panel in shown.panels for value in panel_values(panel)),
        ["true" if run in state.models else "false" for run in runs],
        state.view,
        str(sum(bool(panel.run) and not panel.hidden for panel in shown.panels)),
        "yes" if shown.solo else "",
        state.scale if state.compare == "side" else "difference",
        shown.seeds,
        *told,
        state.quantity == "accuracy",
        state.height != "clipped" or state.quantity == "accuracy",
        [survey.id for survey in shown.surveys],
        [dmc.Alert(problem, color="red", variant="light", withCloseButton=True) for problem in problems],
        state.query(),
        state.window,
    )


def panel_values(panel: Panel) -> tuple[Any, ...]:
    """One panel's values, in the order of PANEL_PARTS."""
    return (
        not panel.run or panel.hidden,
        panel.run,
        panel.survey,
        panel.side,
        panel.available,
        panel.style,
        panel.minus,
        panel.file,
        panel.title,
        panel.meta,
    )
