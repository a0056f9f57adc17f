"""Heights, their limits and their ticks: from losses to what an axis shows."""

from dataclasses import dataclass
from math import ceil, floor, log10

import numpy as np

from compute.formatting import brief_percent, number, superscript
from compute.snapshot import FLOOR
from viewer.figures.capping import CEILING
from viewer.figures.style import Limits, Style
from viewer.figures.tick_labels import loss_label, nice, plain_label, power_label, round_step

PAPER = (*(0.1 + 0.5 * step for step in range(20)), *(10.0**power for power in range(1, 9)))
"""The lines that the public code of Li et al. (2018) draws: 0.1, 0.6 ... 9.6, and the powers of ten."""


BANDS = 12.5
"""Even lines part the heights of a surface into so many bands, about: 10 to 15."""
CLOSE = 0.09
"""Ticks nearer than this share of the height to the one that tells the cap would run into it."""
FLAT = 1e-4
"""A linear axis shows at least this share of its largest height: less is hardly more than rounding."""
NARROW = 0.5
"""Decades below which a logarithmic axis has its ticks at even losses."""


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
    capped = style.height == "clipped" and found.hi >= style.cap * (1 - 1e-9)  # a tick on the cap may be rounded
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
        step = round_step((hi - lo) / BANDS)
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
    if hi - lo < NARROW:
        return _narrow(lo, hi)
    parts = 4 if hi - lo >= 1 else 8
    low, high = floor(parts * lo + 1e-9) / parts, ceil(parts * hi - 1e-9) / parts
    ticks = _decades(low, high)
    return Scale(low, high, even_step(low, high, hi - lo), ticks, tuple(power_label(tick) for tick in ticks))


def _narrow(lo: float, hi: float) -> Scale:
    """Limits and ticks at the logarithms of even losses, for less than half a decade."""
    power = floor(hi)
    found = _linear(10.0 ** (lo - power), 10.0 ** (hi - power), from_zero=False)
    ticks = tuple(power + log10(tick) for tick in found.ticks)
    labels = tuple(loss_label(round(tick, 6) * 10.0**power) for tick in found.ticks)
    return Scale(ticks[0], ticks[-1], even_step(ticks[0], ticks[-1], hi - lo), ticks, labels)


def even_step(low: float, high: float, reach: float) -> float:
    """The step between even lines from one limit to the other that part heights over a `reach` into BANDS, about.

    Example:
        >>> even_step(0.0, 2.0, 2.0), even_step(0.0, 2.0, 1.0)
        (0.16666666666666666, 0.08)
    """
    return (high - low) / max(1, round(BANDS * (high - low) / max(reach, (high - low) / 3)))


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


def _linear(lo: float, hi: float, percent: bool = False, from_zero: bool = True) -> Scale:
    reach = max(hi - lo, max(abs(lo), abs(hi)) * FLAT, 1e-12)
    lo = 0.0 if 0 <= lo < 0.4 * hi and from_zero else lo
    step = nice(max(hi - lo, reach) / 5)
    first, last = floor(lo / step + 1e-9), ceil(hi / step - 1e-9)
    last = max(last, first + 1)
    ticks = tuple(index * step for index in range(first, last + 1))
    labels = tuple(brief_percent(tick, 6) if percent else plain_label(tick, step) for tick in ticks)
    return Scale(ticks[0], ticks[-1], step / ceil(10 * step / reach - 1e-9), ticks, labels)


def _capped(found: Scale, cap: float) -> Scale:
    """The same up to a cap, whose label says that there is more above; from zero where nothing lies below the cap."""
    below = [(tick, label) for tick, label in zip(found.ticks, found.labels, strict=True) if tick < cap * (1 - 1e-9)]
    ticks, labels = zip(*below or [(0.0, "0")], strict=True)
    parts = fewest_digits(cap - ticks[0])
    while len(ticks) > 1 and cap - ticks[-1] < CLOSE * (cap - ticks[0]):
        ticks, labels = ticks[:-1], labels[:-1]
    return Scale(ticks[0], cap, (cap - ticks[0]) / parts, (*ticks, cap), (*labels, f"≥ {number(cap, 6)}"))


def fewest_digits(span: float) -> int:
    """Into how many parts, 10 to 15, a span is divided so that their length has few digits.

    Example:
        >>> fewest_digits(5.0), fewest_digits(6.0), fewest_digits(1.3)
        (10, 10, 13)
    """
    return min(range(10, 16), key=lambda parts: len(f"{span / parts:.10g}".replace(".", "").strip("0")))


def _about_zero(reach: float, style: Style) -> Scale:
    """Limits as far below zero as above it: of differences, or of logarithms of ratios."""
    percent, ratio = style.quantity == "accuracy", style.logarithmic
    step = nice(max(reach, 1e-3) / 3)
    last = max(1, ceil(reach / step - 1e-9))
    ticks = tuple(index * step for index in range(-last, last + 1))
    parts = ceil(5 / last)
    return Scale(ticks[0], ticks[-1], step / parts, ticks, tuple(_change(tick, step, ratio, percent) for tick in ticks))


def _change(tick: float, step: float, ratio: bool, percent: bool) -> str:
    if ratio:
        return f"× {number(10.0**tick)}" if abs(tick) < 4 else f"× 10{superscript(round(tick))}"
    sign = "+" if tick > 0 else ""
    return sign + (brief_percent(tick, 6) if percent else plain_label(tick, step))
