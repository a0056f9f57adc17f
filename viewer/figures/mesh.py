"""The surface as a mesh for other programs: vertices at the points, coloured by height."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import trimesh

from compute.snapshot import Snapshot
from viewer.figures.heights import heights, scale
from viewer.figures.provisional import given
from viewer.figures.style import Style
from viewer.theme import rgb

RELIEF = 0.62
"""The height of the whole surface beside a side of two units, as on the page."""
KINDS: Mapping[str, str] = MappingProxyType(
    {"obj": "model/obj", "stl": "model/stl", "glb": "model/gltf-binary", "ply": "application/octet-stream"}
)
"""A file name's ending and its media type; STL knows no colours."""


def mesh(snapshot: Snapshot, style: Style) -> trimesh.Trimesh:
    """Two triangles for every cell whose four corners have a finite height: as high as on screen, scaled to RELIEF."""
    drawn = np.where(given(snapshot), heights(snapshot.values(style.quantity), style), np.nan)
    lattice, share = snapshot.survey.lattice, scale(drawn, style).share(drawn)
    beta, alpha = np.meshgrid(lattice.coordinates("y"), lattice.coordinates("x"), indexing="ij")
    across = max(float(np.ptp(alpha)), float(np.ptp(beta)))
    vertices = np.stack([alpha, beta, np.nan_to_num(share) * RELIEF * across / 2], axis=-1).reshape(-1, 3)
    number = np.arange(lattice.size).reshape(lattice.shape)
    a, b, c, d = (number[rows, cols].ravel() for rows in CORNERS for cols in CORNERS)
    whole = np.isfinite(drawn).ravel()
    cells = whole[a] & whole[b] & whole[c] & whole[d]
    faces = np.concatenate([np.stack([a, b, d], axis=1)[cells], np.stack([a, d, c], axis=1)[cells]])
    return trimesh.Trimesh(vertices, faces, vertex_colors=colours(share.ravel(), style.palette), process=False)


UPRIGHT = np.array([[1, 0, 0, 0], [0, 0, 1, 0], [0, -1, 0, 0], [0, 0, 0, 1]], float)
"""Turns z into y."""
CORNERS = (slice(None, -1), slice(1, None))


def colours(share: np.ndarray, palette: tuple[str, ...]) -> np.ndarray:
    """Shares of the way up as colours (n, 4), uint8."""
    channels = np.array([rgb(colour) for colour in palette], float)
    places = np.linspace(0, 1, len(palette))
    mixed = [np.interp(np.nan_to_num(share), places, channels[:, channel]) for channel in range(3)]
    return np.stack([*mixed, np.full_like(mixed[0], 255)], axis=-1).astype(np.uint8)


def written(snapshot: Snapshot, style: Style, kind: str) -> bytes:
    """The mesh as a file of one of KINDS."""
    found = mesh(snapshot, style)
    found.remove_unreferenced_vertices()
    if kind == "glb":  # in whose world y points up
        found.apply_transform(UPRIGHT)
    data = found.export(file_type=kind)
    return data.encode() if isinstance(data, str) else bytes(data)
