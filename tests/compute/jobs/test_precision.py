import numpy as np
import pytest
import torch

from compute.blocks import Block
from compute.deviation import LIMIT
from compute.jobs import build, precision
from compute.jobs.precision import CHECKS, DISC, Check, checked, dtype_of
from compute.jobs.tasks import TileTask, evaluate
from compute.lattice import Lattice, Tile, points
from compute.service import LandscapeService
from compute.settings import Settings
from compute.specs import RandomPlane
from compute.store.memory import MemoryStore

CPU = torch.device("cpu")


def question(arithmetic, run="mlp"):
    service = LandscapeService(Settings(), MemoryStore(), [])
    return service.query(run, "train", 64, RandomPlane(), arithmetic)


@pytest.fixture
def bfloat16(monkeypatch):
    """A processor that claims to compute in bfloat16; torch emulates it."""
    monkeypatch.setattr(precision, "native_bfloat16", lambda where: True)
    monkeypatch.setattr(build, "_ready", type(build._ready)())


def test_precisions_stand_for_types(monkeypatch):
    monkeypatch.setattr(precision, "native_bfloat16", lambda where: False)
    assert [dtype_of(name, CPU) for name in ("exact", "fast", "reference")] == [
        torch.float32,
        torch.float32,
        torch.float64,
    ]
    monkeypatch.setattr(precision, "native_bfloat16", lambda where: True)
    assert dtype_of("fast", CPU) is torch.bfloat16


def test_a_dozen_check_points_cover_the_disc():
    radii = [x**2 + y**2 for x, y in DISC]
    assert len(set(DISC)) == 12
    assert len(set(CHECKS)) == 17
    assert radii == pytest.approx([(index + 0.5) / 12 for index in range(12)])


def test_exact_is_within_rounding_of_the_reference():
    exact, reference = (build.build(question(name), CPU).made for name in ("exact", "reference"))
    for x, y in CHECKS:
        assert exact.mean_loss(x, y)[0] == pytest.approx(reference.mean_loss(x, y)[0], rel=5e-6)


def task(arithmetic, reach=1.0):
    tile = Tile(0, 0, 0)
    mask = tile.owned()
    mask[2:] = mask[:, 2:] = False
    return TileTask(question(arithmetic), tile, (Block(0, 64),), mask, reach)


def mean(made, at):
    return made.losses(at, 0, 64)[0].mean(axis=1, dtype=float)


def test_fast_tells_its_measured_error(bfloat16):
    asked = task("fast")
    result = evaluate(asked)
    assert not result.fell_back
    assert 0 < max(result.error.linear, result.error.log) <= LIMIT
    ready = build.ready(question("fast"))
    assert ready.made.dtype is torch.bfloat16
    at = points(asked.tile, asked.mask)
    chosen = Check().choose(at, mean(ready.made, at), 1.0)
    assert {(0, 0), (1, 1)} <= {tuple(point) for point in at[chosen].tolist()}
    at = at[chosen]
    fast, exact = mean(ready.made, at), mean(ready.exact, at)
    errors = [precision.error(*pair) for pair in zip(fast, exact, strict=True)]
    model = next(place for place, point in enumerate(at.tolist()) if point == [0, 0])
    assert result.error.linear == pytest.approx(max(errors), rel=1e-6)
    assert result.error.linear_at_model == pytest.approx(errors[model], rel=1e-6)
    span = np.ptp(np.log10([*fast, *exact]))
    assert result.error.log == pytest.approx(np.abs(np.log10(fast / exact)).max() / span, rel=1e-4)


def test_fast_falls_back_to_exact_where_it_strays_too_far(bfloat16, monkeypatch):
    monkeypatch.setattr("compute.deviation.LIMIT", 1e-9)
    fast, exact = evaluate(task("fast")), evaluate(task("exact"))
    assert fast.fell_back
    assert fast.error.linear > 1e-9
    assert fast.values[0].loss[0, 0] == pytest.approx(exact.values[0].loss[0, 0], rel=1e-6)


def test_a_network_that_is_asked_for_no_tiles_is_checked_further_out_as_it_is_asked(bfloat16):
    ready = build.ready(question("fast"))
    ready.within(1.0)
    near = ready.error
    assert near == checked(ready.made, ready.exact, 1.0)
    ready.within(4.0)
    assert ready.within_checked == 4.0
    assert ready.error.linear >= near.linear


def basin(at):
    return 0.01 + 8 * (1 - np.exp(-4 * (at**2).sum(axis=1)))


class Planted:
    """A network whose losses are those of a basin, but for an error at some places."""

    def __init__(self, error=None):
        self.error, self.asked = error or (lambda at, loss: 0 * loss), 0

    def losses(self, at, start, stop):
        self.asked += len(at)
        loss = basin(at)
        wrong = loss * (1 + self.error(at, loss))
        return np.repeat(wrong[:, None], stop - start, axis=1), None, np.zeros(stop - start, int)


LATTICE = Lattice.spanning(4, (-1, 1), (-1, 1))
PLACES = {
    "model": lambda at, loss: 6.0 * (np.hypot(*at.T) == 0),
    "beside the model": lambda at, loss: 3.0 * (np.hypot(*at.T) < 0.13),
    "rim": lambda at, loss: 0.2 * (np.abs(np.log10(loss / 0.3)) < 0.2),
    "corner": lambda at, loss: 0.05 * (np.abs(at).min(axis=1) == 1),
    "highest": lambda at, loss: 0.05 * (loss > 7.9),
    "not finite": lambda at, loss: np.where(np.hypot(*(at - 0.4375).T) < 0.05, np.nan, 0.0),
    "everywhere": lambda at, loss: 0.05 + 0 * loss,
}


def surveyed(ready, lattice=LATTICE):
    """Every tile of a lattice, coarse to fine: what was told of each point."""
    found = np.full(lattice.shape, np.nan)
    for tile in lattice.tiles():
        mask = lattice.mask(tile)
        found[lattice.place(tile, mask)] = ready.asked(points(tile, mask), 0, 8, lattice.reach)[0].mean(axis=1)
    return found


@pytest.mark.parametrize("place", PLACES)
def test_an_error_at_the_model_the_rim_a_corner_or_an_extreme_is_found_and_ends_the_fast_arithmetic(place):
    ready = build.Ready(question("exact"), Planted(PLACES[place]), Planted())
    surveyed(ready)
    assert ready.fell_back
    assert max(ready.error.linear, ready.error.log) > LIMIT
    at = np.array([[0.0, 0.0], [1.0, 1.0], [0.5, 0.25]])
    np.testing.assert_array_equal(ready.asked(at, 0, 8, 1.0)[0][:, 0], basin(at))


def test_a_small_error_is_told_in_both_units_and_at_the_model():
    ready = build.Ready(question("exact"), Planted(lambda at, loss: 0.01 + 0 * loss), Planted())
    found = surveyed(ready)
    assert not ready.fell_back
    truth = basin(np.stack([part.ravel() for part in LATTICE.grid()], axis=1)).reshape(LATTICE.shape)
    np.testing.assert_allclose(found, 1.01 * truth)
    assert ready.error.linear == pytest.approx(0.01)
    assert ready.error.linear_at_model == pytest.approx(0.01 * 0.01)  # absolute below a loss of 1
    span = np.log10(1.01 * truth.max() / truth.min())
    assert (ready.error.log, ready.error.log_at_model) == pytest.approx([np.log10(1.01) / span] * 2, rel=1e-3)


def test_the_comparison_costs_few_points_of_a_fine_surface_and_goes_on_as_it_grows():
    ready = build.Ready(question("exact"), Planted(), Planted())
    lattice, counts = Lattice.spanning(6, (-1, 1), (-1, 1)), []
    for tile in lattice.tiles():
        before = ready.exact.asked
        ready.asked(points(tile, lattice.mask(tile)), 0, 8, lattice.reach)
        counts.append(ready.exact.asked - before)
    assert ready.exact.asked < 0.03 * lattice.size
    assert sum(counts[len(counts) // 2 :]) > 0


def test_what_is_not_finite_in_both_is_no_error():
    check = Check()
    both = np.array([np.nan, np.inf, 1.0])
    check.compare(np.ones((3, 2)), both, both)
    assert (check.deviation.linear, check.deviation.log) == (0, 0)
    check.compare(np.ones((1, 2)), np.array([np.nan]), np.array([1.0]))
    assert check.deviation.too_large
    assert np.isfinite(check.deviation.linear)  # JSON has no infinity


def test_exact_measures_no_error():
    result = evaluate(task("exact"))
    assert (result.error, result.fell_back) == (None, False)


@pytest.mark.parametrize(
    ("found", "true", "expected"),
    [
        (2.02, 2.0, 0.01),
        (0.03, 0.02, 0.01),
        (float("nan"), float("nan"), 0),
        (float("inf"), float("nan"), 0),
        (1.0, float("nan"), float("inf")),
        (float("inf"), 1.0, float("inf")),
    ],
)
def test_the_error_is_relative_above_one_and_absolute_below(found, true, expected):
    assert precision.error(found, true) == pytest.approx(expected)
