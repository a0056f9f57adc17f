"""Persistence against gudhi, flooding at every height and laws of the theory; z values against sampling anew."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from scipy.ndimage import label
from scipy.sparse import coo_array
from scipy.sparse.csgraph import maximum_bipartite_matching, minimum_spanning_tree

from compute.topology import barcode, paired_z

EIGHT = np.ones((3, 3))
SHAPES = array_shapes(min_dims=2, max_dims=2, max_side=8)
SMOOTH = arrays(float, SHAPES, elements=st.floats(-100, 100, allow_subnormal=False))
TIED = arrays(float, SHAPES, elements=st.integers(0, 4).map(float))
HOLED = arrays(float, SHAPES, elements=st.sampled_from([0.0, 1.0, 2.0, 3.0, np.nan, np.inf, -np.inf]))
ANY = SMOOTH | TIED | HOLED


def intervals(values):
    found = barcode(values)
    return sorted(zip(found.birth.tolist(), found.death.tolist(), strict=True))


def flooded(values):
    """Birth and death by flooding at every height that occurs: which parts there are, and whose lowest points."""
    heights, alive, found = np.unique(values[np.isfinite(values)]), {}, []
    for height in heights:
        parts, count = label(np.isfinite(values) & (values <= height), EIGHT)
        owners = {}
        for place, born in sorted(alive.items(), key=lambda item: item[1]):
            if parts[place] in owners:
                found.append((born, height))
                del alive[place]
            owners.setdefault(parts[place], place)
        for part in set(range(1, count + 1)) - owners.keys():
            row, col = np.argwhere(parts == part)[0]
            alive[int(row), int(col)] = float(height)
    return sorted(found + [(born, np.inf) for born in alive.values()])


@given(ANY)
def test_minima_are_born_and_die_as_when_the_surface_is_flooded(values):
    assert intervals(values) == flooded(values)


@given(SMOOTH | TIED)
def test_minima_are_born_and_die_as_gudhi_says(values):
    gudhi = pytest.importorskip("gudhi", reason="the reference implementation is not installed: pip install gudhi")
    cells = gudhi.CubicalComplex(top_dimensional_cells=values)
    cells.compute_persistence()
    found = cells.persistence_intervals_in_dimension(0)
    np.testing.assert_allclose(intervals(values), sorted(map(tuple, found.tolist())))


@given(ANY)
def test_places_have_the_values_of_births_and_deaths_and_the_deepest_come_first(values):
    found = barcode(values)
    np.testing.assert_array_equal(values[tuple(found.minima.T)], found.birth)
    over = found.saddles[:, 0] >= 0
    np.testing.assert_array_equal(values[tuple(found.saddles[over].T)], found.death[over])
    assert np.isinf(found.depth[~over]).all()
    assert (found.depth > 0).all()
    assert (np.diff(found.depth[over]) <= 0).all()
    assert over.tolist() == sorted(over.tolist())
    if len(found):
        assert found.birth[0] == values[np.isfinite(values)].min()


@given(ANY, st.floats(-101, 101))
def test_as_many_minima_are_alive_at_a_height_as_the_plane_below_it_has_parts(values, height):
    found = barcode(values)
    _, parts = label(np.isfinite(values) & (values <= height), EIGHT)
    assert ((found.birth <= height) & (found.death > height)).sum() == parts


@given(SMOOTH | TIED)
def test_depths_add_up_to_what_a_minimum_spanning_tree_is_higher_than_the_points(values):
    """Each point is born once, and all but the lowest die at an edge of the tree."""
    found, flat = barcode(values), values.ravel() - values.min() + 1  # edges of weight zero would count as none
    index = np.arange(values.size).reshape(values.shape)
    ends = [(a, b) for a in index.ravel() for b in neighbours(index, a) if a < b]
    one, other = (np.array(end, int) for end in zip(*ends, strict=True)) if ends else (np.zeros(0, int),) * 2
    weights = np.maximum(flat[one], flat[other])
    tree = minimum_spanning_tree(coo_array((weights, (one, other)), (values.size, values.size)).tocsr())
    assert found.depth[1:].sum() == pytest.approx(tree.sum() - flat.sum() + flat.min(), abs=1e-9)


def neighbours(index, point):
    row, col = np.argwhere(index == point)[0]
    return index[max(0, row - 1) : row + 2, max(0, col - 1) : col + 2].ravel()


def bottleneck_at_most(one, other, distance):
    """Whether diagrams can be matched, points to points or to the diagonal, none further apart than a distance."""
    one, other = (np.array(each, float).reshape(-1, 2) for each in (one, other))
    n, m = len(one), len(other)
    with np.errstate(invalid="ignore"):
        apart = np.nan_to_num(np.abs(one[:, None] - other[None]), nan=0.0).max(axis=2)
    may = np.ones((n + m, n + m), bool)
    may[:n, :m] = apart <= distance
    may[:n, m:] = np.diag((one[:, 1] - one[:, 0]) / 2 <= distance) if n else may[:n, m:]
    may[n:, :m] = np.diag((other[:, 1] - other[:, 0]) / 2 <= distance) if m else may[n:, :m]
    return bool((maximum_bipartite_matching(coo_array(may).tocsr()) >= 0).all())


@given(SMOOTH, st.integers(0, 2**32 - 1), st.floats(1e-3, 10))
def test_a_change_of_the_surface_moves_no_birth_or_death_further_than_any_height(values, seed, size):
    """The stability theorem: the bottleneck distance is at most the sup norm (Cohen-Steiner et al. 2007)."""
    other = values + np.random.default_rng(seed).uniform(-size, size, values.shape)
    assert bottleneck_at_most(intervals(values), intervals(other), np.abs(values - other).max() + 1e-9)


def test_the_distance_of_the_test_above_tells_diagrams_apart():
    assert not bottleneck_at_most([(0, np.inf), (1, 4)], [(0, np.inf)], 1.4)
    assert bottleneck_at_most([(0, np.inf), (1, 4)], [(0, np.inf)], 1.5)


@given(ANY, st.sampled_from([np.flipud, np.fliplr, np.transpose, lambda a: 4 * a]))
def test_turning_mirroring_and_scaling_a_surface_scale_its_depths_and_nothing_else(values, change):
    scale = change(np.ones((1, 1)))[0, 0]
    np.testing.assert_allclose(barcode(change(values)).depth, scale * barcode(values).depth)


def test_two_bowls_in_closed_form_and_a_slope_whose_minimum_is_a_corner():
    x = np.linspace(-2, 2, 33)[None]
    wells = (x**2 - 1) ** 2 + 0.25 * x + np.linspace(-1, 1, 17)[:, None] ** 2
    found = barcode(wells)
    assert found.minima.tolist() == [[8, 8], [8, 24]]
    assert found.saddles.tolist() == [[-1, -1], [8, 17]]
    assert found.depth[1] == pytest.approx((0.125**2 - 1) ** 2 + 0.25 * 0.125 - 0.25)
    slope = barcode(np.add.outer(np.arange(5.0), np.arange(7.0)))
    assert (len(slope), slope.minima.tolist()) == (1, [[0, 0]])


def test_nothing_has_no_minimum_and_a_plain_has_one():
    assert len(barcode(np.full((3, 4), np.nan))) == len(barcode(np.zeros((0, 3)))) == 0
    assert barcode(np.ones((3, 4))).minima.tolist() == [[0, 0]]


def test_z_is_scipys_paired_t():
    stats = pytest.importorskip("scipy.stats")
    low, high = np.random.default_rng(0).gamma(1, size=(2, 5, 40))
    np.testing.assert_allclose(paired_z(high - low), stats.ttest_rel(high, low, axis=1).statistic)


def test_z_cannot_be_told_of_one_example_or_of_a_loss_that_is_not_finite():
    assert np.isnan(paired_z(np.ones((2, 1)))).all()
    assert np.isnan(paired_z(np.array([[1.0, np.nan], [1.0, np.inf]]))).all()
    assert paired_z(np.zeros((0, 9))).shape == (0,)
    assert np.isnan(paired_z(np.zeros((1, 9)))).all()


@pytest.mark.parametrize("size", [64, 256])
def test_the_true_rise_lies_within_two_standard_errors_as_often_as_it_should(size):
    """Skewed losses that most examples share: over 4000 samples, 95 % within 1.96, less what skewness takes."""
    draw = np.random.default_rng(1)
    hard = draw.gamma(0.5, size=(4000, size))
    rise = 0.05 + 0.3 * hard * draw.normal(size=hard.shape)
    within = np.abs(paired_z(rise - 0.05)) <= 1.96
    assert within.mean() == pytest.approx(0.95, abs=0.015)


def waves(draw, points, examples, length):
    """The noise of examples on a square of points: smooth random fields of unit variance, a row for each example."""
    place = np.linspace(0, 1, points)
    fields = np.zeros((examples, points, points))
    for _ in range(12):
        x, y = draw.normal(size=(2, examples, 1)) / length
        phase = draw.uniform(0, 2 * np.pi, (examples, 1, 1))
        fields += np.cos((x * place)[:, None, :] + (y * place)[:, :, None] + phase) * np.sqrt(2 / 12)
    return fields


@pytest.mark.parametrize("length", [0.03, 0.1])
def test_few_minima_of_sampling_noise_alone_pass_for_real_ones(length):
    """A bowl has one minimum. Over 32 examples noise makes many more, of which z > 3 lets one in a hundred through."""
    draw, place = np.random.default_rng(2), np.linspace(-1, 1, 33)
    bowl = 0.2 * np.add.outer(place**2, place**2)
    found = false = 0
    for _ in range(40):
        losses = bowl + waves(draw, 33, 32, length)
        bars = barcode(losses.mean(axis=0))
        over = bars.saddles[:, 0] >= 0
        high, low = (losses[:, at[over, 0], at[over, 1]].T for at in (bars.saddles, bars.minima))
        found, false = found + int(over.sum()), false + int((paired_z(high - low) > 3).sum())
    assert found > 80
    assert false <= 0.01 * found + 1


def test_real_minima_far_above_the_noise_are_told_from_it():
    draw, place = np.random.default_rng(3), np.linspace(-1, 1, 33)
    box = 1.5 - 0.75 * np.add.outer(np.cos(3 * np.pi * place), np.cos(3 * np.pi * place))
    losses = box + waves(draw, 33, 64, 0.1)
    bars = barcode(losses.mean(axis=0))
    z = paired_z((losses[:, *bars.saddles[1:].T] - losses[:, *bars.minima[1:].T]).T)
    assert (z > 3).sum() + 1 == len(barcode(box)) == 9
