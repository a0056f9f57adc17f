"""Directions in the HDF5 layout of the public code of Li et al. (2018)."""

import h5py
import numpy as np

from compute.errors import BadDirections
from compute.within import own_part

NAMES = ("xdirection", "ydirection")


def read_directions(path: str) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """The arrays of the groups `xdirection` and `ydirection`, in the order of their numbers.

    Raises:
        BadDirections: the file is missing, is no HDF5 file, lacks one of the groups, or they hold no finite numbers.
    """
    try:
        with h5py.File(path, "r") as file:
            missing = [name for name in NAMES if not isinstance(file.get(name), h5py.Group)]
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
            first, second = (_arrays(own_part(file, name), path) for name in NAMES)
            return first, second
    except (OSError, ValueError, TypeError, KeyError, RuntimeError) as problem:
        reason = " ".join(str(problem).split())[:200]
        raise BadDirections(
            f"A directions file should be HDF5 as the paper's code writes it, {path} cannot be read ({reason}): make "
            "it again."
        ) from problem


def _arrays(group: h5py.Group, path: str) -> list[np.ndarray]:
    """The arrays of a direction, in the order of their numbers.

    Raises:
        BadDirections: one holds something else than finite real numbers.
    """
    arrays = [np.asarray(own_part(group, name)) for name in sorted(group, key=int)]
    for place, array in enumerate(arrays):
        if array.dtype.kind not in "biuf" or not np.isfinite(array).all():
            raise BadDirections(
                f"The directions in {path} should be finite real numbers, {group.name.strip('/')}/{place} holds "
                "others: make them again."
            )
    return arrays
