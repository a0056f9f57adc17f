from dataclasses import replace

import numpy as np
import pytest

from compute.minima import NOISE, minima
from compute.snapshot import JobState
from tests.compute.test_indicators import shot


def wells(a, b):
    """Two valleys, the left one 0.5 lower, and a pass of height 1 between them at (0, 0)."""
    return (4 * a**2 - 1) ** 2 + 0.5 * a + 0.4 * b**2 + 0.3


def scored(snapshot, z):
    return replace(snapshot, z=np.full(snapshot.loss.shape, z))


def test_a_minimum_says_where_it_is_and_how_deep():
    low, shallow = minima(shot(wells))
    assert (low.alpha, low.beta, low.saddle, low.depth, low.z) == (-0.5, 0, None, None, None)
    assert (shallow.alpha, shallow.beta, shallow.saddle) == (0.5, 0, (0, 0))
    assert shallow.depth == pytest.approx(wells(0, 0) - wells(0.5, 0)) == pytest.approx(0.75)


@pytest.mark.parametrize(("z", "above"), [(NOISE, 2), (NOISE - 0.01, 1), (np.nan, 1), (np.inf, 2)])
def test_the_lowest_minimum_and_those_far_enough_below_their_saddle_are_above_noise(z, above):
    assert minima(scored(shot(wells), z)).above_noise == above
    assert minima(shot(wells)).above_noise is None


def test_the_words_count_both():
    assert minima(shot(wells)).words == "2 minima"
    assert minima(scored(shot(wells), 1.0)).words == "2 minima, 1 above sampling noise"
    assert minima(scored(shot(lambda a, b: a + b), 1.0)).words == "1 minimum, 1 above sampling noise"


def test_what_rests_on_an_interpolated_point_is_not_counted_and_an_absent_one_does_not_matter():
    guessed = shot(wells)
    guessed.known[8, 13], guessed.interpolated[8, 13] = False, True
    assert [each.alpha for each in minima(guessed)] == [-0.5]
    guessed.interpolated[8, 13] = False
    guessed.loss[8, 13] = np.nan
    assert [each.alpha for each in minima(guessed)] == [-0.5, 0.5]


def test_while_points_are_missing_minima_are_counted_and_their_depth_is_not_told():
    growing = shot(wells)
    growing = replace(growing, progress=replace(growing.progress, state=JobState.RUNNING))
    growing.known[2, 2], growing.loss[2, 2] = False, np.nan
    assert [(each.alpha, each.saddle, each.depth) for each in minima(growing)] == [
        (-0.5, None, None),
        (0.5, None, None),
    ]
    growing.known[8, 8:16] = False
    assert [each.alpha for each in minima(growing)] == [-0.5]


def test_a_threshold_keeps_those_that_are_as_deep_and_always_the_lowest():
    found = minima(shot(wells))
    assert [found.at_least(depth).tolist() for depth in (0, 0.75, 0.76, 1e9)] == [[True, True]] * 2 + [
        [True, False]
    ] * 2
