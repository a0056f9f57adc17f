"""Adding models, data and surfaces from files, on every page.

file --> assets/adding.js --> /api/import (viewer/taking.py) --> added --> notes, problems, uploads
                                                                   |          |
                                       cards, wish (Explore) <-----+        dialog --> added
                        address of another page (all others) <-----+
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc
from dash import ClientsideFunction, Dash, Input, Output, State, ctx, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from compute.adding import Normalisation, Wish
from compute.errors import LandscapeError
from viewer import ids
from viewer.pages.choosing import options, plain_name, preselected, published, read_candidate
from viewer.pages.pairing import candidate, pairs, unconfirmed, weights
from viewer.pages.working import alerts

if TYPE_CHECKING:
    from compute.service import LandscapeService

FITS = "Every name and shape fits."

ANSWERS = (
    ids.ADDING_TITLE,
    ids.ADDING_ARCHITECTURE,
    ids.ADDING_DATA,
    ids.ADDING_MEAN,
    ids.ADDING_STD,
    ids.ADDING_WEIGHTS,
)
"""The dialog's fields, in the order of a `Wish`."""

MEMORY: Mapping[str, Any] = {ids.ADDED: None, ids.UPLOADS: [], ids.DROPPED: [], ids.ADDING_CHOICES: []}
"""What a tab remembers: the last that came, what waits to be added, the data that came, and all data there are."""


def register(app: Dash, service: "LandscapeService") -> None:
    """The callbacks of every page."""
    _register_arrivals(app)
    _register_questions(app, service)
    _register_data(app, service)
    _register_answers(app, service)


def _register_arrivals(app: Dash) -> None:
    @app.callback(
        Output(ids.REFUSED, "children"),
        Output(ids.ADDING_NOTES, "children"),
        Output(ids.UPLOADS, "data"),
        Output(ids.DROPPED, "data"),
        Input(ids.ADDED, "data"),
        State(ids.UPLOADS, "data"),
        State(ids.DROPPED, "data"),
        State(ids.ADDING, "opened"),
        prevent_initial_call=True,
    )
    def arrive(added: dict[str, Any] | None, waiting: list[Any], dropped: list[str], opened: bool) -> tuple[Any, ...]:
        if added is None:  # the store itself has come, no file yet
            raise PreventUpdate
        inside = opened or bool(added["uploads"])
        told = alerts(added["problems"]) + notes(added.get("data", []), inside)
        uploads = waiting + added["uploads"] if added["uploads"] else no_update
        names = dropped + [one["name"] for one in added.get("data", [])]
        return [] if inside else told, told if inside else [], uploads, names

    app.clientside_callback(  # type: ignore[no-untyped-call]
        ClientsideFunction("atlas", "openAdding"), Input(ids.ADD_MODEL, "n_clicks"), prevent_initial_call=True
    )


def _register_questions(app: Dash, service: "LandscapeService") -> None:
    @app.callback(
        Output(ids.ADDING, "opened"),
        Output(ids.ADDING_START, "hidden"),
        Output(ids.ADDING_FORM, "hidden"),
        Output(ids.ADDING_FILE, "children"),
        Output(ids.ADDING_TITLE, "value"),
        Output(ids.ADDING_ARCHITECTURE, "data"),
        Output(ids.ADDING_ARCHITECTURE, "value"),
        Output(ids.ADDING_PROBLEM, "children"),
        Input(ids.UPLOADS, "data"),
        prevent_initial_call=True,
    )
    def ask(uploads: list[dict[str, Any]]) -> tuple[Any, ...]:
        if not uploads:
            return False, False, True, *[no_update] * 5
        return True, True, False, *questions(uploads[0]), []

    @app.callback(
        Output(ids.ADDING_ARCHITECTURE, "description"),
        Output(ids.ADDING_PAIRS, "children"),
        Output(ids.ADDING_ORDER, "hidden"),
        Output(ids.ADDING_CONFIRMED, "checked"),
        Output(ids.ADDING_WEIGHTS, "data"),
        Output(ids.ADDING_WEIGHTS, "value"),
        Output(f"{ids.ADDING_WEIGHTS}-field", "hidden"),
        Input(ids.ADDING_ARCHITECTURE, "value"),
        Input(ids.UPLOADS, "data"),
        prevent_initial_call=True,
    )
    def match(architecture: str | None, uploads: list[dict[str, Any]]) -> tuple[Any, ...]:
        one = candidate(uploads[0] if uploads else {}, architecture)
        table = pairs(one)
        return fit(one), table, table is None, False, *weights(one)


def _register_data(app: Dash, service: "LandscapeService") -> None:
    @app.callback(
        Output(ids.ADDING_DATA, "data"),
        Output(ids.ADDING_DATA, "value"),
        Output(ids.ADDING_DATA, "description"),
        Output(ids.ADDING_CHOICES, "data"),
        Input(ids.ADDING_ARCHITECTURE, "value"),
        Input(ids.UPLOADS, "data"),
        Input(ids.DROPPED, "data"),
        State(ids.ADDING_DATA, "value"),
        running=[(Output(ids.ADDING_GO, "disabled"), True, False)],
        prevent_initial_call=True,
    )
    def offer(
        architecture: str | None, uploads: list[dict[str, Any]], dropped: list[str], chosen: str | None
    ) -> tuple[Any, ...]:
        one = candidate(uploads[0] if uploads else {}, architecture)
        if not one:
            raise PreventUpdate
        return offered(service, one, dropped, chosen)

    @app.callback(
        Output(ids.ADDING_CHANNELS, "hidden"),
        Output(ids.ADDING_MEAN, "value"),
        Output(ids.ADDING_STD, "value"),
        Output(ids.ADDING_TRIED, "children"),
        Input(ids.ADDING_DATA, "value"),
        Input(ids.ADDING_CHOICES, "data"),
        State(ids.UPLOADS, "data"),
        *[State(name, "value") for name in (ids.ADDING_ARCHITECTURE, ids.ADDING_WEIGHTS)],
        running=[(Output(ids.ADDING_GO, "disabled"), True, False), (Output(ids.ADDING_TRYING, "hidden"), False, True)],
        prevent_initial_call=True,
    )
    def normalise(
        data: str | None, choices: list[dict[str, Any]], uploads: list[dict[str, Any]], *told: str | None
    ) -> tuple[bool, str, str, str]:
        raw, mean, std = published(choices, data)
        architecture, chosen = (text or "" for text in told)
        one = candidate(uploads[0] if uploads else {}, architecture)
        if not raw or not one or one["differs"]:
            return not raw, mean, std, ""
        wish = Wish(uploads[0]["token"], "", architecture, data or "", weights=chosen, classes=one["classes"])
        found = proposed(service, wish, Normalisation(mean, std))
        return False, found.mean, found.std, found.told


def _register_answers(app: Dash, service: "LandscapeService") -> None:
    @app.callback(
        Output(ids.ADDED, "data", allow_duplicate=True),
        Output(ids.UPLOADS, "data", allow_duplicate=True),
        Output(ids.ADDING_PROBLEM, "children", allow_duplicate=True),
        Input(ids.ADDING_GO, "n_clicks"),
        State(ids.UPLOADS, "data"),
        State(ids.ADDING_CONFIRMED, "checked"),
        State(ids.ADDING_DATA, "description"),
        *[State(name, "value") for name in ANSWERS],
        running=[(Output(ids.ADDING_GO, "loading"), True, False)],
        prevent_initial_call=True,
    )
    def go(
        _clicks: int, uploads: list[dict[str, Any]], confirmed: bool, wanted: str | None, *said: str | None
    ) -> tuple[Any, ...]:
        title, architecture, data, mean, std, chosen = (str(text or "") for text in said)
        one = candidate(uploads[0] if uploads else {}, architecture)
        if not one:
            raise PreventUpdate
        ordered = bool(confirmed and one.get("pairs"))
        wish = Wish(uploads[0]["token"], title, architecture, data, mean, std, chosen, ordered, one["classes"])
        missing = unconfirmed(one, confirmed) or ("" if data else f"Evaluated on: choose data. {wanted or ''}")
        run, problem = ("", missing) if missing else tried(service, wish)
        if problem:
            return no_update, no_update, alerts([problem])
        return {"runs": [run], "problems": [], "uploads": [], "data": []}, uploads[1:], []

    @app.callback(
        Output(ids.UPLOADS, "data", allow_duplicate=True),
        Output(ids.ADDING_NOTES, "children", allow_duplicate=True),
        Input(ids.ADDING_CANCEL, "n_clicks"),
        Input(ids.ADDING, "opened"),
        State(ids.UPLOADS, "data"),
        prevent_initial_call=True,
    )
    def leave(_clicks: int, opened: bool, uploads: list[dict[str, Any]]) -> tuple[Any, ...]:
        if opened and ctx.triggered_id == ids.ADDING:
            raise PreventUpdate
        if not uploads:
            return no_update, []
        service.discard(uploads[0]["token"])
        return uploads[1:], []


def questions(upload: Mapping[str, Any]) -> tuple[Any, ...]:
    """The dialog's file, title, architectures, and the best of them."""
    near = upload["candidates"]
    told = [{"value": one["architecture"], "label": labelled(one)} for one in near]
    title = upload["file"].rpartition(".")[0] or upload["file"]
    return upload["file"], title, told, near[0]["architecture"]


def offered(
    service: "LandscapeService", one: Mapping[str, Any], dropped: Sequence[str], chosen: str | None
) -> tuple[Any, ...]:
    """The list of data for a candidate, which are preselected, what it wants and how to get more, and all data.

    Their names do not say where on this machine they lie.
    """
    near = read_candidate(one)
    choices = [replace(choice, name=plain_name(choice.name)) for choice in service.choices()]
    told = service.fit(near)
    fit = replace(told, names=tuple(map(plain_name, told.names)))
    name = preselected(near, fit, choices, dropped, chosen)
    return options(choices, fit), name, f"{fit.wanted} {service.more_choices()}", [asdict(each) for each in choices]


def labelled(one: Mapping[str, Any]) -> str:
    """An architecture in the list."""
    standing = "by order" if one.get("pairs") else "differs" if one["differs"] else "fits"
    return f"{one['architecture']} · {standing}"


def fit(one: Mapping[str, Any]) -> str:
    """What separates a checkpoint from an architecture, as sentences; where none is near, how it is added all the same.

    Example:
        >>> fit({"differs": ""}), fit({"differs": "it lacks fc"})[:12]
        ('Every name and shape fits.', 'It lacks fc.')
    """
    if not one:
        return ""
    differs = one["differs"]
    if one.get("pairs") or not differs:
        return f"{differs[:1].upper()}{differs[1:]}." if differs else FITS
    return f"{differs[:1].upper()}{differs[1:]}. A network of another kind needs a study: run.py --study FILE.py."


def notes(data: Sequence[Mapping[str, Any]], inside: bool) -> list[Component]:
    """What is said about data that were kept; outside the dialog also what they are good for."""
    more = "" if inside else " Drop weights to see their loss on them."
    return [
        dmc.Alert(
            f"Kept as {one['title']}: {one['contents']}.{more}", color="blue", variant="light", withCloseButton=True
        )
        for one in data
    ]


def located(service: "LandscapeService", wish: Wish) -> Wish:
    """A wish whose data are named with their folder, where they are among those that can be chosen."""
    full = {plain_name(choice.name): choice.name for choice in service.choices()}
    return replace(wish, data=full.get(wish.data, wish.data))


def tried(service: "LandscapeService", wish: Wish) -> tuple[str, str]:
    """The run of a checkpoint that was added, or what was wrong."""
    try:
        return service.add(located(service, wish)), ""
    except LandscapeError as problem:
        return "", str(problem)


def proposed(service: "LandscapeService", wish: Wish, otherwise: Normalisation) -> Normalisation:
    """The normalisation that suits a checkpoint, or another where that cannot be told."""
    try:
        return service.normalisation(located(service, wish))
    except LandscapeError:
        return otherwise
