"""Which browsers and tabs the server takes to be open."""

import pytest

from viewer import browsers
from viewer.browsers import FULL, LEASE, MOST_BROWSERS, MOST_STREAMS, Browsers, TooManyStreams


class Heard:
    """A service that notes what it is told of tabs."""

    def __init__(self):
        self.open, self.left = {}, []

    def show(self, tab, visible):
        self.open[tab] = visible

    def leave(self, tab):
        self.open.pop(tab, None)
        self.left.append(tab)


@pytest.fixture
def heard():
    return Heard()


@pytest.fixture
def clock():
    return [0.0]


@pytest.fixture
def connected(heard, clock):
    return Browsers(heard, lambda: clock[0])


def test_a_report_says_which_tabs_are_on_screen_and_which_were_closed(connected, heard):
    assert not connected.report("b", {"one": True, "two": False})
    assert heard.open == {"one": True, "two": False}
    assert connected.report("b", {"two": True})
    assert (heard.open, heard.left) == ({"two": True}, ["one"])


def test_a_browser_that_is_not_heard_of_is_forgotten_with_its_tabs_but_not_while_it_listens(connected, heard, clock):
    connected.report("silent", {"one": True})
    connected.report("listening", {"two": True})
    connected.connect("listening")
    clock[0] = LEASE + 1
    connected.expire()
    assert heard.left == ["one"]
    connected.disconnect("listening")
    clock[0] += LEASE + 1
    connected.expire()
    assert heard.left == ["one", "two"]
    assert not connected.report("listening", {"two": True})


def test_a_tab_whose_hub_moved_belongs_to_the_new_browser(connected, heard, clock):
    connected.report("old", {"one": True, "two": True})
    connected.report("new", {"two": True})
    clock[0] = LEASE + 1
    connected.report("new", {"two": True})
    connected.expire()
    assert heard.left == ["one"]


def test_a_tab_that_says_it_is_closed_is(connected, heard):
    connected.report("b", {"one": True, "two": True})
    connected.leave("one")
    assert heard.left == ["one"]
    connected.report("b", {"two": True})
    assert heard.left == ["one"]


def test_streams_are_counted_and_refused_beyond_the_cap(connected):
    for _ in range(MOST_STREAMS):
        connected.connect("same")
    with pytest.raises(TooManyStreams, match="at most 16 browsers at a time"):
        connected.connect("another")
    connected.disconnect("same")
    connected.connect("another")


def test_names_that_never_return_do_not_add_up(connected, heard):
    for number in range(5 * MOST_BROWSERS):
        connected.report(f"b{number}", {f"t{number}": True})
        connected.expire()
    assert len(connected._browsers) <= MOST_BROWSERS
    assert len(heard.open) <= MOST_BROWSERS


BAD = [
    b"",
    b"{",
    b"[]",
    b"null",
    b"7",
    b'"tabs"',
    b"\xff\xfe",
    b"{}",
    b'{"browser": ""}',
    b'{"browser": 7, "tabs": {}}',
    b'{"browser": "b", "tabs": []}',
    b'{"browser": "b", "tabs": null}',
    b'{"browser": "b", "tabs": {"t": 1}}',
    b'{"browser": "b", "tabs": {"t": null}}',
    b'{"browser": "b", "tabs": {"": true}}',
    b'{"browser": "b", "tabs": {"a\\u0000b": true}}',
    b'{"browser": "b", "tabs": {"' + b"x" * 65 + b'": true}}',
    b'{"browser": "b\\r\\nX: y", "tabs": {}}',
    b'{"browser": "b", "tabs": {' + b",".join(b'"%d": true' % each for each in range(257)) + b"}}",
    b"[" * 100_000,
]


@pytest.mark.parametrize("body", BAD)
@pytest.mark.parametrize("path", ["/api/tabs", "/api/tabs/leave"])
def test_a_report_that_makes_no_sense_is_refused_in_a_sentence(client, path, body):
    answer = client.post(path, data=body)
    if path.endswith("leave") and answer.status_code == 400:
        assert "should" in answer.json["error"]
    else:
        assert answer.status_code == 400
        assert answer.json["error"].endswith((": reload the page.", ": close some."))


@pytest.mark.parametrize("since", [-1, 10**9, None, True, "1", 1.5, [], 10**400])
def test_a_poll_brings_everything_to_who_knows_nothing_or_knew_another_process(client, service, since):
    answer = client.post("/api/tabs", json={"browser": "b", "tabs": {}, "since": since})
    assert answer.status_code == 200
    known = [progress.survey for progress in service.progress()]
    assert [told["survey"] for told in answer.json["news"]] == (known if type(since) is int else [])
    assert answer.json["version"] == service.wait(-1, 0)
    later = client.post("/api/tabs", json={"browser": "b", "tabs": {}, "since": answer.json["version"]})
    assert later.json["news"] == []
    assert later.json["slow"] is None


def test_a_poll_says_what_keeps_results_from_being_kept(client, service, monkeypatch):
    report = {"browser": "b", "tabs": {}, "since": -1}
    assert client.post("/api/tabs", json=report).json["store"] is None
    monkeypatch.setattr(service, "store_problem", "The disk is full.")
    assert client.post("/api/tabs", json=report).json["store"] == "The disk is full."


def test_a_poll_says_why_it_is_one(client, monkeypatch):
    monkeypatch.setattr(browsers, "MOST_STREAMS", 0)
    answer = client.get("/api/stream?browser=b")
    assert (answer.status_code, answer.json["error"]) == (503, FULL)
    assert client.post("/api/tabs", json={"browser": "b", "tabs": {}, "since": -1}).json["slow"] == FULL


def test_a_stream_needs_a_name_that_is_one(client):
    assert client.get("/api/stream?browser=" + "x" * 65).status_code == 400
