"""Points in any order, as arrays on the grid that they form."""

from collections.abc import Mapping, Sequence

import numpy as np

from compute.errors import BadSurface

NEAR = 5e-4
"""How far apart, as a share of the largest coordinate, the same coordinate may be printed: four digits tell so much."""

Arrays = dict[str, np.ndarray]


def gridded(
    x: np.ndarray, y: np.ndarray, values: Mapping[str, np.ndarray], names: Sequence[str] = ("x", "y")
) -> tuple[np.ndarray, np.ndarray, Arrays, str]:
    """The grid's columns and rows, arrays (rows, columns) that are masked where a point is missing, and a note.

    Coordinates that differ by no more than printing them with four digits may do are one, unless points would then
    coincide. A point that comes twice with the same values counts once.

    Args:
        x: the points' places along the columns' axis, (points,).
        y: likewise along the rows'.
        values: an array (points,) for each quantity.
        names: what both are called, for messages.

    Raises:
        BadSurface: the points form no grid, or one comes twice with different values.

    Example:
        >>> x, y, found, _ = gridded(np.array([1, 0, 0]), np.array([0, 5, 0]), {"loss": np.array([3.0, 2, 1])})
        >>> found["loss"].tolist()
        [[1.0, 3.0], [2.0, None]]
    """
    for axis, places in zip(names, (x, y), strict=True):
        if not np.isfinite(places).all():
            raise BadSurface(
                f"The coordinates along {axis} must be finite, one is not: correct it, or remove the point."
            )
    exact, merged = ([distinct(places, near) for places in (x, y)] for near in (0.0, NEAR))
    for (columns, col), (rows, row) in [exact] if complete(*exact) else [merged, exact]:
        place = row * len(columns) + col
        once = first_of_each(place, values)
        if once is not None:
            check_grid(len(columns), len(rows), len(once), names)
            found = {name: spread(place[once], array[once], len(rows), len(columns)) for name, array in values.items()}
            return columns, rows, found, repeated(len(place) - len(once))
    raise BadSurface(
        "A table should have each point once, this one has a point twice with different values: remove one of the rows."
    )


def distinct(places: np.ndarray, near: float) -> "Axis":
    """The different coordinates among some, rising, and the number of each one's; near ones are one.

    Of those that are one, the middle one stands for all.

    Example:
        >>> distinct(np.array([0.3333, 1 / 3, 1.0]), 5e-4)[1].tolist()
        [0, 0, 1]
    """
    sorted_places, number = np.unique(places + 0.0, return_inverse=True)
    reach = np.abs(sorted_places).max(initial=0.0)
    begins = np.diff(sorted_places, prepend=-np.inf) > near * reach
    groups = np.cumsum(begins) - 1
    starts = np.flatnonzero(begins)
    ends = np.append(starts[1:], len(sorted_places))
    return sorted_places[(starts + ends - 1) // 2], groups[number]


Axis = tuple[np.ndarray, np.ndarray]
"""The different coordinates along an axis, and the number of each point's."""


def complete(x: Axis, y: Axis) -> bool:
    """Whether the points are every combination of the coordinates, once."""
    (columns, col), (rows, row) = x, y
    place = row * len(columns) + col
    return len(place) == len(columns) * len(rows) == len(np.unique(place))


def first_of_each(place: np.ndarray, values: Mapping[str, np.ndarray]) -> np.ndarray | None:
    """The first point of each place; None where two points of a place differ in a value."""
    _, first, number = np.unique(place, return_index=True, return_inverse=True)
    for array in values.values():
        numbers = np.ma.filled(array, np.inf)
        if not np.array_equal(numbers, numbers[first][number], equal_nan=True):
            return None
    return first


def check_grid(columns: int, rows: int, points: int, names: Sequence[str]) -> None:
    """Refuses points of which hardly two share a coordinate.

    Raises:
        BadSurface: they are scattered.
    """
    if points < columns + rows - 1 and columns * rows > 4 * points:
        raise BadSurface(
            f"A table's points should form a grid, these {points} have {columns} different {names[0]} and {rows} "
            f"different {names[1]}: sample every combination."
        )


def spread(place: np.ndarray, values: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """Values (points,) at their places on a grid."""
    found = np.ma.masked_array(np.zeros(rows * columns), True)
    found[place] = values
    return found.reshape(rows, columns)


def repeated(count: int) -> str:
    """A note on points that came again with the same values."""
    return f"{count} {'row repeats' if count == 1 else 'rows repeat'} a point with the same values." if count else ""
