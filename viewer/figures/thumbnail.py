"""A model card's picture: its landscape from above, shaded, as a small PNG."""

import numpy as np
from PIL import Image

from viewer.figures.encode import address
from viewer.figures.heights import heights
from viewer.figures.style import Style
from viewer.theme import ATLAS, GREYS, mixed

SIDE = 96
"""Pixels a side: twice what a card shows, for dense screens."""


def thumbnail(losses: np.ndarray | None) -> str:
    """The picture as a data address; a grey bowl stands for a landscape nobody has computed yet."""
    drawn = heights(BOWL if losses is None else np.asarray(losses, dtype=float), Style())
    if not np.isfinite(drawn).any():
        return thumbnail(None)
    pixels = _shaded(_resized(drawn), GREYS if losses is None else ATLAS)
    return address(pixels)


_AXIS = np.linspace(-1, 1, 17)
BOWL = 0.05 + 2 * (_AXIS[:, None] ** 2 + _AXIS[None, :] ** 2)


def _resized(drawn: np.ndarray) -> np.ndarray:
    """Heights on the picture's pixels; what is not finite is filled with the highest."""
    filled = np.where(np.isfinite(drawn), drawn, np.nanmax(drawn)).astype("f4")
    return np.asarray(Image.fromarray(filled[::-1]).resize((SIDE, SIDE), Image.Resampling.BICUBIC))


def _shaded(drawn: np.ndarray, palette: tuple[str, ...]) -> np.ndarray:
    """Colour by height, brightness by slope towards a light from the upper left."""
    lo, hi = float(drawn.min()), float(drawn.max())
    share = np.clip((drawn - lo) / max(hi - lo, 1e-9), 0, 1)
    down, right = np.gradient(share)
    light = np.clip(0.92 + SIDE * 0.09 * (-down - right), 0.5, 1.2)
    return np.clip(mixed(share, palette) * light[..., None], 0, 255).astype(np.uint8)
