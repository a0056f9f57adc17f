"""The first view of a surface fills its panel, whatever the panel's shape, and every view is above the floor."""

import numpy as np
import pytest

from compute.errors import BadReference
from tests.viewer.cases import snapshot
from viewer.figures.camera import FIELD, HIGHEST, LOWEST, Viewpoint, aimed, fitted, view_of
from viewer.figures.style import Style
from viewer.figures.surface import surface


def vector(place):
    return np.array([place[axis] for axis in "xyz"])


def projected(camera, sides, aspect):
    """Where a box's corners are seen, as shares of half the width and half the height; the camera by its matrix."""
    eye, centre = vector(camera["eye"]), vector(camera["center"])
    back = (eye - centre) / np.linalg.norm(eye - centre)
    right = np.cross([0, 0, 1], back)
    right /= np.linalg.norm(right)
    turn = np.stack([right, np.cross(back, right), back])
    corners = np.array([[i, j, k] for i in (-1, 1) for j in (-1, 1) for k in (-1, 1)]) * vector(sides) / 2
    x, y, z = turn @ (corners - eye).T
    return np.stack([x / aspect, y], axis=1) / (-z * np.tan(FIELD / 2))[:, None]


@pytest.mark.parametrize("aspect", [0.4, 0.6, 0.9, 1.0, 1.3, 2.0, 3.0])
@pytest.mark.parametrize("sides", [(1, 1, 0.5), (1, 0.4, 0.9), (0.5, 1, 0.5)])
def test_a_surface_is_in_the_middle_and_as_large_as_its_panel_allows(aspect, sides):
    sides = dict(zip("xyz", sides, strict=True))
    seen = projected(fitted(sides, aspect, (0.1, 0.02, 0.2)), sides, aspect)
    low, high = seen.min(axis=0), seen.max(axis=0)
    np.testing.assert_allclose((low + high) / 2, (0, 0.09), atol=1e-3)
    assert max((high - low) / (1.8, 1.78)) == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("aspect", [0.5, 0.7, 1.0, 1.4, 2.0, 3.0])
@pytest.mark.parametrize("bar", [True, False])
def test_the_box_of_a_surface_fills_its_panel(aspect, bar):
    scene = surface(snapshot(), Style(aspect=aspect, bar=bar))["layout"]["scene"]
    seen = projected(scene["camera"], scene["aspectratio"], scene["domain"]["x"][1] * aspect)
    assert np.ptp(seen, axis=0).max() / 2 >= 0.9


@pytest.mark.parametrize("view", [Viewpoint(), Viewpoint(170, 60, 0.5), Viewpoint(-100, 10, 3)])
def test_a_view_is_the_same_from_every_panel(view):
    for aspect in (0.5, 2.0):
        home = fitted({"x": 1, "y": 1, "z": 0.5}, aspect, (0.1, 0.0, 0.2))
        assert view_of(home, aimed(home, view)).written == view.written


def test_the_first_view_is_that_of_the_figure():
    home = surface(snapshot(), Style())["layout"]["scene"]["camera"]
    assert view_of(home, home).written == Viewpoint().written


@pytest.mark.parametrize("text", ["0,-40,1", "10,0,1", "10,89.9,1", "5000,-1e9,1e9", "1,1,-3", "1,1,0"])
def test_a_view_is_kept_above_the_floor_and_in_sight(text):
    view = Viewpoint.read(text)
    assert LOWEST <= view.elevation <= HIGHEST
    assert 0.1 < view.distance < 10
    assert -180 <= view.azimuth <= 180


@pytest.mark.parametrize("text", ["1,2", "1,2,3,4", "a,b,c", "nan,1,1", "1,inf,1", ",,", "1;2;3"])
def test_anything_else_is_refused_in_a_sentence(text):
    with pytest.raises(BadReference, match=r"A camera should be degrees round, degrees up and a distance"):
        Viewpoint.read(text)
