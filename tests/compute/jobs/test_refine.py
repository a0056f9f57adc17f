import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from compute.jobs.refine import Refiner
from compute.lattice import SIDE, Lattice
from tests.compute.test_lattice import lattices

ALL = np.full((SIDE, SIDE), True)


def drained(refiner):
    order = []
    while (asked := refiner.ask()) is not None:
        order.append(asked[0])
        refiner.tell(*asked)
    return order


@given(lattices())
def test_asking_and_telling_covers_the_lattice_once(lattice):
    order = drained(Refiner(lattice))
    assert sorted(order) == sorted(lattice.tiles())


@given(lattices())
def test_coarse_comes_before_fine(lattice):
    levels = [tile.level for tile in drained(Refiner(lattice))]
    assert levels == sorted(levels)


@given(lattices(), st.randoms())
def test_the_order_of_telling_is_irrelevant_and_telling_twice_changes_nothing(lattice, random):
    tiles = list(lattice.tiles())
    told = random.sample(tiles, len(tiles) // 2)
    one, other = Refiner(lattice), Refiner(lattice)
    for tile in told:
        one.tell(tile, ALL)
    for tile in told[::-1] + told:
        other.tell(tile, ALL)
    assert drained(one) == drained(other)


def test_only_the_unknown_points_of_a_tile_are_asked():
    refiner = Refiner(Lattice.spanning(0, (-2, 2), (-2, 2)))
    tile, mask = refiner.ask()
    first = np.zeros_like(mask)
    first[tuple(np.argwhere(mask)[0])] = True
    refiner.tell(tile, first)
    assert (refiner.ask()[1] == mask & ~first).all()


def test_busy_tiles_are_passed_over():
    refiner = Refiner(Lattice.spanning(2, (-1, 1), (-1, 1)))
    first = refiner.ask()[0]
    assert refiner.ask({first})[0] != first


def test_what_is_in_view_comes_before_the_rest():
    lattice = Lattice.spanning(4, (-4, 4), (-4, 4))
    refiner = Refiner(lattice)
    refiner.focus(Lattice.spanning(4, (3, 4), (3, 4)))
    order = drained(refiner)
    outside = [i for i, tile in enumerate(order) if tile.first[0] + SIDE - 1 < 3 * 2**tile.level]
    corner = [i for i, tile in enumerate(order) if tile.level == 4 and tile.first[0] >= 48 and tile.first[1] >= 48]
    assert max(corner) < min(outside)
