import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import plotly.graph_objects as go
import pytest
from dash import Input, Output, html

from compute.settings import ROOT, Settings
from tests.processes import until
from tests.viewer.fake_service import FakeService, bowl
from viewer import ids, theme
from viewer.app import PAGES, build
from viewer.listening import resolve
from viewer.screen import screen
from viewer.shell import Frame, Page
from viewer.state import SPANS, ViewState
from viewer.stream import events


def opened(service, run="resnet20"):
    (survey,) = screen(service, ViewState(models=(run,), points=9)).surveys
    service.watch("test", [survey])
    return survey


def finish(service, surveys):
    service.watch("test", surveys)
    until(lambda: all(service.snapshot(survey).progress.state == "done" for survey in surveys), seconds=20)


def test_the_page_is_served_in_english_with_a_policy(client):
    answer = client.get("/", headers={"Host": "127.0.0.1:8050"})
    assert answer.status_code == 200
    assert b'<html lang="en">' in answer.data
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert b"https://" not in answer.data


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("GET", {"Host": "localhost:8050"}, 200),
        ("GET", {"Host": "evil.example"}, 400),
        ("GET", {"Host": "127.0.0.1", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}, 403),
        ("GET", {"Host": "127.0.0.1", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}, 200),
        ("GET", {"Host": "127.0.0.1", "Origin": "http://evil.example"}, 403),
        ("POST", {"Host": "127.0.0.1", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}, 403),
        ("POST", {"Host": "127.0.0.1", "Origin": "null"}, 403),
        ("POST", {"Host": "127.0.0.1", "Origin": "http://127.0.0.1"}, 405),
    ],
)
def test_strangers_are_refused(client, method, headers, status):
    assert client.open("/", method=method, headers=headers).status_code == status


def test_a_host_that_was_asked_for_is_trusted():
    assert resolve("192.168.1.7").knows("192.168.1.7:8050")
    assert not resolve("127.0.0.1").knows("192.168.1.7:8050")


def test_a_stream_begins_with_where_everything_stands(service):
    survey = opened(service)
    first = next(iter(events(service)))
    told = json.loads(first.split("data: ")[1])
    assert survey.id in {progress["survey"] for progress in told}
    assert set(told[0]) >= {"state", "done", "total", "nonfinite", "rate", "seconds_left", "device", "error", "version"}


def test_a_silent_stream_pings_and_then_tells_news(service):
    stream = events(service, pace=0, patience=0)
    survey = opened(service, "vgg9")
    heard = ""
    while '"done"' not in heard.split(survey.id)[-1][:40]:
        heard += next(stream)
    while next(stream) != ": ping\n\n":
        pass


def test_a_stream_says_what_keeps_results_from_being_kept_and_when_that_is_over():
    service = FakeService(store_problem="The disk is full.")
    try:
        stream = events(service, pace=0, patience=0)
        assert next(stream).endswith('event: store\ndata: "The disk is full."\n\n')
        assert "store" not in next(stream)
        service.store_problem = None
        assert next(stream).endswith("event: store\ndata: null\n\n")
        assert "store" not in next(stream)
    finally:
        service.close()


def test_every_page_says_what_keeps_results_from_being_kept_in_its_job_strip():
    service = FakeService(store_problem="The disk is full.")
    try:
        client = build(service, Settings()).server.test_client()
        for page in PAGES:
            layout = client.get(f"{page.path}_dash-layout").get_data(as_text=True)
            assert layout.count('"className":"job-store"') == 1
            assert '"The disk is full."' in layout
    finally:
        service.close()


def test_whoever_watches_the_server_hears_whether_it_is_well(client, service):
    told = client.get("/healthz").get_json()
    assert (told["status"], told["store"]) == ("ok", None)
    assert set(told) == {"status", "store", "device", "version"}
    before = service.version
    service.store_problem = "The disk is full."
    try:
        assert client.get("/healthz").get_json()["status"] == "degraded"
        assert client.head("/healthz").status_code == 200
        assert client.post("/healthz").status_code == 405
    finally:
        service.store_problem = None
    assert service.version == before


def test_a_stream_ends_with_the_service():
    service = FakeService()
    stream = events(service, pace=0, patience=60)
    next(stream)
    service.dismiss()
    assert all(event == ": ping\n\n" for event in stream)
    service.close()


@pytest.mark.parametrize("kind", ["surface", "contour"])
def test_a_figure_can_be_fetched(client, service, kind):
    survey = opened(service)
    figure = client.get(f"/api/figure/{kind}/{survey.id}?quantity=accuracy&scheme=dark").get_json()
    assert figure["layout"]["meta"]["survey"] == survey.id
    assert figure["layout"]["paper_bgcolor"] == theme.THEMES["dark"].paper


@pytest.mark.parametrize("path", ["surface/none", "volume/none"])
def test_a_figure_that_there_is_not_is_a_sentence(client, path):
    answer = client.get(f"/api/figure/{path}")
    assert answer.status_code == 404
    assert "choose one of" in answer.get_json()["error"] or "Unknown survey" in answer.get_json()["error"]


def test_every_callback_is_there(app):
    explore = app.pages["/"]
    outputs = " ".join(explore.callback_map)
    assert len(explore.callback_map) + len([c for c in explore._callback_list if not c["output"]]) >= 8
    for name in (ids.OPENED, ids.SURVEYS, ids.LINK, ids.SEARCH, ids.PROBLEMS, ids.STAGE):
        assert name in outputs


def test_no_answer_of_the_server_writes_to_parts_whose_number_it_does_not_know(app):
    """Dash lets an overtaken answer through where it does: what was chosen last would be undone."""
    for page in app.pages.values():
        answered = [each["output"] for each in page._callback_list if not each["clientside_function"]]
        assert any(ids.LINK in output for output in answered)
        assert not [output for output in answered if '["ALL"]' in output]


def test_each_page_has_its_own_callbacks_and_every_page_a_way_to_the_others(service, monkeypatch):
    other = Page("/other/", "Other", lambda service: Frame(html.Div(), html.Div("elsewhere"), html.Div()), heard)
    monkeypatch.setattr("viewer.app.PAGES", (*PAGES, other))
    built = build(service, Settings())
    client = built.server.test_client()
    own, *shared = (page["output"] for page in client.get("/other/_dash-dependencies").get_json())
    assert own == "stage.children"
    assert set(shared) < {page["output"] for page in client.get("/_dash-dependencies").get_json()}
    assert "stage.children" not in built.pages["/"].callback_map
    layout = str(client.get("/other/_dash-layout").get_json())
    assert "elsewhere" in layout
    assert all(f"'href': '{path}'" in layout for path in built.pages)
    assert b"<title>Other \xc2\xb7 Loss Atlas</title>" in client.get("/other/").data
    assert client.get("/other").headers["Location"].endswith("/other/")
    assert (
        client.get("/other/").headers["Content-Security-Policy"] == client.get("/").headers["Content-Security-Policy"]
    )


def heard(app, _service):
    app.callback(Output("stage", "children"), Input("tab", "data"))(lambda tab: tab)


def test_examples_are_capped_and_unknown_models_reported(service):
    shown = screen(service, ViewState(models=("nobody", "mlp"), samples=1024, split="test"))
    assert [survey.query.data.size for survey in shown.surveys] == [360]
    assert shown.problems[0].startswith("Unknown run 'nobody'")


def test_a_model_without_the_chosen_class_is_a_sentence_beside_the_seeds_of_the_others(service, monkeypatch):
    plain = service.query

    def fewer(run, *asked):
        query = plain(run, *asked)
        return replace(query, model=replace(query.model, classes=5)) if run == "mlp" else query

    monkeypatch.setattr(service, "query", fewer)
    shown = screen(service, ViewState(("resnet20", "mlp"), view="seeds", points=9, statistic="class:7"))
    assert "number from 0 to 4 for this network, got 7" in shown.problems[0]
    assert {survey.run for survey in shown.surveys} == {"resnet20"}


def test_a_run_that_is_still_in_training_is_a_sentence(service, monkeypatch):
    ended = [card for card in service.cards() if card.run != "mlp"]
    monkeypatch.setattr(service, "cards", lambda: tuple(ended))
    shown = screen(service, ViewState(("resnet20", "mlp"), points=9))
    assert shown.problems == ("A model here should be trained to its end, mlp is still in training: wait for its end.",)
    assert [panel.run for panel in shown.panels if panel.run] == ["resnet20"]


def test_the_pages_colours_are_the_figures_colours():
    tokens = (ROOT / "assets" / "tokens.css").read_text()
    light, dark = tokens.split("[data-mantine-color-scheme='dark']", 1)
    assert all(f"--path-{place}: {colour};" in light for place, colour in enumerate(theme.PATHS))
    for part, scheme in ((light, "light"), (dark, "dark")):
        assert f"--paper: {theme.THEMES[scheme].paper};" in part
        assert f"--text: {theme.THEMES[scheme].text};" in part


def test_the_viewer_never_loads_what_computes():
    program = (
        "import sys; from compute.settings import Settings; from viewer.app import build;"
        "from tests.viewer.fake_service import FakeService; app = build(FakeService(), Settings());"
        "app.server.test_client().get('/_dash-layout');"
        "print(sorted({'torch', 'h5py', 'diskcache', 'compute.numerics', 'compute.store'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_angle_of_the_directions_is_handed_out(client, service):
    assert client.get(f"/api/angle/{opened(service).id}").json == {"cosine": -0.0123, "expected": 0.024}


def test_the_range_is_the_narrowest_whose_edge_is_as_bad_as_guessing(client, service):
    answer = client.get(f"/api/range?surveys={opened(service).id}").json
    span = SPANS[answer["place"]]
    edges = {each: np.median([bowl(a, each) for a in np.linspace(-each, each, 9)]) for each in SPANS}
    assert edges[span] >= np.log(10) > max(edge for each, edge in edges.items() if each < span)
    assert answer["sentence"].endswith(f"ResNet-20 at ± {span:g}.")


def test_several_seeds_are_one_figure_that_plotly_knows(client, service):
    rows = screen(service, ViewState(("resnet20", "mlp"), view="seeds", points=9))
    finish(service, rows.surveys)
    figure = client.get(f"/api/figure/seeds/{rows.seeds}?aspect=0.6").json
    go.Figure(figure)
    assert sum(trace["type"] == "contour" for trace in figure["data"]) == 2 * 6
    assert figure["layout"]["meta"]["state"] == "done"


def test_a_difference_names_its_two_surveys(client, service):
    one, two = opened(service), opened(service, "vgg9")
    finish(service, [one, two])
    queries = ("", f"?minus={one.id}&against=X")
    plain, less = (client.get(f"/api/figure/surface/{two.id}{query}").json for query in queries)
    assert less["layout"]["scene"]["zaxis"]["title"]["text"] == "loss ÷ that of X"
    assert less["data"][0]["z"] != plain["data"][0]["z"]
    assert client.get(f"/api/figure/surface/{two.id}?minus=gone").status_code == 404


def test_the_numbers_of_a_surface_are_handed_out(client, service):
    rows = client.get(f"/api/indicators/{opened(service).id}").json
    assert {row["name"] for row in rows} >= {"Local minima", "Minima above sampling noise", "Loss at the model"}
    assert all(set(row) == {"name", "value", "unit", "note"} for row in rows)


@pytest.mark.parametrize("kind", ["h5", "npz", "csv", "vtk", "obj", "stl", "glb", "ply"])
def test_every_kind_of_file_is_handed_out_under_a_name(client, service, kind):
    answer = client.get(f"/api/file/{opened(service).id}/{kind}?name=resnet20_loss&height=log")
    assert answer.status_code == 200
    assert f"filename=resnet20_loss.{kind}" in answer.headers["Content-Disposition"]
    assert len(answer.data) > 500


def test_an_unknown_kind_of_file_is_a_sentence(client, service):
    answer = client.get(f"/api/file/{opened(service).id}/exe")
    assert (answer.status_code, "Unknown kind of file 'exe': choose one of" in answer.json["error"]) == (404, True)
