"""A finished surface is drawn smooth between its points, through each of them."""

import numpy as np
import pytest

from tests.viewer.cases import bowl, snapshot
from tests.viewer.test_figures import array
from viewer.figures.finer import mesh, refined
from viewer.figures.relief import relief
from viewer.figures.style import Style
from viewer.figures.surface import surface
from viewer.state import ViewState

HEIGHTS = [Style(), Style(height="linear"), Style(height="clipped", cap=1.0), Style("accuracy"), Style("slope")]


def cliff(a, b):
    return np.where(a > 0.4, 1e12, bowl(a, b))


def drawn(law=bowl, style=None, points=17):
    shot, style = snapshot(law, state=ViewState(points=points)), style or Style()
    found = relief(shot, style)
    return mesh(shot, found, style), found


@pytest.mark.parametrize("style", [*HEIGHTS, Style(height="clipped", cap=1.0, smooth=True), Style(smooth=True)])
@pytest.mark.parametrize("law", [bowl, cliff])
def test_a_mesh_goes_through_every_point(law, style):
    fine, found = drawn(law, style)
    assert min(fine.z.shape) >= 129
    own = fine.z[:: fine.every[0], :: fine.every[1]]
    np.testing.assert_array_equal(own, found.z)


@pytest.mark.parametrize("style", HEIGHTS)
@pytest.mark.parametrize("law", [bowl, cliff])
def test_nothing_is_drawn_beyond_the_limits(law, style):
    fine, found = drawn(law, style)
    slack = 1e-6 * (found.limits.hi - found.limits.lo)
    assert found.limits.lo - slack <= np.nanmin(fine.z)
    if style.height != "linear":  # whose largest heights lie at the end of single precision
        assert np.nanmax(fine.z) <= found.limits.hi + slack


@pytest.mark.parametrize("points", [9, 17, 33, 65, 129, 257])
def test_a_mesh_is_no_coarser_than_129_points_and_never_coarser_than_the_surface(points):
    fine, found = drawn(points=points)
    assert fine.z.shape == (max(129, points),) * 2
    assert (fine.z.shape[0] - 1) % (found.z.shape[0] - 1) == 0


def test_between_its_points_a_smooth_law_is_met_far_better_than_by_straight_lines():
    fine, found = drawn(lambda a, b: np.exp(np.cos(2 * a) * np.cos(2 * b)))
    wanted = np.log10(np.exp(np.cos(2 * fine.x)[None] * np.cos(2 * fine.y)[:, None]))
    straight = np.stack([np.interp(fine.x, fine.x[:: fine.every[1]], row) for row in found.z])
    ours = np.abs(fine.z[:: fine.every[0]] - wanted[:: fine.every[0]])[4:-4, 16:-16].max()
    assert ours < np.abs(straight - wanted[:: fine.every[0]])[4:-4, 16:-16].max() / 20


def test_a_cell_with_an_absent_corner_is_absent_and_no_other():
    fine, found = drawn(lambda a, b: np.where((a == 0.5) & (b == 0.25), np.nan, bowl(a, b)))
    row, column = np.argwhere(~np.isfinite(found.z))[0] * fine.every
    absent = np.argwhere(~np.isfinite(fine.z)) - (row, column)
    assert np.abs(absent).max() == max(fine.every) - 1
    assert len(absent) == (2 * fine.every[0] - 1) * (2 * fine.every[1] - 1)


def test_above_the_cap_heights_are_eased_and_below_it_they_are_the_losses():
    fine, _ = drawn(cliff, Style(height="clipped", cap=1.0))
    assert 1 < fine.eased.max() < 10**0.9
    np.testing.assert_array_equal(np.minimum(fine.eased, 1.0)[::8, ::8], fine.z[::8, ::8])


def test_losses_of_zero_and_below_are_drawn_too():
    fine, found = drawn(lambda a, b: a * a + b * b - 0.1, Style(height="linear"))
    assert np.isfinite(fine.z).all()
    np.testing.assert_array_equal(fine.z[::8, ::8], found.z)


def test_uneven_axes_stay_uneven():
    y, x = np.array([0.0, 1.0, 4.0]), np.array([0.0, 2.0, 3.0, 7.0])
    z = 2 * y[:, None] + 3 * x
    fine = refined(z, y, x, (4, 2))
    np.testing.assert_allclose(fine[::4, ::2], z)
    np.testing.assert_allclose(fine[2], 2 * 0.5 + 3 * np.interp(np.arange(7) / 2, np.arange(4), x))


def test_an_unfinished_surface_is_drawn_at_its_own_points():
    shot = snapshot(tiles=5)
    assert mesh(shot, relief(shot, Style()), Style()).every == (1, 1)


def test_each_point_of_the_mesh_tells_of_the_nearest_point_that_was_computed_and_where_it_is():
    sheet = surface(snapshot(), Style())["data"][0]
    told = array(sheet["customdata"])
    loss, alpha, beta = told[..., 0], told[..., -2], told[..., -1]
    np.testing.assert_allclose(loss, bowl(alpha, beta), rtol=1e-6)
    assert np.abs(alpha - array(sheet["x"])[:, None]).max() <= 1 / 16
    assert np.abs(beta - array(sheet["y"])[None]).max() <= 1 / 16
    assert "customdata[3]" in sheet["hovertemplate"]
