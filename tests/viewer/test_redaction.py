"""Another machine reads neither where files lie on this one nor what others look at."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from compute.errors import LandscapeError
from compute.settings import ROOT, Settings
from compute.snapshot import Progress
from tests.viewer.fake_service import FakeService
from viewer.app import build
from viewer.redaction import Redaction
from viewer.screen import screen
from viewer.state import ViewState

TOKEN = "a-token-of-a-test_0123456789"
HEADERS = {"Host": "192.0.2.7:8050", "Cookie": f"loss-atlas-8050={TOKEN}"}
FOLDER = Path("/mnt/big disk/jo's runs")
SECRETS = (str(ROOT), str(FOLDER), "big disk", "/etc", "/var", "/mnt", "/srv", "/opt")


KEPT = [
    "images as NAME/train/CLASS/, loss / accuracy, and/or 1/2",
    "see http://192.0.2.7:8050/profile/?models=a or /api/figure/surface/x",
    "/9j/4AAQSkZJRg/base64+of/a/picture==",
    "/assets/hub.js",
]


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("The file /etc/passwd should hold tensors: save it.", "The file passwd should hold tensors: save it."),
        ("'/srv/my sets/a.npz' is gone.", "'a.npz' is gone."),
        (f"{FOLDER}/a/b.pt should be whole.", "a/b.pt should be whole."),
        (f"Look into {FOLDER}.", "Look into jo's runs."),
        (f"Put it into {ROOT}/data/sets, or (/opt/x/y.py, line 3).", "Put it into data/sets, or (y.py, line 3)."),
        ("npz:/srv/sets/ours.npz is another.", "npz:ours.npz is another."),
        ("FileNotFoundError(2, 'No such file'): /var/lib/x", "FileNotFoundError(2, 'No such file'): x"),
        ("Choose one of npz:/srv/a.npz, text:/srv/b.txt.", "Choose one of npz:a.npz, text:b.txt."),
        ("/data/atlasx/y and /data/atlas-z/y are others", "y and y are others"),
        *((text, text) for text in KEPT),
    ],
)
def test_a_sentence_keeps_the_names_of_files_alone(said, read):
    assert Redaction([FOLDER, Path("/data/atlas")]).text(said) == read


def test_what_json_holds_is_the_same_but_for_paths():
    value = {"a/b": [1.5, None, True, "x", {"error": f'{FOLDER}/ü "q".pt \n is bad'}], "z": 1e-300, "n": [[]]}
    found = json.loads(Redaction([FOLDER]).json(json.dumps(value)))
    assert found == {"a/b": [1.5, None, True, "x", {"error": 'ü "q".pt \n is bad'}], "z": 1e-300, "n": [[]]}


@pytest.fixture
def service():
    service = FakeService(folders=frozenset({FOLDER}))
    yield service
    service.close()


@pytest.fixture
def client(service):
    return build(service, Settings(host="0.0.0.0"), TOKEN).server.test_client(use_cookies=False)


def look(service, tab, run):
    (survey,) = screen(service, ViewState(models=(run,), points=9)).surveys
    service.watch(tab, [survey])
    return survey.id


def first(client, browser):
    """The surveys that a stream begins with."""
    answer = client.get(f"/api/stream?browser={browser}", headers=HEADERS)
    told = next(answer.iter_encoded()).decode()
    answer.close()
    return {each["survey"] for each in json.loads(told.split("data: ")[1].split("\n")[0])}


def reported(client, browser, tabs, since=None):
    body = {"browser": browser, "tabs": dict.fromkeys(tabs, True), "since": since}
    return client.post("/api/tabs", json=body, headers=HEADERS).get_json()


def test_a_browser_hears_of_the_surveys_of_its_own_tabs_alone(client, service):
    mine, other = look(service, "tab-1", "resnet20"), look(service, "tab-2", "vgg9")
    reported(client, "one", ["tab-1"])
    reported(client, "two", ["tab-2"])
    assert first(client, "one") == {mine}
    assert first(client, "two") == {other}
    assert first(client, "nobody") == set()
    answer = reported(client, "one", ["tab-1"], since=10**9)
    assert {each["survey"] for each in answer["news"]} == {mine}
    assert reported(client, "none", [], since=-1)["news"] == []


def test_a_survey_that_stands_still_is_told_once_a_tab_comes_to_look_at_it(client, service):
    done = look(service, "tab-2", "vgg9")
    answer = client.get("/api/stream?browser=one", headers=HEADERS)
    events = answer.iter_encoded()
    assert done.encode() not in next(events)
    look(service, "tab-1", "vgg9")
    reported(client, "one", ["tab-1"])
    assert any(done.encode() in event for event, _ in zip(events, range(20), strict=False))
    answer.close()


def test_no_error_names_what_others_look_at(client, service):
    other = look(service, "tab-2", "vgg9")
    for path in (
        "figure/surface/x",
        "indicators/x",
        "angle/x",
        "range?surveys=x",
        "file/x/csv",
        "track/x/csv?tracks=a:1",
    ):
        answer = client.get(f"/api/{path}", headers=HEADERS)
        assert answer.get_json()["error"] == "Unknown survey 'x': open it again."
    sheet = {"figures": [{"url": "/api/figure/surface/x"}]}
    assert other not in client.post("/api/together", json=sheet, headers=HEADERS).get_data(as_text=True)


WORDS = f"{FOLDER}/net.pt, /etc/hosts and {ROOT}/data/cache should fit, but do not ('/srv/x/y.npz'): choose others."


@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("/api/figure/surface/x", "survey"), ("/api/indicators/x", "survey"), ("/api/angle/x", "survey"),
        ("/api/range?surveys=x", "survey"), ("/api/file/x/csv", "export"), ("/api/figure/norms/mlp", "norms"),
        ("/api/figure/weights/mlp", "histograms"), ("/api/table/norms/mlp/csv", "norms"),
    ],
)  # fmt: skip
def test_the_sentence_of_every_route_is_without_folders(client, service, monkeypatch, path, method):
    def fail(*_args, **_options):
        raise LandscapeError(WORDS)

    monkeypatch.setattr(service, method, fail)
    error = client.get(path, headers=HEADERS).get_json()["error"]
    assert error.startswith("net.pt, hosts and data/cache should fit, but do not (")
    assert not [secret for secret in SECRETS if secret in error]


def test_neither_is_that_of_the_stream_the_strip_a_page_or_of_who_watches(service, monkeypatch):
    survey = look(service, "tab-1", "mlp")
    service.store_problem = WORDS
    client = build(service, Settings(host="0.0.0.0"), TOKEN).server.test_client(use_cookies=False)
    reported(client, "one", ["tab-1"])
    plain = FakeService.progress
    monkeypatch.setattr(service, "progress", lambda: tuple(replace(each, error=WORDS) for each in plain(service)))
    answer = client.get("/api/stream?browser=one", headers=HEADERS)
    event = next(answer.iter_encoded()).decode()
    answer.close()
    texts = [event, json.dumps(reported(client, "one", ["tab-1"], since=-1))]
    texts += [
        client.get(path, headers=HEADERS).get_data(as_text=True)
        for path in ("/healthz", "/_dash-layout", "/", "/profile/")
    ]
    assert survey in texts[0]
    assert survey in texts[1]
    for text in texts:
        assert "net.pt, hosts and data/cache should fit" in text
        assert not [secret for secret in SECRETS if secret in text.replace("\\u002f", "/")]


def test_json_in_a_page_stays_json_that_ends_no_script():
    words = json.dumps({"a": "/srv/x </script> is bad", "b": "/a/b"}).replace("/", "\\u002f")
    page = f'<script id="a" type="application/json">{words}</script><p>/srv/x y'
    found = Redaction([]).page(page)
    assert found.startswith('<script id="a" type="application/json">{"a":"x \\u003c')
    assert found.count("</script>") == 1
    assert json.loads(found[found.index("{") : found.index("</script>")])["b"] == "/a/b"


def test_on_this_machine_alone_sentences_say_where(service, monkeypatch):
    client = build(service, Settings()).server.test_client()
    service.store_problem = WORDS
    assert client.get("/healthz").get_json()["store"] == WORDS
    assert isinstance(next(iter(service.progress()), None), Progress | None)
