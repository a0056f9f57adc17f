"""Surfaces read from files that others wrote: HDF5 in the layout of Li et al. (2018), NumPy archives, CSV tables."""

import csv
import hashlib
import io
import json
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import takewhile

import h5py
import numpy as np

from compute.digest import value_digest
from compute.errors import BadSurface, LandscapeError
from compute.grid import ABSENT, Grid
from compute.lattice import MAX_SIDE
from compute.settings import IMPORT_LIMIT

MOST = MAX_SIDE * MAX_SIDE
"""Numbers in an array."""
AXES = (("xcoordinates", "ycoordinates"), ("alpha", "beta"), ("x", "y"))
"""What the columns' and the rows' places may be called."""
VALUES = ("loss", "acc", "accuracy", "interpolated")
"""What an array may be called, alone or after a split and an underscore; `acc` is in percent, `accuracy` a share."""
PLACES = frozenset(name for pair in AXES for name in pair)
DAMAGED = (
    *(OSError, ValueError, KeyError, TypeError, RuntimeError, EOFError, NotImplementedError, MemoryError, SyntaxError),
    *(zipfile.BadZipFile, zlib.error, struct.error, csv.Error),
)
"""What reading a file that is cut off, or was never one, may raise."""


@dataclass(frozen=True, slots=True, eq=False)
class Numbers:
    """A surface as a file tells it, put into one form.

    `arrays` go by the names of the HDF5 layout, row = y, column = x: `train_loss`, `train_acc` in percent,
    `train_interpolated` ..., or `loss`, `acc` ... where the file does not say of what data; ABSENT where it has no
    number. `origin` is what the file tells of itself, as JSON.
    """

    grid: Grid
    arrays: Mapping[str, np.ndarray]
    origin: str = "null"

    @property
    def splits(self) -> tuple[str, ...]:
        """The data that it has losses of; "" where the file does not say."""
        return tuple(name.removesuffix("loss").removesuffix("_") for name in self.arrays if is_loss(name))

    @property
    def digest(self) -> str:
        """The address of its numbers, whatever the file was called and however it was written."""
        told = {name: hashlib.sha256(array.astype("<f8").tobytes()).hexdigest() for name, array in self.arrays.items()}
        return value_digest([self.grid.x, self.grid.y, told])[:32]


def is_loss(name: str) -> bool:
    """Whether an array of this name holds losses.

    Example:
        >>> [is_loss(name) for name in ("loss", "test_loss", "train_losses", "gloss")]
        [True, True, False, False]
    """
    return name == "loss" or name.endswith("_loss")


def read(file: str, content: bytes) -> Numbers:
    """The surface in a file; its name is for messages only.

    Raises:
        LandscapeError: it is too large, damaged, of another kind, or holds no surface that can be drawn.
    """
    if len(content) > IMPORT_LIMIT:
        raise BadSurface(f"An import should have at most {IMPORT_LIMIT // 2**20} MiB, {file} has more: thin it out.")
    kind, reader = next(((kind, reader) for magic, kind, reader in KINDS if content.startswith(magic)), OTHERWISE)
    try:
        found, origin = reader(content)
        return assembled(found, origin)
    except LandscapeError as problem:
        raise BadSurface(f"{file}: {problem}") from problem
    except DAMAGED as problem:
        reason = " ".join(str(problem).split()) or type(problem).__name__
        raise BadSurface(
            f"An import should be an HDF5 file, a NumPy archive or a CSV table, {file} cannot be read as {kind} "
            f"({reason[:200]}): export it again."
        ) from problem


Found = tuple[dict[str, np.ndarray], str]
"""The arrays of a file by name, and what it tells of itself, as JSON."""


def hdf5(content: bytes) -> Found:
    """The arrays at the root of an HDF5 file; groups are passed over, links to other files not followed."""
    with h5py.File(io.BytesIO(content), "r") as file:
        own = [name for name in file if isinstance(file.get(name, getlink=True), h5py.HardLink)]
        names = [name for name in own if wanted(name) and isinstance(file[name], h5py.Dataset)]
        for name in names:
            small(name, file[name].size)
        return {name: np.asarray(file[name]) for name in names}, json_of(file.attrs.get("provenance"))


def archive(content: bytes) -> Found:
    """The arrays of a NumPy archive; pickles are refused."""
    with np.load(io.BytesIO(content), allow_pickle=False) as file:
        names = [name for name in file.files if wanted(name)]
        for name in names:
            small(name, file.zip.getinfo(f"{name}.npy").file_size // 8)  # before it is unpacked
        about = file["provenance"] if "provenance" in file.files else None
        return {name: file[name] for name in names}, json_of(about)


def table(content: bytes) -> Found:
    """The columns of a table with a line of names, as arrays; comments before it begin with #.

    An empty cell, or NA, is a number that there is not.

    Raises:
        BadSurface: it is no table, a point has no place, or its points form no grid.
    """
    lines = content.decode("utf-8-sig").splitlines()
    comments = list(takewhile(lambda line: line.startswith("#"), lines))
    told = [line for line in lines[len(comments) :] if line.strip()] or [""]
    mark = max(",;\t", key=told[0].count)
    head, *cells = csv.reader(told, delimiter=mark, skipinitialspace=True)
    names = [name.strip().lower() for name in head]
    small("The table", len(cells))
    short = next((row for row in cells if len(row) != len(names)), None)
    if short is not None:
        raise BadSurface(
            f"A table's rows should have {len(names)} cells like its first line, one has {len(short)}: correct it."
        )
    columns = {name: [row[place].strip() for row in cells] for place, name in enumerate(names) if wanted(name)}
    _check_places(columns)
    numbers = {
        name: np.array([ABSENT if cell in NONE else float(cell) for cell in column]) for name, column in columns.items()
    }
    return gridded(numbers), json_of(comments[0].removeprefix("#") if comments else None)


NONE = ("", "NA")
"""What stands in a cell for no number."""


def _check_places(columns: Mapping[str, Sequence[str]]) -> None:
    """Refuses a point without a place, which no number may stand for.

    Raises:
        BadSurface: there is one, or there are no places.
    """
    for name in axes_of(columns):
        for number, cell in enumerate(columns[name], start=1):
            if cell in NONE:
                raise BadSurface(
                    f"Each row of a table should have a number in the column {name}, row {number} below the names has "
                    f"{repr(cell) if cell else 'an empty cell'}: fill it in, or remove the row."
                )


Reader = Callable[[bytes], Found]
KINDS: tuple[tuple[bytes, str, Reader], ...] = (
    (b"\x89HDF\r\n\x1a\n", "HDF5", hdf5),
    (b"PK\x03\x04", "a NumPy archive", archive),
)
"""How a file begins, what it then is, and what reads it."""
OTHERWISE: tuple[str, Reader] = "a table of comma-separated values", table


def gridded(columns: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Columns of points in any order, as arrays on the grid that they form; ABSENT where a point is missing.

    Raises:
        BadSurface: they form no grid, or a point comes twice.

    Example:
        >>> three = {"x": np.array([1, 0, 0]), "y": np.array([0, 5, 0]), "loss": np.array([3, 2, 1])}
        >>> gridded(three)["loss"].tolist()
        [[1.0, 3.0], [2.0, -1.0]]
    """
    axes = axes_of(columns)
    (x, col), (y, row) = (np.unique(columns[name], return_inverse=True) for name in axes)
    if len(x) * len(y) > 4 * len(row):
        raise BadSurface(
            f"A table's points should form a grid, these {len(row)} have {len(x)} different {axes[0]} and {len(y)} "
            f"different {axes[1]}: sample every combination."
        )
    if len(np.unique(row * len(x) + col)) < len(row):
        raise BadSurface("A table should have each point once, this one has a point twice: remove one of the rows.")
    found = {axes[0]: x, axes[1]: y}
    for name in columns.keys() - set(axes):
        found[name] = np.full((len(y), len(x)), ABSENT)
        found[name][row, col] = columns[name]
    return found


def assembled(found: Mapping[str, np.ndarray], origin: str) -> Numbers:
    """The arrays of a file in one form.

    Raises:
        LandscapeError: there is no loss, no second axis, or an array of another shape.
    """
    axes = axes_of(found)
    x, y = (np.asarray(found[name], float).ravel() for name in axes)
    columns, rows = np.argsort(x), np.argsort(y)
    grid = Grid(tuple(x[columns].tolist()), tuple(y[rows].tolist()))
    squares = {
        name: shaped(name, np.asarray(array, float), grid, axes == AXES[0])[np.ix_(rows, columns)]
        for name, array in found.items()
        if name not in axes and name not in PLACES
    }
    arrays: dict[str, np.ndarray] = {}
    for name in sorted(filter(is_loss, squares), reverse=True):  # train before test
        if np.isfinite(squares[name][squares[name] != ABSENT]).any():
            arrays |= one_split(squares, name.removesuffix("loss"), told_split(name, origin))
    if not arrays:
        raise BadSurface(
            "A surface needs an array train_loss, test_loss or loss with at least one finite number, there "
            f"{'is none' if not squares else 'are only ' + ', '.join(sorted(squares))}: add one."
        )
    return Numbers(grid, arrays, origin)


def one_split(squares: Mapping[str, np.ndarray], prefix: str, split: str) -> dict[str, np.ndarray]:
    """The arrays of one split, under the names of the HDF5 layout.

    Raises:
        BadSurface: an accuracy is none.
    """
    loss, named = squares[prefix + "loss"], split + "_" if split else ""
    left_out = squares.get("computed", np.ones(loss.shape)) == 0  # interpolated, or without a value
    loss = np.where(left_out & np.isnan(loss), ABSENT, loss)
    guessed = (squares.get(prefix + "interpolated", np.zeros(loss.shape)) == 1) | (left_out & (loss != ABSENT))
    arrays = {"loss": loss} | percent(squares, prefix) | ({"interpolated": guessed} if guessed.any() else {})
    if "acc" in arrays:
        arrays["acc"] = np.where(loss == ABSENT, ABSENT, arrays["acc"])
    return {named + name: array for name, array in arrays.items()}


def percent(squares: Mapping[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    """The accuracy of one split in percent, if there is any.

    Raises:
        BadSurface: it is none.
    """
    shares = {prefix + "acc": 1, prefix + "accuracy": 100}
    name = next((name for name in shares if name in squares), None)
    if name is None:
        return {}
    accuracy = np.where(squares[name] == ABSENT, ABSENT, squares[name] * shares[name])
    told = accuracy[np.isfinite(accuracy) & (accuracy != ABSENT)]
    if told.size and not -1e-6 <= told.min() <= told.max() <= 100 + 1e-6:
        raise BadSurface(
            "An accuracy should lie between 0 and 100 percent (acc) or 0 and 1 (accuracy), "
            f"{name} goes from {told.min():g} to {told.max():g} percent: correct it."
        )
    return {"acc": accuracy}


def told_split(name: str, origin: str) -> str:
    """The split of an array of losses: by its name, else by what the file tells of itself; "" if neither says."""
    said = json.loads(origin)
    data = said.get("data") if isinstance(said, dict) else None
    named = name.removesuffix("loss").removesuffix("_")
    told = str(data.get("split", "")) if isinstance(data, dict) else ""
    return named or (told if wanted(f"{told}_loss") else "")


def axes_of(found: Collection[str]) -> tuple[str, str]:
    """The names of the columns' and the rows' places.

    Raises:
        BadSurface: one is missing.
    """
    for pair in AXES:
        if all(name in found for name in pair):
            return pair
    raise BadSurface(
        "A surface needs two axes, xcoordinates and ycoordinates, alpha and beta, or x and y; there "
        f"{'is only ' + ', '.join(sorted(found)) if found else 'is none of them'}: add what is missing."
    )


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


def wanted(name: str) -> bool:
    """Whether a surface can use an array of this name."""
    plain = re.fullmatch(r"\w{1,40}", name) is not None
    return plain and (name in PLACES or name == "computed" or name.rpartition("_")[2] in VALUES)


def small(name: str, size: int) -> None:
    """Refuses an array with more numbers than can be drawn.

    Raises:
        BadSurface: it has.
    """
    if size > MOST + MAX_SIDE:
        raise BadSurface(f"At most {MAX_SIDE} × {MAX_SIDE} points are drawn, {name} has {size:,}: thin it out.")


def json_of(text: object) -> str:
    """What a file tells of itself, as JSON; "null" where that is no JSON."""
    with suppress(ValueError, RecursionError):
        return json.dumps(json.loads(str(text)), sort_keys=True)
    return "null"
