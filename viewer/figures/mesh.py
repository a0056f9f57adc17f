"""The surface as a mesh for other programs: vertices at the points, coloured by height."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import trimesh
from trimesh.exchange.gltf import export_glb

from compute.snapshot import Snapshot
from viewer.figures.block import carved
from viewer.figures.light import GAMMA
from viewer.figures.relief import relief
from viewer.figures.style import Style
from viewer.theme import mixed

RELIEF = 0.5
"""The height between the limits, as a share of the longer side: that of a surface in a wide panel of the page."""
KINDS: Mapping[str, str] = MappingProxyType(
    {"obj": "model/obj", "stl": "model/stl", "glb": "model/gltf-binary", "ply": "application/octet-stream"}
)
"""A file name's ending and its media type; STL knows no colours."""


def mesh(snapshot: Snapshot, style: Style, against: Snapshot | None = None) -> trimesh.Trimesh:
    """Two triangles for every cell whose four corners have a finite height.

    Vertices lie at (α, β) in units of the axes, the style's lower limit at 0 and its upper one at RELIEF times the
    longer side; without limits in the style those are the surface's own.
    """
    found = relief(snapshot, style, against)
    drawn = np.where(found.given, found.z, np.nan)
    lattice, share = snapshot.survey.lattice, found.limits.share(drawn)
    alpha, beta = lattice.grid()
    vertices = np.stack([alpha, beta, np.nan_to_num(share) * top(snapshot)], axis=-1).reshape(-1, 3)
    number = np.arange(lattice.size).reshape(lattice.shape)
    a, b, c, d = (number[rows, cols].ravel() for rows in CORNERS for cols in CORNERS)
    whole = np.isfinite(drawn).ravel()
    cells = whole[a] & whole[b] & whole[c] & whole[d]
    colours = mixed(np.nan_to_num(share.ravel()), found.palette).astype(np.uint8)
    faces = np.concatenate([np.stack([a, b, d], axis=1)[cells], np.stack([a, d, c], axis=1)[cells]])
    return trimesh.Trimesh(vertices, faces, vertex_colors=colours, process=False)


def solid(snapshot: Snapshot, style: Style, against: Snapshot | None = None) -> trimesh.Trimesh:
    """The carved block with its walls and lid, in the same units; its colours have their light baked in.

    glTF wants colours of corners in linear light, of which the screen's are a power.
    """
    places, colours, triangles = carved(snapshot, style, against).indexed
    vertices = places * [1, 1, top(snapshot)]
    linear = np.round(255 * (colours / 255) ** GAMMA).astype(np.uint8)
    return trimesh.Trimesh(vertices, triangles, vertex_colors=linear, process=False)


def top(snapshot: Snapshot) -> float:
    """The height of the upper limit."""
    return RELIEF * max(float(np.ptp(axis)) for axis in snapshot.survey.lattice.grid())


UPRIGHT = np.array([[1, 0, 0, 0], [0, 0, 1, 0], [0, -1, 0, 0], [0, 0, 0, 1]], float)
"""Turns z into y."""
CORNERS = (slice(None, -1), slice(1, None))


def written(snapshot: Snapshot, style: Style, kind: str, against: Snapshot | None = None) -> bytes:
    """The mesh as a file of one of KINDS, which says what its height is."""
    whole = style.carved and kind == "glb" and relief(snapshot, style, against).drawable
    found, said = (solid if whole else mesh)(snapshot, style, against), legend(snapshot, style, against)
    if whole:
        return glb(found, said, UNLIT)
    found.remove_unreferenced_vertices()
    return WRITERS[kind](found, said)


def legend(snapshot: Snapshot, style: Style, against: Snapshot | None = None) -> str:
    """What a vertex's z is: which quantity, on which scale, between which limits.

    As in `z = 1.24 * (log10(loss) - -1.5) / 3`.
    """
    limits = relief(snapshot, style, against).limits
    return f"z = {top(snapshot):.6g} * ({expression(style)} - {limits.lo:.6g}) / {limits.hi - limits.lo:.6g}"


def expression(style: Style) -> str:
    """The height that is drawn, as a formula of what it is of.

    Example:
        >>> expression(Style()), expression(Style(height="clipped", cap=5)), expression(Style("accuracy"))
        ('log10(loss)', 'min(loss, 5)', 'accuracy as a share')
    """
    unit = " as a share" if style.quantity == "accuracy" else ""
    clipped = style.height == "clipped" and style.quantity != "accuracy"
    one = f"min({style.noun}, {style.cap:g})" if clipped else style.noun + unit
    if style.against:
        one = f"{style.noun} / that of {style.against}" if style.logarithmic else f"{one} - that of {style.against}"
    return ("smoothed " if style.smooth else "") + (f"log10({one})" if style.logarithmic else one)


def plain(text: str) -> bytes:
    """A text in ASCII, which is all that headers of meshes may hold."""
    return text.encode("ascii", "replace")


def exported(found: trimesh.Trimesh, kind: str) -> bytes:
    """The mesh as trimesh writes it."""
    data = found.export(file_type=kind)
    return data.encode() if isinstance(data, str) else bytes(data)


def obj(found: trimesh.Trimesh, said: str) -> bytes:
    """Wavefront OBJ, with what z is in a comment."""
    return b"# x = alpha, y = beta, " + plain(said) + b"\n" + exported(found, "obj")


def stl(found: trimesh.Trimesh, said: str) -> bytes:
    """Binary STL, with what z is in the 80 bytes before the triangles; it must not begin with "solid"."""
    return plain(said)[:80].ljust(80) + exported(found, "stl")[80:]


def ply(found: trimesh.Trimesh, said: str) -> bytes:
    """Binary PLY, with what z is in a comment of its header."""
    head, mark, rest = exported(found, "ply").partition(b"element vertex")
    return head + b"comment x = alpha, y = beta, " + plain(said) + b"\n" + mark + rest


UNLIT = {"extensions": {"KHR_materials_unlit": {}}, "doubleSided": True}
"""A material whose colours are shown as they are."""


def glb(found: trimesh.Trimesh, said: str, material: dict[str, Any] | None = None) -> bytes:
    """Binary glTF, in whose world y points up, with what y is in the `extras` of its asset."""
    found.apply_transform(UPRIGHT)

    def completed(tree: dict[str, Any]) -> None:
        tree["asset"]["extras"] = {"x": "alpha", "y": said.removeprefix("z = "), "z": "-beta"}
        if material:
            tree |= {"materials": [material], "extensionsUsed": list(material["extensions"])}
            for part in tree["meshes"]:
                part["primitives"] = [primitive | {"material": 0} for primitive in part["primitives"]]

    postprocessed = {"tree_postprocessor": completed}
    return bytes(export_glb(found.scene(), **postprocessed))  # type: ignore[no-untyped-call]  # trimesh has no types


WRITERS: Mapping[str, Callable[[trimesh.Trimesh, str], bytes]] = MappingProxyType(
    {"obj": obj, "stl": stl, "glb": glb, "ply": ply}
)
