import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewer.pages.wiring import controls_of, state_of
from viewer.state import (
    HEIGHTS,
    MAX_SEED,
    NORMS,
    POINTS,
    PRECISIONS,
    QUANTITIES,
    SAMPLES,
    SPANS,
    SPLITS,
    STATISTICS,
    TOLERANCES,
    VIEWS,
    Opened,
    ViewState,
)
from viewer.theme import PALETTES

RUNS = st.text("abcxyz0123456789_-.éß &=#%+", min_size=1, max_size=12)
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
    statistic=st.sampled_from(STATISTICS),
    marks=st.sampled_from(["on", "off"]),
    colours=st.sampled_from(list(PALETTES)),
    quantity=st.sampled_from(QUANTITIES),
    height=st.sampled_from(HEIGHTS),
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
        ("range=nan", "The link's range should be one of 0.25, 0.5"),
        ("samples=0", "The link's samples should be one of 64"),
        ("seed=-1", "The link's seed should be a whole number up to 2147483647, got '-1'"),
        ("seed=99999999999", "whole number"),
        ("view=<script>", "should be one of surface, contour, both, numbers, got '<script>'"),
        ("models=a,b,c,d,e", "At most 4 models stand side by side, the link names 5"),
        ("colour=red", "unknown part 'colour'"),
    ],
)
def test_a_bad_value_is_a_sentence_and_the_default(search, sentence):
    reading = ViewState.read(search)
    assert reading.state == ViewState()
    (problem,) = reading.problems
    assert sentence in problem


@pytest.mark.parametrize("span", SPANS)
@pytest.mark.parametrize("points", POINTS)
def test_a_lattice_spans_the_range_about_the_origin(span, points):
    lattice = ViewState(span=span, points=points).lattice()
    assert lattice.coordinates("x")[[0, -1]].tolist() == [-span, span]
    assert 0 in lattice.coordinates("y")
    assert points / 2 < lattice.shape[0] < points * 2


def test_a_fifth_model_takes_the_place_of_the_one_opened_longest_ago():
    opened = Opened()
    for run in "abcde":
        opened = opened.toggled(run)
    assert opened == Opened(("e", "b", "c", "d"), ("b", "c", "d", "e"))
    assert opened.toggled("f") == Opened(("e", "f", "c", "d"), ("c", "d", "e", "f"))
    assert opened.toggled("c").toggled("b") == Opened(("e", "d"), ("d", "e"))
