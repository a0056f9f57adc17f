"""What a surface looks like, in numbers that two models can be compared by."""

from dataclasses import dataclass

import numpy as np

from compute.formatting import number
from compute.minima import NOISE, minima
from compute.snapshot import Snapshot

LOW = 1.0
"""A loss below which a network has learnt something: chance is ln 10 = 2.3 for ten classes."""
NEAR = 0.125
"""The radius, in units of the axes, within which sharpness looks."""


@dataclass(frozen=True, slots=True)
class Indicator:
    """A number read off a surface, and one sentence on what it does and does not prove.

    `value` is None where it cannot be told: points are missing, or the model is not on the surface.
    """

    name: str
    value: float | None
    unit: str
    note: str


def indicators(snapshot: Snapshot) -> tuple[Indicator, ...]:
    """The numbers of a surface so far; they settle when it is complete, and minima are not counted before."""
    loss = np.where(np.isfinite(snapshot.loss), snapshot.loss, np.nan)
    return tuple(Indicator(name, measure(snapshot, loss), unit, note) for name, unit, measure, note in MEASURES)


def lowest(snapshot: Snapshot) -> tuple[int, int] | None:
    """Row and column of the lowest finite loss; None while there is none."""
    loss = np.where(np.isfinite(snapshot.loss), snapshot.loss, np.inf)
    row, col = np.unravel_index(loss.argmin(), loss.shape)
    return (int(row), int(col)) if np.isfinite(loss[row, col]) else None


def _at_model(snapshot: Snapshot, loss: np.ndarray) -> float | None:
    at = snapshot.survey.lattice.origin
    return None if at is None else _number(loss[at])


def _lowest(_snapshot: Snapshot, loss: np.ndarray) -> float | None:
    return _number(np.nanmin(loss)) if np.isfinite(loss).any() else None


def _range(snapshot: Snapshot, loss: np.ndarray) -> float | None:
    own = loss[snapshot.given]
    return float(np.log10(own.max() / own.min())) if own.size and np.isfinite(own).all() and own.min() > 0 else None


def _minima(snapshot: Snapshot, _loss: np.ndarray) -> float | None:
    return float(len(minima(snapshot))) if snapshot.of_losses and snapshot.is_done else None


def _above_noise(snapshot: Snapshot, _loss: np.ndarray) -> float | None:
    count = minima(snapshot).above_noise if snapshot.of_losses else None
    return None if count is None else float(count)


def _low_share(snapshot: Snapshot, loss: np.ndarray) -> float | None:
    """By area: points of an edge stand for half a cell, those of a corner for a quarter.

    A loss that is infinite or not a number is not low; only points of which nothing is known take no part.
    """
    lattice = snapshot.survey.lattice
    area = np.multiply.outer(*(_cells(lattice.coordinates(axis)) for axis in "yx")) * snapshot.given
    return 100 * float((area * (loss < LOW)).sum() / area.sum()) if area.any() else None


def _cells(places: np.ndarray) -> np.ndarray:
    """How much of an axis each point stands for: half the way to either neighbour."""
    halves = np.diff(places) / 2
    return np.append(halves, 0) + np.append(0, halves) if len(places) > 1 else np.ones(1)


def _sharpness(snapshot: Snapshot, loss: np.ndarray) -> float | None:
    """Keskar et al. (2017, metric 2.1), on the plane: the largest rise within a radius over one plus the loss."""
    own = _at_model(snapshot, loss)
    x, y = (snapshot.survey.lattice.coordinates(axis) for axis in "xy")
    near = loss[np.hypot(x[None, :], y[:, None]) <= NEAR]
    if own is None or own < 0 or not np.isfinite(near).all() or near.size < 5:
        return None
    return 100 * (float(near.max()) - own) / (1 + own)


def _roughness(snapshot: Snapshot, loss: np.ndarray) -> float | None:
    """The root mean square of second differences of log10 loss along both axes, at the spacing, where it is even."""
    if not snapshot.survey.lattice.even:
        return None
    with np.errstate(invalid="ignore", divide="ignore"):
        height = np.log10(loss)
    bends = [np.diff(height, 2, axis=axis).ravel() for axis in (0, 1)]
    every = np.concatenate([bend[np.isfinite(bend)] for bend in bends])
    return float(np.sqrt((every**2).mean())) if every.size else None


def _number(value: np.floating) -> float | None:
    return float(value) if np.isfinite(value) else None


MEASURES = (
    ("Loss at the model", "", _at_model, "The height at (0, 0): of these examples, and of no others."),
    (
        "Lowest loss on the plane",
        "",
        _lowest,
        "If it is well below the model's, the model was not at a minimum of this plane; that says little of others.",
    ),
    (
        "Local minima",
        "",
        _minima,
        "Points below all eight neighbours, or those there are at the edge, each of them computed. Many mean a rough "
        "plane at this resolution; one does not prove that the loss is convex in the other directions.",
    ),
    (
        "Minima above sampling noise",
        "",
        _above_noise,
        f"The lowest, and those whose saddle, beyond which the loss falls lower still, is at least {number(NOISE)} "
        "standard errors higher over the same examples. What these examples show is likely to show on others like "
        "them.",
    ),
    (
        f"Plane below loss {number(LOW)}",
        "%",
        _low_share,
        "By area; where the loss is infinite or not a number it is not below. A larger share means a wider basin for "
        "filter-normalised directions over the same range, and nothing for raw ones, which depend on the scale of the "
        "weights.",
    ),
    (
        f"Sharpness within {number(NEAR)}",
        "%",
        _sharpness,
        "The largest rise of the loss near the model over one plus its loss (Keskar et al. 2017), on this plane only. "
        "Low values go along with better test error in many experiments, but do not cause it.",
    ),
    (
        "Range of the loss",
        "decades",
        _range,
        "The logarithm of the highest over the lowest loss, not told if any is infinite, not a number, zero or below. "
        "It grows with the axes: compare equal ranges.",
    ),
    (
        "Roughness",
        "decades",
        _roughness,
        "The root mean square second difference of log loss between neighbours, of finite losses above zero alone: "
        "compare it at equal resolution only.",
    ),
)
"""Name, unit, how it is measured, what it proves."""
