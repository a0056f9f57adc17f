"""What every page does: it keeps its address, saves what is on screen, pauses, cancels and goes on."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc
from dash import ALL as EVERY
from dash import ClientsideFunction, Dash, Input, Output, State, ctx, html, set_props
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from compute.errors import BadReference
from compute.specs import Surface
from viewer import ids
from viewer.browsers import checked_name
from viewer.faults import sentence

if TYPE_CHECKING:
    from compute.service import LandscapeService

Ends = tuple[Any, ...]

SCRIPTS: dict[str, Ends] = {
    "begin": (Output(ids.SEARCH, "data"), Input(ids.TAB, "data")),
    "address": (Input(ids.LINK, "data"),),
    "save": (Input(ids.export(EVERY, EVERY), "n_clicks"), State(ids.paper(EVERY, EVERY), "value")),
    "resetView": (Input(ids.RESET, "n_clicks"),),
}
"""The scripts of assets/page.js, and what they hear and write."""
PACE = 4000
"""Milliseconds between two looks whether a training run has written more."""
AT_ONCE = ("begin", "mark")
"""Those that run when the page opens, and when cards come."""


def marking(chosen: str, *more: str) -> dict[str, Ends]:
    """The script that marks the cards of the chosen models; also with the place of each, where that is asked for.

    No answer of the server writes to all cards: Dash drops an answer that a newer one has overtaken only where it
    writes to as many components as it names.
    """
    written = [Output(ids.card(EVERY), prop) for prop in ("aria-pressed", *more)]
    return {"mark": (*written, Input(chosen, "data"), Input(ids.card(EVERY), "id"))}


def register(app: Dash, service: "LandscapeService") -> None:
    """The callbacks."""
    scripts(app, SCRIPTS)

    @app.callback(
        Input(ids.PAUSE, "n_clicks"),
        State(ids.SURVEYS, "data"),
        State(ids.JOB, "data-state"),
        prevent_initial_call=True,
    )
    def pause(_clicks: int, surveys: list[str], _state: str) -> None:
        command = service.resume if all_paused(service, surveys) else service.pause
        for survey in surveys:
            command(survey)

    @app.callback(Input(ids.CANCEL, "n_clicks"), State(ids.SURVEYS, "data"), prevent_initial_call=True)
    def cancel(_clicks: int, surveys: list[str]) -> None:
        for survey in surveys:
            service.cancel(survey)

    @app.callback(Input(ids.GO_ON, "n_clicks"), State(ids.SURVEYS, "data"), prevent_initial_call=True)
    def all_go_on(_clicks: int, surveys: list[str]) -> None:
        for survey in stopped(service, surveys):
            service.resume(survey)

    _register_go_on(app, service)


def _register_go_on(app: Dash, service: "LandscapeService") -> None:
    @app.callback(
        Input(ids.part("go-on", EVERY), "n_clicks"),
        State(ids.part("panel", EVERY), "data-survey"),
        prevent_initial_call=True,
    )
    def go_on(_clicks: list[int], _surveys: list[str]) -> None:
        if ctx.triggered_id:
            service.resume(survey_in(ctx.triggered_id["slot"], ctx.states_list[0]))


def survey_in(slot: object, panels: Sequence[Mapping[str, Any]]) -> str:
    """The survey in a slot, of panels as Dash tells of them.

    Raises:
        BadReference: there is none.

    Example:
        >>> survey_in(1, [{"id": {"slot": 0}, "value": "a"}, {"id": {"slot": 1}, "value": "b"}])
        'b'
    """
    found = next((panel.get("value") for panel in panels if panel["id"]["slot"] == slot), None)
    if not found:
        raise BadReference(f"There should be a survey in panel {slot!r}, there is none: reload the page.")
    return found


def watch(service: "LandscapeService", tab: str, surveys: Sequence[Surface], asked: float) -> None:
    """Says what a tab looks at; nothing is answered to what it wished for (`asked`) before that.

    Raises:
        BadReport: the tab has no name that a page could have.
    """
    if not service.watch(checked_name(tab), surveys, asked):
        raise PreventUpdate


def tell(problem: Exception) -> None:
    """Puts what is said about an error of a callback onto its page, which stays as it was."""
    set_props(ids.PROBLEMS, {"children": alerts([sentence(problem)])})


def scripts(app: Dash, ends: dict[str, Ends]) -> None:
    """Callbacks that run in the browser: AT_ONCE, or when something happens."""
    for name, heard in ends.items():
        function = ClientsideFunction("atlas", name)
        app.clientside_callback(function, *heard, prevent_initial_call=name not in AT_ONCE)  # type: ignore[no-untyped-call]


def all_paused(service: "LandscapeService", surveys: list[str]) -> bool:
    """Whether no work on screen is going on, and some is paused."""
    states = [progress.state for progress in service.progress() if progress.survey in surveys]
    return "paused" in states and "running" not in states and "queued" not in states


def stopped(service: "LandscapeService", surveys: Sequence[str]) -> list[str]:
    """Those of some surveys that were cancelled or have failed."""
    states = {progress.survey: progress.state for progress in service.progress()}
    return [survey for survey in surveys if states.get(survey) in {"cancelled", "failed"}]


def problems() -> list[Component]:
    """Where a page tells what of its address it could not read, what it cannot show, and what became of files."""
    return [html.Div(id=name, className="problems", role="alert") for name in (ids.MISREAD, ids.PROBLEMS, ids.REFUSED)]


def alerts(problems: Sequence[str]) -> list[Component]:
    """Sentences that can be put away."""
    return [dmc.Alert(text, color="red", variant="light", withCloseButton=True) for text in problems]
