import numpy as np
import pytest
from hypothesis import given

from compute.errors import BadLattice
from compute.grid import Grid
from tests.compute.test_lattice import lattices


@given(lattices().filter(lambda lattice: min(lattice.shape) > 1))
def test_a_grid_on_a_lattices_points_answers_like_it(lattice):
    grid = Grid(*(tuple(lattice.coordinates(axis).tolist()) for axis in "xy"))
    for name in ("shape", "size", "reach", "origin", "even"):
        assert getattr(grid, name) == getattr(lattice, name)
    np.testing.assert_array_equal(grid.grid(), lattice.grid())


def test_the_origin_is_found_in_spite_of_rounding_and_only_where_a_point_is():
    near = tuple(value + 1e-14 for value in np.linspace(-0.9, 0.9, 7))
    assert Grid(near, near).origin == (3, 3)
    assert Grid(near, near).even
    assert Grid(near, (0.1, 0.9)).origin is None


@pytest.mark.parametrize(
    ("x", "message"),
    [
        ((0.0,), r"between 2 and 1025 points per side, got 1 along x"),
        (tuple(map(float, range(1026))), r"between 2 and 1025 points per side, got 1026 along x"),
        ((0.0, 0.0), r"along x must be finite and differ from each other, got 0 to 0"),
        ((1.0, 0.0), r"along x must be finite and differ"),
        ((0.0, np.nan), r"along x must be finite and differ"),
        ((0.0, np.inf), r"along x must be finite and differ"),
    ],
)
def test_what_is_no_grid_is_refused(x, message):
    with pytest.raises(BadLattice, match=message):
        Grid(x, (0.0, 1.0))
