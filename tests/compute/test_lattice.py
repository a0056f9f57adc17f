from math import inf, nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compute.errors import BadLattice
from compute.lattice import MAX_LEVEL, SIDE, Lattice, Tile, points


@st.composite
def lattices(draw):
    level = draw(st.integers(0, 5))
    reach = 2 * 2**level
    ends = st.tuples(st.integers(-reach, reach), st.integers(-reach, reach)).map(sorted).map(tuple)
    return Lattice(level, draw(ends), draw(ends))


@given(lattices())
def test_every_point_belongs_to_exactly_one_tile(lattice):
    owners = np.zeros(lattice.shape, int)
    for tile in lattice.tiles():
        owners[lattice.place(tile, lattice.mask(tile))] += 1
    assert (owners == 1).all()


@given(lattices())
def test_a_tiles_points_lie_where_the_lattice_says(lattice):
    x, y = lattice.coordinates("x"), lattice.coordinates("y")
    for tile in lattice.tiles():
        mask = lattice.mask(tile)
        rows, cols = lattice.place(tile, mask)
        assert np.array_equal(points(tile, mask), np.stack([x[cols], y[rows]], axis=1))


@given(lattices())
def test_tiles_come_coarse_to_fine_and_once(lattice):
    tiles = list(lattice.tiles())
    assert [tile.level for tile in tiles] == sorted(tile.level for tile in tiles)
    assert len(set(tiles)) == len(tiles)


@given(lattices(), st.data())
def test_a_coarser_lattice_shares_its_points(lattice, data):
    coarse = lattice.coarsened(data.draw(st.integers(0, lattice.level)))
    if coarse is not None:
        assert set(coarse.coordinates("x")) <= set(lattice.coordinates("x"))
        assert set(coarse.tiles()) <= set(lattice.tiles())


@given(st.integers(0, 6), st.integers(-9, 9), st.integers(-9, 9))
def test_a_tile_owns_exactly_the_points_no_coarser_level_has(level, row, col):
    tile = Tile(level, row, col)
    owned = points(tile, tile.owned())
    spacing = 2.0 ** -(level - 1)
    on_coarser = (owned % spacing == 0).all(axis=1) if level else np.full(len(owned), False)
    assert not on_coarser.any()
    assert len(owned) == (SIDE * SIDE if level == 0 else SIDE * SIDE * 3 // 4)


@given(st.integers(0, 6), st.floats(-2, 2), st.floats(0.01, 2))
def test_spanning_covers_its_range_with_the_fewest_points(level, low, width):
    lattice = Lattice.spanning(level, (low, low + width))
    x = lattice.coordinates("x")
    assert x[0] <= low < x[0] + 2.0**-level
    assert x[-1] - 2.0**-level < low + width <= x[-1]
    assert lattice.shape[0] == 1


def test_the_origin_is_a_point_of_every_symmetric_lattice():
    for level in range(6):
        assert 0.0 in Lattice.spanning(level, (-1, 1), (-1, 1)).coordinates("x")


@pytest.mark.parametrize("level", [-1, 13, 40])
def test_a_level_that_does_not_exist_is_refused(level):
    with pytest.raises(BadLattice, match=rf"level must be between 0 and {MAX_LEVEL} .*, got {level}\."):
        Lattice.spanning(level, (-1, 1), (-1, 1))


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        ((1, 1), (-1, 1), r"needs some width, got x = 1:1, y = -1:1: give a smaller and a larger number"),
        ((1, -1), (-1, 1), r"needs some width, got x = 1:-1"),
        ((-1, 1), (0.5, 0.5), r"needs some width"),
        ((-1, nan), (-1, 1), r"x range needs two finite numbers, got -1:nan"),
        ((-1, 1), (-inf, 1), r"y range needs two finite numbers, got -inf:1"),
        ((-9, 9), (-1, 1), r"x range must lie within ±8, got −9 to 9: narrow it"),
    ],
)
def test_a_range_that_is_none_is_refused(x, y, message):
    with pytest.raises(BadLattice, match=message):
        Lattice.spanning(3, x, y)


def test_more_points_than_can_be_drawn_are_refused():
    with pytest.raises(BadLattice, match=r"At most 1025 points per side are drawn, got 16385 along x: lower the level"):
        Lattice.spanning(10, (-8, 8), (-8, 8))
