"""The routes that save what is on screen, and the files of a view without a page."""

import csv
import io
import re

import kaleido
import numpy as np
import plotly.graph_objects as go
import pytest
import trimesh

from compute.errors import LandscapeError
from tests.processes import until
from viewer.drawing import LIBRARY
from viewer.explore_export import sheet_of
from viewer.export import export, wish
from viewer.figures.camera import view_of
from viewer.figures.capping import chosen_cap, common_cap
from viewer.figures.contour import KEY
from viewer.paper import Paper
from viewer.profile import ProfileState
from viewer.screen import screen
from viewer.sheet import GROUNDS
from viewer.state import ViewState
from viewer.theme import THEMES
from viewer.trajectory_state import TrajectoryState

CAMERA = "20,60,2"


def finish(service):
    """Waits until the fake service has a whole surface."""
    return lambda survey: until(lambda: service.snapshot(survey).progress.state == "done")


def body(service, *kinds, ground="page", scheme="dark", **view):
    """What a page would send: a figure of each kind."""
    (survey,) = screen(service, ViewState(models=("resnet20",), points=9)).surveys
    service.watch("test", [survey])
    finish(service)(survey)
    address = f"/api/figure/{{}}/{survey.id}?height=log&scheme={scheme}"
    parts = [{"address": address.format(kind), "title": "A < B", "view": view} for kind in kinds]
    return {"parts": parts, "across": 0, "width": 400, "height": 300, "ground": ground}


def test_figures_on_screen_are_handed_out_as_one_and_from_where_one_looks(client, service):
    asked_for = body(service, "surface", "contour", camera=CAMERA, x=[-0.5, 0.5], y=[0, 1])
    answer = client.post("/api/together", json=asked_for).json
    assert (answer["width"], answer["height"]) == (800, 334)
    made = go.Figure(answer["figure"])
    plain = client.post("/api/together", json=body(service, "surface", "contour")).json["figure"]["layout"]
    home, now = plain["scene"]["camera"], answer["figure"]["layout"]["scene"]["camera"]
    assert view_of(home, now).written == CAMERA
    assert (made.layout.xaxis.range, made.layout.yaxis.range) == ((-0.5, 0.5), (0, 1))
    assert {note.text for note in made.layout.annotations if note.name != KEY} == {"A &lt; B"}


@pytest.mark.parametrize("ground", GROUNDS)
def test_the_ground_is_the_pages_or_white_or_none(client, service, ground):
    layout = client.post("/api/together", json=body(service, "contour", ground=ground)).json["figure"]["layout"]
    paper = {"page": THEMES["dark"].paper, "white": THEMES["light"].paper, "clear": "rgba(0,0,0,0)"}
    ink = {"page": THEMES["dark"].text, "white": THEMES["light"].text, "clear": THEMES["dark"].text}
    assert (layout["paper_bgcolor"], layout["font"]["color"]) == (paper[ground], ink[ground])
    assert [note["name"] for note in layout["annotations"]] == [KEY]  # a single figure needs no title


def test_a_page_of_its_own_asks_for_nothing(client, service):
    answer = client.post("/api/sheet/html", json=body(service, "surface"))
    text = answer.data.decode()
    assert answer.mimetype == "text/html"
    outside = [tag for tag in re.findall(r"<(?:script|link|img)\b[^>]*>", text) if re.search(r"(?:src|href)=", tag)]
    assert outside == []
    assert "Loss landscape around ResNet-20: " in text
    assert '"showSendToCloud": false' in text


def test_words_are_handed_out(client, service):
    asked_for = body(service, "surface", "contour")
    text = client.post("/api/sheet/txt", json=asked_for).data.decode()
    assert text.count("Network:") == text.count("Contour levels:") == text.count("Lines on the surface:") == 1
    assert "Contour levels" not in client.post("/api/sheet/txt", json=body(service, "surface")).data.decode()
    assert "@inproceedings{li2018visualizing" in client.post("/api/sheet/bib", json=asked_for).data.decode()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"parts": []}, "An export needs at least one figure between 40 and 8192 pixels a side, got 0 of 400 × 300"),
        ({"width": 9}, "got 1 of 9 × 300"),
        ({"across": 2}, "2 side by side"),
        ({"parts": [{"title": "no address"}]}, "An export needs the address, the title and the view of each figure"),
        ({"height": "tall"}, "An export needs the address"),
        ({"parts": 3}, "An export needs the address"),
        ({"ground": "sand"}, "Unknown ground 'sand': choose one of"),
        ({"parts": [{"address": "/api/figure/surface/none", "title": ""}]}, "Unknown survey 'none'"),
        ({"parts": [{"address": "none", "title": ""}]}, "An export needs the address"),
    ],
)
def test_what_cannot_be_saved_is_a_sentence(client, service, change, sentence):
    answer = client.post("/api/together", json=body(service, "surface") | change)
    assert (answer.status_code, sentence in answer.json["error"]) == (404, True)


def test_an_unknown_kind_is_a_sentence(client, service):
    answer = client.post("/api/sheet/exe", json=body(service, "surface"))
    assert (answer.status_code, "Unknown kind of file 'exe'" in answer.json["error"]) == (404, True)


def test_without_a_browser_a_pdf_says_what_to_install(client, service, monkeypatch):
    monkeypatch.setenv("BROWSER_PATH", "/nowhere/chromium")
    answer = client.post("/api/sheet/pdf", json=body(service, "contour"))
    assert answer.status_code == 404
    assert answer.json["error"].startswith("A PDF needs Chromium or Chrome on the server's machine, none was found:")


def test_the_browser_that_prints_loads_only_files_of_this_machine():
    page = kaleido.PageGenerator(mathjax=False).generate_index()
    addresses = re.findall(r'src="([^"]*)"', page)
    assert f"plotly/package_data/{LIBRARY.name}" in addresses[0]
    assert {address.partition("://")[0] for address in addresses} == {"file"}


def test_a_view_is_written_without_a_page(service, tmp_path):
    files = [tmp_path / name for name in ("all.html", "all.txt", "all.bib", "loss_{run}.csv", "loss.glb")]
    link = "http://127.0.0.1:8050/?models=resnet20,vgg9&points=9&view=both"
    written = export(service, wish(link, files, Paper()), finish(service))
    names = ["all.html", "all.txt", "all.bib", "loss_resnet20.csv", "loss_vgg9.csv"]
    assert [path.name for path in written] == [*names, "loss_resnet20.glb", "loss_vgg9.glb"]
    rows = list(csv.reader(io.StringIO(written[3].read_text().partition("\n")[2])))
    assert len(rows) == 1 + 9 * 9
    assert len(trimesh.load(written[5], force="mesh").faces) == 2 * 8 * 8
    assert "ResNet-20 and VGG-9" in written[1].read_text()


def height(content):
    """How high a mesh is, y pointing up."""
    return trimesh.load(io.BytesIO(content), file_type="glb", force="mesh").extents[1]


def test_meshes_of_a_view_share_its_scale(service, tmp_path):
    found = {}
    for scale in ("shared", "own"):
        link = f"models=mlp,vgg9&points=9&scale={scale}&height=linear"
        paths = export(service, wish(link, [tmp_path / "a.glb"], Paper()), finish(service))
        found[scale] = {path.stem: height(path.read_bytes()) for path in paths}
    tops = {run: np.ptp(service.snapshot(survey).loss) for run, survey in surveys(service, "mlp", "vgg9").items()}
    share = found["shared"]["a_mlp"] / found["shared"]["a_vgg9"]
    assert share == pytest.approx(tops["mlp"] / tops["vgg9"], rel=1e-3)
    assert found["own"]["a_mlp"] / found["own"]["a_vgg9"] > 5 * share


def surveys(service, *runs):
    return {one.run: one for one in screen(service, ViewState(models=runs, points=9)).surveys}


def test_a_page_asks_for_a_mesh_on_its_scale(client, service):
    (survey,) = surveys(service, "mlp").values()
    service.watch("test", [survey])
    finish(service)(survey)
    address = f"/api/file/{survey.id}/glb?height=linear&limits="
    tall, low = (height(client.get(address + limits).data) for limits in ("", "0:1000"))
    loss = service.snapshot(survey).loss
    assert low == pytest.approx(np.ptp(loss) / 1000 * 2 * 0.5, rel=1e-6)
    assert tall > 100 * low


@pytest.mark.parametrize(
    ("models", "view", "across", "size"),
    [
        ("a", "surface", 1, (960, 720)),
        ("a", "both", 2, (1920, 754)),
        ("a,b", "both", 2, (1920, 1474)),
        ("a,b,c", "both", 3, (2880, 1474)),
        ("a,b,c,d", "contour", 2, (1920, 1508)),
    ],
)
def test_a_views_figures_stand_in_rows(service, models, view, across, size):
    runs = tuple(
        dict(zip("abcd", ("resnet20", "vgg9", "mlp", "resnet56"), strict=True))[name] for name in models.split(",")
    )
    state = ViewState(models=runs, view=view)
    sheet = sheet_of(screen(service, state), state, Paper())
    assert (sheet.grid.across, sheet.grid.size) == (across, size)
    kinds = [part.kind for part in sheet.parts]
    assert kinds == sorted(kinds, reverse=True)  # surfaces above maps


def test_a_picture_is_as_large_as_wished(service):
    state = ViewState(models=("resnet20", "vgg9"))
    assert sheet_of(screen(service, state), state, Paper(width=1000, height=700)).grid.size == (1000, 700)


@pytest.mark.parametrize(
    ("link", "files", "sentence"),
    [
        ("", ["a.png"], "An export needs a link that names a model, as in models=resnet56&view=contour, got ''"),
        ("http://127.0.0.1:8050/", ["a.png"], "An export needs a link that names a model"),
        ("models=nobody", ["a.txt"], "Unknown run 'nobody'"),
        ("models=resnet20&points=12", ["a.txt"], "The link's points should be one of"),
        ("models=resnet20", ["a.gif"], "Unknown kind of file 'gif': choose one of"),
        ("/nowhere/?models=resnet20", ["a.txt"], "Unknown page '/nowhere': choose one of /, /profile, /trajectory"),
        ("models=resnet20&view=seeds", ["a.csv"], "A view of several seeds is saved as png"),
        ("models=resnet20", ["none/a.txt"], "A file needs a folder that is there"),
    ],
)
def test_what_cannot_be_written_is_a_sentence_before_anything_is_computed(service, tmp_path, link, files, sentence):
    def never(_survey):
        raise AssertionError("computed in vain")

    with pytest.raises(LandscapeError, match=re.escape(sentence)):
        export(service, wish(link, [tmp_path / name for name in files], Paper()), never)


def test_a_size_that_cannot_be_is_a_sentence(service):
    state = ViewState(models=("resnet20",))
    with pytest.raises(LandscapeError, match="between 40 and 8192 pixels a side, got 1 of 10 × 7"):
        sheet_of(screen(service, state), state, Paper(width=10))


def test_an_address_and_its_query_are_the_same_view():
    query = "models=resnet20&view=contour&range=0.5"
    for link in (query, f"?{query}", f"http://127.0.0.1:8050/?{query}", f"/?{query}"):
        assert wish(link, [], Paper()).state == ViewState(models=("resnet20",), view="contour", span=0.5)


@pytest.mark.parametrize(("page", "state"), [("profile", ProfileState), ("trajectory", TrajectoryState)])
def test_a_pages_address_may_lack_its_host_and_its_last_slash(page, state):
    for link in (f"/{page}?models=vgg9", f"/{page}/?models=vgg9", f"http://127.0.0.1:8050/{page}/?models=vgg9"):
        assert wish(link, [], Paper()).state == state(models=("vgg9",))


def test_meshes_of_a_view_that_nobody_scaled_end_at_one_cap(service, tmp_path):
    """Both of the surfaces are higher than the cap, which lies between those that suit each."""
    paths = export(service, wish("models=mlp,vgg9&points=9", [tmp_path / "a.obj"], Paper()), finish(service))
    said = [re.search(r"min\(loss, ([0-9.]+)\)", path.read_text()).group(1) for path in paths]
    caps = [chosen_cap(service.snapshot(survey).loss) for survey in surveys(service, "mlp", "vgg9").values()]
    assert said == [f"{common_cap(caps):g}"] * 2
