"""Heights, their limits and their ticks: from losses to what an axis shows."""

from dataclasses import dataclass
from math import ceil, floor, log10

import numpy as np

from viewer.figures.style import Style

FLOOR = 1e-8
"""The smallest loss that a logarithmic axis tells from zero."""
CEILING = 1e30
"""The largest height handed to a renderer of single precision."""
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True, slots=True)
class Scale:
    """An axis's fixed limits and its labelled ticks, in heights; `step` lies between two iso-lines."""

    lo: float
    hi: float
    step: float
    ticks: tuple[float, ...]
    labels: tuple[str, ...]

    def share(self, heights: np.ndarray) -> np.ndarray:
        """Heights as shares of the way from the lower to the upper limit."""
        return np.clip((heights - self.lo) / (self.hi - self.lo), 0, 1)


def heights(values: np.ndarray, style: Style) -> np.ndarray:
    """What is drawn for values: their decimal logarithm or themselves, NaN where they are not finite."""
    finite = np.where(np.isfinite(values), values, np.nan)
    return np.log10(np.maximum(finite, FLOOR)) if style.logarithmic else np.clip(finite, -CEILING, CEILING)


def scale(drawn: np.ndarray, style: Style) -> Scale:
    """Limits that hold every finite height and rarely move while more arrive."""
    finite = drawn[np.isfinite(drawn)]
    lo, hi = (float(finite.min()), float(finite.max())) if finite.size else (-1.0, 1.0)
    if style.quantity == "accuracy":
        return _linear(0.0, 1.0, percent=True)
    return _logarithmic(lo, hi) if style.logarithmic else _linear(lo, hi)


def _logarithmic(lo: float, hi: float) -> Scale:
    lo, hi = floor(4 * lo) / 4, ceil(4 * hi) / 4
    if hi - lo < 0.5:
        lo, hi = lo - 0.25, hi + 0.25
    ticks = _decades(lo, hi)
    step = 0.125 if hi - lo <= 3 else 0.25 if hi - lo <= 6 else (hi - lo) / 24
    return Scale(lo, hi, step, ticks, tuple(power_label(tick) for tick in ticks))


def _decades(lo: float, hi: float) -> tuple[float, ...]:
    """Whole powers of ten, thinned to six; 2 and 5 between them where few fit."""
    whole = range(ceil(lo), floor(hi) + 1)
    if len(whole) >= 3:
        return tuple(float(power) for power in whole[:: ceil(len(whole) / 6)])
    mantissas = (1, 2, 5) if hi - lo < 2 else (1, 3)
    fine = [power + log10(mantissa) for power in range(floor(lo), ceil(hi)) for mantissa in mantissas] + [
        float(ceil(hi))
    ]
    return tuple(tick for tick in fine if lo - 1e-9 <= tick <= hi + 1e-9)


def _linear(lo: float, hi: float, percent: bool = False) -> Scale:
    lo = 0.0 if 0 <= lo < 0.4 * hi else lo
    step = nice(max(hi - lo, max(abs(lo), abs(hi)) / 100, 1e-6) / 5)
    first, last = floor(lo / step + 1e-9), ceil(hi / step - 1e-9)
    last = max(last, first + 1)
    ticks = tuple(index * step for index in range(first, last + 1))
    labels = tuple(f"{100 * tick:.0f} %" if percent else plain_label(tick, step) for tick in ticks)
    return Scale(ticks[0], ticks[-1], step / 4, ticks, labels)


def nice(step: float) -> float:
    """The smallest of 1, 2, 5 times a power of ten that is no less than a step.

    Example:
        >>> nice(0.013), nice(3.0)
        (0.02, 5.0)
    """
    power = 10.0 ** floor(log10(step))
    return next(m * power for m in (1, 2, 5, 10) if m * power >= step * (1 - 1e-9))


def power_label(height: float) -> str:
    """A decimal logarithm's number, as short as it can be read.

    Example:
        >>> power_label(-2), power_label(0.30103), power_label(4.69897)
        ('0.01', '2', '5·10⁴')
    """
    power = floor(height + 1e-9)
    mantissa = round(10 ** (height - power))
    if -4 < power < 4:
        return f"{mantissa * 10.0**power:.10g}"
    return ("" if mantissa == 1 else f"{mantissa}·") + "10" + str(power).translate(SUPERSCRIPTS)


def plain_label(value: float, step: float) -> str:
    """A number with no more decimals than its step has.

    Example:
        >>> plain_label(0.30000000000000004, 0.1), plain_label(2e6, 1e6)
        ('0.3', '2·10⁶')
    """
    if abs(value) >= 1e5:
        power = floor(log10(abs(value)))
        return f"{value / 10.0**power:.4g}·10" + str(power).translate(SUPERSCRIPTS)
    return f"{value:.{max(0, -floor(log10(step) + 1e-9))}f}"
