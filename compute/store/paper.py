"""Files in the HDF5 layout of the public code of Li et al. (2018)."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

import h5py
import numpy as np

from compute.errors import BadDirections, LandscapeError
from compute.lattice import Lattice

ABSENT = -1.0
"""Stands for a point that was not computed."""


def read_directions(path: str) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """The arrays of the groups `xdirection` and `ydirection`, in the order of their numbers.

    Raises:
        BadDirections: the file is missing, is no HDF5 file, or lacks one of the groups.
    """
    try:
        with h5py.File(path, "r") as file:
            missing = [name for name in ("xdirection", "ydirection") if name not in file]
            if missing:
                raise BadDirections(
                    f"A directions file needs the groups xdirection and ydirection, {path} lacks {missing[0]}: "
                    "give a file that holds both."
                )
            return _arrays(file["xdirection"]), _arrays(file["ydirection"])
    except (OSError, ValueError) as problem:
        raise BadDirections(f"A directions file must be HDF5, {path} cannot be read ({problem}).") from problem


def _arrays(group: h5py.Group) -> list[np.ndarray]:
    return [np.asarray(group[name]) for name in sorted(group, key=int)]


def write_surface(
    path: Path, lattice: Lattice, arrays: Mapping[str, np.ndarray], provenance: Mapping[str, object]
) -> None:
    """Writes a surface whole or not at all; keeps the other arrays of a file that holds the same surface.

    Args:
        path: the file.
        lattice: gives `xcoordinates` and `ycoordinates`.
        arrays: by name (`train_loss`, `train_acc` in percent ...), row = y, column = x, ABSENT where not computed.
        provenance: what the numbers depend on, except the data; kept as JSON.

    Raises:
        LandscapeError: the file cannot be written.
    """
    text = json.dumps(provenance, sort_keys=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        merged = {**_of_same_surface(path, lattice, text), **arrays}
        with h5py.File(draft, "w") as file:
            file["xcoordinates"], file["ycoordinates"] = lattice.coordinates("x"), lattice.coordinates("y")
            for name, array in merged.items():
                file[name] = array
            file.attrs["provenance"] = text
        os.replace(draft, path)
    except OSError as problem:
        raise LandscapeError(
            f"The surface needs a file that can be written, {path} cannot ({problem.strerror or problem}): choose "
            "another with --out. Its points stay in the cache."
        ) from problem
    finally:
        draft.unlink(missing_ok=True)


def read_surface(path: Path) -> dict[str, np.ndarray]:
    """All arrays of a surface file by name, `xcoordinates` and `ycoordinates` among them."""
    with h5py.File(path, "r") as file:
        return {name: np.asarray(item) for name, item in file.items() if isinstance(item, h5py.Dataset) and item.ndim}


def _of_same_surface(path: Path, lattice: Lattice, provenance: str) -> dict[str, np.ndarray]:
    """What an older file holds, if it is of the same model on the same points of the same plane."""
    if not path.exists() or not h5py.is_hdf5(path):
        return {}
    with h5py.File(path, "r") as file:
        if file.attrs.get("provenance") != provenance:
            return {}
    arrays = read_surface(path)
    axes = {name: arrays.pop(name) for name in ("xcoordinates", "ycoordinates")}
    same = all(np.array_equal(axes[f"{axis}coordinates"], lattice.coordinates(axis)) for axis in ("x", "y"))
    return arrays if same else {}
