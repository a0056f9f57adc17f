"""Numbers as tables of many programs write them: decimal commas, thousands, Fortran's exponents, words for none."""

import re
from collections.abc import Iterable

NONE = frozenset(("", "na", "n/a", "#n/a", "null", "none", "missing", "-", "."))
"""What stands in a cell for no number."""
WORDS = {
    "1.#inf": "inf",
    "-1.#inf": "-inf",
    "1.#ind": "nan",
    "-1.#ind": "nan",
    "1.#qnan": "nan",
    "∞": "inf",
    "-∞": "-inf",
}
SPACES = str.maketrans({"−": "-", **dict.fromkeys("\u00a0\u202f\u2009'’", " ")})
GROUPS = r"[+-]?\d{1,3}(?:%s\d{3})+"
"""Digits in groups of three, with a mark between."""


def absent(cell: str) -> bool:
    """Whether a cell says that there is no number.

    Example:
        >>> [absent(cell) for cell in ("", "NA", " null ", "nan", "0")]
        [True, True, True, False, False]
    """
    return cell.strip().lower() in NONE


def number(cell: str, comma: bool = False) -> float:
    """The number in a cell, with a decimal comma or a decimal point; percent signs are left out.

    Raises:
        ValueError: there is none.

    Example:
        >>> number("1,234.5"), number("-0,25", comma=True), number("1.234,5", comma=True), number("1.5D-03")
        (1234.5, -0.25, 1234.5, 0.0015)
    """
    text = cell.strip().removesuffix("%").translate(SPACES).strip()
    text = WORDS.get(text.lower(), text)
    decimal, thousands = (",", ".") if comma else (".", ",")
    whole, _, rest = text.partition(decimal)
    for mark in (thousands, " "):
        if re.fullmatch(GROUPS % re.escape(mark), whole):
            whole = whole.replace(mark, "")
    text = f"{whole}.{rest}" if decimal in text else whole
    if "_" in text:
        raise ValueError(f"no number: {cell!r}")
    return float(re.sub(r"(?<=[\d.])[dD](?=[+-]?\d)", "e", text))


def is_number(cell: str) -> bool:
    """Whether a cell holds a number in either notation."""
    for comma in (False, True):
        try:
            number(cell, comma)
        except ValueError:
            continue
        return True
    return False


def decimal_comma(cells: Iterable[str], separator: str) -> bool:
    """Whether the numbers of a table are written with a decimal comma.

    A comma with three digits behind it may stand between thousands: then it is decimal unless it comes twice in a
    number, or commas also stand between the cells.

    Example:
        >>> decimal_comma(["0,5", "1"], ";"), decimal_comma(["1,234.5"], ";"), decimal_comma(["1,234"], ",")
        (True, False, False)
    """
    seen = mixed = behind = twice = 0
    grouped = True
    for cell in cells:
        if "," not in cell:
            continue
        seen += 1
        mixed += "." in cell
        behind += "." in cell and cell.rindex(",") > cell.rindex(".")
        twice += cell.count(",") > 1
        bare = cell.strip()
        grouped = grouped and bool(re.fullmatch(GROUPS % ",", bare)) and not bare.lstrip("+-").startswith("0")
    if mixed:
        return mixed == behind
    return bool(seen) and not twice and not (grouped and separator == ",")
