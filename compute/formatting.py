"""Numbers as they are written for a reader: on screen, in captions and in tables."""

from math import isfinite, isnan

MINUS = "−"
SUPERSCRIPTS = str.maketrans("-−0123456789", "⁻⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
DECIMAL = (1e-4, 1e6)
"""Between these a number is written without a power of ten."""


def number(value: float, digits: int = 3, decimal: tuple[float, float] = DECIMAL) -> str:
    """A number to so many significant digits, times a power of ten where it is very small or large.

    Example:
        >>> number(1437, 4), number(-0.51234), number(2.5e7), number(1e-5), number(5e-324), number(float("nan"))
        ('1,437', '−0.512', '2.5·10⁷', '10⁻⁵', '4.94·10⁻³²⁴', 'NaN')
    """
    if not isfinite(value):
        return "NaN" if isnan(value) else "∞" if value > 0 else f"{MINUS}∞"
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    power = int(exponent)
    if value == 0 or decimal[0] <= abs(float(f"{mantissa}e{exponent}")) < decimal[1]:
        return _without_zeros(fixed(value, max(0, digits - 1 - power)))
    factor = _without_zeros(mantissa.replace("-", MINUS))
    return {"1": "", f"{MINUS}1": MINUS}.get(factor, f"{factor}·") + f"10{superscript(power)}"


def _without_zeros(text: str) -> str:
    """A number without zeros at the end of its decimals."""
    return text.rstrip("0").rstrip(".") if "." in text else text


def fixed(value: float, decimals: int = 0) -> str:
    """A number with so many decimals.

    Example:
        >>> fixed(1437), fixed(-0.5, 2), fixed(-0.001, 1)
        ('1,437', '−0.50', '0.0')
    """
    text = f"{value:,.{decimals}f}"
    return text.lstrip("-") if float(text.replace(",", "")) == 0 else text.replace("-", MINUS)


def percent(share: float, decimals: int = 1) -> str:
    """A share in per cent with so many decimals.

    Example:
        >>> percent(0.984), percent(0.05, 0), percent(-0.0123)
        ('98.4 %', '5 %', '−1.2 %')
    """
    return f"{fixed(100 * share, decimals)} %"


def brief_percent(share: float, digits: int = 2) -> str:
    """A share in per cent, to so many significant digits.

    Example:
        >>> brief_percent(0.712), brief_percent(0.0312), brief_percent(0.00021), brief_percent(1)
        ('71 %', '3.1 %', '0.021 %', '100 %')
    """
    return f"{number(100 * share, digits)} %"


def superscript(power: int) -> str:
    """An exponent.

    Example:
        >>> superscript(-12)
        '⁻¹²'
    """
    return str(power).translate(SUPERSCRIPTS)
