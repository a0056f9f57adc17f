"""What pictures are drawn on that are made without a page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from viewer import sheet as sheets
from viewer.figures.together import CELL
from viewer.print_size import DEFAULT_POINTS
from viewer.sheet import Sheet


@dataclass(frozen=True, slots=True)
class Paper:
    """How large a picture is, and what it is drawn on.

    `width` and `height` are in CSS pixels, None where that is left to its figures. `inches` set the width in print
    instead, of a picture with type of `points`. `letters` puts (a), (b) ... before the titles.
    """

    width: int | None = None
    height: int | None = None
    scale: float = sheets.SCALE
    transparent: bool = False
    scheme: str = "light"
    inches: float | None = None
    points: float = DEFAULT_POINTS
    letters: bool = False

    def sheet(self, parts: Sequence[Mapping[str, object]], across: int = 0, cell: tuple[int, int] = CELL) -> Sheet:
        """Figures in rows of `across` (0 chooses), each as large as a cell where the paper's size is left to them.

        Args:
            parts: the address, the title and, where it matters, the view of each figure, as `Sheet.read` takes them.
            across: how many stand side by side.
            cell: width and height in CSS pixels.

        Raises:
            BadReference: there is no figure, or the paper is too small or too large.
        """
        request = {
            "parts": parts,
            "across": across,
            "width": cell[0],
            "height": cell[1],
            "ground": "clear" if self.transparent else "page",
            "letters": self.letters,
        }
        if self.inches is not None:
            return Sheet.read(request | {"inches": self.inches, "points": self.points})
        grid = Sheet.read(request).grid
        width = cell[0] if self.width is None else self.width // grid.across
        heads = sum(grid.heads)
        height = width * cell[1] // cell[0] if self.height is None else (self.height - heads) // grid.down
        return Sheet.read(request | {"width": width, "height": height})
