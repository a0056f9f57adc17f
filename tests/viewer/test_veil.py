"""What is pale on a map of a training: the cells that are not computed, never the path, which is known."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as some

from tests.viewer.cases import snapshot
from viewer.figures.overlay import rectangles, veil
from viewer.figures.style import Style


@given(some.lists(some.lists(some.booleans(), min_size=1, max_size=9), min_size=1, max_size=9))
def test_rectangles_cover_each_cell_once(rows):
    width = min(map(len, rows))
    mask = np.array([row[:width] for row in rows])
    covered = np.zeros(mask.shape, int)
    for bottom, top, left, right in rectangles(mask):
        covered[bottom : top + 1, left : right + 1] += 1
    np.testing.assert_array_equal(covered, mask)


def test_a_finished_map_has_no_veil_and_a_growing_one_has_one_of_one_trace():
    assert veil(snapshot(), Style()) == []
    (trace,) = veil(snapshot(tiles=-3), Style())
    assert (trace["fill"], trace["line"]["width"]) == ("toself", 0)
