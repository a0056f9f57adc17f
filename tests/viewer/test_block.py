"""The carved block as triangles: heights are the surface's, colours alone are made for the eye."""

import io
import json

import numpy as np
import pytest
import trimesh

from tests.viewer.cases import bowl, snapshot
from tests.viewer.test_figures import array
from tests.viewer.test_saving import finish
from viewer.explore_export import sheet_of
from viewer.figures.block import block, carved
from viewer.figures.facets import below, level_lines
from viewer.figures.light import lit, open_sky, sunlight
from viewer.figures.mesh import written
from viewer.figures.relief import relief
from viewer.figures.style import Style
from viewer.paper import Paper
from viewer.screen import screen
from viewer.sheet import figure
from viewer.state import ViewState

CAPPED = Style(height="clipped", cap=0.6)


def points_of(trace):
    return np.stack([array(trace[axis]) for axis in "xyz"], axis=-1)


@pytest.mark.parametrize("style", [Style(), Style("accuracy"), Style(height="linear"), CAPPED])
def test_a_block_has_a_corner_at_the_height_of_every_point_below_a_cap(style):
    shot = snapshot()
    solid = block(shot, style)["data"][0]
    found, lattice = relief(shot, style), shot.survey.lattice
    assert solid["type"] == "mesh3d"
    alpha, beta = lattice.grid()
    wanted = np.stack([alpha, beta, found.z], axis=-1)[found.z < found.limits.hi - 1e-9]
    away = np.abs(points_of(solid)[:, None] - wanted.reshape(-1, 1, 3).swapaxes(0, 1)).max(axis=2).min(axis=0)
    assert away.max() < 1e-4 * (found.limits.hi - found.limits.lo) + 1e-5
    heights = points_of(solid)[:, 2]
    assert heights.min() == pytest.approx(found.limits.lo, abs=1e-5)
    assert heights.max() <= found.limits.hi + 1e-5


def test_the_rim_is_the_true_line_at_the_cap_and_the_lid_lies_beyond_it():
    found = carved(snapshot(), CAPPED)
    away = np.hypot(found.rim[..., 0], found.rim[..., 1])
    np.testing.assert_allclose(away, np.sqrt(0.5), atol=2e-3)  # 0.1 + a² + b² = 0.6
    lid = found.corners[(found.corners[..., 2] > 1 - 1e-9).all(axis=1)]
    assert np.hypot(lid[..., 0], lid[..., 1]).min() >= np.sqrt(0.5) - 2e-3
    assert np.ptp(found.corners[..., 2]) == pytest.approx(1)
    assert not carved(snapshot(), Style()).rim.size


def test_a_block_is_closed_but_for_its_foot_and_absent_cells_are_open():
    places, _, triangles = carved(snapshot(), Style()).indexed
    box = trimesh.Trimesh(places, triangles, process=False)
    box.merge_vertices(merge_tex=True, merge_norm=True)
    edges, counts = np.unique(box.edges_sorted, axis=0, return_counts=True)
    assert set(box.vertices[edges[counts == 1]][..., 2].ravel().tolist()) == {0.0}
    holed = carved(snapshot(lambda a, b: np.where(np.hypot(a, b) < 0.3, np.nan, bowl(a, b))), Style())
    assert np.hypot(holed.corners[..., 0], holed.corners[..., 1]).min() >= 0.25 - 1e-9


def test_lines_lie_at_the_levels_of_the_surface():
    style, shot = Style(height="linear"), snapshot()
    limits = relief(shot, style).limits
    lines = carved(shot, style).lines
    heights = 0.1 + (lines[..., :2] ** 2).sum(axis=-1)
    steps = (heights - limits.lo) / (2 * limits.step)
    assert np.abs(steps - np.round(steps)).max() < 0.2  # lifted along the normal, a little aside
    assert len(np.unique(np.round(steps))) >= 3


def test_no_line_of_a_printed_block_is_transparent_and_its_bar_stands_beside_it():
    data = block(snapshot(), CAPPED)["data"]
    assert all(trace["line"]["color"].startswith("#") for trace in data if trace.get("mode") == "lines")
    (bar,) = [trace["marker"]["colorbar"] for trace in data if "colorbar" in trace.get("marker", {})]
    assert bar["xanchor"] == "left"


def test_provisional_cells_are_paler_and_nothing_to_draw_says_so():
    whole, part = (block(snapshot(tiles=tiles), Style())["data"][0] for tiles in (None, -3))
    assert set(part["vertexcolor"]) - set(whole["vertexcolor"])
    assert block(snapshot(lambda a, b: a * np.nan), Style())["layout"]["annotations"]


def test_light_falls_from_where_nothing_stands():
    flat = np.zeros((41, 41))
    np.testing.assert_allclose(open_sky(flat, 0.05), 1)
    np.testing.assert_allclose(sunlight(flat, 0.05), 1)
    wall = flat.copy()
    wall[:, 15:18] = 0.8
    assert sunlight(wall, 0.05)[20, 20] < 0.05  # east of a wall; the sun stands in the south-west
    assert sunlight(wall, 0.05)[20, 8] > 0.95
    assert open_sky(wall, 0.05)[20, 19] < 0.8
    grey, up = np.full((1, 3), 128.0), np.array([[0.0, 0, 1]])
    assert lit(grey, up, np.ones(1), np.zeros(1)).max() < lit(grey, up, np.ones(1), np.ones(1)).min()


def test_cut_triangles_keep_their_area_on_both_sides():
    rng = np.random.default_rng(0)
    corners, heights = rng.random((60, 2)), rng.random(60)
    triangles = np.array([rng.choice(60, 3, replace=False) for _ in range(40)])

    def area(parts):
        one, other = parts[:, 1] - parts[:, 0], parts[:, 2] - parts[:, 0]
        return float(np.abs(one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0]).sum() / 2)

    low, high = below(corners, heights, triangles, 0.5), below(corners, -heights, triangles, -0.5)
    assert area(low) + area(high) == pytest.approx(area(corners[triangles]))
    both = np.concatenate([corners, heights[:, None]], axis=1)
    np.testing.assert_allclose(level_lines(both, heights, triangles, 0.5)[..., 2], 0.5)


def test_a_views_surfaces_are_printed_as_they_look(service):
    for look, kind in (("relief", "mesh3d"), ("plotly", "surface")):
        state = ViewState(models=("resnet20",), points=9, view="both", look=look)
        view = screen(service, state)
        service.watch("test", view.surveys)
        for survey in view.surveys:
            finish(service)(survey)
        found = figure(service, sheet_of(view, state, Paper()))
        assert kind in {trace["type"] for trace in found["data"]}
        assert "contour" in {trace["type"] for trace in found["data"]}


def test_a_glb_of_a_block_has_walls_and_says_what_its_height_is():
    shot = snapshot()
    data = written(shot, Style(carved=True), "glb")
    scene = trimesh.load(io.BytesIO(data), file_type="glb")
    (part,) = scene.geometry.values()
    low, high = part.bounds
    np.testing.assert_allclose((low[0], high[0], low[2], high[2]), (-1, 1, -1, 1), atol=1e-6)
    found = relief(shot, Style())
    share = (found.z - found.limits.lo) / (found.limits.hi - found.limits.lo)
    assert high[1] == pytest.approx(share.max() * 0.5 * 2, rel=1e-4)
    assert low[1] == 0
    tree = json.loads(data[20 : 20 + int.from_bytes(data[12:16], "little")])
    assert "log10(loss)" in tree["asset"]["extras"]["y"]
    assert tree["extensionsUsed"] == ["KHR_materials_unlit"]
    assert len(part.faces) > 2 * 128**2
    assert written(shot, Style(), "glb") != data
