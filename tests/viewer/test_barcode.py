"""Bars from minima to saddles: in closed form, on every scale, and told in words."""

from dataclasses import replace

import numpy as np
import plotly.graph_objects as go
import pytest

from compute.minima import NOISE
from compute.snapshot import JobState
from tests.compute.test_minima import wells
from tests.viewer.cases import snapshot
from tests.viewer.test_caption import CARD
from viewer.caption import Subject, caption
from viewer.figures.barcode import BAR, MOST, NONE, WAITING, barcode
from viewer.figures.style import Style
from viewer.state import DEPTHS, ViewState

LOW, SHALLOW, PASS = wells(-0.5, 0), wells(0.5, 0), wells(0, 0)


def done(law=wells, z=None):
    shot = snapshot(law)
    field = None if z is None else np.full(shot.loss.shape, z)
    return replace(shot, progress=replace(shot.progress, state=JobState.DONE), z=field)


def ends(bars):
    return np.array(bars["base"]), np.array(bars["base"]) + np.array(bars["x"])


def test_bars_go_from_minima_to_saddles_and_the_lowest_to_the_end_of_the_axis():
    figure = barcode(done(), Style(height="linear"))
    go.Figure(figure)
    low, high = ends(figure["data"][0])
    assert low == pytest.approx([LOW, SHALLOW])
    assert high == pytest.approx([figure["layout"]["xaxis"]["range"][1], PASS])
    assert high[0] > PASS


def test_on_a_logarithmic_scale_the_ends_are_logarithms_and_below_zero_there_is_none():
    low, high = ends(barcode(done(), Style())["data"][0])
    assert (low[1], high[1]) == pytest.approx((np.log10(SHALLOW), np.log10(PASS)))
    below = barcode(done(lambda a, b: wells(a, b) - 5), Style())
    low, high = ends(below["data"][0])
    assert (low[1], high[1]) == pytest.approx((SHALLOW - 5, PASS - 5))
    assert below["layout"]["xaxis"]["title"]["text"] == "loss, from minimum to saddle"


def test_a_bar_says_where_it_begins_and_ends_and_links_to_the_map():
    figure = barcode(done(z=4.5), Style())
    bars, *_, link, targets = figure["data"]
    assert figure["layout"]["meta"]["readings"] == [
        "Minimum at α −0.5, β 0: loss 0.05; no saddle leads lower.",
        "Minimum at α 0.5, β 0: loss 0.55; saddle at α 0, β 0: loss 1.3; depth 0.75, 4.5 standard errors, above noise.",
    ]
    assert bars["customdata"] == targets["customdata"] == [0, 1]
    assert targets["x"] == [-0.5, 0.5]
    assert figure["layout"]["meta"]["places"] == [[[-0.5, 0.0]], [[0.5, 0.0], [0.0, 0.0]]]
    assert (link["x"], link["xaxis"]) == ([], "x2")


@pytest.mark.parametrize(("z", "strong"), [(None, [True, True]), (NOISE, [True, True]), (2.9, [True, False])])
def test_bars_that_noise_may_have_made_are_grey(z, strong):
    figure = barcode(done(z=z), Style())
    assert figure["data"][0]["marker"]["color"] == [BAR[one] for one in strong]
    assert ("Grey bars" in figure["layout"]["meta"]["words"]) == (not all(strong))


@pytest.mark.parametrize(("depth", "kept"), [(0.0, 2), (0.75, 2), (0.8, 1)])
def test_bars_shorter_than_the_threshold_are_faint_and_not_marked_on_the_map(depth, kept):
    figure = barcode(done(z=9.0), Style(depth=depth))
    assert sum(opacity == 1 for opacity in figure["data"][0]["marker"]["opacity"]) == kept
    assert len(figure["data"][2]["marker"]["color"]) == kept
    said = f"2 minima, 2 above sampling noise; {kept} at least {depth:g} deep. Points lie 0.125 apart."
    assert figure["layout"]["meta"]["words"] == (said if depth else said.replace(f"; {kept} at least 0 deep", ""))


def test_of_very_many_minima_the_deepest_are_drawn_and_the_words_say_so():
    box = done(lambda a, b: 3 - np.cos(8 * np.pi * a) - np.cos(8 * np.pi * b) + 0.01 * a * b)
    figure = barcode(box, Style())
    assert len(figure["data"][0]["y"]) == MOST
    assert figure["layout"]["meta"]["words"].startswith("81 minima, the 60 deepest drawn. ")


def test_before_the_surface_is_finished_there_are_no_bars_and_a_sentence_instead():
    figure = barcode(snapshot(tiles=2), Style())
    assert (figure["data"], figure["layout"]["meta"]["words"]) == ([], WAITING)
    assert not figure["layout"]["meta"]["drawable"]
    empty = barcode(done(lambda a, b: np.nan * a), Style())
    assert (empty["data"], empty["layout"]["meta"]["words"]) == ([], NONE)


def test_the_threshold_is_part_of_the_link_and_of_the_caption():
    assert ViewState.read("?depth=0.3").state.depth == 0.3
    assert "depth" not in ViewState().query()
    assert DEPTHS[0] == 0

    words = caption([Subject(CARD, done(z=2.0), Style(depth=0.3), 1437)])
    assert (
        "Local minima of the loss: 2, 1 above sampling noise (the lowest, and those at least 3 standard errors below "
        "their saddle over the same 256 images), among points 0.125 apart; marked are the 2 that are at least 0.3 "
        "deep."
    ) in words
