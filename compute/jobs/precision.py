"""Which arithmetic a precision stands for on a device, and how far the fast one strays."""

from dataclasses import dataclass
from math import cos, inf, isfinite, log10, pi, sin, sqrt

import numpy as np
import torch

from compute.deviation import Deviation
from compute.numerics.prepared import Prepared
from compute.snapshot import FLOOR
from compute.specs import Precision

GOLDEN = pi * (3 - sqrt(5))
DISC = tuple(
    (sqrt((index + 0.5) / 12) * cos(index * GOLDEN), sqrt((index + 0.5) / 12) * sin(index * GOLDEN))
    for index in range(12)
)
"""A dozen points spread evenly over the unit disc, along the golden spiral."""
CHECKS = ((0.0, 0.0), (-1.0, -1.0), (-1.0, 1.0), (1.0, -1.0), (1.0, 1.0), *DISC)
"""The model, the corners, and the dozen: where a network is compared that is asked for no tiles."""
LEAST = 0.5
"""Decades that a picture on a logarithmic scale spans at least."""
MOST = 1e6
"""What an infinite error counts as: JSON has no infinity."""
RIM = 0.25
"""How far from half-way between the lowest and highest logarithm the rim of a basin may lie, as a share of these."""


def dtype_of(precision: Precision, where: torch.device) -> torch.dtype:
    """float32 for exact, float64 for reference, bfloat16 for fast where the device computes in it natively."""
    if precision == "reference":
        return torch.float64
    return torch.bfloat16 if precision == "fast" and native_bfloat16(where) else torch.float32


def native_bfloat16(where: torch.device) -> bool:
    """Whether a device multiplies bfloat16 in hardware; where it only emulates it, bfloat16 is slower than float32."""
    if where.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    known = (getattr(torch.cpu, f"_is_{feature}_supported", None) for feature in ("avx512_bf16", "amx_tile"))
    return any(ask is not None and ask() for ask in known)


@dataclass(slots=True)
class Check:
    """Compares the fast arithmetic with the exact one, at points that are asked for anyway.

    Which ones it picks: the model, the corners of the range, whatever lies lower, higher or nearer to the model than
    all before, the rim of the basin, where rounding shows most, and what is not finite. So the measurement is renewed
    with every tile, as the surface grows.
    """

    linear: float = 0.0
    decades: float = 0.0
    at_model: tuple[float, float] | None = None
    low: float = inf
    high: float = -inf
    nearest: float = inf
    compared: int = 0

    def choose(self, at: np.ndarray, losses: np.ndarray, reach: float) -> np.ndarray:
        """The places in `at` (points, 2) of points to compare, by their fast mean losses (points,)."""
        away = np.hypot(*at.T)
        far = np.abs(at) >= reach
        corner = far[:, 0] & (far[:, 1] | (at[:, 1] == 0).all())  # of a line, its ends
        chosen = (away == 0) | corner
        finite = np.flatnonzero(np.isfinite(losses))
        picked = [*np.flatnonzero(chosen), *np.flatnonzero(~np.isfinite(losses))[:1]]
        if finite.size:
            height = np.log10(np.maximum(losses[finite], FLOOR))
            lowest, highest = int(height.argmin()), int(height.argmax())
            if height[lowest] < self.low:
                picked.append(finite[lowest])
            if height[highest] > self.high:
                picked.append(finite[highest])
            self.low, self.high = min(self.low, height[lowest]), max(self.high, height[highest])
            from_rim = np.abs(height - (self.low + self.high) / 2)
            if from_rim.min() <= RIM * (self.high - self.low):
                picked.append(finite[from_rim.argmin()])
        if away.min() < self.nearest:
            picked.append(away.argmin())
            self.nearest = float(away.min())
        return np.unique(np.array(picked, np.int64))

    def compare(self, at: np.ndarray, fast: np.ndarray, exact: np.ndarray) -> None:
        """Takes over how far fast mean losses (points,) lie from exact ones."""
        self.compared += len(at)
        for point, found, true in zip(at.tolist(), fast.tolist(), exact.tolist(), strict=True):
            linear, decades = error(found, true), apart(found, true)
            self.linear, self.decades = max(self.linear, linear), max(self.decades, decades)
            if isfinite(true):
                height = log10(max(true, FLOOR))
                self.low, self.high = min(self.low, height), max(self.high, height)
            if point == [0, 0]:
                before = self.at_model or (0.0, 0.0)
                self.at_model = max(before[0], linear), max(before[1], decades)

    @property
    def deviation(self) -> Deviation | None:
        """The errors so far; None before anything was compared."""
        if not self.compared:
            return None
        pairs = [(self.linear, self.decades), *([self.at_model] if self.at_model else [])]
        return Deviation(*(min(part, MOST) for one, far in pairs for part in (one, self._share(far))))

    def _share(self, decades: float) -> float:
        """Decades as a share of the range of log-loss, which is drawn as half a decade at least."""
        return decades / max(self.high - self.low, LEAST)


def checked(fast: Prepared, exact: Prepared, reach: float) -> Deviation:
    """How far the fast network strays at the model, the corners and a dozen points of the disc of radius `reach`."""
    check = Check()
    at = np.array(sorted({(reach * x, reach * y) for x, y in CHECKS}))
    means = (np.array([made.mean_loss(*point)[0] for point in at.tolist()]) for made in (fast, exact))
    check.compare(at, *means)
    found = check.deviation
    assert found is not None
    return found


def error(found: float, true: float) -> float:
    """Relative above 1, absolute below.

    Example:
        >>> round(error(2.02, 2.0), 9), round(error(0.03, 0.02), 9), error(float("nan"), 1.0)
        (0.01, 0.01, inf)
    """
    if isfinite(found) != isfinite(true):
        return inf
    return abs(found - true) / max(1.0, abs(true)) if isfinite(true) else 0.0


def apart(found: float, true: float) -> float:
    """How many decades lie between two losses; within 1e-8 of zero they are all the same.

    Example:
        >>> apart(0.1, 1.0), apart(0.0, -1e-9), apart(float("inf"), 1.0)
        (1.0, 0.0, inf)
    """
    if isfinite(found) != isfinite(true):
        return inf
    if not isfinite(true) or min(found, true) < -FLOOR:  # below zero nothing is drawn on a logarithmic scale
        return 0.0
    return abs(log10(max(found, FLOOR)) - log10(max(true, FLOOR)))
