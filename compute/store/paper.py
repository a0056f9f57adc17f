"""Files in the HDF5 layout of the public code of Li et al. (2018)."""

import json
import logging
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import h5py
import numpy as np

from compute.blocks import Block, blocks
from compute.errors import BadDirections, LandscapeError
from compute.grid import ABSENT, Grid
from compute.lattice import MAX_LEVEL, Lattice, Tile
from compute.losses import BlockValues
from compute.specs import CURVATURES

log = logging.getLogger(__name__)

PACKED = {"compression": "gzip", "shuffle": True}


def read_directions(path: str) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """The arrays of the groups `xdirection` and `ydirection`, in the order of their numbers.

    Raises:
        BadDirections: the file is missing, is no HDF5 file, lacks one of the groups, or they hold no finite numbers.
    """
    try:
        with h5py.File(path, "r") as file:
            missing = [name for name in DIRECTIONS if not isinstance(file.get(name), h5py.Group)]
            if missing == ["ydirection"]:
                raise BadDirections(
                    f"A plane needs two directions, {path} holds one, for a curve: give a file with both xdirection "
                    "and ydirection, or look along random directions on the page Profile."
                )
            if missing:
                raise BadDirections(
                    f"A directions file needs the groups xdirection and ydirection, {path} lacks {missing[0]}: "
                    "give a file that holds both."
                )
            return _arrays(file["xdirection"], path), _arrays(file["ydirection"], path)
    except (OSError, ValueError, TypeError) as problem:
        raise BadDirections(
            f"A directions file should be HDF5 as the paper's code writes it, {path} cannot be read ({problem}): make "
            "it again."
        ) from problem


DIRECTIONS = ("xdirection", "ydirection")


def _arrays(group: h5py.Group, path: str) -> list[np.ndarray]:
    """The arrays of a direction, in the order of their numbers.

    Raises:
        BadDirections: one holds something else than finite real numbers.
    """
    arrays = [np.asarray(group[name]) for name in sorted(group, key=int)]
    for place, array in enumerate(arrays):
        if array.dtype.kind not in "biuf" or not np.isfinite(array).all():
            raise BadDirections(
                f"The directions in {path} should be finite real numbers, {group.name.strip('/')}/{place} holds "
                "others: make them again."
            )
    return arrays


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

    Raises:
        LandscapeError: the file cannot be written.
    """
    text = json.dumps(provenance, sort_keys=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with h5py.File(draft, "w") as file:
            _keep(path, file, lattice, text, split)
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


def _keep(path: Path, file: h5py.File, lattice: Lattice | Grid, provenance: str, split: str) -> None:
    """Copies what an older file holds of other splits, if it is of the same model on the same points of a plane."""
    if not path.exists() or not h5py.is_hdf5(path):
        return
    with h5py.File(path, "r") as old:
        if old.attrs.get("provenance") == provenance and lattice == lattice_of(old):
            for name in old:
                if not _is_of(name, split):
                    old.copy(name, file)


def _computed(file: h5py.File, split: str) -> np.ndarray:
    """The points of a split whose losses were computed: as marked, or, in older files, neither -1 nor interpolated."""
    if f"{split}_computed" in file:
        return np.asarray(file[f"{split}_computed"], bool)
    return (np.asarray(file[f"{split}_loss"]) != ABSENT) & ~np.asarray(file[f"{split}_interpolated"], bool)


def lattice_of(file: h5py.File) -> Lattice | None:
    """The lattice of a surface file, or None if its coordinates are not dyadic."""
    axes = [np.asarray(file[name]) for name in ("xcoordinates", "ycoordinates")]
    for level in range(MAX_LEVEL + 1):
        x, y = (axis * 2**level for axis in axes)
        if all(np.array_equal(axis, np.arange(round(axis[0]), round(axis[0]) + len(axis))) for axis in (x, y)):
            return Lattice(level, (int(x[0]), int(x[-1])), (int(y[0]), int(y[-1])))
    return None


def read_blocks(path: Path, key: str) -> Iterator[tuple[Tile, Block, BlockValues]]:
    """What a surface file with every example's loss knows of a query; nothing without such a file, undamaged."""
    if not path.is_file():
        return
    try:
        with h5py.File(path, "r") as file:
            names = [name for name in file if name.endswith("_losses") and file[name].attrs.get("key") == key]
            lattice = lattice_of(file)
            if not names or lattice is None:
                return
            split = names[0].removesuffix("_losses")
            losses, labels = (np.asarray(file[f"{split}_{name}"]) for name in ("losses", "labels"))
            correct = np.asarray(file[f"{split}_correct"]) if f"{split}_correct" in file else None
            known = _computed(file, split)
    except (OSError, KeyError) as problem:
        log.warning("surface skipped file=%s error=%s", path, problem)
        return
    for tile in lattice.tiles():
        mask = lattice.mask(tile)
        mask[mask] = known[lattice.place(tile, mask)]
        at = lattice.place(tile, mask)
        for block in blocks(len(labels)):
            part = slice(block.start, block.stop)
            right = None if correct is None else correct[at][:, part]
            yield tile, block, BlockValues.of(mask, labels[part], losses[at][:, part], right)
