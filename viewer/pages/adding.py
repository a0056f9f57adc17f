"""Adding checkpoints, and surfaces that others computed.

file --> assets/adding.js --> /api/import (viewer/taking.py) --> added --> cards, wish, refusals
                                                                  |  ^
                                     a checkpoint: of what? uploads  |
                                                                  |  |
                                                                 dialog
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc
from dash import ALL, Dash, Input, Output, State, ctx, html, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from compute.adding import DataChoice, Wish
from compute.card import ADDED, STUDY
from compute.errors import BadReference, LandscapeError
from viewer import ids
from viewer.attributes import aria
from viewer.pages.gallery import imported, own
from viewer.pages.pairing import candidate, order_field, pairs, unconfirmed, weights, weights_field
from viewer.pages.working import alerts

if TYPE_CHECKING:
    from compute.service import LandscapeService

FITS = "Every name and shape fits."
OFTEN = ("0.485, 0.456, 0.406", "0.4914, 0.4822, 0.4465"), ("0.229, 0.224, 0.225", "0.2470, 0.2435, 0.2616")
"""Means and standard deviations of channels that are often used: ImageNet's, and those of CIFAR-10."""

ANSWERS = (
    ids.ADDING_TITLE,
    ids.ADDING_ARCHITECTURE,
    ids.ADDING_DATA,
    ids.ADDING_MEAN,
    ids.ADDING_STD,
    ids.ADDING_WEIGHTS,
)
"""The dialog's fields, in the order of a `Wish`."""


def dialog() -> Component:
    """What is asked about a checkpoint that has come."""
    fields = [
        html.P(id=ids.ADDING_FILE, className="adding-file"),
        dmc.TextInput(id=ids.ADDING_TITLE, label="Title", **aria(label="Title")),
        dmc.Select(id=ids.ADDING_ARCHITECTURE, label="Architecture", data=[], allowDeselect=False, searchable=True),
        order_field(),
        weights_field(),
        dmc.Select(id=ids.ADDING_DATA, label="Evaluated on", data=[], allowDeselect=False),
        html.Div(
            [channels(ids.ADDING_MEAN, "Mean", OFTEN[0]), channels(ids.ADDING_STD, "Standard deviation", OFTEN[1])],
            id=ids.ADDING_CHANNELS,
            className="adding-pair",
            hidden=True,
        ),
        html.Div(id=ids.ADDING_PROBLEM, role="alert"),
        html.Div(
            [
                dmc.Button("Cancel", id=ids.ADDING_CANCEL, variant="default", n_clicks=0),
                dmc.Button("Add model", id=ids.ADDING_GO, n_clicks=0),
            ],
            className="adding-ends",
        ),
    ]
    return dmc.Modal(
        html.Div(fields, className="adding-fields"), id=ids.ADDING, title="Add model", opened=False, size="lg"
    )


def channels(name: str, label: str, often: Sequence[str]) -> Component:
    """A field of one number for each channel."""
    return dmc.Autocomplete(
        id=name, label=label, data=list(often), placeholder="none: pixels from 0 to 1", **aria(label=label)
    )


def register(app: Dash, service: "LandscapeService") -> None:
    """The callbacks."""
    _register_added(app, service)
    _register_questions(app, service)
    _register_answers(app, service)
    _register_own(app, service)


def _register_added(app: Dash, service: "LandscapeService") -> None:
    @app.callback(
        Output(ids.IMPORTS, "children"),
        Output(ids.OWN, "children"),
        Output(ids.WISH, "data"),
        Output(ids.REFUSED, "children"),
        Output(ids.UPLOADS, "data"),
        Input(ids.ADDED, "data"),
        State(ids.UPLOADS, "data"),
        prevent_initial_call=True,
    )
    def add(added: dict[str, Any] | None, waiting: list[Any]) -> tuple[Any, ...]:
        if added is None:  # the store itself has come, no file yet
            raise PreventUpdate
        cards, wish = service.cards(), {"open": added["runs"]}
        return imported(cards), own(cards, ADDED), wish, alerts(added["problems"]), waiting + added["uploads"]


def _register_questions(app: Dash, service: "LandscapeService") -> None:
    @app.callback(
        Output(ids.ADDING, "opened"),
        Output(ids.ADDING_FILE, "children"),
        Output(ids.ADDING_TITLE, "value"),
        Output(ids.ADDING_ARCHITECTURE, "data"),
        Output(ids.ADDING_ARCHITECTURE, "value"),
        Output(ids.ADDING_DATA, "data"),
        Output(ids.ADDING_DATA, "value"),
        Output(ids.ADDING_DATA, "description"),
        Output(ids.ADDING_CHOICES, "data"),
        Output(ids.ADDING_PROBLEM, "children"),
        Input(ids.UPLOADS, "data"),
        prevent_initial_call=True,
    )
    def ask(uploads: list[dict[str, Any]]) -> tuple[Any, ...]:
        if not uploads:
            return False, *[no_update] * 9
        return True, *questions(uploads[0], offered(service), service.more_choices()), []

    @app.callback(
        Output(ids.ADDING_ARCHITECTURE, "description"),
        Input(ids.ADDING_ARCHITECTURE, "value"),
        Input(ids.UPLOADS, "data"),
        prevent_initial_call=True,
    )
    def tell(architecture: str | None, uploads: list[dict[str, Any]]) -> str:
        return fit(uploads[0]["candidates"], architecture) if uploads else ""

    @app.callback(
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
        return table, table is None, False, *weights(one)

    @app.callback(
        Output(ids.ADDING_DATA, "value", allow_duplicate=True),
        Input(ids.ADDING_ARCHITECTURE, "value"),
        State(ids.UPLOADS, "data"),
        State(ids.ADDING_DATA, "value"),
        prevent_initial_call=True,
    )
    def follow(architecture: str | None, uploads: list[dict[str, Any]], chosen: str | None) -> str | None:
        near = [one for upload in uploads[:1] for one in upload["candidates"] if one["architecture"] == architecture]
        return followed(near[0], offered(service), chosen) if near else chosen

    @app.callback(
        Output(ids.ADDING_CHANNELS, "hidden"),
        Output(ids.ADDING_MEAN, "value"),
        Output(ids.ADDING_STD, "value"),
        Input(ids.ADDING_DATA, "value"),
        Input(ids.ADDING_CHOICES, "data"),
        prevent_initial_call=True,
    )
    def normalise(chosen: str | None, choices: list[dict[str, Any]]) -> tuple[bool, str, str]:
        return normalisation(choices, chosen)


def _register_answers(app: Dash, service: "LandscapeService") -> None:
    @app.callback(
        Output(ids.ADDED, "data", allow_duplicate=True),
        Output(ids.UPLOADS, "data", allow_duplicate=True),
        Output(ids.ADDING_PROBLEM, "children", allow_duplicate=True),
        Input(ids.ADDING_GO, "n_clicks"),
        State(ids.UPLOADS, "data"),
        State(ids.ADDING_CONFIRMED, "checked"),
        *[State(name, "value") for name in ANSWERS],
        running=[(Output(ids.ADDING_GO, "loading"), True, False)],
        prevent_initial_call=True,
    )
    def go(_clicks: int, uploads: list[dict[str, Any]], confirmed: bool, *said: str | None) -> tuple[Any, ...]:
        if not uploads:
            raise PreventUpdate
        title, architecture, data, mean, std, chosen = (str(text or "") for text in said)
        one = candidate(uploads[0], architecture)
        ordered = bool(confirmed and one.get("pairs"))
        wish = Wish(uploads[0]["token"], title, architecture, data, mean, std, chosen, ordered)
        run, problem = ("", missing) if (missing := unconfirmed(one, confirmed)) else tried(service, wish)
        if problem:
            return no_update, no_update, alerts([problem])
        return {"runs": [run], "problems": [], "uploads": []}, uploads[1:], []

    @app.callback(
        Output(ids.UPLOADS, "data", allow_duplicate=True),
        Input(ids.ADDING_CANCEL, "n_clicks"),
        Input(ids.ADDING, "opened"),
        State(ids.UPLOADS, "data"),
        prevent_initial_call=True,
    )
    def leave(_clicks: int, opened: bool, uploads: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if not uploads or (opened and ctx.triggered_id == ids.ADDING):
            raise PreventUpdate
        service.discard(uploads[0]["token"])
        return uploads[1:]


def _register_own(app: Dash, service: "LandscapeService") -> None:
    @app.callback(
        Output(ids.STUDIED, "children"),
        Output(ids.OWN, "children", allow_duplicate=True),
        Output(ids.IMPORTS, "children", allow_duplicate=True),
        Output(ids.WISH, "data", allow_duplicate=True),
        Output(ids.REFUSED, "children", allow_duplicate=True),
        Input(ids.own(ALL, ALL), "n_clicks"),
        prevent_initial_call=True,
    )
    def command(_clicks: list[int]) -> tuple[Any, ...]:
        if not ctx.triggered[0]["value"]:  # a card that has just been added
            raise PreventUpdate
        wanted, run = ctx.triggered_id["own"], ctx.triggered_id["run"]
        problems = obeyed(service, wanted, run)
        gone = wanted == "remove" and not problems
        wish = {"close": run} if gone else no_update
        cards = service.cards()
        return own(cards, STUDY), own(cards, ADDED), imported(cards), wish, alerts(problems)


def offered(service: "LandscapeService") -> tuple[DataChoice, ...]:
    """The data to choose from, under names that do not say where on this machine they lie."""
    return tuple(replace(choice, name=plain_name(choice.name)) for choice in service.choices())


def plain_name(data: str) -> str:
    """The name of data without a folder; those that are offered all lie in the same.

    Example:
        >>> plain_name("npz:/home/me/sets/ours.npz"), plain_name("digits"), plain_name("study:mine")
        ('npz:ours.npz', 'digits', 'study:mine')
    """
    kind, colon, place = data.partition(":")
    return f"{kind}{colon}{place.rpartition('/')[2]}"


def questions(upload: Mapping[str, Any], choices: Sequence[DataChoice], more: str) -> tuple[Any, ...]:
    """The dialog's file, title, architectures and the best of them, data, those that suit it best, how to get more."""
    near = upload["candidates"]
    told = [{"value": one["architecture"], "label": labelled(one)} for one in near]
    data = [{"value": choice.name, "label": described(choice)} for choice in choices]
    title = upload["file"].rpartition(".")[0] or upload["file"]
    best = suiting(near[0], choices).name
    return upload["file"], title, told, near[0]["architecture"], data, best, more, [asdict(one) for one in choices]


def suiting(candidate: Mapping[str, Any], choices: Sequence[DataChoice]) -> DataChoice:
    """The first data of a candidate's shape and classes, else those nearest to it.

    Nothing goes with other channels, or sequences of another length; of the rest, classes count more than the sides of
    an image, of which many networks take any.

    Raises:
        BadReference: there are no data.

    Example:
        >>> choices = DataChoice("a", "", (1, 8, 8), 5), DataChoice("b", "", (3, 64, 64), 5)
        >>> suiting({"shape": [3, 32, 32], "classes": 5}, choices).name
        'b'
    """
    shape, classes = tuple(candidate["shape"]), candidate["classes"]

    def nearness(choice: DataChoice) -> tuple[bool, bool, bool]:
        alike = len(choice.shape) == len(shape) and choice.shape[0] == shape[0]
        return alike, choice.classes == classes, choice.shape == shape

    if not choices:
        raise BadReference(
            "An added model needs data to be evaluated on, there are none: fetch some with `run.py fetch`."
        )
    return max(choices, key=nearness)


def followed(candidate: Mapping[str, Any], choices: Sequence[DataChoice], chosen: str | None) -> str:
    """The data to propose once another candidate is picked: those chosen, while no others suit it better."""
    return suiting(candidate, [*(choice for choice in choices if choice.name == chosen), *choices]).name


def described(choice: DataChoice) -> str:
    """Data in the list.

    Example:
        >>> described(DataChoice("cifar10", "cifar10", (3, 32, 32), 10))
        'cifar10 · 3 × 32 × 32 · 10 classes'
    """
    if choice.name.startswith(STUDY):  # whose outputs may be no classes
        return f"{choice.title} · {sides(choice.shape)}"
    if choice.name.startswith("text:"):
        return f"{choice.title} · sequences of {sides(choice.shape)} · {choice.classes} symbols"
    return f"{choice.title} · {sides(choice.shape)} · {choice.classes} classes"


def normalisation(choices: Sequence[Mapping[str, Any]], chosen: str | None) -> tuple[bool, str, str]:
    """Whether mean and deviation are not asked for, and the published ones.

    Example:
        >>> normalisation([{"name": "mnist", "raw": True, "mean": [0.1307], "std": [0.3081]}], "mnist")
        (False, '0.1307', '0.3081')
    """
    found = next((one for one in choices if one["name"] == chosen), {})
    mean, std = (", ".join(f"{number:.4f}" for number in found.get(name) or ()) for name in ("mean", "std"))
    return not found.get("raw"), mean, std


def labelled(one: Mapping[str, Any]) -> str:
    """An architecture in the list."""
    standing = "by order" if one.get("pairs") else "differs" if one["differs"] else "fits"
    return f"{one['architecture']} · {standing}"


def fit(candidates: Sequence[Mapping[str, Any]], architecture: str | None) -> str:
    """What separates a checkpoint from one of the architectures, as a sentence."""
    differs = next((one["differs"] for one in candidates if one["architecture"] == architecture), "")
    return f"{differs[:1].upper()}{differs[1:]}." if differs else FITS


def sides(shape: Sequence[int]) -> str:
    """The shape of an example as one reads it.

    Example:
        >>> sides((3, 32, 32))
        '3 × 32 × 32'
    """
    return " × ".join(map(str, shape))


def tried(service: "LandscapeService", wish: Wish) -> tuple[str, str]:
    """The run of a checkpoint that was added, or what was wrong."""
    full = {plain_name(choice.name): choice.name for choice in service.choices()}
    try:
        return service.add(replace(wish, data=full.get(wish.data, wish.data))), ""
    except LandscapeError as problem:
        return "", str(problem)


def obeyed(service: "LandscapeService", command: str, run: str) -> list[str]:
    """Measures a model of one's own, or removes it or a surface; gives what was wrong."""
    try:
        (service.measure if command == "measure" else service.remove)(run)
    except LandscapeError as problem:
        return [str(problem)]
    return []
