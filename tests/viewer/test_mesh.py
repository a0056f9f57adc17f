"""Meshes opened again by the library that owns them."""

import io
import json
import re

import numpy as np
import pytest
import trimesh

from tests.viewer.cases import bowl, snapshot
from viewer.figures.mesh import KINDS, RELIEF, mesh, written
from viewer.figures.relief import relief
from viewer.figures.style import Style
from viewer.figures.surface import surface
from viewer.state import ViewState
from viewer.theme import ATLAS, rgb


def test_a_mesh_has_two_triangles_a_cell_all_facing_up_and_the_colours_of_its_heights():
    found = mesh(snapshot(), Style())
    assert (len(found.vertices), len(found.faces)) == (17 * 17, 2 * 16 * 16)
    assert (found.face_normals[:, 2] > 0).all()
    lowest, highest = (found.vertices[:, 2].argmin(), found.vertices[:, 2].argmax())
    np.testing.assert_array_equal(found.vertices[lowest][:2], [0, 0])
    colours = found.visual.vertex_colors[:, :3].astype(int)
    assert np.abs(colours[lowest] - rgb(ATLAS[0])).max() < 40
    assert np.abs(colours[highest] - rgb(ATLAS[-1])).max() < 90


def test_heights_are_those_of_the_page():
    found = mesh(snapshot(), Style())
    x, y, z = found.vertices.T
    rise = np.log10(bowl(x, y))
    assert np.corrcoef(z, rise)[0, 1] == pytest.approx(1)


@pytest.mark.parametrize("span", [0.5, 1.0, 2.0])
def test_a_mesh_is_as_high_beside_its_sides_as_on_the_page(span):
    shot, style = snapshot(state=ViewState(points=17, span=span)), Style()
    scene, limits = surface(shot, style)["layout"]["scene"], relief(shot, style).limits
    wide, _, high = np.ptp(mesh(shot, style).vertices, axis=0)
    drawn = np.ptp(np.log10(shot.loss)) / (limits.hi - limits.lo)  # the part of the axis that the surface fills
    assert wide == 2 * span
    assert high / wide == pytest.approx(scene["aspectratio"]["z"] / scene["aspectratio"]["x"] * drawn)


def test_meshes_on_one_scale_are_as_high_as_their_losses():
    low, high = (snapshot(law=lambda a, b, top=top: bowl(a, b) * top) for top in (10, 1000))
    own = [np.ptp(mesh(shot, Style()).vertices[:, 2]) for shot in (low, high)]
    assert own[0] == pytest.approx(own[1])
    tops = [mesh(shot, Style(limits=(0, 4))).vertices[:, 2].max() for shot in (low, high)]
    np.testing.assert_allclose(tops, [RELIEF * 2 * np.log10(bowl(1, 1) * top) / 4 for top in (10, 1000)])


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


STYLES = [
    Style(),
    Style(height="linear"),
    Style(height="clipped", cap=2),
    Style("accuracy"),
    Style("slope"),
    Style(limits=(-2, 4)),
    Style(smooth=True),
]


def header(content, kind):
    """What a mesh file says of its height."""
    if kind == "stl":
        return content[:80].decode().strip()
    if kind == "glb":
        size = int.from_bytes(content[12:16], "little")
        return "z = " + json.loads(content[20 : 20 + size])["asset"]["extras"]["y"]
    lines = content.decode(errors="replace").splitlines()
    return next(line for line in lines if " z = " in line).partition(", y = beta, ")[2]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("style", STYLES, ids=lambda style: f"{style.quantity}-{style.height}-{style.smooth}")
def test_a_mesh_file_says_what_its_height_is(kind, style):
    shot = snapshot()
    said = header(written(shot, style, kind), kind)
    top, what, low, span = re.fullmatch(r"z = (\S+) \* \((.+) - (\S+)\) / (\S+)", said).groups()
    found = relief(shot, style)
    wanted = float(top) * (found.z - float(low)) / float(span)
    np.testing.assert_allclose(mesh(shot, style).vertices[:, 2], wanted.ravel(), rtol=1e-4, atol=1e-5)
    names = {"clipped": "min(loss, 2)", "linear": "loss", "log": f"log10({style.noun})"}
    plain = "accuracy as a share" if style.quantity == "accuracy" else names[style.height]
    assert what == ("smoothed " if style.smooth else "") + plain


def test_the_height_of_a_difference_is_said_to_be_one():
    shot, other = snapshot(), snapshot(law=lambda a, b: 2 * bowl(a, b))
    ratio, difference = (
        header(written(shot, Style(against="MLP é", height=h), "obj", other), "obj") for h in ("log", "linear")
    )
    assert "(log10(loss / that of MLP ?) - " in ratio
    assert "(loss - that of MLP ? - " in difference
