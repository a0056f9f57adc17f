"""Predicts a finer level of a surface from a coarser one."""

import numpy as np

FLOOR = 1e-8
"""Losses below are taken for this one before the logarithm."""


def log_loss(loss: np.ndarray) -> np.ndarray:
    """The height that is interpolated: the natural logarithm of the loss; NaN and infinity stay what they are."""
    return np.log(np.maximum(loss, FLOOR))


def refined(values: np.ndarray) -> np.ndarray:
    """The array (2 rows - 1, 2 columns - 1) with values between the given ones, by cubics through the nearest four.

    Deslauriers and Dubuc (1989): $(-1, 9, 9, -1) / 16$ at a middle, the cubic through the outermost four at an end.
    Along an axis of two or three points nothing is predicted; NaN and infinity spread to what depends on them.

    Example:
        >>> cubes = np.arange(5.0)[None] ** 3
        >>> refined(cubes)[0].tolist()
        [0.0, 0.125, 1.0, 3.375, 8.0, 15.625, 27.0, 42.875, 64.0]
    """
    return _along_rows(_along_rows(values).T).T


def _along_rows(values: np.ndarray) -> np.ndarray:
    rows, cols = values.shape
    fine = np.full((rows, 2 * cols - 1), np.nan)
    fine[:, ::2] = values
    if cols >= 4:
        a, b, c, d = (values[:, shift : cols - 3 + shift] for shift in range(4))
        with np.errstate(invalid="ignore"):
            fine[:, 3:-3:2] = (9 * (b + c) - a - d) / 16
            fine[:, 1] = _end(values[:, :4])
            fine[:, -2] = _end(values[:, :-5:-1])
    return fine


def _end(four: np.ndarray) -> np.ndarray:
    """The cubic through the outermost four, between the first two."""
    return four @ np.array([5, 15, -5, 1]) / 16


def spread(residual: np.ndarray) -> np.ndarray:
    """The largest residual within two points of each, on every side; NaN counts as infinite."""
    rows, cols = residual.shape
    padded = np.pad(np.where(np.isnan(residual), np.inf, residual), 2)
    wide = np.max([padded[:, shift : shift + cols] for shift in range(5)], axis=0)
    return np.max([wide[shift : shift + rows] for shift in range(5)], axis=0)
