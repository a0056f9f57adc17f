from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compute.lattice import MAX_REACH
from viewer.address import MAX_SEED, NARROWEST, SWITCH, reachable, window
from viewer.pages.wiring import controls_of, state_of
from viewer.state import (
    AUTO_HEIGHT,
    CAPS,
    COMPARISONS,
    HEIGHTS,
    LEVELS,
    LOOKS,
    NORMS,
    POINTS,
    PRECISIONS,
    QUANTITIES,
    SAMPLES,
    SCALES,
    SEEDS,
    SPANS,
    SPLITS,
    STATISTICS,
    TOLERANCES,
    VIEWS,
    ViewState,
)
from viewer.theme import PALETTES

RUNS = st.text("abcxyz0123456789_-.éß &=#%+", min_size=1, max_size=12)
WINDOWS = st.lists(st.integers(-2048, 2048).map(lambda step: step / 256), min_size=4, max_size=4).map(window)
STATES = st.builds(
    ViewState,
    models=st.lists(RUNS, unique=True, max_size=4).map(tuple),
    view=st.sampled_from(VIEWS),
    points=st.sampled_from(POINTS),
    span=st.sampled_from(SPANS),
    samples=st.sampled_from(SAMPLES),
    split=st.sampled_from(SPLITS),
    seed=st.integers(0, MAX_SEED),
    norm=st.sampled_from(NORMS),
    precision=st.sampled_from(PRECISIONS),
    tolerance=st.sampled_from(TOLERANCES),
    statistic=st.sampled_from(STATISTICS) | st.integers(0, 999).map("class:{}".format),
    marks=st.sampled_from(SWITCH),
    colours=st.sampled_from(list(PALETTES)),
    quantity=st.sampled_from(QUANTITIES),
    height=st.sampled_from((AUTO_HEIGHT, *HEIGHTS)),
    cap=st.sampled_from(CAPS),
    levels=st.sampled_from(LEVELS),
    smoothing=st.sampled_from(SWITCH),
    wireframe=st.sampled_from(SWITCH),
    look=st.sampled_from(LOOKS),
    floor=st.sampled_from(SWITCH),
    scale=st.sampled_from(SCALES),
    compare=st.sampled_from(COMPARISONS),
    window=st.none()
    | st.lists(st.integers(-8 * 256, 8 * 256).map(lambda step: step / 256), min_size=4, max_size=4).map(window),
    solo=RUNS | st.just(""),
)


@given(STATES)
def test_a_state_survives_the_address(state):
    reading = ViewState.read("?" + state.query())
    assert reading.state == state
    assert reading.problems == ()


@given(STATES)
def test_a_state_survives_the_controls(state):
    assert state_of(state.models, controls_of(state)) == state


@given(st.text(max_size=60))
def test_no_address_is_too_strange_to_read(search):
    ViewState.read("?" + search)


@pytest.mark.parametrize(
    ("search", "sentence"),
    [
        ("points=12", "The link's points should be one of 9, 17, 33, 65, 129, 257, got '12'"),
        (
            "statistic=class:-1",
            "tempered:0.1, class:LABEL, got 'class:-1'",
        ),
        ("range=nan", "The link's range should be one of 0.25, 0.5"),
        ("samples=0", "The link's samples should be one of 64"),
        ("seed=-1", "The link's seed should be a whole number up to 2147483647, got '-1'"),
        ("seed=99999999999", "whole number"),
        ("view=<script>", "should be one of surface, contour, both, numbers, seeds, got '<script>'"),
        ("models=a,b,c,d,e", "At most 4 models stand side by side, the link names 5"),
        ("colour=red", "unknown part 'colour'"),
        ("camera=1,2", "A camera should be degrees round, degrees up and a distance, as in -64,37,1, got '1,2'"),
        ("camera=nan,1,1", "the first view is shown"),
        ("window=1,2,3", "The link's window should be four numbers, as in -1,1,-1,1, got"),
        ("window=1,2,3,nan", "The link's window should be four numbers"),
    ],
)
def test_a_bad_value_is_a_sentence_and_the_default(search, sentence):
    reading = ViewState.read(search)
    assert reading.state == ViewState()
    (problem,) = reading.problems
    assert sentence in problem


@pytest.mark.parametrize(("text", "kept"), [("20,60,2", "20,60,2"), ("20,-60,2", "20,3,2"), ("740,89,100", "20,85,6")])
def test_a_link_says_where_one_looks_from_and_that_is_above_the_floor(text, kept):
    state = ViewState.read(f"models=vgg&camera={text}").state
    assert state.camera == kept
    assert ViewState.read(state.query()).state == state


@pytest.mark.parametrize("span", SPANS)
@pytest.mark.parametrize("points", POINTS)
def test_a_lattice_spans_the_range_about_the_origin(span, points):
    lattice = ViewState(span=span, points=points).lattice()
    assert lattice.coordinates("x")[[0, -1]].tolist() == [-span, span]
    assert 0 in lattice.coordinates("y")
    assert points / 2 < lattice.shape[0] < points * 2


ENDS = st.lists(st.floats(-1e9, 1e9), min_size=4, max_size=4)


@given(ENDS, st.sampled_from(POINTS))
def test_any_window_can_be_looked_at_and_the_lattice_covers_what_of_it_can_be_reached(ends, points):
    looked = window(ends)
    assert looked[0] < looked[1]
    low, high, bottom, top = reachable(looked)
    assert -8 <= low < high <= 8
    assert high - low >= NARROWEST * (1 - 1e-9)
    assert (low, high) == looked[:2] or max(abs(looked[0]), abs(looked[1])) > 8 - NARROWEST
    lattice = ViewState(window=looked, points=points).lattice()
    for axis, inside in (("x", (low, high)), ("y", (bottom, top))):
        first, last = lattice.coordinates(axis)[[0, -1]]
        assert first <= inside[0] <= inside[1] <= last


def test_zooming_in_raises_the_level_and_a_small_pan_keeps_the_lattice():
    half, quarter = (ViewState(window=(0.0, width, 0.0, width)).lattice() for width in (0.5, 0.25))
    assert quarter.level == half.level + 1
    assert ViewState(window=(0.01, 0.24, 0.0, 0.25)).lattice() == quarter
    deepest = ViewState(window=(0.3, 0.3001, 0.3, 0.3001)).lattice()
    assert deepest.level == 12


def test_the_same_view_of_other_seeds_is_coarse_and_whole():
    views = ViewState(seed=2, points=129, window=(0.0, 0.5, 0.0, 0.5)).neighbours()
    assert [view.seed for view in views] == list(range(2, 2 + SEEDS))
    assert {view.lattice().shape for view in views} == {(33, 33)}
    assert len({view.seed for view in ViewState(seed=MAX_SEED).neighbours()}) == SEEDS


@pytest.mark.parametrize("span", SPANS)
def test_every_range_up_to_what_axes_reach_is_a_lattice_at_every_resolution(span):
    found = ViewState.read(f"?range={span:g}").state
    assert found.span == span
    for points in POINTS:
        x = replace(found, points=points).lattice().coordinates("x")
        assert (x[0], x[-1]) == (-span, span)
    assert max(SPANS) == MAX_REACH
