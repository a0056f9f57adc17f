"""The Trajectory page: how training runs went, on a plane through their checkpoints.

address --> runs, controls --+--> show --> figures, player, link --> address
card, Figure 9 --> runs -----+     |   (assets/order.js: without asking the server)
tick --> grew ---------------+   service   figures are fetched by assets/live.js, played by assets/playback.js
"""

from time import monotonic
from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc
from dash import ALL as EVERY
from dash import Dash, Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component

from viewer import ids
from viewer.attributes import aria, data
from viewer.pages import own, working
from viewer.pages.bound import values
from viewer.pages.exports import TRACK, TURNTABLE, panel_menu, stage_menu
from viewer.pages.gallery import card, search
from viewer.pages.panels import badges, progress, trouble
from viewer.pages.trajectory_controls import controls
from viewer.pages.trajectory_wiring import (
    CONTROL_INPUTS,
    CONTROL_OUTPUTS,
    CONTROLS,
    SCREEN_OUTPUTS,
    outputs_of,
    state_of,
)
from viewer.shell import Frame, Page, present_button, reset_button, welcome
from viewer.trajectory_screen import CHARTS, PANEL, TITLES, checkpoints, trajectory_screen, walkers
from viewer.trajectory_state import RUNS, TrajectoryState

if TYPE_CHECKING:
    from compute.service import LandscapeService

VARIANTS = tuple(
    f"vgg9-{way}-bs{batch}-wd{decay}" for way in ("sgd", "adam") for batch in (128, 1024) for decay in ("0", "0.0005")
)
"""The eight training runs of VGG-9 of Li et al. (2018), Figure 9, at the size of the digits: rows SGD and Adam."""


def layout(service: "LandscapeService") -> Frame:
    """The page before any run is chosen."""
    return Frame(rail(service), stage(), controls())


def rail(service: "LandscapeService") -> Component:
    """Every run that has a trajectory, and the paper's figure in one click."""
    found = walkers(service)
    nine = {run.run for run in found}.issuperset(VARIANTS)
    cards = [card(each, kind=f"{each.architecture} {each.data}") for each in found]
    empty = html.P("No run has two checkpoints or more. Train one with run.py train.", className="meta")
    return html.Div(
        [
            search(),
            html.Div("Training runs", className="section-name"),
            html.P("Choose one, or several of one architecture.", className="meta"),
            html.Button("Eight ways to train VGG-9", id=ids.FIGURE_NINE, className="go-on soft", hidden=not nine),
            html.Div(cards or [empty], className="cards"),
        ],
        className="side-body",
    )


def stage() -> Component:
    """Map and surface with the paths, the player, the charts; or one map for each run."""
    return html.Div(
        [
            toolbar(),
            *working.problems(),
            html.Div([panel(), charts()], className="route"),
            html.Div([apart(slot) for slot in range(RUNS)], className="aparts"),
            html.Div(id=ids.PLAYER, className="player", role="group", **PLAYER),
            welcome(*WELCOME),
            html.Div(id=ids.NOTICE, className="notice", role="status"),
            dcc.Interval(id=ids.TICK, interval=working.PACE),
        ],
        id=ids.STAGE,
        className="stage trajectory",
        **data(view="contour", look="relief", open="", solo="", scale="own"),
        **data(plane="components", busy="", room=str(RUNS)),
    )


PLAYER = data(epochs="[]", at="") | aria(label="Playback")
VIEW_LABELS = {"contour": "Map", "surface": "Surface", "both": "Both", "apart": "Side by side"}


def toolbar() -> Component:
    """The kind of view, what a grown training run asks for, and the way back."""
    return html.Div(
        [
            dmc.SegmentedControl(
                id=ids.VIEW,
                value="contour",
                data=[{"value": name, "label": label} for name, label in VIEW_LABELS.items()],
                size="sm",
                **aria(label="View"),
            ),
            html.Div(className="spring"),
            html.Button("Refit the plane", id=ids.REFIT, className="go-on", hidden=True, title=REFIT),
            reset_button(),
            present_button(),
            stage_menu({"film-gif": "GIF of the playback"} | TURNTABLE),
        ],
        className="toolbar",
    )


REFIT = "The training run has gone on: its new checkpoints are projected onto the old plane until it is fitted to them."


def panel() -> Component:
    """The paths over their plane."""
    names = html.Div(
        [html.H2("", id=ids.part("title", 0)), html.Span("", id=ids.part("meta", 0), className="meta")],
        className="names",
    )
    tools = html.Div(panel_menu(0, {"Track": TRACK}), className="tools")
    return html.Section(
        [
            html.Header([names, tools, badges()], className="panel-head"),
            html.Div([figure(kind, kind) for kind in PANEL], className="figures"),
            html.Div("", className="reading", hidden=True),
            trouble(0),
            progress(),
        ],
        id=ids.part("panel", 0),
        className="panel",
        hidden=True,
        tabIndex=-1,
        **data(survey="", minus="", state="", slot="0", run=""),
    )


def figure(kind: str, name: str, look: str = "") -> Component:
    """A figure that names its own address."""
    told = data(kind=kind, address="", sources="", title="") | aria(label=TITLES[kind])
    return html.Div(id=ids.drawing(name), className=f"figure {look or kind}", role="img", **told)


def charts() -> Component:
    """What the plane does not show: losses, distances, and how much each component tells."""
    return html.Div(
        [html.Section([html.H3(TITLES[kind]), figure(kind, kind, "chart")], className="chart-card") for kind in CHARTS],
        className="charts",
    )


def apart(slot: int) -> Component:
    """One run on the plane of its own components."""
    return html.Section(
        [html.H3("", id=ids.apart_title(slot)), figure("contour", f"apart-{slot}")],
        id=ids.apart(slot),
        className="apart",
        hidden=True,
    )


WELCOME = (
    "Choose a training run",
    "Its checkpoints become a path on the plane along which they vary most, over the loss there. Choose a "
    "second of the same architecture to compare.",
    "Show the training runs",
)
"""What to do first."""


def register(app: Dash, service: "LandscapeService") -> None:
    """The page's callbacks."""
    _register_runs(app, service)
    _register_state(app, service)
    own.register_elsewhere(app, service, PAGE.path)
    working.register(app, service)
    working.scripts(app, SCRIPTS)


def _register_runs(app: Dash, service: "LandscapeService") -> None:
    @app.callback(
        Output(ids.RUNS, "data", allow_duplicate=True),
        Output(ids.VIEW, "value", allow_duplicate=True),
        Output(ids.SEEN, "data", allow_duplicate=True),
        Input(ids.FIGURE_NINE, "n_clicks"),
        prevent_initial_call=True,
    )
    def nine(_clicks: int) -> tuple[Any, ...]:
        return VARIANTS, "apart", []

    @app.callback(
        Output(ids.GREW, "data"),
        Input(ids.TICK, "n_intervals"),
        State(ids.RUNS, "data"),
        State(ids.GREW, "data"),
        prevent_initial_call=True,
    )
    def grew(_ticks: int, runs: list[str] | None, before: list[int] | None) -> Any:  # noqa: ANN401  # no_update has no type
        counts = [len(checkpoints(service, run)) for run in runs or ()]
        return no_update if counts == before else counts

    @app.callback(
        Output(ids.SEEN, "data", allow_duplicate=True), Input(ids.REFIT, "n_clicks"), prevent_initial_call=True
    )
    def refit(_clicks: int) -> list[int]:
        return []


def _register_state(app: Dash, service: "LandscapeService") -> None:
    @app.callback(
        Output(ids.RUNS, "data"),
        Output(ids.MISREAD, "children"),
        *CONTROL_OUTPUTS,
        Input(ids.SEARCH, "data"),
        prevent_initial_call=True,
    )
    def restore(search: str) -> tuple[Any, ...]:
        reading = TrajectoryState.read(search or "")
        return reading.state.models, working.alerts(reading.problems), *values(CONTROLS, reading.state)

    @app.callback(
        SCREEN_OUTPUTS,
        inputs={
            "runs": Input(ids.RUNS, "data"),
            "held": CONTROL_INPUTS,
            "_grew": Input(ids.GREW, "data"),
            "_reconnected": Input(ids.RECONNECTED, "data"),
            "tab": State(ids.TAB, "data"),
        },
        running=[(Output(ids.STAGE, "data-busy"), "yes", "")],
        prevent_initial_call=True,
    )
    def show(
        runs: list[str] | None,
        held: list[Any],
        _grew: list[int] | None,
        _reconnected: int,
        tab: str,
    ) -> tuple[Any, ...]:
        asked, state = monotonic(), state_of(runs or (), held)
        shown = trajectory_screen(service, state)
        working.watch(service, tab, shown.surveys, asked)
        if shown.survey:  # the picture before what is told beside it
            service.defer(survey.id for survey in shown.surveys if survey.id != shown.survey.id)
        return outputs_of(state, shown)


SCRIPTS: dict[str, tuple[Any, ...]] = {
    **working.marking(ids.RUNS, "data-place"),
    "chooseTrainings": (
        Output(ids.RUNS, "data", allow_duplicate=True),
        Output(ids.SEEN, "data", allow_duplicate=True),
        Output(ids.WINDOW, "data", allow_duplicate=True),
        Input(ids.card(EVERY), "n_clicks"),
        State(ids.RUNS, "data"),
    ),
}

MEMORY: dict[str, Any] = {ids.RUNS: None, ids.SEEN: [], ids.AT: "", ids.GREW: None, ids.DESTINATION: {"runs": []}}

PAGE = Page("/trajectory/", "Trajectory", layout, register, MEMORY)
