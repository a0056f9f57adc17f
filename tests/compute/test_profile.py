from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from compute.lattice import Lattice
from compute.profile import barrier, curvature, readings, sharpness, value
from compute.snapshot import JobState, Progress, Snapshot
from compute.specs import Segment, Survey
from tests.compute.cases import query

ALPHA = Lattice.spanning(6, (-0.5, 1.5)).coordinates("x")
NUMBERS = some.floats(-10, 10)


@given(NUMBERS, NUMBERS, NUMBERS)
def test_the_curvature_of_a_parabola_is_its_own_everywhere(a, b, c):
    for at in (0.0, 0.25, 1.0):
        assert curvature(ALPHA, a * ALPHA**2 + b * ALPHA + c, at) == pytest.approx(2 * a, abs=1e-8)


@given(NUMBERS, NUMBERS)
def test_a_slope_adds_no_barrier(a, b):
    hill = np.exp(-40 * (ALPHA - 0.5) ** 2)
    expected, found = barrier(ALPHA, hill), barrier(ALPHA, hill + a + b * ALPHA)
    assert found == pytest.approx(expected, abs=1e-9)
    assert found[0] == pytest.approx(1 - np.exp(-10))


def test_a_convex_curve_has_no_barrier():
    assert barrier(ALPHA, (ALPHA - 0.3) ** 2)[0] == 0


def test_a_wider_bowl_is_less_sharp():
    found = [sharpness(ALPHA, steepness * (ALPHA - 1) ** 2, 1.0) for steepness in (1, 10, 100)]
    assert found == sorted(found)
    assert found[0] == pytest.approx(100 / 64)


@pytest.mark.parametrize("place", [0.0, 0.5, 1.0])
def test_what_is_not_known_is_told_of_nothing_that_depends_on_it(place):
    loss = np.ones(len(ALPHA))
    loss[place == ALPHA] = np.nan
    assert barrier(ALPHA, loss) is None
    for at in (0.0, 1.0):
        told = at != place
        assert [found is not None for found in (value(ALPHA, loss, at), curvature(ALPHA, loss, at))] == [told, told]
        assert (sharpness(ALPHA, loss, at) is not None) == told


def test_an_end_outside_the_range_is_not_told():
    alpha = ALPHA[ALPHA < 0.9]
    assert value(alpha, alpha, 1) is curvature(alpha, alpha, 1) is barrier(alpha, alpha) is None


def test_a_line_has_two_ends_and_a_random_direction_one():
    asked = query()
    line = replace(asked, plane=Segment(replace(asked.model, digest="end")))
    names = []
    for one in (asked, line):
        wanted = Survey(one, Lattice.spanning(5, (-0.5, 1.5)))
        shot = Snapshot.empty(wanted, Progress(wanted.id, JobState.RUNNING, 0, 65))
        assert all(reading.value is None for reading in readings(shot))
        shot.loss[:] = 1 + wanted.lattice.coordinates("x")
        names.append({reading.name: reading.value for reading in readings(shot)})
    assert names[0] == pytest.approx({"Loss at 0": 1, "Curvature at 0": 0, "Sharpness at 0": 6.25})
    assert names[1] == pytest.approx(
        {**names[0], "Loss at 1": 2, "Curvature at 1": 0, "Sharpness at 1": 12.5 / 3, "Barrier": 0}
    )


def test_no_sharpness_is_told_where_the_loss_is_below_zero():
    assert sharpness(ALPHA, (ALPHA - 1) ** 2 - 1, 1.0) is None
    assert sharpness(ALPHA, (ALPHA - 1) ** 2, 1.0) is not None
