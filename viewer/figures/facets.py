"""Triangles cut along a level of a value that is given at their corners."""

import numpy as np


def below(vertices: np.ndarray, values: np.ndarray, triangles: np.ndarray, level: float) -> np.ndarray:
    """What of triangles lies at most at a level, as triangles (n, 3, columns) of their own.

    Args:
        vertices: (points, columns), a position and whatever else belongs to a point; it is interpolated.
        values: (points,), what is compared with the level.
        triangles: (n, 3), indices of points.
        level: what the values are at most.

    Example:
        >>> corners, heights = np.array([[0.0, 0], [1, 0], [0, 1]]), np.array([0.0, 2, 2])
        >>> below(corners, heights, np.array([[0, 1, 2]]), 1.0).tolist()
        [[[0.0, 0.0], [0.5, 0.0], [0.0, 0.5]]]
    """
    count = (values[triangles] > level).sum(axis=1)
    whole = vertices[triangles[count == 0]]
    odd, one, other = _parted(values, triangles[count == 2], level)
    tips = np.stack(
        [vertices[odd], _at(vertices, values, odd, one, level), _at(vertices, values, odd, other, level)], 1
    )
    odd, one, other = _parted(values, triangles[count == 1], level)
    first, second = _at(vertices, values, odd, one, level), _at(vertices, values, odd, other, level)
    quads = [np.stack([first, vertices[one], vertices[other]], 1), np.stack([first, vertices[other], second], 1)]
    return np.concatenate([whole, tips, *quads])


def level_lines(vertices: np.ndarray, values: np.ndarray, triangles: np.ndarray, level: float) -> np.ndarray:
    """Where triangles cross a level: segments (n, 2, columns)."""
    count = (values[triangles] > level).sum(axis=1)
    odd, one, other = _parted(values, triangles[(count == 1) | (count == 2)], level)
    return np.stack([_at(vertices, values, odd, one, level), _at(vertices, values, odd, other, level)], 1)


def _parted(values: np.ndarray, triangles: np.ndarray, level: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of each triangle the corner that lies alone on its side of a level, and the two others, in their order round."""
    above = values[triangles] > level
    alone = np.where(above.sum(axis=1) == 1, above.argmax(axis=1), above.argmin(axis=1))
    rows = np.arange(len(triangles))
    return tuple(triangles[rows, (alone + turn) % 3] for turn in range(3))


def _at(vertices: np.ndarray, values: np.ndarray, one: np.ndarray, other: np.ndarray, level: float) -> np.ndarray:
    """The points between two others at which a value is at the level."""
    share = ((level - values[one]) / (values[other] - values[one]))[:, None]
    return np.asarray(vertices[one] + share * (vertices[other] - vertices[one]))
