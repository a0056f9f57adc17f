"""Contour maps can be read: enough bands, lines with their losses, a key for the marks, ticks that do not collide."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.viewer.cases import snapshot
from tests.viewer.test_figures import array
from viewer.figures.contour import KEY, contour
from viewer.figures.heights import heights, levels, scale
from viewer.figures.line_labels import APART, crossings, label
from viewer.figures.relief import relief
from viewer.figures.style import Style

HEIGHTS = st.sampled_from(["log", "linear"])
RANGES = [(0.45, 0.70), (0.004, 66500), (1e-8, 1e-7), (2.30, 2.31), (0.9, 1.1), (3, 900), (1e-5, 7), (40, 1e9), (0, 5)]


def lines_between(low, high, style):
    """The even lines strictly between the heights of two losses."""
    ends = heights(np.array([low, high], float), style)
    limits = scale(ends, style)
    found = levels(limits, style)
    return limits, found[1:-1][(found[1:-1] > ends[0]) & (found[1:-1] < ends[1])]


@pytest.mark.parametrize("height", ["log", "linear"])
@pytest.mark.parametrize(("low", "high"), RANGES)
def test_any_range_of_loss_has_ten_to_fifteen_bands(low, high, height):
    _, found = lines_between(low, high, Style(height=height))
    assert 9 <= len(found) <= 15, found


@given(st.floats(1e-7, 1e6), st.floats(1.02, 1e8), HEIGHTS)
@settings(max_examples=300)
def test_bands_and_ticks_of_any_range(low, factor, height):
    limits, found = lines_between(low, low * factor, Style(height=height))
    assert 9 <= len(found) <= 15, found
    places = limits.share(np.array(limits.ticks))
    assert 2 <= len(places) <= 10
    assert np.diff(places).min() > 0.07
    assert len(set(limits.labels)) == len(limits.labels)


@given(st.floats(0.01, 1e5), st.floats(0, 1))
@example(0.010000000000000002, 0.6875)
def test_no_tick_runs_into_that_of_the_cap(cap, share):
    style = Style(height="clipped", cap=cap)
    limits = scale(heights(np.array([share * cap, 10 * cap]), style), style)
    assert np.diff(limits.share(np.array(limits.ticks))).min() > 0.07
    assert 9 <= len(levels(limits, style)) - 1 <= 15


def uneven(a, b):
    return 0.5 + 0.2 * np.sin(2 * a + 0.5) * np.cos(b) + 0.05 * a


LAWS = [lambda a, b: 0.1 + a * a + b * b, uneven, lambda a, b: 10 ** (2 * a + b), lambda a, b: 1 + 0 * a]
STYLES = [Style(), Style(height="linear"), Style(height="clipped", cap=0.5), Style("accuracy"), Style(small=True)]


@pytest.mark.parametrize("style", STYLES, ids=lambda style: f"{style.quantity}-{style.height}-{style.small}")
@pytest.mark.parametrize("law", range(len(LAWS)))
def test_a_label_stands_on_its_line_and_tells_its_loss(law, style):
    shot = snapshot(LAWS[law])
    words = contour(shot, style)["data"][-2]
    found = relief(shot, style)
    lines = levels(found.limits, style)
    x, y = (shot.survey.lattice.coordinates(axis) for axis in "xy")
    at = np.stack([array(words["x"]), array(words["y"])], axis=-1)
    assert len(words["text"]) == len(at)
    for (alpha, beta), text in zip(at, words["text"], strict=True):
        column, row = np.interp(alpha, x, np.arange(len(x))), np.interp(beta, y, np.arange(len(y)))
        corner = np.s_[int(row + 1e-6) : int(row + 1e-6) + 2, int(column + 1e-6) : int(column + 1e-6) + 2]
        near = lines[(lines >= found.z[corner].min() - 1e-9) & (lines <= found.z[corner].max() + 1e-9)]
        said = [label(height, gap, style) for height in near for gap in np.diff(lines)]
        assert text in said
        value = float(text.removesuffix(" %").replace("−", "-")) / (100 if "%" in text else 1)
        losses = 10.0**near if style.logarithmic else near
        assert np.abs(losses - value).min() <= 0.04 * value
    far = np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1)) / 2 + 9 * np.eye(len(at))
    assert len(at) < 2 or far.min() >= APART[style.small] - 1e-6


def test_smooth_maps_have_several_labels_and_steep_or_flat_ones_none_that_overlap():
    assert len(contour(snapshot(), Style())["data"][-2]["text"]) >= 6
    assert len(contour(snapshot(uneven), Style())["data"][-2]["text"]) >= 6
    assert contour(snapshot(lambda a, b: 1 + 0 * a), Style())["data"][-2]["text"] == []
    holes = snapshot(lambda a, b: np.where(a > 0, np.nan, 0.1 + a * a + b * b))
    assert (array(contour(holes, Style())["data"][-2]["x"]) <= 0).all()


def test_lines_cross_only_edges_whose_ends_are_known():
    bands = np.array([[0.5, np.nan, 1.5], [0.5, 1.5, 1.5], [0.5, 2.5, 1.0]])
    rows, columns, numbers = crossings(bands)
    assert (rows == 0).sum() == 0
    assert set(numbers.tolist()) == {1, 2} - ({2} if 2.5 < 2 else set())
    assert np.isfinite(rows + columns).all()


@pytest.mark.parametrize(
    ("height", "gap", "style", "words"),
    [
        (-0.25, 0.1, Style(), "0.56"),
        (3.0, 0.5, Style(), "1,000"),
        (6.0, 0.5, Style(), "10⁶"),
        (-5.0, 0.5, Style(), "10⁻⁵"),
        (0.125, 0.125, Style(height="linear"), "0.125"),
        (0.125, 0.025, Style(height="linear"), "0.125"),
        (-0.5, 0.25, Style(height="linear"), "−0.5"),
        (0.0, 0.1, Style(against="one"), "× 1"),
        (0.25, 0.25, Style(height="linear", against="one"), "+0.25"),
        (0.95, 0.05, Style("accuracy"), "95 %"),
    ],
)
def test_labels_are_losses_with_as_few_digits_as_tell_them_apart(height, gap, style, words):
    assert label(height, gap, style) == words


def test_a_key_says_what_the_marks_are():
    def key(figure):
        return next(each["text"] for each in figure["layout"]["annotations"] if each.get("name") == KEY)

    assert key(contour(snapshot(), Style())) == "✚ network   ○ strict minima"
    aside = snapshot(lambda a, b: 0.1 + (a - 0.5) ** 2 + b * b)
    assert key(contour(aside, Style())) == "✚ network   ○ strict minima   ◇ lowest point"
    assert key(contour(snapshot(), Style(against="one"), snapshot())) == "✚ network"
