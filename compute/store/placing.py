"""Where the numbers of a file lie: axes, meshgrids or columns of points, as one grid."""

from collections.abc import Mapping

import numpy as np

from compute.errors import BadSurface
from compute.grid import Grid
from compute.store.found import Found, Interval, Options, real
from compute.store.gridding import gridded
from compute.store.names import AXES, axis_names, value_names

Arrays = dict[str, np.ndarray]
Placed = tuple[Grid, Arrays, tuple[str, ...]]
"""A grid, arrays (rows, columns) by their names here, masked where a point is absent, and notes."""


def placed(found: Found, options: Options) -> Placed:
    """The arrays of a file on the grid that they form.

    Raises:
        LandscapeError: nothing says where the points lie, they form no grid, or an array has another shape.
    """
    names = axis_names(found.arrays)
    values = {known: real(name, found.arrays[name]) for known, name in value_names(found.arrays).items()}
    if options.x is not None and names:
        raise BadSurface(
            f"A range is stated for a file without axes, this one has {' and '.join(names)}: leave out --x and --y."
        )
    if options.x is not None:
        return ranged(values, options.x, options.y)
    if not names:
        raise BadSurface(missing(found))
    axes = [np.ma.getdata(real(name, found.arrays[name])) for name in names]
    sizes = {array.size for array in values.values()}
    if len(axes) == 1:
        return curve(names[0], vector(axes[0]), values)
    if found.columns or (sizes == {axes[0].size} == {axes[1].size} and not outer(axes, values)):
        return scattered(names, axes, values)
    return crossed(vector(axes[0]), vector(axes[1]), values, found.filled)


def missing(found: Found) -> str:
    """The sentence on a file that does not say where its points lie."""
    names = sorted(found.arrays)
    if len(names) == 1 and found.arrays[names[0]].ndim in (1, 2) and not found.columns:
        shape = " × ".join(map(str, found.arrays[names[0]].shape))
        return (
            f"A surface needs its axes, this file has one array of {shape} numbers and does not say over which range: "
            "state it with `run.py import FILE --x=-1:1 --y=-1:1`."
        )
    return (
        "A surface needs two axes, xcoordinates and ycoordinates, alpha and beta, or x and y; there "
        f"{'is only ' + ', '.join(names) if names else 'is none of them'}: add what is missing."
    )


def vector(axis: np.ndarray) -> np.ndarray:
    """An axis as a vector, where it is one, however it lies."""
    return axis.ravel() if axis.size == max(axis.shape, default=1) else axis


def outer(axes: list[np.ndarray], values: Mapping[str, np.ndarray]) -> bool:
    """Whether axes of one point each cross to a surface of one point, which columns of one row would be too."""
    return all(axis.ndim == 1 for axis in axes) and any(array.ndim == 2 for array in values.values())


def ranged(values: Arrays, x: Interval, y: Interval | None) -> Placed:
    """An array over a stated range: its first row at the lower end of `y`, its first column at that of `x`.

    Raises:
        LandscapeError: it is no array of one or two dimensions.
    """
    array = next(iter(values.values()), np.zeros(0))
    lines = array.size == max(array.shape, default=0)
    if array.ndim not in (1, 2) or (y is None and not lines):
        raise BadSurface(
            f"A range needs an array of two dimensions, or of one and --x alone, this one has the shape {array.shape}"
            f"{'' if y else ' and no --y'}: correct it."
        )
    if lines and (y is None or array.ndim == 1):
        return curve("x", np.linspace(*x, array.size), values)
    rows, columns = array.shape
    return crossed(np.linspace(*x, columns), np.linspace(*(y or (0.0, 0.0)), rows), values, False)


def curve(name: str, x: np.ndarray, values: Arrays) -> Placed:
    """A curve along one axis, as a grid of one row.

    Raises:
        LandscapeError: the values are those of a surface, or the axis is none.
    """
    flat = {}
    for known, array in values.items():
        if array.size != x.size:
            other = dict(AXES).get(name.lower(), "ycoordinates")
            raise BadSurface(
                f"A curve needs as many values as {name} has places, {x.size}, but {known} has {array.size}: "
                f"correct it, or add the axis {other} of a surface."
            )
        flat[known] = array.ravel()
    columns, _, found, note = gridded(x.ravel(), np.zeros(x.size), flat, (name, "y"))
    return Grid(tuple(columns.tolist()), (0.0,)), found, (note,) if note else ()


def scattered(names: tuple[str, ...], axes: list[np.ndarray], values: Arrays) -> Placed:
    """Points of which each has its own place, as the columns of a table or a meshgrid tell it.

    Raises:
        LandscapeError: they form no grid, or a meshgrid has another shape than the values.
    """
    shapes = {array.shape for array in (*axes, *values.values()) if array.ndim > 1}
    if len(shapes) > 1:
        raise BadSurface(
            f"The meshgrids {' and '.join(names)} should have the shape of the values, the shapes are "
            f"{' and '.join(map(str, sorted(shapes)))}: correct them."
        )
    flat = {name: array.ravel() for name, array in values.items()}
    columns, rows, found, note = gridded(axes[0].ravel(), axes[1].ravel(), flat, names)
    return Grid(tuple(columns.tolist()), tuple(rows.tolist())), found, (note,) if note else ()


def crossed(x: np.ndarray, y: np.ndarray, values: Arrays, paper: bool) -> Placed:
    """Arrays over two axes.

    Raises:
        LandscapeError: an axis is no vector, has a place twice, or an array has another shape.
    """
    for axis, places in (("x", x), ("y", y)):
        if places.ndim != 1:
            raise BadSurface(
                f"The axis {axis} should be a vector, or a meshgrid of the values' shape, its shape is {places.shape}: "
                "correct it."
            )
    columns, rows = np.argsort(x), np.argsort(y)
    grid = Grid(tuple(x[columns].tolist()), tuple(y[rows].tolist()))
    found = {name: shaped(name, array, grid, paper)[np.ix_(rows, columns)] for name, array in values.items()}
    return grid, found, ()


def shaped(name: str, array: np.ndarray, grid: Grid, paper: bool) -> np.ndarray:
    """An array with a row for each y and a column for each x.

    The public code of Li et al. (2018) allocates (columns, rows) but fills the memory row by row of (rows, columns):
    where the two differ, its arrays have to be read in the order of memory.

    Raises:
        BadSurface: it has another shape.
    """
    rows, columns = grid.shape
    if paper and array.shape == (columns, rows):
        array = array.reshape(rows, columns)
    if array.shape != (rows, columns):
        raise BadSurface(
            f"The array {name} should have {rows} rows and {columns} columns, as the axes have points, its shape is "
            f"{' × '.join(map(str, array.shape)) or 'that of one number'}: correct it."
        )
    return array
