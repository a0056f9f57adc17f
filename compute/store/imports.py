"""Surfaces and curves read from files that others wrote, put into one form."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from compute.digest import value_digest
from compute.errors import BadSurface, LandscapeError
from compute.grid import Grid
from compute.settings import IMPORT_LIMIT
from compute.specs import CURVATURES
from compute.store import containers, names, placing
from compute.store.columns import table
from compute.store.found import Found, Options
from compute.store.hdf5 import hdf5
from compute.store.quantities import Split, splits_of
from compute.store.refusals import check_beginning


@dataclass(frozen=True, slots=True, eq=False)
class Numbers:
    """A surface, or a curve, as a file has it, put into one form.

    `grid` is a single row where it is a curve. `parts` are the quantities of each split of the data, "" where the file
    does not say of what data they are; `origin` is what the file says of itself, as JSON; `notes` are sentences on what
    was made of it.
    """

    grid: Grid
    parts: Mapping[str, Split]
    origin: str = "null"
    notes: tuple[str, ...] = ()

    @property
    def splits(self) -> tuple[str, ...]:
        """The data that it has losses or accuracies of; where it has neither, those of its curvatures."""
        measured = tuple(name for name, part in self.parts.items() if not set(part.values) <= set(CURVATURES))
        return measured or tuple(self.parts)

    @property
    def arrays(self) -> dict[str, np.ndarray]:
        """Its arrays by their names in the HDF5 layout, accuracies in percent, ABSENT where a point is absent."""
        return {name: array for split, part in self.parts.items() for name, array in part.arrays(split).items()}

    @property
    def digest(self) -> str:
        """The address of its numbers, whatever the file was called and however it was written."""
        hashed = {
            name: hashlib.sha256(array.astype("<f8").tobytes()).hexdigest() for name, array in self.arrays.items()
        }
        return value_digest([self.grid.x, self.grid.y, hashed])[:32]

    def part(self, split: str) -> Split:
        """The quantities of a split, and curvatures that the file has of no split in particular."""
        own = self.parts[split]
        common = self.parts.get("", own).values
        return own.including({name: common[name] for name in CURVATURES if name in common})


Reader = Callable[[bytes, Options], Found]
KINDS: tuple[tuple[bytes, str, Reader], ...] = (
    (b"\x89HDF\r\n\x1a\n", "HDF5", hdf5),
    (b"MATLAB 7.3 MAT-file", "a MATLAB file", hdf5),
    (b"PK\x03\x04", "a NumPy archive", containers.archive),
    (b"\x93NUMPY", "a NumPy array", containers.array),
)
"""How a file begins, what it then is, and what reads it."""
OTHERWISE: tuple[str, Reader] = "a table of comma-separated values", table


def read(file: str, content: bytes, options: Options = Options()) -> Numbers:  # noqa: B008 - frozen
    """The surface in a file; its name is for messages only.

    Raises:
        LandscapeError: it is too large, damaged, of another kind, or holds no surface that can be drawn.
    """
    if len(content) > IMPORT_LIMIT:
        raise BadSurface(f"An import should have at most {IMPORT_LIMIT // 2**20} MiB, {file} has more: thin it out.")
    kind, reader = next(((kind, reader) for magic, kind, reader in KINDS if content.startswith(magic)), OTHERWISE)
    try:
        if reader is table:
            check_beginning(content)
        return assembled(reader(content, options), options)
    except LandscapeError as problem:
        raise BadSurface(f"{file}: {problem}") from problem
    except Exception as problem:  # files that are cut off, or were never one, fail in every way
        reason = " ".join(str(problem).split()) or type(problem).__name__
        raise BadSurface(
            f"An import should be an HDF5 file, a NumPy archive or a CSV table, {file} cannot be read as {kind} "
            f"({reason[:200]}): export it again."
        ) from problem


def assembled(found: Found, options: Options) -> Numbers:
    """The arrays of a file in one form.

    Raises:
        LandscapeError: there is nothing to draw, no axis, or an array of another shape.
    """
    grid, arrays, notes = placing.placed(found, options)
    said = json.loads(found.origin)
    parts, more = splits_of(arrays, said if isinstance(said, dict) else {}, found.filled, options.accuracy)
    return Numbers(grid, parts, found.origin, (*found.notes, *names.other_axes(found.arrays), *notes, *more))
