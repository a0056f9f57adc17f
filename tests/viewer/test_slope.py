"""The slope within the plane is exact for quadratics wherever three points lie in a row."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewer.facts import QUANTITIES
from viewer.figures.slope import derivative, slope

parts = st.lists(st.floats(-3, 3), min_size=6, max_size=6)


def quadratic(x, y, a, b, c, d, e, f):
    return a + b * x + c * y + d * x * x + e * x * y + f * y * y


def gradient(x, y, _a, b, c, d, e, f):
    return np.hypot(b + 2 * d * x + e * y, c + e * x + 2 * f * y)


def places(count, seed):
    """Rising places, unevenly spaced."""
    return np.cumsum(np.random.default_rng(seed).uniform(0.1, 1, count)) - count / 4


@given(parts, st.integers(3, 7), st.integers(3, 7), st.integers(0, 99))
def test_quadratics_are_differentiated_exactly_up_to_the_edges_also_on_uneven_grids(found, rows, cols, seed):
    x, y = places(cols, seed), places(rows, seed + 100)
    across, up = x[None, :], y[:, None]
    np.testing.assert_allclose(slope(quadratic(across, up, *found), x, y), gradient(across, up, *found), atol=1e-9)


@given(parts, st.integers(0, 999))
def test_beside_gaps_quadratics_are_exact_wherever_three_points_lie_in_a_row(found, seed):
    x, y = places(9, seed), places(8, seed + 100)
    across, up = x[None, :], y[:, None]
    holes = np.random.default_rng(seed).random((8, 9)) < 0.15
    values = np.where(
        holes, np.random.default_rng(seed).choice([np.nan, np.inf], (8, 9)), quadratic(across, up, *found)
    )
    steep, truth = slope(values, x, y), gradient(across, up, *found)
    exact = three_in_a_row(~holes) & three_in_a_row(~holes.T).T
    np.testing.assert_allclose(steep[exact], truth[exact], atol=1e-8)
    assert np.isnan(steep[holes]).all()


def three_in_a_row(there):
    """The points that are there with two neighbours of their row that make three in a row with them."""
    wide = np.pad(there, ((0, 0), (2, 2)))
    cols = there.shape[1]
    before2, before1, own, after1, after2 = (wide[:, shift : shift + cols] for shift in range(5))
    return own & ((before1 & after1) | (after1 & after2) | (before2 & before1))


def test_the_error_at_an_edge_falls_by_four_when_the_spacing_halves():
    errors = []
    for points in (33, 65, 129):
        x = np.linspace(0, 1, points)
        errors.append(abs(derivative(np.exp(x)[None], x)[0, 0] - 1))
    assert errors[0] / errors[1] == pytest.approx(4, rel=0.05)
    assert errors[1] / errors[2] == pytest.approx(4, rel=0.05)


def test_where_only_two_points_lie_side_by_side_their_difference_stands_and_where_one_does_nothing():
    found = derivative(np.array([[0.0, 3.0, np.nan, 7.0, np.nan]]), np.arange(5.0))
    np.testing.assert_array_equal(found, [[3, 3, np.nan, np.nan, np.nan]])


def test_the_caption_says_of_which_order_the_differences_are():
    assert "second-order differences" in QUANTITIES["slope"]
    assert "one-sided at edges and gaps" in QUANTITIES["slope"]
