"""The surface as a mesh for other programs: vertices at the points, coloured by height."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import trimesh

from compute.snapshot import Snapshot
from viewer.figures.relief import relief
from viewer.figures.style import Style
from viewer.theme import mixed

RELIEF = 0.62
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
    across = max(float(np.ptp(alpha)), float(np.ptp(beta)))
    vertices = np.stack([alpha, beta, np.nan_to_num(share) * RELIEF * across], axis=-1).reshape(-1, 3)
    number = np.arange(lattice.size).reshape(lattice.shape)
    a, b, c, d = (number[rows, cols].ravel() for rows in CORNERS for cols in CORNERS)
    whole = np.isfinite(drawn).ravel()
    cells = whole[a] & whole[b] & whole[c] & whole[d]
    colours = mixed(np.nan_to_num(share.ravel()), found.palette).astype(np.uint8)
    faces = np.concatenate([np.stack([a, b, d], axis=1)[cells], np.stack([a, d, c], axis=1)[cells]])
    return trimesh.Trimesh(vertices, faces, vertex_colors=colours, process=False)


UPRIGHT = np.array([[1, 0, 0, 0], [0, 0, 1, 0], [0, -1, 0, 0], [0, 0, 0, 1]], float)
"""Turns z into y."""
CORNERS = (slice(None, -1), slice(1, None))


def written(snapshot: Snapshot, style: Style, kind: str, against: Snapshot | None = None) -> bytes:
    """The mesh as a file of one of KINDS."""
    found = mesh(snapshot, style, against)
    found.remove_unreferenced_vertices()
    if kind == "glb":  # in whose world y points up
        found.apply_transform(UPRIGHT)
    data = found.export(file_type=kind)
    return data.encode() if isinstance(data, str) else bytes(data)
