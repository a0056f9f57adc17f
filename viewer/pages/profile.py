"""The Profile page: one-dimensional landscapes, and the weights of networks.

address --> opened, controls --+--> show --> charts, ends, link --> address
card, epoch, exchange --> opened --+     |   (assets/order.js, assets/profile.js: without asking the server)
stream (assets/live.js) <-- service <----+   charts are fetched and drawn by assets/live.js
"""

from collections.abc import Sequence
from time import monotonic
from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc
from dash import ALL as EVERY
from dash import Dash, Input, Output, State, html
from dash.development.base_component import Component

from compute.card import ModelCard, SurfaceCard
from viewer import address, ids
from viewer.attributes import aria, data
from viewer.charts import Chart, Charts, epochs, found, style
from viewer.pages import own, working
from viewer.pages.bound import inputs, outputs, told, values
from viewer.pages.controls import marks
from viewer.pages.exports import chart_menu, stage_menu
from viewer.pages.gallery import card, search
from viewer.pages.profile_controls import CONTROLS, controls
from viewer.pages.working import alerts
from viewer.profile import MODELS, NAMES, READERS, ProfileState
from viewer.shell import Frame, Page, present_button, reset_button, welcome

if TYPE_CHECKING:
    from compute.service import LandscapeService

SLOTS = 8
"""Charts on the page, at most."""
VIEWS = {
    "direction": "Directions",
    "line": "Two networks",
    "training": "Training",
    "layers": "Layers",
    "rescaled": "Rescaled",
    "batches": "Batch size",
    "cut": "Cut",
}


def layout(service: "LandscapeService") -> Frame:
    """The page before anything is chosen."""
    return Frame(rail(service), stage(), controls())


def rail(service: "LandscapeService") -> Component:
    """The networks, and imported curves, as cards that are chosen and left."""
    every = service.cards()
    cards = [card(each) for each in every if isinstance(each, ModelCard)]
    files = [card(each) for each in every if isinstance(each, SurfaceCard) and each.curve]
    empty = html.P("No trained network was found. Train one, or restore the gallery folder.", className="meta")
    head = html.Div("Models", className="section-name")
    others = (
        [html.Div("Curves of others", className="section-name"), html.Div(files, className="cards")] if files else []
    )
    models = html.Div(cards or [empty], className="cards")
    return html.Div([search(), head, models, *others], className="side-body")


def stage() -> html.Div:
    """The charts, and what stands in their place while there are none."""
    return html.Div(
        [
            toolbar(),
            *working.problems(),
            html.Div([chart(slot) for slot in range(SLOTS)], className="profiles"),
            welcome(*WELCOME),
            html.Div(id=ids.NOTICE, className="notice", role="status"),
        ],
        id=ids.STAGE,
        className="stage profile",
        **data(view="direction", open="", solo="", scale="own", seeds="", across="0", room=str(MODELS)),
    )


def toolbar() -> html.Div:
    """What the curves are along, and what concerns all charts."""
    along = dmc.SegmentedControl(
        id=ids.VIEW,
        value="direction",
        data=[{"value": name, "label": label} for name, label in VIEWS.items()],
        size="sm",
        **aria(label="Along"),
    )
    reset = reset_button()
    return html.Div(
        [along, html.Div(className="spring"), reset, present_button(), stage_menu()],
        className="toolbar",
    )


WELCOME = (
    "Choose a network",
    "Each card is a trained network: its loss and accuracy are computed along a line through its weights. "
    "Choose a second for the line between the two, or look at small against large batches.",
    "Show the models",
)
"""What to do first."""


DRAWING = data(kind="line", address="")


def chart(slot: int) -> Component:
    """One slot: head, figure, numbers; assets/live.js draws, assets/profile.js writes the numbers."""
    names = [html.H2("", id=ids.part("title", slot)), html.Span("", id=ids.part("meta", slot), className="meta")]
    head = [html.Div(names, className="names"), html.Div(chart_menu(slot), className="tools")]
    return html.Section(
        [
            html.Header(head, className="panel-head"),
            html.Div(
                html.Div(id=ids.part("figure", slot), className="figure line", role="img", **DRAWING),
                className="figures",
            ),
            html.Details([html.Summary(""), html.Div("", className="table")], className="readings", **data(empty="")),
        ],
        id=ids.part("panel", slot),
        className="panel chart",
        hidden=True,
        **data(slot=str(slot), run="", file="", chart=""),
    )


CHART_PARTS = (
    ("panel", "hidden"),
    ("panel", "data-run"),
    ("panel", "data-file"),
    ("panel", "data-chart"),
    ("title", "children"),
    ("meta", "children"),
    ("figure", "data-address"),
    ("figure", "data-sources"),
    ("figure", "data-run"),
    ("figure", "aria-label"),
)
END_PARTS = (("end", "hidden"), ("end", "data-run"), ("name", "children"), ("epoch", "data"), ("epoch", "value"))
PAGE_OUTPUTS = [
    *(Output(ids.part(name, slot), prop) for slot in range(SLOTS) for name, prop in CHART_PARTS),
    *(Output(ids.part(name, slot), prop) for slot in range(MODELS) for name, prop in END_PARTS),
    Output(ids.STAGE, "data-view"),
    Output(ids.STAGE, "data-open"),
    Output(ids.STAGE, "data-across"),
    Output(ids.CONTROLS, "data-along"),
    Output(ids.SWAP, "disabled"),
    Output(ids.POINTS, "marks"),
    Output(ids.SURVEYS, "data"),
    Output(ids.PROBLEMS, "children"),
    Output(ids.LINK, "data"),
]


def register(app: Dash, service: "LandscapeService") -> None:
    """The page's callbacks."""
    _register_state(app, service)
    own.register_elsewhere(app, service, PAGE.path)
    working.register(app, service)
    working.scripts(app, SCRIPTS)


def _register_state(app: Dash, service: "LandscapeService") -> None:
    @app.callback(
        Output(ids.OPENED, "data"),
        Output(ids.MISREAD, "children"),
        *outputs(CONTROLS),
        Input(ids.SEARCH, "data"),
        prevent_initial_call=True,
    )
    def restore(search: str) -> tuple[Any, ...]:
        reading = ProfileState.read(search or "")
        return list(reading.state.models), alerts(reading.problems), *values(CONTROLS, reading.state)

    @app.callback(
        PAGE_OUTPUTS,
        inputs={
            "models": Input(ids.OPENED, "data"),
            "held": inputs(CONTROLS),
            "_reconnected": Input(ids.RECONNECTED, "data"),
            "tab": State(ids.TAB, "data"),
        },
        prevent_initial_call=True,
    )
    def show(
        models: list[str] | None,
        held: list[Any],
        _reconnected: int,
        tab: str,
    ) -> tuple[Any, ...]:
        asked, state = monotonic(), state_of(models or (), held)
        shown = found(service, state)
        working.watch(service, tab, shown.surveys, asked)
        return page_values(service, state, shown)


def state_of(models: Sequence[str], held: Sequence[Any]) -> ProfileState:
    """The state that chosen networks and the controls' values make up.

    Raises:
        BadLink: it is one that no address could spell.
    """
    state = ProfileState(models=tuple(models), **told(CONTROLS, held))
    address.check(state, READERS, NAMES)
    return state


def page_values(service: "LandscapeService", state: ProfileState, shown: Charts) -> tuple[Any, ...]:
    """What a view writes into the page, in the order of PAGE_OUTPUTS."""
    waiting = not state.models and state.view != "batches"  # the welcome says what to do
    slots = [*shown.charts, *[None] * SLOTS][:SLOTS]
    return (
        *(value for each in slots for value in chart_values(each, style(state))),
        *(value for slot in range(MODELS) for value in end_values(service, state.models[slot : slot + 1])),
        state.view,
        "0" if waiting else str(max(1, len(shown.charts))),
        str(shown.across),
        state.view,
        len(state.models) < 2,
        marks(state.resolutions()),
        [survey.id for survey in shown.surveys],
        alerts(() if waiting else shown.problems),
        state.query(),
    )


def chart_values(shown: Chart | None, look: str) -> tuple[Any, ...]:
    """One chart's values, in the order of CHART_PARTS."""
    if shown is None:
        return True, "", "", "", "", "", "", "", "", ""
    sources = ",".join(survey.id for survey in shown.surveys)
    address = shown.address(look)
    return False, shown.file, shown.file, address, shown.title, shown.note, address, sources, shown.names, shown.title


def end_values(service: "LandscapeService", named: Sequence[str]) -> tuple[Any, ...]:
    """One network's row of the controls, in the order of END_PARTS."""
    if not named or named[0].startswith("import:"):  # a curve of a file has no epochs
        return True, "", "", [], None
    return False, *epochs(service, named[0])


SCRIPTS: dict[str, tuple[Any, ...]] = {
    **working.marking(ids.OPENED),
    "choose": (
        Output(ids.OPENED, "data", allow_duplicate=True),
        Input(ids.card(EVERY), "n_clicks"),
        State(ids.OPENED, "data"),
    ),
    "pick": (
        Output(ids.OPENED, "data", allow_duplicate=True),
        Input(ids.part("epoch", EVERY), "value"),
        State(ids.part("epoch", EVERY), "data"),
        State(ids.part("end", EVERY), "data-run"),
        State(ids.OPENED, "data"),
    ),
    "exchange": (
        Output(ids.OPENED, "data", allow_duplicate=True),
        Input(ids.SWAP, "n_clicks"),
        State(ids.OPENED, "data"),
    ),
}

PAGE = Page("/profile/", "Profile", layout, register, {ids.OPENED: [], ids.CUT: None, ids.DESTINATION: {"runs": []}})
