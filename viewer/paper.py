"""What pictures are drawn on that are made without a page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from viewer import sheet as sheets
from viewer.figures.together import CELL, Grid
from viewer.sheet import Sheet


@dataclass(frozen=True, slots=True)
class Paper:
    """How large a picture is in CSS pixels, None where that is left to its figures, and what it is drawn on."""

    width: int | None = None
    height: int | None = None
    scale: float = sheets.SCALE
    transparent: bool = False
    scheme: str = "light"

    def sheet(self, parts: Sequence[Mapping[str, object]], across: int = 0, cell: tuple[int, int] = CELL) -> Sheet:
        """Figures in rows of `across` (0 chooses), each as large as a cell where the paper's size is left to them.

        Args:
            parts: the address, the title and, where it matters, the view of each figure, as `Sheet.read` takes them.
            across: how many stand side by side.
            cell: width and height in CSS pixels.

        Raises:
            BadReference: there is no figure, or the paper is too small or too large.
        """
        grid = Grid.of(len(parts), len(parts) > 1, across)
        width = cell[0] if self.width is None else self.width // grid.across
        height = width * cell[1] // cell[0] if self.height is None else self.height // grid.down - grid.head
        ground = "clear" if self.transparent else "page"
        return Sheet.read({"parts": parts, "across": grid.across, "width": width, "height": height, "ground": ground})
