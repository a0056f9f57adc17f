"""Light that is baked into the colours of a block: how much each point sees of the sky and of a broad sun."""

import numpy as np
from scipy.ndimage import convolve1d, shift

AZIMUTH, ELEVATION, PENUMBRA = 4.05, 0.68, 0.17
"""Where the sun stands and half its width, in radians: as in relief/src/light.js."""
RAYS, REACH = 16, 0.7
"""Directions in which the horizon is looked for, and how far, beside a block's side of 2."""
GROWTH = 1.45
"""Each step of a ray is so much longer than the one before."""
SUN, SKY, GROUND = np.array([1, 0.945, 0.87]), np.array([0.96, 0.98, 1.0]), np.array([0.89, 0.85, 0.81])
"""The colours of the light."""
STRENGTH, AMBIENT = 0.68, 0.59
"""How strong the sun and the sky are."""
GAMMA = 2.2
BEYOND = -1e3
"""The height beyond the border: nothing stands in the way there."""


def open_sky(heights: np.ndarray, spacing: float) -> np.ndarray:
    """The share of the sky above each point of a height field whose points lie `spacing` apart.

    Example:
        >>> open_sky(np.zeros((5, 5)), 0.1).round(6).tolist() == np.ones((5, 5)).tolist()
        True
    """
    strides, stride = [], 1
    while stride * spacing < REACH:
        strides.append(stride)
        stride = max(stride + 1, round(stride * GROWTH))
    open_ = np.zeros(heights.shape)
    for ray in range(RAYS):
        angle = 2 * np.pi * (ray + 0.5) / RAYS
        horizon = np.zeros(heights.shape)
        for stride in strides:
            down, across = round(stride * np.sin(angle)), round(stride * np.cos(angle))
            rise = (_moved(heights, down, across) - heights) / (np.hypot(down, across) * spacing)
            horizon = np.maximum(horizon, rise)
        open_ += 1 / (1 + horizon**2) / RAYS  # the cosine of the horizon's height, squared
    return _blurred(open_)


def sunlight(heights: np.ndarray, spacing: float) -> np.ndarray:
    """The share of the sun that each point sees past what stands in its way."""
    lowest = np.tan(ELEVATION - PENUMBRA) * spacing
    steepest, step = np.full(heights.shape, BEYOND), 1
    while step * lowest <= np.ptp(heights) and step < sum(heights.shape):
        towards = shift(heights, (-step * np.sin(AZIMUTH), -step * np.cos(AZIMUTH)), order=1, cval=BEYOND)
        steepest = np.maximum(steepest, (towards - heights) / step)
        step += 1 if step < 64 else 2
    share = np.clip((ELEVATION + PENUMBRA - np.arctan(steepest / spacing)) / (2 * PENUMBRA), 0, 1)
    return _blurred(share * share * (3 - 2 * share))


def lit(colours: np.ndarray, normals: np.ndarray, sky: np.ndarray, sun: np.ndarray) -> np.ndarray:
    """Colours (n, 3), 0 to 255, of points with unit normals (n, 3) under some shares of sky and sun (n)."""
    towards = np.array([np.cos(AZIMUTH) * np.cos(ELEVATION), np.sin(AZIMUTH) * np.cos(ELEVATION), np.sin(ELEVATION)])
    direct = STRENGTH * np.clip(normals @ towards, 0, None) * sun
    up = (0.5 + 0.5 * normals[:, 2])[:, None]
    light = SUN * direct[:, None] + (SKY * up + GROUND * (1 - up)) * (AMBIENT * sky**2)[:, None]
    return np.asarray(255 * np.clip((colours / 255) ** GAMMA * light, 0, 1) ** (1 / GAMMA))


def _moved(heights: np.ndarray, down: int, across: int) -> np.ndarray:
    """The heights so many rows and columns further on."""
    rows, columns = heights.shape
    found = np.full(heights.shape, BEYOND)
    if abs(down) < rows and abs(across) < columns:
        to_rows, from_rows = _part(down, rows)
        to_columns, from_columns = _part(across, columns)
        found[to_rows, to_columns] = heights[from_rows, from_columns]
    return found


def _part(by: int, count: int) -> tuple[slice, slice]:
    """The places from which one gets `by` further without leaving, and where one gets."""
    return slice(max(0, -by), count - max(0, by)), slice(max(0, by), count - max(0, -by))


def _blurred(values: np.ndarray) -> np.ndarray:
    """Values averaged with their neighbours, 1 : 2 : 1 along either axis."""
    across = convolve1d(values, [0.25, 0.5, 0.25], axis=1, mode="nearest")
    return np.asarray(convolve1d(across, [0.25, 0.5, 0.25], axis=0, mode="nearest"))
