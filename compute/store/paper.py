"""Files in the HDF5 layout of the public code of Li et al. (2018)."""

import json
import logging
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np

from compute.blocks import Block, blocks
from compute.errors import LandscapeError
from compute.foreign import Reader, read_here
from compute.grid import ABSENT, Grid
from compute.lattice import MAX_LEVEL, Lattice, Tile
from compute.losses import BlockValues
from compute.specs import CURVATURES
from compute.within import own_part

log = logging.getLogger(__name__)

PACKED = {"compression": "gzip", "shuffle": True}


NAMES = (
    *("loss", "acc", "error", "interpolated", "computed", "gradient_norm", "losses", "correct", "labels"),
    *CURVATURES,
    *("minimum_depth", "minimum_z"),
)
"""What an array of a split is called after the split and an underscore."""


def write_surface(
    path: Path,
    lattice: Lattice | Grid,
    arrays: Mapping[str, np.ndarray],
    provenance: Mapping[str, object],
    key: str,
    split: str = "",
    evidence: Mapping[str, object] | None = None,
    reader: Reader = read_here,
) -> None:
    """Writes a surface whole or not at all; keeps what a file of the same surface holds of other splits.

    Args:
        path: the file.
        lattice: gives `xcoordinates` and `ycoordinates`.
        arrays: by name (`train_loss`, `train_acc` in percent ...), row = y, column = x, ABSENT where not computed,
            which `train_computed` tells from a loss of -1;
            `train_losses` and `train_correct` have an axis of examples, `train_labels` nothing else.
        provenance: what the numbers of all splits depend on; kept as JSON.
        key: the query that the arrays answer; kept beside each.
        split: whose arrays these are; a file that holds some of it loses all of them, for they may be over other data.
        evidence: what the numbers of the split depend on beside that; kept as JSON at each of its arrays.
        reader: reads a file that is there already.

    Raises:
        LandscapeError: the file cannot be written, or one of its name keeps its reader busy.
    """
    text = json.dumps(provenance, sort_keys=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        kept = _kept(path, lattice, text, split, reader)
        with h5py.File(draft, "w") as file:
            for name, (array, attributes) in kept.items():
                file.create_dataset(name, data=array, **(PACKED if np.ndim(array) > 2 else {}))
                file[name].attrs.update(attributes)
            file.attrs["provenance"] = text
            new = {f"{axis}coordinates": lattice.coordinates(axis) for axis in "xy"} | dict(arrays)
            for name, array in new.items():
                file.pop(name, None)
                file.create_dataset(name, data=array, **(PACKED if np.ndim(array) > 2 else {}))
                file[name].attrs["key"] = key
                if evidence is not None and _is_of(name, split):
                    file[name].attrs["provenance"] = json.dumps(evidence, sort_keys=True)
        os.replace(draft, path)
    except OSError as problem:
        raise LandscapeError(
            f"The surface needs a file that can be written, {path} cannot ({problem.strerror or problem}): choose "
            "another with --out. Its points stay in the cache."
        ) from problem
    finally:
        draft.unlink(missing_ok=True)


def _is_of(name: str, split: str) -> bool:
    """Whether an array is a split's, "" standing for one without a name.

    Example:
        >>> [_is_of(name, "train") for name in ("train_loss", "train_losses", "test_loss", "train_b_loss")]
        [True, True, False, False]
    """
    prefix = f"{split}_" if split else ""
    return name.startswith(prefix) and name.removeprefix(prefix) in NAMES


Kept = dict[str, tuple[np.ndarray, dict[str, object]]]
"""Arrays with their attributes, by name."""


def _kept(path: Path, lattice: Lattice | Grid, provenance: str, split: str, reader: Reader) -> Kept:
    """What `kept_arrays` finds in a file, if there is one.

    Raises:
        LandscapeError: it is damaged, or keeps its reader busy.
    """
    if not path.is_file():
        return {}
    try:
        found: Kept = reader(path.name, path.stat().st_size, kept_arrays, path, lattice, provenance, split)
        return found
    except (LandscapeError, KeyError, ValueError, TypeError, IndexError, RuntimeError) as problem:
        raise LandscapeError(
            f"The surface should be put beside what {path} holds, but that is damaged ({problem}): remove it, or "
            "choose another with --out. Its points stay in the cache."
        ) from problem


def kept_arrays(path: Path, lattice: Lattice | Grid, provenance: str, split: str) -> Kept:
    """What an older file holds of other splits, if it is of the same model on the same points of a plane."""
    if not h5py.is_hdf5(path):
        return {}
    with h5py.File(path, "r") as old:
        if old.attrs.get("provenance") != provenance or lattice != lattice_of(axes_of(old)):
            return {}
        parts = {name: own_part(old, name) for name in old if not _is_of(name, split)}
        return {name: (np.asarray(part), dict(part.attrs)) for name, part in parts.items()}


def _computed(file: h5py.File, split: str) -> np.ndarray:
    """The points of a split whose losses were computed: as marked, or, in older files, neither -1 nor interpolated."""
    if f"{split}_computed" in file:
        return np.asarray(own_part(file, f"{split}_computed"), bool)
    known = np.asarray(own_part(file, f"{split}_loss")) != ABSENT
    return known & ~np.asarray(own_part(file, f"{split}_interpolated"), bool)


def axes_of(file: h5py.File) -> dict[str, np.ndarray]:
    """The coordinates of a surface file, by name."""
    return {name: np.asarray(own_part(file, name)) for name in ("xcoordinates", "ycoordinates")}


def lattice_of(coordinates: Mapping[str, np.ndarray]) -> Lattice | None:
    """The lattice of a surface file, or None if its coordinates are not dyadic."""
    axes = [coordinates[name] for name in ("xcoordinates", "ycoordinates")]
    for level in range(MAX_LEVEL + 1):
        x, y = (axis * 2**level for axis in axes)
        if all(np.array_equal(axis, np.arange(round(axis[0]), round(axis[0]) + len(axis))) for axis in (x, y)):
            return Lattice(level, (int(x[0]), int(x[-1])), (int(y[0]), int(y[-1])))
    return None


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """What a surface file knows of each example at the points of a lattice.

    `losses` (rows, columns, examples), `correct` the same or None, `labels` (examples), `computed` (rows, columns).
    """

    lattice: Lattice
    losses: np.ndarray
    correct: np.ndarray | None
    labels: np.ndarray
    computed: np.ndarray


def read_blocks(path: Path, key: str, reader: Reader = read_here) -> Iterator[tuple[Tile, Block, BlockValues]]:
    """What a surface file with every example's loss knows of a query; nothing without such a file, undamaged."""
    if not path.is_file():
        return
    try:
        known = reader(str(path), path.stat().st_size, read_known, path, key)
    except (LandscapeError, OSError, KeyError, ValueError, TypeError, IndexError, RuntimeError) as problem:
        log.warning("surface skipped file=%s error=%s", path, problem)
        return
    if known is not None:
        yield from _blocks(known)


def read_known(path: Path, key: str) -> Known | None:
    """What a surface file knows of a query; None where it knows nothing.

    Raises:
        OSError, KeyError, ValueError, TypeError: it is damaged.
    """
    with h5py.File(path, "r") as file:
        names = [name for name in file if name.endswith("_losses") and own_part(file, name).attrs.get("key") == key]
        lattice = lattice_of(axes_of(file))
        if not names or lattice is None:
            return None
        split = names[0].removesuffix("_losses")
        losses, labels = (np.asarray(own_part(file, f"{split}_{name}")) for name in ("losses", "labels"))
        correct = np.asarray(own_part(file, f"{split}_correct")) if f"{split}_correct" in file else None
        return Known(lattice, losses, correct, labels, _computed(file, split))


def _blocks(known: Known) -> Iterator[tuple[Tile, Block, BlockValues]]:
    for tile in known.lattice.tiles():
        mask = known.lattice.mask(tile)
        mask[mask] = known.computed[known.lattice.place(tile, mask)]
        at = known.lattice.place(tile, mask)
        for block in blocks(len(known.labels)):
            part = slice(block.start, block.stop)
            right = None if known.correct is None else known.correct[at][:, part]
            yield tile, block, BlockValues.of(mask, known.labels[part], known.losses[at][:, part], right)
