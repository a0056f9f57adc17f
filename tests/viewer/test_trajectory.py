import io
import json
import re
from base64 import b64encode
from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from compute.lattice import MAX_LEVEL
from compute.snapshot import JobState
from compute.specs import RandomPlane, ThroughPlane, TrajectoryPlane
from tests.processes import until
from viewer.address import MAX_SEED, SWITCH
from viewer.course import beneath, course, dropped
from viewer.drawing import drawn
from viewer.figures.contour import contour
from viewer.figures.paths import axis_titles, with_paths
from viewer.figures.style import Style
from viewer.figures.surface import surface
from viewer.pages.bound import values
from viewer.pages.trajectory_wiring import CONTROLS, SCREEN_OUTPUTS, outputs_of, state_of
from viewer.standalone import player
from viewer.state import CAPS, COLOURS, HEIGHTS, LEVELS, POINTS, PRECISIONS, SAMPLES, SPLITS, TOLERANCES
from viewer.trajectory_screen import trajectory_screen, walkers
from viewer.trajectory_state import MARGINS, PLANES, READERS, VIEWS, TrajectoryState

NAMES = st.text("abcxyz0123456789_-.@", max_size=12)
STATES = st.builds(
    TrajectoryState,
    models=st.lists(NAMES.filter(bool), unique=True, max_size=8).map(tuple),
    view=st.sampled_from(VIEWS),
    plane=st.sampled_from(PLANES),
    skip=st.integers(0, MAX_SEED),
    ignore=st.sampled_from(SWITCH),
    second=NAMES,
    third=NAMES,
    seed=st.integers(0, MAX_SEED),
    margin=st.sampled_from(MARGINS),
    points=st.sampled_from(POINTS),
    samples=st.sampled_from(SAMPLES),
    split=st.sampled_from(SPLITS),
    precision=st.sampled_from(PRECISIONS),
    tolerance=st.sampled_from(TOLERANCES),
    colours=st.sampled_from(COLOURS),
    height=st.sampled_from(HEIGHTS),
    cap=st.sampled_from(CAPS),
    levels=st.sampled_from(LEVELS),
    seen=st.lists(st.integers(1, 300), max_size=8).map(tuple),
    at=st.integers(0, 300).map(str) | st.just(""),
)


@given(STATES)
def test_a_state_survives_its_address_and_the_components(state):
    assert TrajectoryState.read("?" + state.query()) == type(TrajectoryState.read(""))(state, ())
    assert state_of(state.models, values(CONTROLS, state)) == state


def test_every_field_is_read_and_bound():
    names = {field.name for field in fields(TrajectoryState)}
    assert set(READERS) == names
    assert {bound.field for bound in CONTROLS} == names - {"models", "camera"}  # which assets/view.js keeps


def test_only_runs_of_two_checkpoints_or_more_have_a_trajectory(service):
    assert {card.run for card in walkers(service)} == set(service.lengths)


STATE = TrajectoryState(models=("vgg9",), points=9)


def finished(service, state=STATE):
    shown = trajectory_screen(service, state)
    assert shown.problems == ()
    service.watch("test", shown.surveys)
    until(lambda: all(service.snapshot(survey).progress.state == "done" for survey in shown.surveys), seconds=20)
    return shown


def test_the_plane_is_spanned_by_all_checkpoints_of_the_chosen_runs_after_those_skipped(service):
    shown = trajectory_screen(service, TrajectoryState(models=("resnet56", "resnet20"), skip=10, ignore="on"))
    plane = shown.survey.query.plane
    assert [(model.run, model.step) for model in plane.checkpoints] == [
        *(("resnet56", epoch) for epoch in (10, 15, 20)),
        *(("resnet20", epoch) for epoch in (10, 15, 20, 25)),
    ]
    assert plane.ignore == "biasbn"
    assert shown.survey.query.model.step == 20  # the first run's final weights


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        (replace(STATE, skip=30), "needs 2 checkpoints at least, after the first 30 epochs there are 1: skip fewer"),
        (replace(STATE, plane="through", second="vgg9@7"), "checkpoints of the chosen runs, got 'vgg9@7'"),
        (
            replace(STATE, plane="through", third="vgg9@0"),
            "three different checkpoints, got VGG-9 after epoch 30, VGG-9 after epoch 0 and VGG-9 after epoch 0",
        ),
        (replace(STATE, models=("nobody",)), "Unknown run 'nobody'"),
    ],
)
def test_what_cannot_be_shown_is_a_sentence(service, state, sentence):
    shown = trajectory_screen(service, state)
    assert sentence in shown.problems[0]
    assert shown.survey is None


def test_a_plane_goes_through_named_checkpoints_or_is_random(service):
    plane = trajectory_screen(service, replace(STATE, plane="through", second="vgg9@5")).survey.query.plane
    assert isinstance(plane, ThroughPlane)
    assert (plane.second.step, plane.third.step) == (5, 15)
    assert trajectory_screen(service, replace(STATE, plane="random", seed=3)).survey.query.plane == RandomPlane(seed=3)


def test_a_run_that_grows_keeps_its_plane_until_it_is_fitted_again(service):
    before = trajectory_screen(service, STATE)
    service.lengths["vgg9"] += 2
    try:
        grown = trajectory_screen(service, replace(STATE, seen=before.seen))
        refitted = trajectory_screen(service, STATE)
    finally:
        service.lengths["vgg9"] -= 2
    assert grown.grown
    assert grown.survey.query == before.survey.query  # the plane, and the network in its middle
    assert len(json.loads(grown.epochs)[0]) == 9
    assert not refitted.grown
    assert len(refitted.survey.query.plane.checkpoints) == 9


def test_looking_whether_a_training_has_gone_on_bears_a_run_that_there_is_not(client):
    asked = {
        "output": "grew.data",
        "outputs": {"id": "grew", "property": "data"},
        "inputs": [{"id": "tick", "property": "n_intervals", "value": 1}],
        "changedPropIds": ["tick.n_intervals"],
        "state": [
            {"id": "runs", "property": "data", "value": ["vgg9", "nobody"]},
            {"id": "grew", "property": "data", "value": None},
        ],
    }
    answer = client.post("/trajectory/_dash-update-component", json=asked)
    assert answer.status_code == 200
    assert answer.get_json()["response"] == {"grew": {"data": [7, 0]}}


def test_a_link_of_a_longer_training_spans_the_plane_by_all_there_is(service):
    linked = trajectory_screen(service, replace(STATE, seen=(40,)))
    assert linked.survey.query == trajectory_screen(service, STATE).survey.query
    assert (linked.seen, linked.grown) == ((7,), False)


@pytest.mark.parametrize("view", ["contour", "apart"])
def test_a_training_without_a_checkpoint_is_a_sentence(service, view, monkeypatch):
    monkeypatch.setitem(service.lengths, "vgg9", 0)
    shown = trajectory_screen(service, replace(STATE, view=view))
    assert shown.problems == ("A trajectory needs checkpoints, VGG-9 has none yet: wait for the first.",)


def test_a_course_holds_each_checkpoints_own_loss_and_that_of_the_plane_beneath_it(service):
    shown = finished(service)
    (walk,) = course(service, shown.survey, ["vgg9"]).walks
    own = service.snapshot(service.own(service.steps("vgg9")[0], "train", 256)).loss[0, 0]
    assert walk.own.tolist() == [own] * 7  # the fake's landscapes know no checkpoints
    law = dict(zip(walk.epochs, walk.plane, strict=True))
    assert law[30] == pytest.approx(own)  # the last checkpoint is the origin
    assert (np.diff(walk.plane) < 0).all()
    for survey, x, y in zip(beneath(shown.survey.query, walk.track), walk.track.x, walk.track.y, strict=True):
        assert survey.lattice.coordinates("x")[0] == pytest.approx(x, abs=2.0 ** -(MAX_LEVEL + 1))
        assert survey.lattice.coordinates("y")[0] == pytest.approx(y, abs=2.0 ** -(MAX_LEVEL + 1))


def test_a_drop_is_marked_at_the_last_checkpoint_before_it():
    assert dropped((None, None), (3.0,)) == ()
    assert dropped((2, 4), (1.0, 3.0, 9.0)) == (0,)


@pytest.mark.parametrize("kind", ["contour", "surface", "losses", "distances"])
def test_the_marked_epoch_is_a_trace_that_knows_where_it_may_go(service, kind):
    shown = finished(service)
    figure = drawn(service, kind, shown.survey.id, {"tracks": "vgg9:7"})
    (now,) = [trace for trace in figure["data"] if trace.get("meta", {}).get("now")]
    assert now["meta"]["epochs"] == [[0, 5, 10, 15, 20, 25, 30]]
    assert all(len(now["meta"][axis][0]) == 7 for axis in "xyz" if axis in now["meta"])
    assert now["x"] == [now["meta"]["x"][0][-1]]
    assert figure["layout"]["meta"]["version"] >= service.snapshot(shown.survey).progress.version


def test_a_path_lies_above_the_veil_of_what_is_not_computed(service):
    known = service.snapshot(finished(service).survey)
    half = np.arange(known.known.shape[1]) < known.known.shape[1] // 2
    progress = replace(known.progress, state=JobState.RUNNING)
    growing = replace(known, known=known.known & half, interpolated=known.interpolated & half, progress=progress)
    figure = with_paths(contour(growing, Style()), growing, course(service, known.survey, ["vgg9"]), Style())
    assert figure["layout"]["images"] == []
    (veil,) = [place for place, trace in enumerate(figure["data"]) if trace.get("fill") == "toself"]
    assert veil < min(
        place
        for place, trace in enumerate(figure["data"])
        if "meta" in trace or trace.get("hovertemplate", "").startswith("epoch")
    )
    assert figure["data"][0]["type"] == "contour"


def test_a_map_without_a_loss_shows_where_the_checkpoints_lie(service):
    shown = trajectory_screen(service, STATE)
    service.watch("test", [shown.survey])
    service.cancel(shown.survey.id)
    known = service.snapshot(shown.survey)
    blank = replace(known, loss=np.full_like(known.loss, np.nan), known=np.zeros_like(known.known))
    trodden = course(service, shown.survey, ["vgg9"])
    figure = with_paths(contour(blank, Style()), blank, trodden, Style())
    (path,) = [trace for trace in figure["data"] if trace.get("hovertemplate")]
    assert (path["x"], path["y"]) == (trodden.walks[0].track.x.tolist(), trodden.walks[0].track.y.tolist())
    assert all(figure["layout"][axis]["visible"] and figure["layout"][axis]["range"] for axis in ("xaxis", "yaxis"))
    assert [note["y"] for note in figure["layout"]["annotations"]] == [0.02]
    flat = with_paths(surface(blank, Style()), blank, trodden, Style())
    assert [trace["type"] for trace in flat["data"]] == ["surface"]


def test_norms_of_the_checkpoints_are_those_of_their_parameters_and_marked_like_everything(service):
    shown = trajectory_screen(service, replace(STATE, models=("resnet20", "resnet56")))
    drawing = shown.figures["lengths"]
    assert (drawing.address.partition("?")[0], drawing.sources) == ("lengths/resnet20:6,resnet56:5", "")
    *lines, now = drawn(service, "lengths", "resnet20:6,resnet56:5", {})["data"]
    for line, run, place in zip(lines, ("resnet20", "resnet56"), (0, 1), strict=True):
        assert line["y"] == now["meta"]["y"][place] == service.norms(run).norms.tolist()
        assert line["x"] == now["meta"]["epochs"][place] == list(service.norms(run).steps)
        assert line["marker"]["size"][2] > line["marker"]["size"][3]  # where the learning rate fell
    assert now["y"] == [line["y"][-1] for line in lines]


@pytest.mark.parametrize("kind", ["contour", "surface"])
def test_a_saved_figure_tells_whose_paths_it_shows(service, kind):
    state = replace(STATE, models=("resnet20", "resnet56"))
    shown, tracks = finished(service, state), "resnet20:6,resnet56:5"
    (note,) = drawn(service, kind, shown.survey.id, {"tracks": tracks, "names": "1"})["layout"]["annotations"]
    assert re.sub("<span.*?</span> ", "", note["text"]) == "ResNet-20<br>ResNet-56"
    assert drawn(service, kind, shown.survey.id, {"tracks": tracks})["layout"]["annotations"] == []


def test_a_path_lies_just_above_its_surface(service):
    shown = finished(service)
    figure = drawn(service, "surface", shown.survey.id, {"tracks": "vgg9:7", "height": "linear"})
    now = figure["data"][-1]["meta"]
    walk = course(service, shown.survey, ["vgg9"]).walks[0]
    above = np.array(now["z"][0]) - walk.plane
    limits = figure["layout"]["scene"]["zaxis"]["range"]
    assert np.abs(above).max() < 0.06 * (limits[1] - limits[0])  # between the points of a coarse lattice
    assert above[-1] > 0


def test_axes_say_what_they_are(service):
    shown = trajectory_screen(service, STATE)
    found = course(service, shown.survey, ["vgg9"]).trajectory
    assert isinstance(found.plane, TrajectoryPlane)
    assert axis_titles(found) == ("PC 1: 71 % of the variance", "PC 2: 19 % of the variance")
    first, second = service.steps("vgg9")[:2]
    assert axis_titles(replace(found, plane=ThroughPlane(first, second))) == (
        "α, to vgg9 after epoch 0",
        "β, to vgg9 after epoch 5",
    )
    assert "random" in axis_titles(replace(found, plane=RandomPlane()))[0]


def test_components_have_bars_and_other_planes_say_how_little_they_see(service):
    shown = finished(service)
    (bars,) = drawn(service, "scree", shown.survey.id, {"tracks": "vgg9:7"})["data"]
    assert bars["y"] == pytest.approx([71, 19, 6, 4])
    shown = finished(service, replace(STATE, plane="random"))
    figure = drawn(service, "scree", shown.survey.id, {"tracks": "vgg9:7"})
    assert "This plane sees 96 %<br>of the squared distances" in figure["layout"]["annotations"][0]["text"]


def test_side_by_side_each_run_has_its_own_plane_and_may_be_of_another_kind(service):
    shown = trajectory_screen(service, TrajectoryState(models=("vgg9", "mlp"), view="apart"))
    assert [survey.query.plane.checkpoints[0].run for survey in shown.surveys[:2]] == ["vgg9", "mlp"]
    assert [drawing.title for drawing in shown.apart] == ["VGG-9", "MLP, two layers"]


@pytest.mark.parametrize("state", [TrajectoryState(), STATE, replace(STATE, view="apart")])
def test_the_screen_fills_its_outputs(service, state):
    shown = trajectory_screen(service, state)
    assert len(outputs_of(state, shown)) == len(SCREEN_OUTPUTS)


def test_a_small_map_names_its_axes_shortly(service):
    shown = finished(service)
    figure = drawn(service, "contour", shown.survey.id, {"tracks": "vgg9:7", "small": "1", "place": "3"})
    assert figure["layout"]["xaxis"]["title"]["text"] == "PC 1: 71 %"


def test_a_table_tells_where_the_checkpoints_lie_and_what_they_lose(service, client):
    shown = finished(service)
    text = client.get(f"/api/track/{shown.survey.id}/csv?tracks=vgg9:7").get_data(as_text=True)
    header, *rows = [line for line in text.splitlines() if not line.startswith("#")]
    assert header.split(",")[-3:] == ["loss", "loss_error", "plane_loss"]
    walk = course(service, shown.survey, ["vgg9"]).walks[0]
    assert [float(row.split(",")[-1]) for row in rows] == pytest.approx(walk.plane)
    assert [float(row.split(",")[-4]) for row in rows] == pytest.approx(service.norms("vgg9").norms)


def picture(colour):
    content = io.BytesIO()
    Image.new("RGB", (8, 6), colour).save(content, "PNG")
    return "data:image/png;base64," + b64encode(content.getvalue()).decode()


def test_a_film_shows_its_pictures_in_order_and_rests_at_the_last(client):
    answer = client.post("/api/film", json={"frames": [picture("red"), picture("blue")], "pace": 5})
    found = Image.open(io.BytesIO(answer.data))
    assert (found.format, found.n_frames, found.size, found.info["loop"]) == ("GIF", 2, (8, 6), 0)
    colours, durations = [], []
    for place in range(2):
        found.seek(place)
        colours.append(found.convert("RGB").getpixel((0, 0)))
        durations.append(found.info["duration"])
    assert colours == [(255, 0, 0), (0, 0, 255)]
    assert durations == [200, 1500]


@pytest.mark.parametrize("told", [{}, {"frames": [picture("red")], "pace": 99}, {"frames": ["data:,x"], "pace": 5}])
def test_what_is_no_film_is_refused_by_a_sentence(client, told):
    answer = client.post("/api/film", json=told)
    assert answer.status_code == 404
    assert answer.get_json()["error"].startswith("A film needs pictures")


def test_a_page_of_its_own_plays_what_it_shows_and_another_has_no_player(service):
    shown = finished(service)
    moving = drawn(service, "contour", shown.survey.id, {"tracks": "vgg9:7"})
    still = drawn(service, "contour", shown.survey.id, {})
    assert "atlas.film([[0.0, 5.0" in player(moving)
    assert player(still) == ""
