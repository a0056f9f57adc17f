"""How a view state travels through the page's components."""

from collections.abc import Sequence
from typing import Any

import dash_mantine_components as dmc
from dash import ALL as EVERY
from dash import Input, Output

from viewer import ids
from viewer.screen import Panel, Screen
from viewer.state import MAX_SEED, PANELS, POINTS, SAMPLES, SPANS, ViewState

CONTROLS = (
    (ids.VIEW, "value"),
    (ids.POINTS, "value"),
    (ids.SPAN, "value"),
    (ids.SAMPLES, "value"),
    (ids.SPLIT, "value"),
    (ids.SEED, "value"),
    (ids.NORM, "value"),
    (ids.PRECISION, "value"),
    (ids.TOLERANCE, "value"),
    (ids.STATISTIC, "value"),
    (ids.MARKS, "checked"),
    (ids.COLOURS, "value"),
    (ids.QUANTITY, "value"),
    (ids.LOG, "checked"),
)
CONTROL_INPUTS = [Input(*control) for control in CONTROLS]
CONTROL_OUTPUTS = [Output(*control) for control in CONTROLS]

PANEL_PARTS = (
    ("panel", "hidden"),
    ("panel", "data-run"),
    ("panel", "data-survey"),
    ("panel", "data-side"),
    ("panel", "data-available"),
    ("panel", "data-style"),
    ("panel", "data-file"),
    ("title", "children"),
    ("meta", "children"),
)
SCREEN_OUTPUTS = [
    *(Output(ids.part(name, slot), prop) for slot in range(PANELS) for name, prop in PANEL_PARTS),
    Output(ids.card(EVERY), "aria-pressed"),
    Output(ids.STAGE, "data-view"),
    Output(ids.STAGE, "data-open"),
    Output(ids.POINTS_HINT, "children"),
    Output(ids.SPAN_HINT, "children"),
    Output(ids.SAMPLES_HINT, "children"),
    Output(ids.LOG, "disabled"),
    Output(ids.SURVEYS, "data"),
    Output(ids.PROBLEMS, "children"),
    Output(ids.LINK, "data"),
]


def controls_of(state: ViewState) -> tuple[Any, ...]:
    """The controls' values, in the order of CONTROLS."""
    return (
        state.view,
        POINTS.index(state.points),
        SPANS.index(state.span),
        SAMPLES.index(state.samples),
        state.split,
        state.seed,
        state.norm,
        state.precision,
        f"{state.tolerance:g}",
        state.statistic,
        state.marks == "on",
        state.colours,
        state.quantity,
        state.height == "log",
    )


def state_of(runs: Sequence[str], values: Sequence[Any]) -> ViewState:
    """The state that open runs and the controls' values make up."""
    told = {name: value for (name, _), value in zip(CONTROLS, values, strict=True)}
    same = (ids.VIEW, ids.SPLIT, ids.NORM, ids.PRECISION, ids.STATISTIC, ids.COLOURS, ids.QUANTITY)
    return ViewState(
        models=tuple(runs),
        points=POINTS[told[ids.POINTS]],
        span=SPANS[told[ids.SPAN]],
        samples=SAMPLES[told[ids.SAMPLES]],
        seed=min(max(int(told[ids.SEED] or 0), 0), MAX_SEED),
        tolerance=float(told[ids.TOLERANCE]),
        marks="on" if told[ids.MARKS] else "off",
        height="log" if told[ids.LOG] else "linear",
        **{name: told[name] for name in same},
    )


def outputs_of(
    state: ViewState, shown: Screen, told: tuple[str, str, str], link_problems: str | None, runs: Sequence[str]
) -> tuple[Any, ...]:
    """What the page shows, in the order of SCREEN_OUTPUTS."""
    problems = [*(link_problems or "").splitlines(), *shown.problems]
    return (
        *(value for panel in shown.panels for value in panel_values(panel)),
        ["true" if run in state.models else "false" for run in runs],
        state.view,
        str(len(shown.surveys)),
        *told,
        state.quantity == "accuracy",
        [survey.id for survey in shown.surveys],
        [dmc.Alert(problem, color="red", variant="light", withCloseButton=True) for problem in problems],
        state.query(),
    )


def panel_values(panel: Panel) -> tuple[Any, ...]:
    """One panel's values, in the order of PANEL_PARTS."""
    return (
        not panel.run,
        panel.run,
        panel.survey,
        panel.side,
        panel.available,
        panel.style,
        panel.file,
        panel.title,
        panel.meta,
    )
