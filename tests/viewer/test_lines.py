import json
import re
from dataclasses import replace

import numpy as np
import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as some

from compute.lattice import Lattice
from compute.snapshot import JobState, Progress, Snapshot
from compute.specs import STATISTICS, Cut, DataRef, ModelRef, Query, RandomPlane, Segment, Survey
from compute.weighing import Histograms, Norms
from tests.viewer.test_figures import array
from viewer.figures.line import ROOM, band, coloured, line, margin
from viewer.figures.pens import pens, series
from viewer.figures.style import Style
from viewer.figures.weights import histograms, norms
from viewer.theme import SERIES

MODEL = ModelRef("run", "fake", (1, 8, 8), 10, "run", "run", 60)
LINE = Segment(replace(MODEL, run="other", digest="other"))
LINEAR = Style(height="linear")


def law(alpha):
    return 1 + alpha**2


def shot(split="train", plane=LINE, law=law, level=4, known=None, model=MODEL):
    """A curve whose points are known up to a level, all of them if None."""
    query = Query(model, DataRef("digits", split, 256), plane)
    asked = Survey(query, Lattice.spanning(level, (-0.5, 1.5)))
    found = Snapshot.empty(asked, Progress(asked.id, JobState.RUNNING, 0, asked.lattice.size, version=7))
    step = 1 if known is None else 2 ** (level - known)
    at = np.s_[:, ::step]
    found.loss[at] = law(asked.lattice.coordinates("x"))[None][at]
    found.accuracy[at], found.error[at], found.known[at] = np.exp(-found.loss[at]), 0.1, True
    return found


def curves(figure, name):
    return [trace for trace in figure["data"] if trace.get("name") == name and "fill" not in trace]


ROWS = {
    "one": [[shot()]],
    "both": [[shot()], [shot("test")]],
    "growing": [[shot(known=2)], [shot("test", known=None)]],
    "seeds": [[shot(plane=RandomPlane(seed), law=lambda a, s=seed: 1 + (a - s / 9) ** 2) for seed in range(3)]],
    "statistics": [[shot(split, replace(LINE, statistics=each))] for split in ("train", "test") for each in STATISTICS],
    "layers": [[shot(plane=replace(LINE, part=part))] for part in ("", "a", "b", "c", "d", "e")],
    "cut": [[shot(plane=Cut(RandomPlane(), (0.0, 0.0), (1.0, 0.5)))]],
    "nothing": [[shot(law=lambda a: a * np.nan)]],
    "gaps": [[shot(law=lambda a: np.where(a > 1, np.nan, 1 + a**2))]],
}


@pytest.mark.parametrize(
    "style", [Style(), LINEAR, Style(curves="loss", errors=True), Style(curves="accuracy", small=True)]
)
@pytest.mark.parametrize("name", ROWS)
def test_every_figure_is_one_that_plotly_knows_and_depends_on_its_snapshots_alone(name, style):
    figure = line(ROWS[name], style)
    go.Figure(json.loads(json.dumps(figure, allow_nan=False)))
    assert figure == line(ROWS[name], style)
    assert figure["layout"]["meta"]["drawable"] == bool(figure["data"]) == (name != "nothing")


def test_a_curve_is_the_losses_that_are_known_and_no_others():
    for known, count in ((2, 9), (None, 33)):
        (curve,) = curves(line([[shot(known=known)]], LINEAR), "train loss")
        alpha = np.linspace(-0.5, 1.5, count)
        np.testing.assert_allclose(array(curve["x"]), alpha)
        np.testing.assert_allclose(array(curve["y"]), 1 + alpha**2, rtol=1e-6)
        np.testing.assert_allclose(array(curve["customdata"])[:, 0], 1 + alpha**2, rtol=1e-6)


def test_logarithmic_curves_tell_the_loss_itself():
    (curve,) = curves(line([[shot()]], Style()), "train loss")
    np.testing.assert_allclose(10 ** array(curve["y"]), array(curve["customdata"])[:, 0], rtol=1e-5)


def test_what_is_not_a_number_is_a_gap_in_loss_and_accuracy():
    figure = line(ROWS["gaps"], LINEAR)
    for name in ("train loss", "train accuracy"):
        (curve,) = curves(figure, name)
        assert np.array_equal(np.isnan(array(curve["y"])), array(curve["x"]) > 1)


def test_a_loss_below_zero_is_a_gap_on_a_logarithmic_scale_and_itself_on_a_linear_one():
    row = [[shot(law=lambda alpha: alpha**2 - 1)]]
    for style, absent in ((Style(), lambda alpha: alpha**2 < 1), (LINEAR, lambda alpha: alpha > 9)):
        (curve,) = curves(line(row, style), "train loss")
        assert np.array_equal(np.isnan(array(curve["y"])), absent(array(curve["x"])))


def test_test_is_dashed_and_one_kind_of_line_has_the_colours_of_loss_and_accuracy():
    figure = line(ROWS["both"], LINEAR)
    dashes = {trace["name"]: (trace["line"]["dash"], trace["line"]["color"]) for trace in figure["data"]}
    assert dashes == {
        f"{split} {quantity}": (dash, colour)
        for split, dash in (("train", "solid"), ("test", "dash"))
        for quantity, colour in (("loss", SERIES[0]), ("accuracy", SERIES[1]))
    }


def test_several_kinds_are_told_apart_by_what_differs_and_show_one_quantity():
    figure = line(ROWS["statistics"], LINEAR)
    colours = {trace["name"]: trace["line"]["color"] for trace in figure["data"]}
    assert len(colours) == 6
    assert len(set(colours.values())) == 3
    assert "frozen, test loss" in colours
    assert not figure["layout"]["yaxis2"]["visible"]
    accuracies = line(ROWS["statistics"], Style(curves="accuracy"))
    assert all(trace["yaxis"] == "y2" for trace in accuracies["data"])
    assert not accuracies["layout"]["yaxis"]["visible"]


def test_many_kinds_have_colours_of_one_scale():
    found = pens([row[0] for row in ROWS["layers"]])
    assert [pen.kind for pen in found] == ["whole network", "a", "b", "c", "d", "e"]
    assert len({pen.loss for pen in found}) == 6 == len(set(series(6)))
    assert found[0].width > found[1].width


def test_seeds_are_their_mean_and_a_band_of_one_standard_deviation():
    figure = line(ROWS["seeds"], LINEAR)
    every = np.stack([one.loss[0] for one in ROWS["seeds"][0]])
    *faint, mean = curves(figure, "train loss")
    assert len(faint) == 3
    assert all(one["opacity"] < 0.5 for one in faint)
    np.testing.assert_allclose(array(mean["y"]), every.mean(axis=0), rtol=1e-6)
    np.testing.assert_allclose(array(mean["customdata"])[:, 1], every.std(axis=0, ddof=1), rtol=1e-5)


def test_the_standard_error_is_a_band_on_request():
    assert not [trace for trace in line(ROWS["one"], LINEAR)["data"] if "fill" in trace]
    (area,) = [trace for trace in line(ROWS["one"], Style(height="linear", errors=True))["data"] if "fill" in trace]
    x, y = array(area["x"]), array(area["y"])
    for at in (-0.5, 0.25, 1.5):
        assert sorted(y[x == at]) == pytest.approx([1 + at**2 - 0.1, 1 + at**2 + 0.1], rel=1e-6)


@given(some.lists(some.booleans(), min_size=1, max_size=20))
def test_a_band_covers_each_known_point_once_and_no_other(known):
    x, low = np.arange(len(known), dtype=float), np.where(known, 1.0, np.nan)
    area = band(x, low, low + 1, "#000000")
    places, heights = array(area["x"]), array(area["y"])
    assert sorted(places[heights == 1]) == sorted(places[heights == 2]) == x[known].tolist()


def test_the_page_is_told_the_numbers_of_each_kind():
    columns = line(ROWS["statistics"], LINEAR)["layout"]["meta"]["columns"]
    assert [column["name"] for column in columns] == [
        f"{each}, {split}" for split in ("train", "test") for each in STATISTICS
    ]
    told = {reading["name"]: reading["value"] for reading in columns[0]["readings"]}
    assert told == pytest.approx(
        {"Loss at 0": 1, "Curvature at 0": 2, "Sharpness at 0": 100 / 128, "Loss at 1": 2, "Curvature at 1": 2,
         "Sharpness at 1": 100 * (1.125**2 - 1) / 3, "Barrier": 0}
    )  # fmt: skip


def test_the_numbers_of_several_directions_are_their_mean_and_deviation():
    (column,) = line(ROWS["seeds"], LINEAR)["layout"]["meta"]["columns"]
    told = {reading["name"]: (reading["value"], reading["deviation"]) for reading in column["readings"]}
    losses = [1 + (seed / 9) ** 2 for seed in range(3)]  # each direction's own at 0
    assert told["Loss at 0"] == pytest.approx((np.mean(losses), np.std(losses, ddof=1)))
    assert told["Curvature at 0"] == pytest.approx((2, 0), abs=1e-9)
    assert told["Curvature at 0"][1] == 0  # which rounding alone is not
    partly = [[*ROWS["seeds"][0], shot(plane=RandomPlane(3), law=lambda a: np.where(a == 0, np.nan, 1))]]
    (column,) = line(partly, LINEAR)["layout"]["meta"]["columns"]
    assert [(reading["value"], reading["deviation"]) for reading in column["readings"]] == [(None, None)] * 3
    (alone,) = line(ROWS["one"], LINEAR)["layout"]["meta"]["columns"]
    assert all(reading["deviation"] is None for reading in alone["readings"])


def test_the_ends_of_a_line_are_marked_and_the_model_of_a_direction():
    for name, places in (("one", [0, 1]), ("cut", [0, 1]), ("seeds", [0])):
        assert [shape["x0"] for shape in line(ROWS[name], LINEAR)["layout"]["shapes"]] == places


def test_norms_are_drawn_over_epochs():
    found = [Norms("a", (0, 5, 10), np.array([1.0, 2.0, 4.0])), Norms("b", (0, None), np.array([3.0, 1.0]))]
    figure = norms(found, ["A", "B"], Style())
    assert [trace["name"] for trace in figure["data"]] == ["A", "B"]
    assert [trace["x"] for trace in figure["data"]] == [[0, 5, 10], [0, 1]]
    assert array(figure["data"][0]["y"]).tolist() == [1, 2, 4]
    assert len({trace["line"]["color"] for trace in figure["data"]}) == 2
    go.Figure(json.loads(json.dumps(figure, allow_nan=False)))


def test_histograms_share_their_axis():
    edges = np.linspace(-1, 1, 5)
    found = Histograms(edges, np.array([[0.1, 0.4, 0.4, 0.1], [0.25, 0.25, 0.25, 0.15]]), np.array([0.0, 0.1]))
    figure = histograms(found, ["a", "b"], Style())
    for trace, shares in zip(figure["data"], found.shares, strict=True):
        np.testing.assert_allclose(array(trace["x"]), [-0.75, -0.25, 0.25, 0.75])
        np.testing.assert_allclose(array(trace["y"]), 100 * shares, rtol=1e-6)
    assert figure["layout"]["xaxis"]["range"] == [-1, 1]
    assert "10.00 % beyond" in figure["data"][1]["hovertemplate"]
    go.Figure(json.loads(json.dumps(figure, allow_nan=False)))


@pytest.mark.parametrize("small", [True, False])
@pytest.mark.parametrize("count", [1, 2, 4])
def test_names_of_curves_find_room_above_their_figure(small, count):
    names = [(f"VGG-9, SGD, batches of {128 * 2**place}, weight decay 0.0005", "#000000") for place in range(count)]
    style = Style(small=small)
    note = coloured(names, ["train, test dashed"], style)
    lines = re.sub("<(?!br>)[^>]*>", "", note["text"]).split("<br>")
    assert max(map(len, lines)) <= ROOM[small]
    assert " ".join(" ".join(lines).split()) == " ".join([*(name for name, _ in names), "train, test dashed"])
    assert margin(note, style)["t"] >= 14 * len(lines)


def test_a_curve_looks_provisional_until_all_its_points_are_known():
    part, whole = shot(known=2), shot()
    whole = replace(whole, progress=replace(whole.progress, state=JobState.DONE, done=33))
    assert (whole.is_done, part.is_done) == (True, False)
    for name in ("loss", "accuracy"):
        (final,), (growing,) = (line([[one]], Style(curves=name))["data"] for one in (whole, part))
        assert (final["mode"], final.get("opacity", 1)) == ("lines", 1)
        assert growing["mode"] == "lines+markers"
        assert growing["opacity"] < 1
