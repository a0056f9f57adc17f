"""What is read off the places of checkpoints."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compute.lattice import MAX_REACH, Lattice
from compute.specs import RandomPlane
from compute.trajectory import Track, Trajectory, since
from tests.compute.cases import query


def told(x, y, distance=None, residual=None):
    x, y = np.array(x, float), np.array(y, float)
    distance = np.hypot(x, y) if distance is None else np.array(distance, float)
    track = Track("run", (None,) * len(x), x, y, distance, np.array(residual or np.zeros(len(x))))
    return Trajectory(RandomPlane(), query().model, (track,), (), (1.0, 1.0), 0.0)


found = st.lists(st.tuples(*[st.floats(-4, 4)] * 2), min_size=1, max_size=20)


@given(found, st.floats(0.01, 0.5))
def test_an_extent_shows_all_with_room_and_is_a_lattices_range(found, margin):
    x, y = zip(*found, strict=True)
    for along, (low, high) in zip((x, y), told(x, y).extent(margin), strict=True):
        room = margin * np.ptp([0, *along])
        assert low <= min(0, *along) - room
        assert high >= max(0, *along) + room
        if high - low > 2**-9:
            lattice = Lattice.spanning(12 if high - low < 0.2 else 6, (low, high))
            assert lattice.coordinates("x")[[0, -1]].tolist() == [low, high]


def test_an_extent_ends_where_lattices_do():
    (_, right), (low, _) = told([0, 30], [0, -7.9]).extent()
    assert (right, low) == (MAX_REACH, -MAX_REACH)


def test_the_share_that_a_plane_sees_is_of_squares():
    assert told([0, 1], [0, 1]).seen == 1
    assert told([0, 1], [0, 0], distance=[3, 4], residual=[1.0, 0.6]).seen == pytest.approx(16 * 0.64 / 25)
    assert np.isnan(told([0], [0]).seen)


def test_skipping_epochs_keeps_what_has_none():
    steps = [replace(query().model, step=step) for step in (0, None, 4, 8)]
    assert [model.step for model in since(steps, 4)] == [None, 4, 8]
