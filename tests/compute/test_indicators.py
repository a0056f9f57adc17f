import numpy as np
import pytest

from compute.indicators import indicators
from compute.lattice import Lattice
from compute.minima import minima
from compute.snapshot import JobState, Progress, Snapshot
from compute.specs import Survey
from tests.compute.cases import query


def shot(law, level=3, x=(-1, 1), y=(-1, 1)):
    lattice = Lattice.spanning(level, x, y)
    asked = Survey(query(), lattice)
    made = Snapshot.empty(asked, Progress(asked.id, JobState.DONE, 0, lattice.size))
    made.loss[:] = law(lattice.coordinates("x")[None, :], lattice.coordinates("y")[:, None])
    made.known[:] = True
    return made


def told(snapshot):
    return {row.name: row.value for row in indicators(snapshot)}


def bowl(a, b):
    return 0.1 + a**2 + b**2


def test_a_bowl_in_closed_form():
    found = told(shot(bowl, level=5))
    assert found["Loss at the model"] == found["Lowest loss on the plane"] == pytest.approx(0.1)
    assert found["Local minima"] == 1
    assert found["Plane below loss 1"] == pytest.approx(100 * np.pi * 0.9 / 4, abs=0.7)
    assert found["Sharpness within 0.125"] == pytest.approx(100 * 0.125**2 / 1.1)
    assert found["Range of the loss"] == pytest.approx(np.log10(2.1 / 0.1))


def test_roughness_of_ripples_grows_with_their_height_and_is_nothing_on_a_slope():
    assert told(shot(lambda a, b: 10 ** (a + 2 * b)))["Roughness"] == pytest.approx(0, abs=1e-12)
    small, large = (
        told(shot(lambda a, b, h=h: 10 ** (h * np.cos(8 * np.pi * a) + 0 * b)))["Roughness"] for h in (0.1, 0.2)
    )
    assert large == pytest.approx(2 * small)
    assert small == pytest.approx(np.sqrt((0.4**2 + 0) / 2), rel=0.05)


def test_an_egg_box_has_its_minima_those_at_the_edge_among_them():
    box = shot(lambda a, b: 3 - np.cos(4 * np.pi * a) - np.cos(4 * np.pi * b), level=4)
    assert told(box)["Local minima"] == 25
    assert {each.alpha for each in minima(box)} == {-1, -0.5, 0, 0.5, 1}
    assert told(shot(lambda a, b: a + b))["Local minima"] == 1


def test_a_minimum_is_a_computed_point_among_computed_ones():
    guessed = shot(bowl)
    guessed.known[8, 9], guessed.interpolated[8, 9] = False, True
    assert told(guessed)["Local minima"] == 0


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_beside_a_hole_a_minimum_is_below_the_neighbours_there_are(bad):
    broken = shot(bowl)
    broken.loss[8, 9] = bad
    assert told(broken)["Local minima"] == 1
    assert told(broken)["Lowest loss on the plane"] == pytest.approx(0.1)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_where_the_loss_is_not_finite_the_plane_is_not_low_and_its_range_is_not_told(bad):
    broken = shot(lambda a, b: np.where(np.hypot(a, b) < 0.4, bowl(a, b), bad), level=4)
    assert told(broken)["Plane below loss 1"] == pytest.approx(100 * np.pi * 0.4**2 / 4, abs=0.7)
    assert told(broken)["Range of the loss"] is None
    broken.known[~np.isfinite(broken.loss)] = False
    assert told(broken)["Plane below loss 1"] == 100
    assert told(broken)["Range of the loss"] == pytest.approx(np.log10(bowl(0.375, 0.125) / 0.1))


def test_interpolated_points_take_part_and_unknown_ones_do_not():
    half = shot(lambda a, b: np.where(a < 0, 0.5, 2.0) + 0 * b)
    half.known[:], half.interpolated[:, :4] = False, True
    half.loss[:, 4:] = np.nan
    assert told(half)["Plane below loss 1"] == 100
    half.loss[:, 12:], half.interpolated[:, 12:] = 2.0, True
    assert told(half)["Plane below loss 1"] == pytest.approx(100 * 3.5 / 8)


def test_a_surface_without_the_model_or_without_any_point_tells_nothing_of_it():
    beside = told(shot(bowl, x=(0.5, 1)))
    assert beside["Loss at the model"] is None
    assert beside["Sharpness within 0.125"] is None
    empty = shot(lambda a, b: np.nan * (a + b))
    assert set(told(empty).values()) == {None, 0.0}


def test_a_loss_below_zero_has_no_sharpness():
    for bottom in (-1.0, -0.5):
        assert told(shot(lambda a, b, low=bottom: low + a * a + b * b))["Sharpness within 0.125"] is None


def test_a_line_is_a_surface_too():
    line = shot(bowl, y=(0.0, 0.0))
    assert told(line)["Local minima"] == 1
    assert told(line)["Loss at the model"] == pytest.approx(0.1)


def test_every_number_says_what_it_proves():
    assert all(row.note.endswith(".") and len(row.note) > 40 for row in indicators(shot(bowl)))
