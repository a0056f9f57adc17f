"""How Explore's view state travels through the page's components."""

from collections.abc import Sequence
from typing import Any

from dash import Output

from viewer import address, ids, opening
from viewer.pages.bound import SEED, WINDOW, Bound, inputs, outputs, slider, switch, told, values
from viewer.pages.controls import listed, marks, statistics
from viewer.pages.working import alerts
from viewer.screen import Panel, Screen, classes
from viewer.state import CAPS, DEPTHS, NAMES, PANELS, POINTS, READERS, SAMPLES, SPANS, ViewState

CONTROLS = (
    Bound(ids.VIEW, "view"),
    slider(ids.POINTS, "points", POINTS),
    slider(ids.SPAN, "span", SPANS),
    slider(ids.SAMPLES, "samples", SAMPLES),
    Bound(ids.SPLIT, "split"),
    SEED,
    Bound(ids.NORM, "norm"),
    Bound(ids.PRECISION, "precision"),
    Bound(ids.TOLERANCE, "tolerance", write="{:g}".format, read=float),
    Bound(ids.STATISTIC, "statistic"),
    switch(ids.MARKS, "marks"),
    Bound(ids.COLOURS, "colours"),
    Bound(ids.QUANTITY, "quantity"),
    Bound(ids.HEIGHT, "height"),
    slider(ids.CAP, "cap", CAPS),
    Bound(ids.LEVELS, "levels"),
    switch(ids.SMOOTHING, "smoothing"),
    switch(ids.WIREFRAME, "wireframe"),
    Bound(ids.LOOK, "look"),
    switch(ids.FLOOR, "floor"),
    switch(ids.SCALE, "scale", "own", "shared"),
    switch(ids.COMPARE, "compare", "side", "difference"),
    slider(ids.DEPTH, "depth", DEPTHS),
    WINDOW,
    Bound(ids.SOLO, "solo", "data", read=lambda value: value or ""),
)
CONTROL_INPUTS, CONTROL_OUTPUTS = inputs(CONTROLS), outputs(CONTROLS)

PANEL_PARTS = (
    ("panel", "hidden"),
    ("panel", "data-run"),
    ("panel", "data-survey"),
    ("panel", "data-side"),
    ("panel", "data-available"),
    ("panel", "data-examples"),
    ("panel", "data-style"),
    ("panel", "data-minus"),
    ("panel", "data-file"),
    ("panel", "data-data"),
    ("apart", "children"),
    ("apart", "title"),
    ("apart", "hidden"),
    ("title", "children"),
    ("meta", "children"),
)
SCREEN_OUTPUTS = [
    *(Output(ids.part(name, slot), prop) for slot in range(PANELS) for name, prop in PANEL_PARTS),
    Output(ids.STAGE, "data-view"),
    Output(ids.STAGE, "data-look"),
    Output(ids.STAGE, "data-open"),
    Output(ids.STAGE, "data-opening"),
    Output(ids.OPENING_WORDS, "children"),
    Output(ids.STAGE, "data-solo"),
    Output(ids.STAGE, "data-scale"),
    Output(ids.STAGE, "data-seeds"),
    Output(ids.POINTS, "marks"),
    Output(ids.POINTS_HINT, "children"),
    Output(ids.SPAN_HINT, "children"),
    Output(ids.SAMPLES_HINT, "children"),
    Output(ids.STATISTIC, "data"),
    Output(ids.HEIGHT, "disabled"),
    Output(ids.CAP_FIELD, "hidden"),
    Output(ids.SURVEYS, "data"),
    Output(ids.PROBLEMS, "children"),
    Output(ids.LINK, "data"),
    Output(ids.WINDOW, "data", allow_duplicate=True),
]


def controls_of(state: ViewState) -> tuple[Any, ...]:
    """The controls' values, in the order of CONTROLS."""
    return values(CONTROLS, state)


def state_of(runs: Sequence[str], held: Sequence[Any]) -> ViewState:
    """The state that open runs and the controls' values make up.

    Raises:
        BadLink: it is one that no address could spell.
    """
    state = ViewState(models=tuple(runs), **told(CONTROLS, held))
    address.check(state, READERS, NAMES)
    return state


def outputs_of(state: ViewState, shown: Screen, hints: tuple[str, str, str], first: bool = False) -> tuple[Any, ...]:
    """What the page shows, in the order of SCREEN_OUTPUTS; `first` says that it stands as a bare address opened it."""
    first = first and tuple(panel.run for panel in shown.panels if panel.run) == opening.FIRST
    return (
        *(value for panel in shown.panels for value in panel_values(panel)),
        state.view,
        state.look,
        str(sum(bool(panel.run) and not panel.hidden for panel in shown.panels)),
        "yes" if first else "",
        opening.sentence(state),
        "yes" if shown.solo else "",
        state.scale if state.compare == "side" else "difference",
        shown.seeds,
        marks(state.resolutions()),
        *hints,
        listed(statistics(state.statistic, classes(shown))),
        state.quantity == "accuracy",
        state.height != "clipped" or state.quantity == "accuracy",
        [survey.id for survey in shown.surveys],
        alerts(shown.problems),
        opening.link(state, first),
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
        panel.examples,
        panel.style,
        panel.minus,
        panel.file,
        panel.data,
        *panel.apart,
        not panel.apart[0],
        panel.title,
        panel.meta,
    )
