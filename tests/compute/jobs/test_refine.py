from dataclasses import replace

import numpy as np
import pytest
from h5py import File
from hypothesis import given
from hypothesis import strategies as st

from compute.jobs.job import Job
from compute.jobs.predict import refined, spread
from compute.jobs.refine import Refiner
from compute.lattice import SIDE, Lattice, points
from compute.losses import TileValues
from compute.settings import ROOT
from compute.snapshot import JobState
from compute.topology import barcode, dips
from tests.compute.cases import loss, survey
from tests.compute.test_lattice import lattices
from viewer.explained import EXPLAINED


def bowl(alpha, beta):
    return np.exp(alpha**2 + 2 * beta**2 - alpha * beta)


def answered(tile, mask, function=loss):
    alpha, beta = points(tile, mask).T
    return TileValues.of(mask, function(alpha, beta), np.exp(-(alpha**2)))


def drained(refiner, function=loss):
    order = []
    while (asked := refiner.ask()) is not None:
        order.append(asked)
        refiner.tell(asked[0], answered(*asked, function))
    return order


def dense(lattice, function):
    return function(lattice.coordinates("x")[None, :], lattice.coordinates("y")[:, None])


@given(lattices())
def test_asking_and_telling_covers_the_lattice_once(lattice):
    refiner = Refiner(lattice)
    order = drained(refiner)
    assert sorted(tile for tile, _ in order) == sorted(lattice.tiles())
    assert refiner.known.all()
    assert refiner.complete


@given(lattices(), st.sampled_from([0.0, 0.01]))
def test_coarse_comes_before_fine_until_only_what_decides_about_minima_is_left(lattice, tolerance):
    refiner, levels = Refiner(lattice, tolerance), []
    while (asked := refiner.ask()) is not None:
        if tolerance == 0 or refiner.expected() is None:
            levels.append(asked[0].level)
        refiner.tell(asked[0], answered(*asked))
    assert levels == sorted(levels)


@given(lattices(), st.randoms())
def test_the_order_of_telling_is_irrelevant_and_telling_twice_changes_nothing(lattice, random):
    tiles = list(lattice.tiles())
    told = random.sample(tiles, len(tiles) // 2)
    one, other = Refiner(lattice), Refiner(lattice)
    for tile in told:
        one.tell(tile, answered(tile, lattice.mask(tile)))
    for tile in told[::-1] + told:
        other.tell(tile, answered(tile, lattice.mask(tile)))
    assert [tile for tile, _ in drained(one)] == [tile for tile, _ in drained(other)]
    np.testing.assert_array_equal(one.loss, other.loss)


@given(st.randoms(), st.sampled_from([0.0, 0.01, 0.1]))
def test_answers_in_any_order_give_the_same_surface(random, tolerance):
    lattice = Lattice.spanning(5, (-1, 1), (-1, 1))
    straight, shuffled = Refiner(lattice, tolerance), Refiner(lattice, tolerance)
    drained(straight)
    while shuffled.ask() is not None:
        flying = []
        while len(flying) < 5 and (asked := shuffled.ask({tile for tile, _ in flying})) is not None:
            flying.append(asked)
        random.shuffle(flying)
        for asked in flying:
            shuffled.tell(asked[0], answered(*asked))
    np.testing.assert_array_equal(straight.loss, shuffled.loss)
    np.testing.assert_array_equal(straight.interpolated, shuffled.interpolated)


def test_only_the_unknown_points_of_a_tile_are_asked():
    refiner = Refiner(Lattice.spanning(0, (-2, 2), (-2, 2)))
    tile, mask = refiner.ask()
    first = np.zeros_like(mask)
    first[tuple(np.argwhere(mask)[0])] = True
    refiner.tell(tile, answered(tile, first))
    assert (refiner.ask()[1] == mask & ~first).all()


def test_busy_tiles_are_passed_over():
    refiner = Refiner(Lattice.spanning(2, (-1, 1), (-1, 1)))
    first = refiner.ask()[0]
    assert refiner.ask({first})[0] != first


def test_what_is_in_view_comes_before_the_rest():
    lattice = Lattice.spanning(4, (-4, 4), (-4, 4))
    refiner = Refiner(lattice)
    refiner.focus(Lattice.spanning(4, (3, 4), (3, 4)))
    order = [tile for tile, _ in drained(refiner)]
    outside = [i for i, tile in enumerate(order) if tile.first[0] + SIDE - 1 < 3 * 2**tile.level]
    corner = [i for i, tile in enumerate(order) if tile.level == 4 and tile.first[0] >= 48 and tile.first[1] >= 48]
    assert max(corner) < min(outside)


@pytest.mark.parametrize("tolerance", [0.002, 0.01, 0.03])
def test_a_smooth_surface_needs_few_points_and_stays_within_its_tolerance(tolerance):
    lattice = Lattice.spanning(6, (-1, 1), (-1, 1))
    refiner = Refiner(lattice, tolerance)
    drained(refiner, bowl)
    truth = np.log(dense(lattice, bowl))
    assert refiner.complete
    assert (refiner.known ^ refiner.interpolated).all()
    assert refiner.known.mean() < 0.05
    assert np.abs(np.log(refiner.loss) - truth).max() <= tolerance * np.ptp(truth)
    np.testing.assert_allclose(
        refiner.accuracy, np.exp(-(lattice.coordinates("x") ** 2))[None, :] + 0 * truth, atol=0.01
    )


def below_zero(alpha, beta):
    return np.cos(3 * alpha) * np.cos(2 * beta) - 0.7


def test_losses_below_zero_are_interpolated_as_they_are_within_a_share_of_their_range():
    lattice = Lattice.spanning(6, (-1, 1), (-1, 1))
    refiner = Refiner(lattice, 0.01)
    drained(refiner, below_zero)
    truth = dense(lattice, below_zero)
    assert refiner.known.mean() < 0.1
    assert (truth[refiner.interpolated] < 0).any()
    assert np.abs(refiner.loss - truth).max() <= 0.01 * np.ptp(truth)


def test_losses_of_zero_have_a_logarithm_for_all_that_so_that_none_is_interpolated_below_zero():
    refiner = Refiner(Lattice.spanning(6, (-1, 1), (-1, 1)), 0.01)
    drained(refiner, lambda alpha, beta: np.maximum(bowl(alpha, beta) - 1.5, 0))
    assert refiner.interpolated.any()
    assert refiner.loss.min() >= 0


@pytest.mark.parametrize("function", [bowl, below_zero])
def test_where_nothing_can_be_right_or_wrong_losses_are_interpolated_all_the_same(function):
    lattice = Lattice.spanning(6, (-1, 1), (-1, 1))
    judged, unjudged = Refiner(lattice, 0.01), Refiner(lattice, 0.01)
    drained(judged, function)
    while (asked := unjudged.ask()) is not None:
        values = function(*points(*asked).T)
        unjudged.tell(asked[0], TileValues.of(asked[1], values, np.nan))
    np.testing.assert_array_equal(unjudged.interpolated, judged.interpolated)
    assert np.isnan(unjudged.accuracy).all()


def cliff(alpha, beta):
    return bowl(alpha, beta) * np.where(alpha + 0.3 * beta > 0.37, 50.0, 1.0)


def test_a_cliff_is_computed_and_the_plain_around_it_is_not():
    lattice = Lattice.spanning(6, (-1, 1), (-1, 1))
    refiner = Refiner(lattice, 0.01)
    drained(refiner, cliff)
    x, y = lattice.coordinates("x")[None, :], lattice.coordinates("y")[:, None]
    near = np.abs(x + 0.3 * y - 0.37) < 1 / 64
    assert refiner.known[near].all()
    assert refiner.known.mean() < 0.4
    truth = np.log(dense(lattice, cliff))
    assert np.abs(np.log(refiner.loss) - truth).max() <= 0.01 * np.ptp(truth)


def test_noise_is_computed_in_full():
    source = np.random.default_rng(0)
    lattice = Lattice.spanning(5, (-1, 1), (-1, 1))
    refiner = Refiner(lattice, 0.01)
    drained(refiner, lambda alpha, beta: np.exp(source.normal(size=alpha.shape)))
    assert refiner.known.mean() > 0.98


def hole(alpha, beta):
    return np.where((alpha - 0.5) ** 2 + beta**2 < 0.05, np.nan, bowl(alpha, beta))


def test_nothing_is_interpolated_beside_what_is_not_a_number():
    lattice = Lattice.spanning(5, (-1, 1), (-1, 1))
    refiner = Refiner(lattice, 0.01)
    drained(refiner, hole)
    np.testing.assert_array_equal(np.isnan(refiner.loss), np.isnan(dense(lattice, hole)))
    assert not np.isnan(refiner.loss[refiner.interpolated]).any()


@pytest.mark.parametrize("y", [(-0.3, 0.7), (0.0, 0.0)])
def test_windows_off_the_coarse_lattice_and_lines_are_complete(y):
    lattice = Lattice.spanning(6, (-0.9, 0.35), y)
    refiner = Refiner(lattice, 0.01)
    drained(refiner, bowl)
    assert refiner.complete
    truth = np.log(dense(lattice, bowl))
    assert np.abs(np.log(refiner.loss) - truth).max() <= 0.01 * np.ptp(truth)
    assert 0 < refiner.interpolated.mean() < 1


def test_points_that_are_known_are_neither_asked_nor_interpolated():
    lattice = Lattice.spanning(5, (-1, 1), (-1, 1))
    refiner = Refiner(lattice, 0.01)
    for tile in lattice.tiles():
        refiner.tell(tile, answered(tile, lattice.mask(tile), bowl))
    assert refiner.ask() is None
    assert refiner.known.all()
    assert not refiner.interpolated.any()


def slope(alpha, beta):
    return cliff(alpha, beta) * np.exp(6 * alpha + 8 * beta)


@pytest.mark.parametrize(("function", "most"), [(slope, 0), (cliff, 4)])
def test_the_expected_rest_is_exact_but_for_what_decides_about_minima_or_not_told(function, most):
    lattice = Lattice.spanning(5, (-1, 1), (-1, 1))
    exact, adaptive = Refiner(lattice), Refiner(lattice, 0.01)
    assert exact.expected() == lattice.size
    told = []
    while (asked := adaptive.ask()) is not None:
        adaptive.tell(asked[0], answered(*asked, function))
        told.append((adaptive.expected(), int(adaptive.known.sum())))
    total = told[-1][1]
    assert all(left is None or 0 <= total - known - left <= most for left, known in told)
    assert told[0][0] is None
    assert told[-1][0] == 0


def ripples(seed, height):
    """A bowl with waves of random directions and lengths on it."""
    source = np.random.default_rng(seed)
    waves, phases = source.normal(0, 12, (6, 2)), source.uniform(0, 2 * np.pi, 6)

    def function(alpha, beta):
        waved = sum(np.cos(u * alpha + v * beta + phase) for (u, v), phase in zip(waves, phases, strict=True))
        return np.exp(alpha**2 + beta**2 + height * waved)

    return function


def rests_on(found):
    """The minima of a surface and their neighbours."""
    low = np.pad(dips(found, found), 1)
    rows, cols = found.shape
    return np.any([low[r : r + rows, c : c + cols] for r in range(3) for c in range(3)], axis=0)


@given(st.integers(0, 999), st.floats(0.01, 0.3), st.sampled_from([0.005, 0.02, 0.1]), st.randoms())
def test_no_minimum_ever_rests_on_an_interpolated_value_and_each_is_one_of_the_whole_surface(
    seed, height, tolerance, random
):
    lattice, function = Lattice.spanning(4, (-1, 0.9), (-0.8, 1)), ripples(seed, height)
    refiner, tiles = Refiner(lattice, tolerance), list(lattice.tiles())
    while (asked := refiner.ask()) is not None:
        assert not refiner.complete
        refiner.tell(asked[0], answered(*asked, function))
        if random.random() < 0.1:  # another survey has computed more of the plane
            tile = random.choice(tiles)
            refiner.tell(tile, answered(tile, lattice.mask(tile), function))
    assert refiner.complete
    found, truth = refiner.loss, dense(lattice, function)
    assert not (rests_on(found) & refiner.interpolated).any()
    assert not (dips(found, found) & ~dips(truth, truth)).any()


@given(st.integers(0, 999), st.sampled_from([0.005, 0.02, 0.1]), st.randoms())
def test_a_surface_that_is_opened_again_asks_for_nothing_in_whatever_order_it_is_told(seed, tolerance, random):
    lattice, function = Lattice.spanning(4, (-1, 1), (-1, 1)), ripples(seed, 0.1)
    first, again = Refiner(lattice, tolerance), Refiner(lattice, tolerance)
    order = drained(first, function)
    random.shuffle(order)
    for asked in order:
        again.tell(asked[0], answered(*asked, function))
    assert again.ask() is None
    assert again.complete
    for name in ("loss", "accuracy", "known", "interpolated"):
        np.testing.assert_array_equal(getattr(again, name), getattr(first, name))


ROUGH = ["resnet110-noshort", "resnet56-noshort", "wrn56-k1-noshort", "wrn56-k2-noshort", "wrn56-k4-noshort"]


@pytest.mark.parametrize("run", ROUGH)
@pytest.mark.parametrize("tolerance", [0.01, 0.02, 0.05])
def test_the_minima_of_rough_networks_are_those_of_the_surface_that_is_computed_in_full(run, tolerance):
    lattice, truth, _ = shipped(run)
    refiner = Refiner(lattice, tolerance)
    while (asked := refiner.ask()) is not None:
        refiner.tell(asked[0], TileValues.of(asked[1], truth[lattice.place(*asked)], 0.5))
    assert refiner.interpolated.any()
    np.testing.assert_array_equal(dips(refiner.loss, refiner.loss), dips(truth, truth))
    bars, span = barcode(refiner.loss), np.log(truth.max() / truth.min())
    assert refiner.known[tuple(bars.minima.T)].all()
    assert refiner.known[tuple(bars.saddles[1:].T)].all()
    assert deaths(bars).keys() == deaths(barcode(truth)).keys()
    for place, height in deaths(barcode(truth)).items():  # a lower pass may lead over interpolated points
        assert np.isinf(height) or 0 <= np.log(deaths(bars)[place] / height) <= 0.01 * span


def deaths(bars):
    """How high the saddle of each minimum is, by where the minimum lies."""
    return dict(zip(map(tuple, bars.minima.tolist()), bars.death, strict=True))


def test_a_finished_surface_has_no_interpolated_saddle_and_no_interpolated_minimum_at_its_edge():
    """Two valleys that run out at the edge, and a wall between them with its pass where no coarse level has a point."""

    def valleys(a, b):
        return 1 + 3 * np.exp(-20 * (a - 0.11) ** 2) * (1 + 0.3 * (b - 0.27) ** 2) + 0.3 * a + 0.2 * (b - 0.4) ** 2

    refiner = Refiner(Lattice.spanning(6, (-1, 1), (-1, 1)), 0.02)
    drained(refiner, valleys)
    bars, full = barcode(refiner.loss), barcode(dense(refiner.lattice, valleys))
    assert refiner.interpolated.mean() > 0.2
    assert len(bars) == len(full) == 2
    assert bars.minima[0, 1] == 0  # at the edge
    assert refiner.known[tuple(np.concatenate([bars.minima, bars.saddles[1:]]).T)].all()
    np.testing.assert_array_equal(bars.minima, full.minima)
    np.testing.assert_allclose(bars.death, full.death, rtol=1e-3)


def test_interpolated_accuracies_are_as_far_off_as_the_page_says():
    off = []
    for folder in sorted(path.parent.name for path in (ROOT / "data" / "gallery").glob("*/surface.h5")):
        lattice, truth, share = shipped(folder)
        refiner = Refiner(lattice, 0.01)
        while (asked := refiner.ask()) is not None:
            at = lattice.place(*asked)
            refiner.tell(asked[0], TileValues.of(asked[1], truth[at], share[at]))
        off.append(np.abs(refiner.accuracy - share)[refiner.interpolated])
    every = np.concatenate(off)
    assert np.quantile(every, 0.95) == pytest.approx(0.030, abs=5e-4)
    assert every.max() == pytest.approx(0.10, abs=5e-3)
    said = EXPLAINED["tolerance"].sentence
    assert "one in twenty is off by more than 3.0 percentage points, the worst by 10" in said


def shipped(run):
    """The lattice, the losses and the accuracies of a surface of the gallery, all of them computed."""
    with File(ROOT / "data" / "gallery" / run / "surface.h5") as file:
        x, y = file["xcoordinates"][:], file["ycoordinates"][:]
        lattice = Lattice.spanning(round(-np.log2(x[1] - x[0])), (x[0], x[-1]), (y[0], y[-1]))
        return lattice, file["train_loss"][:], file["train_acc"][:] / 100


@pytest.mark.parametrize("run", ["alexnet", "densenet121", "resnet20", "resnet110", "resnet110-noshort", "wrn56-k2"])
def test_the_standard_error_at_the_median_point_is_that_of_the_surface_computed_in_full(run):
    lattice, truth, _ = shipped(run)
    with File(ROOT / "data" / "gallery" / run / "surface.h5") as file:
        error = file["train_error"][:]
    job = Job(replace(survey(tolerance=0.01), lattice=lattice))
    (stage,) = job.stages
    while (wish := job.ask(())) is not None:
        at = lattice.place(wish.tile, wish.mask)
        job.tell(stage, wish.tile, TileValues.of(wish.mask, truth[at], 0.5, error[at]), fresh=True)
    shot = job.snapshot()
    assert shot.interpolated.any()
    assert np.isnan(shot.error[shot.interpolated]).all()  # it is measured where points are computed, and nowhere else
    assert shot.progress.standard_error == pytest.approx(np.median(error), rel=0.05)


def test_points_without_a_standard_error_take_no_part_in_the_median():
    refiner = Refiner(Lattice.spanning(5, (-1, 1), (-1, 1)), 0.01)
    while (asked := refiner.ask()) is not None:
        refiner.tell(asked[0], TileValues.of(asked[1], hole(*points(*asked).T), 0.5, 1 + points(*asked)[:, 0] ** 2))
    assert np.isfinite(refiner.errors[refiner.interpolated]).all()
    x = np.broadcast_to(refiner.lattice.coordinates("x"), refiner.lattice.shape)
    np.testing.assert_allclose(refiner.errors, 1 + x**2, rtol=1e-4)


def test_once_complete_a_surface_asks_again_where_a_computed_point_casts_doubt_and_its_survey_goes_on():
    job = Job(survey(level=6, tolerance=0.01))
    (stage,) = job.stages
    lattice, refiner = job.survey.lattice, stage.refiner
    while (wish := job.ask(())) is not None:
        job.tell(stage, wish.tile, answered(wish.tile, wish.mask, bowl), fresh=True)
    assert job.state is JobState.DONE
    row, col = next((row, col) for row, col in np.argwhere(refiner.interpolated) if row > 20 and col > 20)
    tile, mask = next((tile, mask) for tile in lattice.tiles() if (mask := at(lattice, tile, row, col)).any())
    job.tell(stage, tile, TileValues.of(mask, np.array([1e-3]), np.array([1.0])), fresh=False)
    assert not refiner.complete
    assert job.state is JobState.QUEUED
    assert job.snapshot().progress.share < 1
    assert refiner.expected() == lattice.size - refiner.final > 0
    drained(refiner, bowl)
    assert refiner.complete


def at(lattice, tile, row, col):
    """The mask of one point of a tile, empty where it has none there."""
    mask = lattice.mask(tile)
    rows, cols = lattice.place(tile, mask)
    mask[mask] = (rows == row) & (cols == col)
    return mask


@given(st.integers(4, 12), st.integers(4, 12), st.lists(st.floats(-1, 1), min_size=4, max_size=4))
def test_cubics_are_predicted_without_error(rows, cols, parts):
    def cubic(x, y):
        return parts[0] + parts[1] * x**3 - parts[2] * y**3 + parts[3] * x**2 * y

    x, y = np.linspace(-1, 1, cols), np.linspace(-1, 1, rows)
    fine = cubic(np.linspace(-1, 1, 2 * cols - 1)[None], np.linspace(-1, 1, 2 * rows - 1)[:, None])
    np.testing.assert_allclose(refined(cubic(x[None], y[:, None])), fine, atol=1e-12)


def test_spread_is_the_maximum_of_the_neighbourhood():
    residual = np.zeros((9, 9))
    residual[4, 6] = 2.0
    expected = np.zeros((9, 9))
    expected[2:7, 4:9] = 2.0
    np.testing.assert_array_equal(spread(residual), expected)
    residual[4, 6] = np.nan
    assert np.isinf(spread(residual)[2:7, 4:9]).all()
