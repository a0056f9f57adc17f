"""What becomes of added models: Explore opens, measures and removes them; every other page leads to where they show."""

from collections.abc import Sequence
from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING, Any

from dash import ALL, ClientsideFunction, Dash, Input, Output, State, ctx, no_update
from dash.exceptions import PreventUpdate

from compute.card import ADDED, STUDY, Card, ModelCard, SurfaceCard
from compute.errors import LandscapeError, TooLate
from viewer import ids
from viewer.pages.gallery import imported, own
from viewer.pages.working import alerts
from viewer.profile import MODELS, ProfileState
from viewer.state import PANELS
from viewer.trajectory_screen import checkpoints

if TYPE_CHECKING:
    from compute.service import LandscapeService


def register(app: Dash, service: "LandscapeService") -> None:
    """Explore's callbacks: cards that come, are measured and go."""
    _register_cards(app, service)
    _register_measuring(app, service)


def _register_cards(app: Dash, service: "LandscapeService") -> None:
    @app.callback(
        Output(ids.IMPORTS, "children"),
        Output(ids.OWN, "children"),
        Output(ids.WISH, "data"),
        Output(ids.MEASURING, "data"),
        Input(ids.ADDED, "data"),
        State(ids.MEASURING, "data"),
        prevent_initial_call=True,
    )
    def add(added: dict[str, Any] | None, measuring: list[str]) -> tuple[Any, ...]:
        if added is None:  # the store itself has come, no file yet
            raise PreventUpdate
        cards = service.cards()
        waiting = measuring + [run for run in added["runs"] if run.startswith(ADDED)]
        return imported(cards), own(cards, ADDED, waiting), {"open": added["runs"]}, waiting

    @app.callback(
        Output(ids.STUDIED, "children", allow_duplicate=True),
        Output(ids.GREW, "data"),
        Input(ids.TICK, "n_intervals"),
        State(ids.GREW, "data"),
        prevent_initial_call=True,
    )
    def count(_ticks: int, before: list[int] | None) -> tuple[Any, ...]:
        """The cards of studies whose training goes on."""
        cards = service.cards()
        counts = [len(checkpoints(service, card.run)) for card in cards if card.run.startswith(STUDY)]
        return (no_update, no_update) if counts == before else (own(cards, STUDY), counts)

    @app.callback(
        Output(ids.STUDIED, "children"),
        Output(ids.OWN, "children", allow_duplicate=True),
        Output(ids.IMPORTS, "children", allow_duplicate=True),
        Output(ids.WISH, "data", allow_duplicate=True),
        Output(ids.REFUSED, "children", allow_duplicate=True),
        Output(ids.MEASURED, "data"),
        Input(ids.own(ALL, ALL), "n_clicks"),
        State(ids.MEASURING, "data"),
        prevent_initial_call=True,
    )
    def command(_clicks: list[int], measuring: list[str]) -> tuple[Any, ...]:
        if not ctx.triggered[0]["value"]:  # a card that has just been added
            raise PreventUpdate
        wanted, run = ctx.triggered_id["own"], ctx.triggered_id["run"]
        problems = obeyed(service, wanted, run)
        wish = {"close": run} if wanted == "remove" and not problems else no_update
        measured_at = monotonic() if wanted == "measure" and not problems else no_update
        cards = service.cards()
        return own(cards, STUDY), own(cards, ADDED, measuring), imported(cards), wish, alerts(problems), measured_at


def _register_measuring(app: Dash, service: "LandscapeService") -> None:
    """Measures one model after another by itself; the store is read once more for each, and once with the page."""

    @app.callback(
        Output(ids.OWN, "children", allow_duplicate=True),
        Output(ids.MEASURING, "data", allow_duplicate=True),
        Output(ids.REFUSED, "children", allow_duplicate=True),
        Output(ids.MEASURED, "data", allow_duplicate=True),
        Input(ids.MEASURING, "data"),
        State(ids.ADDED, "data"),
        prevent_initial_call="initial_duplicate",
    )
    def measure(runs: list[str], added: dict[str, Any] | None) -> tuple[Any, ...]:
        if not runs:
            raise PreventUpdate
        problem = measured(service, runs[0])
        left = runs[1:] if problem is not None else runs  # what takes longer than one request is asked for again
        told = alerts([problem]) if problem and added else no_update  # of models of an earlier visit their cards tell
        measured_at = monotonic() if problem == "" else no_update  # its panel tells of it, too
        return own(service.cards(), ADDED, left), left, told, measured_at


def unmeasured(cards: Sequence[Card]) -> list[str]:
    """The added models among some cards whose losses nobody has measured yet."""
    models = (card for card in cards if isinstance(card, ModelCard))
    return [card.run for card in models if card.run.startswith(ADDED) and card.train_loss is None]


def measured(service: "LandscapeService", run: str) -> str | None:
    """Measures a model: nothing where that is done, what was wrong, or None where it takes longer."""
    try:
        service.measure(run, deferred=True)
    except TooLate:
        return None
    except LandscapeError as problem:
        return str(problem)
    return ""


def obeyed(service: "LandscapeService", command: str, run: str) -> list[str]:
    """Measures a model of one's own, or removes it or a surface; gives what was wrong."""
    try:
        (service.measure if command == "measure" else service.remove)(run)
    except LandscapeError as problem:
        return [str(problem)]
    return []


def register_elsewhere(app: Dash, service: "LandscapeService", path: str) -> None:
    """The callbacks of another page than Explore: once nothing waits any more, it leads to what was added."""

    @app.callback(
        Output(ids.DESTINATION, "data"),
        Input(ids.ADDED, "data"),
        Input(ids.UPLOADS, "data"),
        State(ids.DESTINATION, "data"),
        State(ids.LINK, "data"),
        prevent_initial_call=True,
    )
    def lead(added: dict[str, Any] | None, uploads: list[Any], before: dict[str, Any], link: str | None) -> Any:  # noqa: ANN401  # no_update has no type
        fresh = (
            added["runs"]
            if added and ids.ADDED in {part["prop_id"].partition(".")[0] for part in ctx.triggered}
            else []
        )
        runs = [*before["runs"], *fresh]
        if not runs:
            raise PreventUpdate
        waits = bool(uploads) or bool(fresh and added and added["uploads"])
        return {"runs": runs, "address": "" if waits else destination(service, path, link or "", runs)}

    app.clientside_callback(  # type: ignore[no-untyped-call]
        ClientsideFunction("atlas", "goTo"), Input(ids.DESTINATION, "data"), prevent_initial_call=True
    )


def destination(service: "LandscapeService", path: str, search: str, runs: Sequence[str]) -> str:
    """Where added models and surfaces show: on Profile where that is the page and all have curves, else on Explore."""
    areas = {card.run for card in service.cards() if isinstance(card, SurfaceCard) and not card.curve}.intersection(
        runs
    )
    if path == "/profile/" and not areas:
        state = ProfileState.read(search).state
        models = tuple(dict.fromkeys((*state.models, *runs)))[-MODELS:]
        return f"{path}?{replace(state, models=models).query()}"
    return f"/?models={','.join(runs[-PANELS:])}"
