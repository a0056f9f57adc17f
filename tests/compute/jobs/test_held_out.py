"""What adaptive refinement keeps of surfaces that it was not tuned on, at a tolerance of 1 %."""

import numpy as np
import pytest

from compute.lattice import Lattice
from compute.settings import ROOT
from tests.compute.jobs.held_out import GRIDS, SEEDS, networks, surfaces
from tests.compute.jobs.rough import ROUGH, SMOOTH, depth, kept

MIDDLE = Lattice.spanning(6, (-1, 1), (-1, 1))
SEVERAL = [2000, 2001]


def holds(found):
    """What docs/benchmark.md says of every held-out surface."""
    assert found.invented == 0
    assert found.deepest <= 0.003
    assert found.largest <= 0.012
    assert found.nearly_all <= 0.008
    assert found.lost <= 0.04 * found.minima + 3


@pytest.mark.parametrize("seed", SEVERAL)
@pytest.mark.parametrize("kind", ROUGH)
def test_rough_surfaces_keep_their_minima_and_err_by_no_more_than_is_said(kind, seed):
    law, _ = ROUGH[kind]
    found = kept(law(seed, MIDDLE), MIDDLE)
    holds(found)
    assert found.minima > 1


def test_a_fine_rough_grid_keeps_each_of_its_minima_within_the_tolerance():
    law, lattice = ROUGH["rugged"]
    found = kept(law(2000, lattice), lattice)
    assert (lattice.shape, found.lost, found.invented) == ((201, 201), 0, 0)
    assert found.minima > 150
    assert found.largest <= 0.01
    assert found.share < 0.7


def test_waves_that_keep_step_with_the_coarse_lattices_are_seen_all_the_same():
    law, lattice = ROUGH["Rastrigin, in step"]
    found = kept(law(2002, lattice), lattice)  # eight waves a unit: each point of 17 × 17 lies in the same phase
    assert found.minima == 289
    assert found.lost == 0
    assert found.largest <= 0.01


@pytest.mark.parametrize("seed", SEVERAL)
def test_smooth_surfaces_need_few_points(seed):
    law, lattice = SMOOTH["gentle basin"]
    found = kept(law(seed, lattice), lattice)
    holds(found)
    assert found.lost == 0
    assert found.share < 0.13


@pytest.mark.parametrize("run", networks())
@pytest.mark.parametrize("level", GRIDS)
def test_networks_keep_their_minima_on_planes_that_nothing_was_tuned_on(run, level):
    step = 2 ** (6 - level)
    found = kept(networks()[run][::step, ::step], GRIDS[level])
    holds(found)
    if "noshort" not in run:
        assert found.lost == 0
        assert found.share < (0.11 if level == 6 else 0.24)


def test_the_documentation_states_the_bounds_that_are_tested():
    said = " ".join((ROOT / "docs" / "benchmark.md").read_text().split())
    assert "no minimum deeper than 0.3 % of the range was lost" in said
    assert "of no surface more than 4 % of its minima and three besides" in said
    assert "99 % of them by less than 0.8 %, the worst by 1.1 %" in said


@pytest.mark.slow
def test_the_whole_table_holds():
    for _, _, every in surfaces():
        assert len(every) in (1, len(SEEDS))
        for found in every:
            holds(found)


def test_the_depth_of_a_minimum_is_how_far_one_climbs_to_get_lower():
    height = np.array([[9, 9, 9, 9, 9], [9, 1, 4, 2, 9], [9, 9, 9, 9, 9.0]])
    assert depth(height, 1, 3) == 2
    assert depth(height, 1, 1) == 8
