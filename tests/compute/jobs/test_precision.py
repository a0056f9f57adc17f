import pytest
import torch

from compute.blocks import Block
from compute.jobs import build, precision
from compute.jobs.precision import CHECKS, dtype_of, largest_error
from compute.jobs.tasks import TileTask, evaluate
from compute.lattice import Tile
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
    radii = [x**2 + y**2 for x, y in CHECKS]
    assert len(set(CHECKS)) == 12
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


def test_fast_tells_its_measured_error(bfloat16):
    result = evaluate(task("fast"))
    assert 0 < result.error <= precision.LIMIT
    assert not result.fell_back
    ready = build.ready(question("fast"))
    assert ready.made.weights.dtype is torch.bfloat16
    assert result.error == largest_error(ready.made, ready.exact, 1.0)


def test_fast_falls_back_to_exact_where_it_strays_too_far(bfloat16, monkeypatch):
    monkeypatch.setattr(build, "LIMIT", 1e-9)
    fast, exact = evaluate(task("fast")), evaluate(task("exact"))
    assert fast.fell_back
    assert fast.error > 1e-9
    assert fast.values[0].loss[0, 0] == pytest.approx(exact.values[0].loss[0, 0], rel=1e-6)


def test_a_wider_survey_is_checked_further_out(bfloat16):
    evaluate(task("fast", reach=1.0))
    ready = build.ready(question("fast"))
    near = ready.error
    evaluate(task("fast", reach=4.0))
    assert ready.checked == 4.0
    assert ready.error >= near


def test_a_network_that_is_asked_nowhere_else_is_checked_where_it_is(bfloat16):
    result = evaluate(task("fast", reach=0.0))
    ready = build.ready(question("fast"))
    assert result.error == precision.error(ready.made.mean_loss(0, 0)[0], ready.exact.mean_loss(0, 0)[0]) > 0


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
