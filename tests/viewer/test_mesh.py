"""Meshes opened again by the library that owns them."""

import io

import numpy as np
import pytest
import trimesh

from tests.viewer.cases import bowl, snapshot
from viewer.figures.mesh import KINDS, mesh, written
from viewer.figures.style import Style
from viewer.theme import VIRIDIS, rgb


def test_a_mesh_has_two_triangles_a_cell_all_facing_up_and_the_colours_of_its_heights():
    found = mesh(snapshot(), Style())
    assert (len(found.vertices), len(found.faces)) == (17 * 17, 2 * 16 * 16)
    assert (found.face_normals[:, 2] > 0).all()
    lowest, highest = (found.vertices[:, 2].argmin(), found.vertices[:, 2].argmax())
    np.testing.assert_array_equal(found.vertices[lowest][:2], [0, 0])
    colours = found.visual.vertex_colors[:, :3].astype(int)
    assert np.abs(colours[lowest] - rgb(VIRIDIS[0])).max() < 40
    assert np.abs(colours[highest] - rgb(VIRIDIS[-1])).max() < 90


def test_heights_are_those_of_the_page():
    found = mesh(snapshot(), Style())
    x, y, z = found.vertices.T
    rise = np.log10(bowl(x, y))
    assert np.corrcoef(z, rise)[0, 1] == pytest.approx(1)


def test_cells_without_a_finite_corner_are_holes():
    shot = snapshot(law=lambda a, b: np.where((a > 0.5) & (b > 0.5), np.nan, bowl(a, b)))
    assert len(mesh(shot, Style()).faces) == 2 * (16 * 16 - 16)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_read_back_by_its_library(kind):
    back = trimesh.load(io.BytesIO(written(snapshot(), Style(), kind)), file_type=kind, force="mesh")
    assert len(back.faces) == 2 * 16 * 16
    flat = [0, 2] if kind == "glb" else [0, 1]
    np.testing.assert_allclose(back.bounds[:, flat], [[-1, -1], [1, 1]], atol=1e-6)
    if kind in {"glb", "ply"}:
        assert len(np.unique(back.visual.vertex_colors, axis=0)) > 30


def test_nothing_known_is_an_empty_mesh():
    assert len(mesh(snapshot(tiles=0), Style()).faces) == 0
