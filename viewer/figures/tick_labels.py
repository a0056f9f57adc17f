"""Round steps between ticks, and numbers as short as they can be read."""

from math import floor, log10

from compute.formatting import fixed, number, superscript


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
        return number(mantissa * 10.0**power, 10)
    return ("" if mantissa == 1 else f"{mantissa}·") + f"10{superscript(power)}"


def round_step(step: float) -> float:
    """The number of two digits at most, and few of these, that is nearest to a step.

    Example:
        >>> round_step(0.0183), round_step(0.7), round_step(31.0)
        (0.02, 0.8, 30.0)
    """
    power = 10.0 ** floor(log10(step))
    return min(
        (m * power for m in (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)), key=lambda found: abs(log10(found / step))
    )


def loss_label(value: float) -> str:
    """A number without an exponent where it is short, else times a power of ten.

    Example:
        >>> loss_label(1200.0), loss_label(-0.5), loss_label(2e7), loss_label(1e-5)
        ('1,200', '−0.5', '2·10⁷', '10⁻⁵')
    """
    return number(value, 6, (1e-3, 1e5))


def plain_label(value: float, step: float) -> str:
    """A number with no more decimals than its step has.

    Example:
        >>> plain_label(0.30000000000000004, 0.1), plain_label(2e6, 1e6)
        ('0.3', '2·10⁶')
    """
    if abs(value) >= 1e5:
        power = floor(log10(abs(value)))
        digits = max(4, power - floor(log10(step)) + 1)
        return f"{number(value / 10.0**power, digits)}·10{superscript(power)}"
    if step < 1e-4:
        return loss_label(round(value / step) * step)
    return fixed(value, max(0, -floor(log10(step) + 1e-9)))
