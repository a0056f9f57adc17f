"""How large a figure is in print: its width in inches, and the size of its type in points."""

from dataclasses import dataclass
from math import isfinite

from compute.errors import BadReference
from compute.formatting import number

TYPE = 10
"""CSS pixels of the smallest type that surfaces and maps are laid out with: labels of lines, and the key of marks."""
POINT = 72
"""Points in an inch."""
PIXEL = 96
"""CSS pixels in an inch."""
DENSITY = 300
"""Pixels of a printed picture in an inch."""
WIDTHS = {"column": 3.3, "page": 6.9, "slide": 13.333}
"""Widths in inches: of a column of text, of a page of two columns, and of a slide of 16 : 9."""
DEFAULT_POINTS = 8.0
INCHES = (1.0, 60.0)
POINTS = (4.0, 72.0)
NARROWEST = 240
"""CSS pixels that a figure needs so that its axes, ticks and colour bar can be told apart."""


@dataclass(frozen=True, slots=True)
class PrintSize:
    """A width in inches and a size of type in points.

    A figure is laid out in CSS pixels for type of TYPE pixels, then magnified until its type has the size asked for;
    so lines, marks and margins keep their proportion to the type.

    Raises:
        BadReference: one of both is beyond INCHES or POINTS.

    Example:
        >>> column = PrintSize(3.3, 8)
        >>> column.width, round(column.magnification * TYPE * POINT / PIXEL, 1)
        (297, 8.0)
    """

    inches: float
    points: float = DEFAULT_POINTS

    def __post_init__(self) -> None:
        for name, unit, (low, high) in (("inches", "inches wide", INCHES), ("points", "points", POINTS)):
            value = getattr(self, name)
            if not isfinite(value) or not low <= value <= high:
                subject = "A printed figure" if name == "inches" else "The type of a printed figure"
                raise BadReference(
                    f"{subject} has {number(low)} to {number(high)} {unit}, got {number(value)}: choose another size."
                )

    @property
    def width(self) -> int:
        """The width for which the figure is laid out, in CSS pixels."""
        return round(self.inches * POINT / self.points * TYPE)

    @property
    def magnification(self) -> float:
        """By how much a layout of `width` is magnified on paper, where an inch has PIXEL CSS pixels."""
        return self.inches * PIXEL / self.width

    @property
    def scale(self) -> float:
        """Pixels of a picture of DENSITY pixels an inch, for each CSS pixel of the layout."""
        return self.inches * DENSITY / self.width

    def across(self, count: int, most: int) -> int:
        """How many of `count` figures stand side by side, `most` at most, so that each keeps NARROWEST.

        Example:
            >>> PrintSize(3.3, 8).across(2, 2), PrintSize(6.9, 8).across(4, 2), PrintSize(6.9, 8).across(5, 3)
            (1, 2, 2)
        """
        return max(1, min(count, most, self.width // NARROWEST))
