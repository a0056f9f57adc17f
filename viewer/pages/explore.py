"""The landing page: models side by side over one plane.

address --> controls, opened --+--> show --> panels, hints, link --> address
card, close --> opened --------+      |   (assets/order.js: without asking the server; it marks the cards, too)
stream (assets/live.js) <-- service <-+   figures are fetched and drawn by assets/live.js
"""

from collections.abc import Sequence
from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc
from dash import ALL as EVERY
from dash import Dash, Input, Output, State, ctx, dcc, html
from dash.development.base_component import Component

from compute.card import STUDY
from viewer import ids
from viewer.attributes import aria, data
from viewer.figures.barcode import WAITING
from viewer.help import hint
from viewer.icons import icon
from viewer.opening import FIRST, opens_first
from viewer.pages import own, working
from viewer.pages.controls import controls, depth
from viewer.pages.exports import TURNTABLE, stage_menu
from viewer.pages.gallery import gallery
from viewer.pages.opening import banner
from viewer.pages.panels import panel
from viewer.pages.wiring import CONTROL_INPUTS, CONTROL_OUTPUTS, SCREEN_OUTPUTS, controls_of, outputs_of, state_of
from viewer.screen import hints, screen
from viewer.shell import Frame, Page, present_button, reset_button, welcome
from viewer.state import PANELS, ViewState

if TYPE_CHECKING:
    from compute.service import LandscapeService


def layout(service: "LandscapeService") -> Frame:
    """The page before anything is open."""
    cards = service.cards()
    measuring = own.unmeasured(cards)
    runs = [card.run for card in cards]
    return Frame(gallery(cards, measuring), stage(runs, measuring), controls(), hint())


def stage(runs: Sequence[str], measuring: Sequence[str] = ()) -> html.Div:
    """The panels, and what stands in their place while there are none, of some runs that can be opened.

    `measuring` are runs whose losses are to be measured once the page is open.
    """
    return html.Div(
        [
            banner(),
            toolbar(),
            *working.problems(),
            html.Div([panel(slot) for slot in range(PANELS)], className="panels"),
            numbers(),
            html.Div(
                html.Div(className="figure seeds", role="img", **data(kind="seeds"), **aria(label=SEVERAL)),
                id=ids.SEEDS,
                className="several",
            ),
            welcome(*WELCOME, *([offer()] if set(FIRST) <= set(runs) else [])),
            dcc.Store(id=ids.MEASURING, data=list(measuring)),
            dcc.Interval(id=ids.TICK, interval=working.PACE, disabled=not any(run.startswith(STUDY) for run in runs)),
            html.Div(id=ids.NOTICE, className="notice", role="status"),
        ],
        id=ids.STAGE,
        className="stage",
        **data(
            view="surface", look="relief", open="", opening="", solo="", scale="shared", seeds="", first=",".join(FIRST)
        ),
    )


def numbers() -> html.Div:
    """The numbers of the surfaces, and how deep their minima are; assets/numbers.js writes, assets/barcode.js links."""
    return html.Div(
        [html.Div(className="comparison"), html.H2("Minima"), depth(), *(barcode(slot) for slot in range(PANELS))],
        id=ids.NUMBERS,
        className="numbers",
        role="region",
        tabIndex=0,
        **aria(label="Numbers of the surfaces"),
    )


def barcode(slot: int) -> html.Section:
    """The barcode of a panel's surface, which assets/numbers.js names."""
    figure = html.Div(
        className="figure barcode",
        role="img",
        **data(kind="barcode", address="", sources="", run="", title=""),
        **aria(label=""),
    )
    return html.Section(
        [html.H3(""), html.P(WAITING, className="meta"), html.P("", className="meta pointed"), figure],
        className="depths",
        hidden=True,
        **data(slot=str(slot)),
    )


SEVERAL = (
    "The same models on planes of other seeds, and the mean of their profiles with a band of one standard deviation"
)


def toolbar() -> html.Div:
    """The kind of view, the colours' common legend, and the way back."""
    return html.Div(
        [
            dmc.SegmentedControl(
                id=ids.VIEW,
                value="surface",
                data=[{"value": name, "label": label} for name, label in VIEW_LABELS.items()],
                size="sm",
                **aria(label="View"),
            ),
            html.Div(
                id=ids.LEGEND, className="legend", hidden=True, role="img", **aria(label="Colours of the heights")
            ),
            html.Div(className="spring"),
            html.Button([icon("cut"), html.Span("Cut")], id=ids.ASK_CUT, className="quiet wide", **CUT),
            reset_button(),
            present_button(),
            stage_menu(TURNTABLE),
        ],
        className="toolbar",
    )


CUTTING = "Draw a straight line on a map, by two clicks or a drag: the losses along it open on the page Profile"
CUT: dict[str, Any] = {"title": CUTTING, **aria(label="Cut", pressed="false")}

VIEW_LABELS = {"surface": "Surface", "contour": "Contours", "both": "Both", "seeds": "Seeds", "numbers": "Numbers"}


WELCOME = (
    "Choose a network",
    "Each card is a trained network: choosing one computes its loss on a plane through its weights, "
    "coarse first, then finer. Choose a second to compare.",
    "Show the models",
)
"""What to do first."""


def offer() -> Component:
    """Opens FIRST; assets/order.js listens."""
    words = "ResNet-56 with and without skip connections"
    return html.Button(words, className="go-on", **data(wish=",".join(FIRST)))


def register(app: Dash, service: "LandscapeService") -> None:
    """The page's callbacks."""
    _register_state(app, service)
    own.register(app, service)
    working.register(app, service)
    working.scripts(app, SCRIPTS)


def _register_state(app: Dash, service: "LandscapeService") -> None:
    @app.callback(
        Output(ids.OPENED, "data"),
        Output(ids.OPENING, "data"),
        Output(ids.MISREAD, "children"),
        *CONTROL_OUTPUTS,
        Input(ids.SEARCH, "data"),
        prevent_initial_call=True,
    )
    def restore(search: str) -> tuple[Any, ...]:
        reading, first = ViewState.read(search or ""), opens_first(search or "", service.cards())
        models = FIRST if first else reading.state.models
        return models, first, working.alerts(reading.problems), *controls_of(reading.state)

    @app.callback(
        SCREEN_OUTPUTS,
        inputs={
            "runs": Input(ids.OPENED, "data"),
            "values": CONTROL_INPUTS,
            "_reconnected": Input(ids.RECONNECTED, "data"),
            "_measured": Input(ids.MEASURED, "data"),
            "tab": State(ids.TAB, "data"),
            "opening": State(ids.OPENING, "data"),
        },
        prevent_initial_call=True,
    )
    def show(
        runs: list[str] | None,
        values: list[Any],
        _reconnected: int,
        _measured: float | None,
        tab: str,
        opening: bool | None,
    ) -> tuple[Any, ...]:
        asked, state = monotonic(), state_of(runs or (), values)
        if list(ctx.triggered_prop_ids) == [f"{ids.SPAN}.value"]:
            state = replace(state, window=None)  # another range is a wish to see the whole of it
        shown = screen(service, state)
        working.watch(service, tab, shown.surveys, asked)
        if state.window is not None:  # the tiles at its edge reach beyond it
            for survey in shown.surveys:
                service.focus(survey.id, state.window[:2], state.window[2:])
        return outputs_of(state, shown, hints(state, shown), bool(opening))


SCRIPTS: dict[str, tuple[Any, ...]] = {
    "panels": (
        Output(ids.OPENED, "data", allow_duplicate=True),
        Output(ids.OPENING, "data", allow_duplicate=True),
        Input(ids.card(EVERY), "n_clicks"),
        Input(ids.part("close", EVERY), "n_clicks"),
        Input(ids.WISH, "data"),
        State(ids.OPENED, "data"),
        State(ids.OPENING, "data"),
        State(ids.part("panel", EVERY), "data-run"),
    ),
    **working.marking(ids.OPENED),
    "findRange": (Input(ids.FIND, "n_clicks"),),
    "showSeeds": (Input(ids.ASK_SEEDS, "n_clicks"),),
}

MEMORY: dict[str, Any] = {
    ids.OPENED: [],
    ids.OPENING: False,
    ids.SOLO: "",
    ids.WISH: None,
    ids.MEASURED: None,
    ids.GREW: None,
}
"""What is open, whether that is the first picture, what is maximised, wished to be open or elsewhere, when a model was
last measured, and how many checkpoints studies have."""

PAGE = Page("/", "Explore", layout, register, MEMORY)
