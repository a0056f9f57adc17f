"""How the Trajectory page's view state travels through its components."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from dash import Output, html

from viewer import address, ids
from viewer.attributes import data
from viewer.data_names import examples_noun
from viewer.pages.bound import SEED, WINDOW, Bound, counted, inputs, outputs, slider, switch, told
from viewer.pages.working import alerts
from viewer.state import CAPS, POINTS, SAMPLES
from viewer.trajectory_screen import CHARTS, NOTHING, PANEL, Drawing, TrajectoryScreen
from viewer.trajectory_state import MARGINS, READERS, RUNS, TrajectoryState

CONTROLS = (
    Bound(ids.VIEW, "view"),
    Bound(ids.PLANE, "plane"),
    counted(ids.SKIP, "skip"),
    switch(ids.IGNORE, "ignore"),
    Bound(ids.SECOND, "second", read=lambda value: value or "", write=lambda value: value or None),
    Bound(ids.THIRD, "third", read=lambda value: value or "", write=lambda value: value or None),
    SEED,
    slider(ids.MARGIN, "margin", MARGINS),
    slider(ids.POINTS, "points", POINTS),
    slider(ids.SAMPLES, "samples", SAMPLES),
    Bound(ids.SPLIT, "split"),
    Bound(ids.PRECISION, "precision"),
    Bound(ids.TOLERANCE, "tolerance", write="{:g}".format, read=float),
    Bound(ids.COLOURS, "colours"),
    Bound(ids.HEIGHT, "height"),
    slider(ids.CAP, "cap", CAPS),
    Bound(ids.LOOK, "look"),
    Bound(ids.LEVELS, "levels"),
    WINDOW,
    Bound(ids.SEEN, "seen", "data", read=lambda value: tuple(value or ())),
    Bound(ids.AT, "at", "data", read=lambda value: "" if value is None else str(value)),
)
CONTROL_INPUTS, CONTROL_OUTPUTS = inputs(CONTROLS), outputs(CONTROLS)

DRAWINGS = (*(ids.drawing(kind) for kind in (*PANEL, *CHARTS)), *(ids.drawing(f"apart-{slot}") for slot in range(RUNS)))
"""Every figure of the page."""
PANEL_DATA = ("survey", "run", "side", "available", "examples", "style", "file")
DRAWING_PARTS = ("data-address", "data-sources", "data-title", "data-run")

SCREEN_OUTPUTS = [
    *(Output(drawing, part) for drawing in DRAWINGS for part in DRAWING_PARTS),
    *(Output(ids.apart(slot), "hidden") for slot in range(RUNS)),
    *(Output(ids.apart_title(slot), "children") for slot in range(RUNS)),
    *(Output(ids.part("panel", 0), f"data-{name}") for name in PANEL_DATA),
    Output(ids.part("panel", 0), "hidden"),
    Output(ids.part("title", 0), "children"),
    Output(ids.part("meta", 0), "children"),
    Output(ids.STAGE, "data-view"),
    Output(ids.STAGE, "data-look"),
    Output(ids.STAGE, "data-open"),
    Output(ids.STAGE, "data-plane"),
    Output(ids.PLAYER, "data-epochs"),
    Output(ids.PLAYER, "data-at"),
    Output(ids.REFIT, "hidden"),
    Output(ids.SECOND, "data"),
    Output(ids.THIRD, "data"),
    Output(ids.POINTS_HINT, "children"),
    Output(ids.SAMPLES_HINT, "children"),
    Output(ids.CAP_FIELD, "hidden"),
    Output(ids.SURVEYS, "data"),
    Output(ids.PROBLEMS, "children"),
    Output(ids.LINK, "data"),
    Output(ids.WINDOW, "data", allow_duplicate=True),
    Output(ids.SEEN, "data", allow_duplicate=True),
]


def state_of(runs: Sequence[str], held: Sequence[Any]) -> TrajectoryState:
    """The state that chosen runs and the controls' values make up.

    Raises:
        BadLink: it is one that no address could spell.
    """
    state = TrajectoryState(models=tuple(runs), **told(CONTROLS, held))
    address.check(state, READERS)
    return state


def outputs_of(state: TrajectoryState, shown: TrajectoryScreen) -> tuple[Any, ...]:
    """What the page shows, in the order of SCREEN_OUTPUTS."""
    names = (*PANEL, *CHARTS)
    drawings = [shown.figures.get(name, NOTHING) for name in names]
    apart = [*shown.apart, *[NOTHING] * RUNS][:RUNS]
    rows, cols = shown.survey.lattice.shape if shown.survey else (0, 0)
    options = [{"value": name, "label": label} for name, label in shown.checkpoints]
    linked = state if shown.grown else _whole(state)
    return (
        *(value for each in (*drawings, *apart) for value in _parts(each, state)),
        *(not each.address for each in apart),
        *(_chip(each.title, place) for place, each in enumerate(apart)),
        shown.survey.id if shown.survey else "",
        ",".join(state.models),
        f"{cols} × {rows}",
        str(shown.available),
        examples_noun(shown.survey) if shown.survey else "",
        "",
        file_name(state),
        not shown.survey,
        [_chip(title, place) for place, title in enumerate(shown.titles)],
        shown.meta,
        state.view,
        state.look,
        "1" if shown.survey or shown.apart else "0",
        state.plane,
        shown.epochs,
        state.at,
        not shown.grown or state.plane != "components",
        options,
        options,
        f"{cols} × {rows} points" if shown.survey else "",
        f"{state.examples(shown.available):,} of {shown.available:,}" if shown.available else "",
        state.height != "clipped",
        [survey.id for survey in shown.surveys],
        alerts(shown.problems),
        linked.query(),
        state.window,
        list(shown.seen),
    )


def file_name(state: TrajectoryState) -> str:
    """What files of a view are called.

    Example:
        >>> file_name(TrajectoryState(models=("mlp",))), file_name(TrajectoryState(models=tuple("abcd"), view="apart"))
        ('mlp_components', '4_training_runs_apart')
    """
    runs = "_".join(state.models) if len(state.models) < 4 else f"{len(state.models)}_training_runs"
    return f"{runs}_{'apart' if state.view == 'apart' else state.plane}"


def _chip(title: str, place: int) -> html.Span | None:
    """A run's name with its colour."""
    return html.Span(title, className="walker", **data(place=str(place))) if title else None


def _parts(drawing: Drawing, state: TrajectoryState) -> tuple[str, ...]:
    """One figure's values, in the order of DRAWING_PARTS."""
    return drawing.address, drawing.sources, drawing.title, ",".join(state.models)


def _whole(state: TrajectoryState) -> TrajectoryState:
    """The state without what only a growing run needs."""
    return replace(state, seen=())
