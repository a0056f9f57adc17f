"""Surfaces that others computed, from the file to what the page is handed."""

import json
from urllib.parse import parse_qsl

import numpy as np
import plotly.graph_objects as go
import pytest

from compute.indicators import indicators
from compute.settings import IMPORT_LIMIT, Settings
from tests.compute.store.test_imports import as_the_public_code_does, bowl, hdf5, npz
from tests.viewer.fake_service import FakeService
from tests.viewer.test_figures import KINDS, array, at_points, told
from viewer import charts, facts, lines_caption
from viewer.app import build
from viewer.figures.line import line
from viewer.figures.style import Style
from viewer.figures.surface import surface
from viewer.profile import ProfileState
from viewer.screen import brief, details, screen
from viewer.sheet import Part
from viewer.state import ViewState

UNEVEN = np.array([-2.0, -0.5, 0.0, 0.25, 1.0])
HOLED = bowl(UNEVEN[None, :], UNEVEN[:, None])
HOLED[1, 1] = -1


@pytest.fixture
def service():
    service = FakeService()
    yield service
    service.close()


@pytest.fixture
def shot(service):
    """Losses of a test set at uneven points, one of them absent."""
    run = service.take_in("uneven.h5", hdf5(xcoordinates=UNEVEN, ycoordinates=UNEVEN, test_loss=HOLED))
    return service.snapshot(service.imported(run, "test"))


@KINDS
@pytest.mark.parametrize(
    "style", [Style(), Style(height="linear", scheme="dark"), Style(marks=True), Style("accuracy")]
)
def test_every_figure_of_it_is_one_that_plotly_knows(kind, style, shot):
    go.Figure(json.loads(json.dumps(kind(shot, style), allow_nan=False)))


@KINDS
def test_nothing_of_it_is_provisional_and_what_is_absent_stays_so(kind, shot):
    figure = kind(shot, Style(height="linear", marks=True))
    sheet = figure["data"][0]
    across = sheet.get("meta", {"every": (1, 1)})["every"][1]
    np.testing.assert_array_equal(array(sheet["x"])[::across], UNEVEN)
    wanted = np.where(HOLED == -1, np.nan, HOLED)
    np.testing.assert_allclose(told(figure)[..., 0], wanted, rtol=1e-6)
    np.testing.assert_array_equal(np.isnan(at_points(sheet, "z")), np.isnan(wanted))
    assert "surfacecolor" not in sheet
    assert not figure["layout"].get("images")
    assert "not computed yet" not in json.dumps(figure)
    types = [trace.get("mode", trace["type"]) for trace in figure["data"]]  # the skin, network, minima, lowest: no dots
    assert [kind for kind in types if kind != "text"] == [sheet["type"], *["markers"] * 3]


@pytest.mark.parametrize(("high", "length"), [(2.0, 1.0), (1.5, 0.75), (0.1, 0.4), (4.0, 1.0)])
def test_a_surface_of_unequal_ranges_is_drawn_in_proportion_but_never_as_a_needle(service, high, length):
    content = hdf5(xcoordinates=[-1.0, 0.0, 1.0], ycoordinates=np.array([0, 0.5, 1]) * high, train_loss=np.eye(3) + 1)
    shot = service.snapshot(service.imported(service.take_in("s.h5", content), "train"))
    sides = surface(shot, Style())["layout"]["scene"]["aspectratio"]
    assert (sides["x"], sides["y"]) == (pytest.approx(min(1, 2 / high)) if high > 2 else 1, pytest.approx(length))


def test_its_numbers_are_by_area_and_tell_no_roughness_of_uneven_points(service, shot):
    numbers = {row.name: row.value for row in indicators(shot)}
    assert numbers["Loss at the model"] == bowl(0, 0)
    assert numbers["Roughness"] is None
    step = hdf5(xcoordinates=[-1.0, 0.0, 3.0], ycoordinates=[0.0, 1.0], train_loss=[[0.5, 2, 2], [0.5, 2, 2]])
    flat = service.snapshot(service.imported(service.take_in("step.h5", step), "train"))
    assert {row.name: row.value for row in indicators(flat)}["Plane below loss 1"] == pytest.approx(100 * 0.5 / 4)


def test_its_panel_says_where_it_is_from_and_which_split_it_has(service, shot):
    run = shot.survey.run
    state = ViewState(models=("resnet20", run), split="train", statistic="quantile:0.9", seed=3)
    shown = screen(service, state)
    assert (shown.problems, shown.available) == ((), 1437)
    model, panel = shown.panels[:2]
    assert panel.meta == "imported · test set, for want of the training set · uneven.h5"
    assert (panel.title, panel.side, panel.available, panel.file) == ("uneven", "5 × 5", "", "uneven_loss_5x5")
    assert "statistic=mean" in panel.style
    assert "statistic=quantile" in model.style
    other = screen(service, ViewState(models=(run,), split="test", span=0.5, points=9))
    assert other.panels[0].meta == "imported · test set · uneven.h5"
    assert other.surveys == shown.surveys[1:]


def test_its_card_tells_its_size_and_its_file(service, shot):
    card = service.cards()[-1]
    assert (card.run, brief(card)) == (shot.survey.run, "5 × 5 · imported")
    assert details(card) == "Imported from uneven.h5 · test set · 1 of 25 points are not in the file"


@pytest.fixture
def client(service):
    return build(service, Settings()).server.test_client()


def test_a_file_is_sent_and_the_run_comes_back(client, service):
    content, x, y = as_the_public_code_does(7, 4)
    answer = client.post("/api/import?name=My%20bowl.h5", data=content)
    assert answer.json == {"run": "import:my-bowl"}
    found = service.snapshot(service.imported("import:my-bowl", "train"))
    np.testing.assert_array_equal(found.loss, bowl(x[None, :], y[:, None]))


def test_a_file_that_is_refused_is_a_sentence(client):
    answer = client.post("/api/import?name=notes.txt", data=b"hello")
    assert answer.json["error"].startswith("notes.txt: A surface needs two axes")


def test_only_this_route_takes_large_bodies_and_none_takes_larger(client, service):
    noise = np.random.default_rng(0).uniform(1, 2, (600, 600))
    large = npz(x=np.arange(600.0), y=np.arange(600.0), loss=noise)
    assert len(large) > 2**21
    assert client.post("/api/import?name=large.npz", data=large).json == {"run": "import:large"}
    assert client.post("/_dash-update-component", data=large, content_type="application/json").status_code == 413
    refused = client.post("/api/import?name=huge.h5", data=b"\0" * (IMPORT_LIMIT + 1))
    assert refused.json["error"] == "An import should have at most 64 MiB, huge.h5 has more: thin it out."
    service.upload_limit = 2**20
    refused = client.post("/api/import?name=large.npz", data=large)
    assert refused.json["error"].startswith("A file should have at most 1 MiB, this has more: raise --upload-mib")


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "http://evil.example"}, {"Origin": "null"}]
)
def test_another_sites_page_cannot_send_a_file(client, service, headers):
    answer = client.post("/api/import?name=bowl.h5", data=as_the_public_code_does(5, 5)[0], headers=headers)
    assert answer.status_code == 403
    assert service.shelf is None


LINE = np.linspace(-1, 1, 9)


def shown_on_profile(service, run, **more):
    return charts.found(service, ProfileState(models=(run,), **more))


@pytest.mark.parametrize(
    ("content", "curves", "accuracies"),
    [
        (hdf5(xcoordinates=LINE, train_loss=LINE**2 + 1, test_loss=LINE**2 + 2), ["train loss", "test loss"], False),
        (hdf5(xcoordinates=LINE, train_loss=LINE**2 + 1, train_acc=50 - LINE), ["train loss", "train accuracy"], True),
        (hdf5(xcoordinates=LINE, test_acc=50 - LINE), ["test accuracy"], True),
        (npz(alpha=LINE, loss=LINE**2 + 1), ["loss", "accuracy"], False),
        (b"x,loss\n0,1\n0.5,2\n1,\n", ["loss", "accuracy"], False),
    ],
)
def test_a_curve_is_drawn_on_profile(service, content, curves, accuracies):
    run = service.take_in("line", content)
    shown = shown_on_profile(service, run)
    (chart,) = shown.charts
    assert (shown.problems, chart.kind, chart.note.startswith("imported · line")) == ((), "line", True)
    rows = [[service.snapshot(survey) for survey in row] for row in chart.rows]
    figure = line(rows, Style())
    go.Figure(json.loads(json.dumps(figure, allow_nan=False)))
    assert set(curves) <= {trace["name"] for trace in figure["data"]}
    for trace in figure["data"]:
        if trace["name"].endswith("accuracy"):
            assert np.isfinite(array(trace["y"])).any() == accuracies


def test_a_curve_lacks_what_its_file_lacks_and_says_so(service):
    run = service.take_in("line.csv", b"x,loss\n0,1\n0.5,2\n1,\n")
    (chart,) = shown_on_profile(service, run).charts
    assert chart.note == "imported · line.csv · 1 of 3 points are not in the file"
    assert brief(service.cards()[-1]) == "curve of 3 · imported"
    service.watch("tab", chart.surveys)
    parts = [Part("line", chart.names, {}, chart.title, {})]
    assert "Absent: 1 of 3 points, of which the file has no value." in lines_caption.caption(service, parts)


def test_a_curve_is_no_surface_and_a_surface_no_curve(service, shot):
    run = service.take_in("line.npz", npz(alpha=LINE, loss=LINE**2))
    (problem,) = screen(service, ViewState(models=(run,))).problems
    assert problem.endswith(f"line is a curve of 9 points: open it on the page Profile (/profile/?models={run}).")
    (problem,) = shown_on_profile(service, shot.survey.run).problems
    assert "uneven is a surface of 5 × 5 points: open it on the page Explore (/?models=import:uneven)." in problem
    run = service.take_in("eig.npz", npz(alpha=LINE, max_eig=LINE**2))
    assert "is of losses or accuracies, eig has max_eig alone" in shown_on_profile(service, run).problems[0]


EIGENVALUES = {"min_eig": -HOLED, "max_eig": HOLED + 10}


@KINDS
@pytest.mark.parametrize(
    ("arrays", "asked", "drawn", "title"),
    [
        (EIGENVALUES, "loss", "min_eig", "smallest eigenvalue"),
        (EIGENVALUES, "max_eig", "max_eig", "largest eigenvalue"),
        ({"train_acc": 2 * HOLED + 20}, "loss", "accuracy", "accuracy"),
        ({"train_acc": 2 * HOLED + 20}, "slope", "accuracy", "accuracy"),
        ({"train_loss": HOLED, **EIGENVALUES}, "max_eig", "max_eig", "largest eigenvalue"),
        ({"train_loss": HOLED + 2}, "max_eig", "loss", "loss (log)"),
    ],
)
def test_a_surface_shows_what_it_has_in_place_of_what_is_asked(service, kind, arrays, asked, drawn, title):
    run = service.take_in("s.npz", npz(x=UNEVEN, y=UNEVEN, **arrays))
    (panel, *_) = screen(service, ViewState(models=(run,), quantity=asked)).panels
    style = Style.read(dict(parse_qsl(panel.style)))
    assert style.quantity == drawn
    assert ("for want of" in panel.meta) == (drawn != asked)
    shot = service.snapshot(service.imported(run, "train"))
    figure = kind(shot, style)
    go.Figure(json.loads(json.dumps(figure, allow_nan=False)))
    assert figure["layout"]["meta"]["bar"]["title"] == title
    assert figure["layout"]["meta"]["drawable"]
    wanted = shot.values(drawn)
    shown = told(figure)[..., {"loss": 0, "accuracy": 1}.get(drawn, 3)]
    np.testing.assert_allclose(shown, wanted, rtol=1e-6)
    assert ("loss <b>" in figure["data"][0]["hovertemplate"]) == ("train_loss" in arrays)
    assert shot.progress.nonfinite == 0


def test_a_network_asked_for_eigenvalues_shows_its_loss_and_says_so(service):
    (panel, *_) = screen(service, ViewState(models=("resnet20",), quantity="max_eig")).panels
    assert panel.meta.endswith("loss, for want of the largest eigenvalue")
    assert "quantity=loss" in panel.style


@KINDS
def test_scattered_points_say_how_many_they_are_and_never_wait(service, kind):
    sparse = np.full((5, 5), -1.0)
    sparse[::2, ::2] = 1.5
    run = service.take_in("s.h5", hdf5(xcoordinates=UNEVEN, ycoordinates=UNEVEN, train_loss=sparse))
    figure = kind(service.snapshot(service.imported(run, "train")), Style())
    (sentence,) = [note["text"] for note in figure["layout"]["annotations"] if "points" in note["text"]]
    assert sentence.startswith("9 of 25 points have a value in this file, and no four of them")
    assert "Waiting" not in json.dumps(figure)


def test_a_caption_says_how_many_points_a_file_lacks(service, shot):
    assert facts.left_out(shot) == "1 of 25 points, of which the file has no value"
    run = service.take_in("nan.npz", npz(x=UNEVEN, y=UNEVEN, loss=np.where(HOLED < 1, np.nan, HOLED)))
    words = facts.left_out(service.snapshot(service.imported(run, "")))
    assert words == f"{(HOLED < 1).sum()} points whose loss is NaN or infinite"


def test_what_was_made_of_a_file_stands_on_its_card(service):
    service.take_in("s.csv", b"alpha,beta,loss,acc\n0,0,1,0.5\n0,1,2,1\n1,0,3,0.25\n1,1,4,0\n1,1,4,0\n")
    card = service.cards()[-1]
    assert card.notes == (
        "1 row repeats a point with the same values.",
        "The accuracy goes from 0 to 1 and was taken as a share: if that is wrong, import the file again with "
        "--accuracy percent.",
    )
    assert all(note in details(card) for note in card.notes)


def test_an_accuracy_has_no_minima_of_the_loss(service):
    run = service.take_in("s.npz", npz(x=UNEVEN, y=UNEVEN, train_acc=2 * HOLED + 20))
    shot = service.snapshot(service.imported(run, "train"))
    assert surface(shot, Style("accuracy"))["layout"]["meta"]["minima"] is None
    assert len(surface(shot, Style("accuracy"))["data"]) == 2  # the skin and the network


def test_a_curve_has_no_epochs_to_choose_from():
    from viewer.pages.profile import end_values

    assert end_values(None, ("import:line",)) == (True, "", "", [], None)
