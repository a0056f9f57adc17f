"""Which tile of a survey comes next; knows no networks, threads or disks."""

from collections.abc import Collection

import numpy as np

from compute.lattice import SIDE, Lattice, Tile


class Refiner:
    """Orders the unknown points of a lattice: in view first, then coarse before fine, then near the centre of view.

    Example:
        >>> refiner = Refiner(Lattice(0, (0, 3)))
        >>> tile, mask = refiner.ask()
        >>> refiner.tell(tile, mask), refiner.ask() is None
        (None, True)
    """

    def __init__(self, lattice: Lattice) -> None:
        """Wants every point of a lattice, with all of it in view."""
        self._wanted = {tile: lattice.mask(tile) for tile in lattice.tiles()}
        self.focus(lattice)

    def focus(self, view: Lattice) -> None:
        """Puts the tiles that meet a view before the rest."""
        width = 2.0**-view.level
        low = np.array([view.x[0], view.y[0]]) * width
        high = np.array([view.x[1], view.y[1]]) * width
        centre = (low + high) / 2

        def urgency(tile: Tile) -> tuple[int, int, float, Tile]:
            first = np.array(tile.first) / 2.0**tile.level
            last = first + (SIDE - 1) / 2.0**tile.level
            seen = bool((last >= low).all() and (first <= high).all())
            return (0 if seen else 1, tile.level, float(np.hypot(*((first + last) / 2 - centre))), tile)

        self._wanted = dict(sorted(self._wanted.items(), key=lambda item: urgency(item[0])))

    def ask(self, busy: Collection[Tile] = ()) -> tuple[Tile, np.ndarray] | None:
        """The next tile, not among the busy ones, and the mask of its unknown points; None if there is none."""
        return next(((tile, mask) for tile, mask in self._wanted.items() if tile not in busy), None)

    def tell(self, tile: Tile, known: np.ndarray) -> None:
        """Strikes off the points of a tile that are known; telling twice, or in another order, changes nothing."""
        left = self._wanted.get(tile, np.False_) & ~known
        if left.any():
            self._wanted[tile] = left
        else:
            self._wanted.pop(tile, None)
