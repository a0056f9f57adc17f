"""Heights, their limits and their ticks: from losses to what an axis shows."""

from dataclasses import dataclass
from math import ceil, floor, log10

import numpy as np

from compute.snapshot import FLOOR
from viewer.figures.style import Limits, Style

CEILING = 1e30
"""The largest height handed to a renderer of single precision."""
PAPER = (*(0.1 + 0.5 * step for step in range(20)), *(10.0**power for power in range(1, 9)))
"""The lines that the public code of Li et al. (2018) draws: 0.1, 0.6 ... 9.6, and the powers of ten."""
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True, slots=True)
class Scale:
    """An axis's fixed limits and its labelled ticks, in heights; `step` lies between two even iso-lines."""

    lo: float
    hi: float
    step: float
    ticks: tuple[float, ...]
    labels: tuple[str, ...]

    def share(self, heights: np.ndarray) -> np.ndarray:
        """Heights as shares of the way from the lower to the upper limit."""
        return np.clip((heights - self.lo) / (self.hi - self.lo), 0, 1)


def heights(values: np.ndarray, style: Style) -> np.ndarray:
    """Where values lie: at their decimal logarithm, at themselves, or at themselves up to a cap; NaN if not finite.

    Whatever is below FLOOR lies at its logarithm, as is right for the lower end of a band; see `risen`.
    """
    finite = np.where(np.isfinite(values), values, np.nan)
    if style.logarithmic:
        return np.log10(np.maximum(finite, FLOOR))
    top = style.cap if style.height == "clipped" and style.quantity != "accuracy" else CEILING
    return np.clip(finite, -CEILING, top)


def sunk(values: np.ndarray, style: Style) -> np.ndarray:
    """The values without a height: those below zero where it is a logarithm; within FLOOR of zero they count as zero.

    Example:
        >>> sunk(np.array([-0.5, -1e-12, 0.5]), Style()).tolist()
        [True, False, False]
    """
    return (values < -FLOOR) & style.logarithmic


def risen(values: np.ndarray, style: Style) -> np.ndarray:
    """The heights of values; NaN where they have none."""
    return np.where(sunk(values, style), np.nan, heights(values, style))


def scale(drawn: np.ndarray, style: Style) -> Scale:
    """Limits that hold every finite height, and those of the style, and rarely move while more arrive."""
    lo, hi = extent(np.append(drawn, style.limits) if style.limits else drawn)
    if style.against:
        return _about_zero(max(abs(lo), abs(hi)), style)
    if style.quantity == "accuracy":
        return _linear(0.0, 1.0, percent=True)
    if style.logarithmic:
        return _logarithmic(lo, hi)
    found = _linear(lo, hi)
    capped = style.height == "clipped" and found.hi >= style.cap
    return _capped(found, style.cap) if capped else found


def levels(limits: Scale, style: Style) -> np.ndarray:
    """The heights of the iso-lines, rising, the limits among them.

    "even" steps evenly in height, "linear" in loss, "log" an eighth of a decade in loss, and "paper" as the public
    code of Li et al. (2018) does. Accuracies and differences have even ones only.
    """
    between = _losses(limits, style) if style.quantity != "accuracy" and not style.against else np.zeros(0)
    if style.levels == "even" or not between.size:
        return np.linspace(limits.lo, limits.hi, round((limits.hi - limits.lo) / limits.step) + 1)
    found = heights(between, style)
    inside = found[(found > limits.lo) & (found < limits.hi)]
    return np.unique([limits.lo, *inside, limits.hi])


def _losses(limits: Scale, style: Style) -> np.ndarray:
    """The losses at which lines lie, for levels that are not even."""
    lo, hi = (10.0**limits.lo, 10.0**limits.hi) if style.logarithmic else (limits.lo, limits.hi)
    if style.levels == "paper":
        return np.array(PAPER)
    if style.levels == "linear":
        step = nice((hi - lo) / 20)
        return np.arange(ceil(lo / step), floor(hi / step) + 1) * step
    if style.levels == "log" and hi > 0:
        lo = max(lo, hi / 1e4, FLOOR)
        return 10.0 ** (np.arange(ceil(8 * log10(lo)), floor(8 * log10(hi)) + 1) / 8)
    return np.zeros(0)


def extent(drawn: np.ndarray) -> Limits:
    """The lowest and the highest finite height."""
    finite = drawn[np.isfinite(drawn)]
    return (float(finite.min()), float(finite.max())) if finite.size else (-1.0, 1.0)


def _logarithmic(lo: float, hi: float) -> Scale:
    lo, hi = floor(4 * lo + 1e-9) / 4, ceil(4 * hi - 1e-9) / 4
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


def _capped(found: Scale, cap: float) -> Scale:
    """The same up to a cap, whose label says that there is more above; from zero where nothing lies below the cap."""
    below = [(tick, label) for tick, label in zip(found.ticks, found.labels, strict=True) if tick < cap * (1 - 1e-9)]
    ticks, labels = zip(*below or [(0.0, "0")], strict=True)
    return Scale(ticks[0], cap, (cap - ticks[0]) / 20, (*ticks, cap), (*labels, f"≥ {cap:g}"))


def _about_zero(reach: float, style: Style) -> Scale:
    """Limits as far below zero as above it: of differences, or of logarithms of ratios."""
    percent, ratio = style.quantity == "accuracy", style.logarithmic
    step = nice(max(reach, 1e-3) / 3)
    last = max(1, ceil(reach / step - 1e-9))
    ticks = tuple(index * step for index in range(-last, last + 1))
    return Scale(ticks[0], ticks[-1], step / 4, ticks, tuple(_change(tick, step, ratio, percent) for tick in ticks))


def _change(tick: float, step: float, ratio: bool, percent: bool) -> str:
    if ratio:
        return f"× {10**tick:.3g}" if abs(tick) < 4 else "× 10" + f"{tick:g}".translate(SUPERSCRIPTS)
    sign = "+" if tick > 0 else ""
    return sign + (f"{100 * tick:g} %" if percent else plain_label(tick, step))


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
