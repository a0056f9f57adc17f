"""What is asked of a page's callbacks is checked before Dash reads it, and none answers with the status 500."""

import json
import re
from copy import deepcopy

import pytest

from tests.campaign.altering import DEEP, TYPES
from tests.campaign.bodies import callbacks
from tests.campaign.browsing import JSON, Request, Site
from viewer import ids
from viewer.address import BadLink
from viewer.callbacks import check_call
from viewer.pages import bound, profile, trajectory_wiring, wiring
from viewer.profile import ProfileState
from viewer.state import ViewState
from viewer.trajectory_state import TrajectoryState
from viewer.values import anything, check_of


@pytest.fixture(scope="module")
def site():
    site = Site()
    yield site
    site.service.close()


@pytest.fixture(scope="module")
def calls(site):
    """A body of each callback, as its page sends it."""
    return callbacks(site)


def call(calls, page, component, prop):
    """The body of the callback of a page that hears of a component's property first."""
    return next(
        deepcopy(body)
        for address, body in calls
        if address == f"{page}_dash-update-component" and first(body) == (component, prop)
    )


def first(body):
    one = body["inputs"][0]
    one = one[0] if isinstance(one, list) and one else one
    return (one["id"] if isinstance(one["id"], str) else next(iter(one["id"])), one["property"]) if one else ("", "")


def send(site, page, body, headers=JSON):
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    status, _, answer = site.answer(Request("POST", f"{page}_dash-update-component", content, headers))
    return status, json.loads(answer) if answer else {}


def told(answer):
    """The sentence that a callback's answer puts on the page."""
    (alert,) = answer["sideUpdate"][ids.PROBLEMS]["children"]
    return alert["props"]["children"]


def test_every_input_of_every_callback_has_a_kind(site):
    heard = [
        part
        for app in site.app.pages.values()
        for callback in app.callback_map.values()
        if "callback" in callback
        for part in (*callback["inputs"], *callback["state"])
    ]
    assert len(heard) > 100
    unknown = [part for part in heard if check_of(part["id"], part["property"]) is anything]
    assert unknown == [], "name their kinds in viewer/values.py"


def test_whatever_a_page_sends_goes_through(site, calls):
    assert len(calls) > 25
    for address, body in calls:
        app = site.app.pages[address.removesuffix("_dash-update-component")]
        check_call(json.loads(json.dumps(body)), app.callback_map)
        status, _, answer = site.answer(Request("POST", address, json.dumps(body).encode(), JSON))
        assert status in {200, 204}, answer
        assert b"sideUpdate" not in answer or first(body)[0] == "part", answer  # panels without a survey


WRONG = {
    "no such callback": lambda body: body | {"output": "none.children"},
    "a callback of the browser": lambda body: body | {"output": "search.data"},
    "a list for its name": lambda body: body | {"output": [1]},
    "no name": lambda body: {key: value for key, value in body.items() if key != "output"},
    "no inputs": lambda body: body | {"inputs": []},
    "inputs that are none": lambda body: body | {"inputs": None},
    "inputs by name": lambda body: body | {"inputs": {"a": 1}},
    "an input too many": lambda body: body | {"inputs": [*body["inputs"], body["inputs"][0]]},
    "an input that is a number": lambda body: body | {"inputs": [3, *body["inputs"][1:]]},
    "an input within a list": lambda body: body | {"inputs": [[body["inputs"][0]], *body["inputs"][1:]]},
    "another component": lambda body: with_input(body, id="search"),
    "a component that is a table": lambda body: with_input(body, id={"a": 1}),
    "another property": lambda body: with_input(body, property="value"),
    "a property that is a list": lambda body: with_input(body, property=[]),
    "a value of another type": lambda body: with_input(body, value={"a": 1}),
    "a value in a list": lambda body: with_input(body, value=[["resnet20"]]),
    "a number for models": lambda body: with_input(body, value=7),
    "a very long name": lambda body: with_input(body, value=["a" * 100_000]),
    "half a character": lambda body: with_input(body, value=["\ud800"]),
    "no state": lambda body: {key: value for key, value in body.items() if key != "state"},
    "a tab that is a number": lambda body: body | {"state": [body["state"][0] | {"value": 3}]},
    "other outputs": lambda body: body | {"outputs": body["outputs"][1:]},
    "outputs that are numbers": lambda body: body | {"outputs": list(range(len(body["outputs"])))},
    "no outputs": lambda body: body | {"outputs": None},
    "changes that are a number": lambda body: body | {"changedPropIds": 3},
    "changes of lists": lambda body: body | {"changedPropIds": [["opened.data"]]},
    "changes of others": lambda body: body | {"changedPropIds": ["none.data"]},
    "changes that are long JSON": lambda body: body | {"changedPropIds": [DEEP.decode() + ".data"]},
    "depth": lambda body: with_input(body, value=json.loads("[" * 60 + "]" * 60)),
}


def with_input(body, **changes):
    return body | {"inputs": [body["inputs"][0] | changes, *body["inputs"][1:]]}


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG)
def test_what_no_page_sends_is_refused_in_a_sentence(site, calls, change):
    for page in ("/", "/profile/"):
        status, answer = send(site, page, change(call(calls, page, ids.OPENED, "data")))
        assert status == 400
        assert answer["error"].endswith(": reload the page.")


RAW = [
    DEEP,
    b'{"a":' * 5000,
    b"",
    b"null",
    b"[]",
    b'"a"',
    b"\xff",
    b"\xff\xfe{\x00",
    b"{",
    b'{"output": NaN}',
    b"1e999",
    b"9" * 5000,
]


@pytest.mark.parametrize("content", RAW, ids=range(len(RAW)))
def test_a_body_that_is_no_json_of_a_browser_is_refused_in_a_sentence(site, content):
    for address in (
        "/_dash-update-component",
        "/trajectory/_dash-update-component",
        "/api/together",
        "/api/film",
        "/api/sheet/html",
        "/api/tabs",
        "/api/tabs/leave",
    ):
        status, _, body = site.answer(Request("POST", address, content, JSON))
        assert status in {400, 404}
        assert json.loads(body)["error"].endswith(": reload the page.")


@pytest.mark.parametrize("kind", TYPES)
def test_a_body_of_another_type_is_refused_in_a_sentence(site, calls, kind):
    status, answer = send(site, "/", call(calls, "/", ids.OPENED, "data"), {"Content-Type": kind})
    assert status in {200, 400}
    assert status == 200 or answer["error"].endswith(": reload the page.")


SHOWN = {
    "/": (
        "view",
        "points",
        "span",
        "samples",
        "split",
        "norm",
        "precision",
        "tolerance",
        "statistic",
        "colours",
        "quantity",
        "height",
        "cap",
        "levels",
        "depth",
    ),
    "/profile/": (
        "view",
        "points",
        "span",
        "beyond",
        "samples",
        "split",
        "statistics",
        "norm",
        "count",
        "factor",
        "precision",
        "curves",
        "height",
    ),
    "/trajectory/": (
        "view",
        "plane",
        "margin",
        "points",
        "samples",
        "split",
        "precision",
        "tolerance",
        "colours",
        "height",
        "cap",
        "levels",
    ),
}
"""The controls of each page that hold one of some choices."""


@pytest.mark.parametrize(
    "value", [-1, 99, 1.5, "", "nothing", "nan", 1e100, None, "9" * 5000], ids=lambda value: str(value)[:8]
)
@pytest.mark.parametrize("page", SHOWN)
def test_a_choice_that_there_is_not_is_a_sentence_on_the_page(site, calls, page, value):
    chosen = ids.RUNS if page == "/trajectory/" else ids.OPENED
    for control in SHOWN[page]:
        body = call(calls, page, chosen, "data")
        (part,) = (part for part in body["inputs"] if part["id"] == control)
        part["value"] = value
        status, answer = send(site, page, body)
        assert status == 200
        assert "that can be chosen, got" in told(answer), control


@pytest.mark.parametrize("window", [[1, 1, 1, 1], [1, 0, 1, 0], [1e99, -1e99, 0, 0], [-8, 8, -8, 8], [0, 1e-300, 0, 1]])
def test_any_four_numbers_are_a_window(site, calls, window):
    for page, chosen in (("/", ids.OPENED), ("/trajectory/", ids.RUNS)):
        body = call(calls, page, chosen, "data")
        (part,) = (part for part in body["inputs"] if part["id"] == ids.WINDOW)
        part["value"] = window
        status, answer = send(site, page, body)
        assert status == 200
        assert "unexpected" not in json.dumps(answer)
        assert "sideUpdate" not in answer


def test_a_window_of_the_page_is_kept_to_the_last_bit():
    ends = [0.1, 0.1 + 2**-9, -0.3, 0.7]
    assert bound.WINDOW.read(ends) == tuple(ends)


PLAIN = {
    wiring.state_of: (wiring.CONTROLS, ViewState()),
    trajectory_wiring.state_of: (trajectory_wiring.CONTROLS, TrajectoryState()),
    profile.state_of: (profile.CONTROLS, ProfileState()),
}


@pytest.mark.parametrize("made", PLAIN)
def test_what_a_page_holds_at_first_is_its_plain_state_and_too_many_models_are_a_sentence(made):
    controls, plain = PLAIN[made]
    held = bound.values(controls, plain)
    assert made([], held) == plain
    with pytest.raises(BadLink, match="The page's models should be one that can be chosen"):
        made([f"run{number}" for number in range(300)], held)


@pytest.mark.parametrize("component", [ids.PAUSE, ids.CANCEL, ids.GO_ON])
@pytest.mark.parametrize("page", ["/", "/profile/", "/trajectory/"])
def test_a_survey_that_there_is_not_is_a_sentence_or_nothing(site, calls, page, component):
    body = call(calls, page, component, "n_clicks")
    body["state"][0]["value"] = ["none", "\x00", "a" * 1000]
    status, answer = send(site, page, body)
    assert status == 204 or "Unknown survey 'none'" in told(answer)


def test_going_on_in_a_panel_without_a_survey_is_a_sentence(site, calls):
    body = call(calls, "/", "part", "n_clicks")
    for slot in (0, "a", True, 99):
        body["inputs"][0][0]["id"] = {"part": "go-on", "slot": slot}
        body["changedPropIds"] = [json.dumps(body["inputs"][0][0]["id"], separators=(",", ":")) + ".n_clicks"]
        status, answer = send(site, "/", body)
        assert status == 200
        assert "There should be a survey in panel" in told(answer)


def test_an_unexpected_error_is_a_sentence_on_the_page_whose_reference_stands_in_the_log(
    site, calls, monkeypatch, caplog
):
    def broken(*_):
        raise ZeroDivisionError("division of secrets by zero")

    monkeypatch.setattr(profile, "found", broken)
    status, answer = send(site, "/profile/", call(calls, "/profile/", ids.OPENED, "data"))
    said = told(answer)
    (reference,) = re.findall(r"the reference ([0-9a-f]{8})\b", said)
    (record,) = [record for record in caplog.records if record.exc_info]
    assert status == 200
    assert f"reference={reference}" in record.message
    assert record.exc_info[0] is ZeroDivisionError
    assert "division" not in json.dumps(answer)
    assert "response" not in answer or not answer["response"]  # the page stays as it was
