"""Which arithmetic a precision stands for on a device, and how far the fast one strays."""

from math import cos, isfinite, pi, sin, sqrt

import torch

from compute.numerics.prepared import Prepared
from compute.specs import Precision

LIMIT = 0.02
"""Relative error, absolute below a loss of 1, above which the fast arithmetic is given up."""

GOLDEN = pi * (3 - sqrt(5))
CHECKS = tuple(
    (sqrt((index + 0.5) / 12) * cos(index * GOLDEN), sqrt((index + 0.5) / 12) * sin(index * GOLDEN))
    for index in range(12)
)
"""A dozen points spread evenly over the unit disc, along the golden spiral."""


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


def largest_error(fast: Prepared, exact: Prepared, reach: float) -> float:
    r"""The largest $|L_f - L_e| / \max(1, |L_e|)$ over a dozen points of the disc of radius `reach`, or the one of 0.

    Where neither loss is finite there is no error; where only one is, it is infinite.
    """
    points = {(reach * x, reach * y) for x, y in CHECKS}
    return max(error(fast.mean_loss(*point)[0], exact.mean_loss(*point)[0]) for point in points)


def error(found: float, true: float) -> float:
    """Relative above 1, absolute below.

    Example:
        >>> round(error(2.02, 2.0), 9), round(error(0.03, 0.02), 9), error(float("nan"), 1.0)
        (0.01, 0.01, inf)
    """
    if isfinite(found) != isfinite(true):
        return float("inf")
    return abs(found - true) / max(1.0, abs(true)) if isfinite(true) else 0.0
