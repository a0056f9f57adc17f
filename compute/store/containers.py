"""HDF5 files, NumPy archives and NumPy arrays, as the arrays that they hold."""

import io

import h5py
import numpy as np

from compute.errors import BadSurface
from compute.store.found import Found, Options, check_size
from compute.store.names import axis_names, value_names, wanted
from compute.store.provenance import json_of
from compute.store.refusals import check_contents

MATLAB = 512
"""Bytes that MATLAB 7.3 writes before its HDF5."""


def hdf5(content: bytes, _options: Options) -> Found:
    """The arrays at the root of an HDF5 file, or of its only group that holds a surface; no link is followed.

    MATLAB stores the columns of a matrix one after another, so its arrays come transposed.

    Raises:
        BadSurface: it is known for something else than a surface, or an array is too large.
    """
    with h5py.File(io.BytesIO(content), "r") as file:
        root = surface_group(file)
        names = datasets(root)
        if not axis_names(names):
            check_contents(list(root))
        for name in names:
            check_size(name, root[name].size)
        transposed = content.startswith(b"MATLAB") or any("MATLAB_class" in root[name].attrs for name in names)
        arrays = {name: np.asarray(root[name]).T if transposed else np.asarray(root[name]) for name in names}
        return Found(arrays, json_of(file.attrs.get("provenance")), filled="xcoordinates" in names)


def datasets(group: h5py.Group) -> list[str]:
    """The names of a group's own arrays that a surface can use."""
    own = [name for name in group if isinstance(group.get(name, getlink=True), h5py.HardLink)]
    return [name for name in own if wanted(name) and isinstance(group[name], h5py.Dataset)]


def surface_group(file: h5py.File) -> h5py.Group:
    """The root, or the only group in it with axes and values where the root has no axes."""
    if axis_names(datasets(file)):
        return file
    own = [name for name in file if isinstance(file.get(name, getlink=True), h5py.HardLink)]
    groups = [file[name] for name in own if isinstance(file[name], h5py.Group)]
    able = [group for group in groups if axis_names(datasets(group)) and value_names(datasets(group))]
    return able[0] if len(able) == 1 else file


def archive(content: bytes, _options: Options) -> Found:
    """The arrays of a NumPy archive; pickles are refused. An array without a name that is alone holds losses.

    Raises:
        BadSurface: it is another kind of ZIP file, is known for something else, or an array is too large.
    """
    with np.load(io.BytesIO(content), allow_pickle=False) as file:
        if not any(name.endswith(".npy") for name in file.zip.namelist()):
            raise BadSurface(
                f"An import that is a ZIP file should be a NumPy archive, this is {zip_kind(file.zip.namelist())}."
            )
        names = [name for name in file.files if wanted(name)]
        if not axis_names(names):
            check_contents(file.files)
        if len(file.files) == 1 and not names:
            names = list(file.files)
        for name in names:
            check_size(name, file.zip.getinfo(f"{name}.npy").file_size // 8)  # before it is unpacked
        about = file["provenance"] if "provenance" in file.files else None
        arrays = {name: file[name] for name in names}
        alone = len(arrays) == 1 and not axis_names(names)
        if alone and not value_names(names):
            arrays = {"loss": next(iter(arrays.values()))}
        return Found(arrays, json_of(about))


def zip_kind(names: list[str]) -> str:
    """What a ZIP file without NumPy's arrays is, and what to do."""
    if any(name.endswith("data.pkl") for name in names):
        return "a checkpoint of PyTorch: drop it on the page as a model, or give it to `run.py survey --checkpoint`"
    if any(name.startswith("xl/") for name in names):
        return "an Excel workbook: save it as CSV"
    return "none: unpack it"


def array(content: bytes, options: Options) -> Found:
    """A NumPy array: with named fields a table, of three columns points and losses, else losses of a stated range.

    Raises:
        BadSurface: it is too large, or nothing says where its points lie.
    """
    found = np.load(io.BytesIO(content), allow_pickle=False)
    check_size("The array", found.size // (3 if found.ndim == 2 and found.shape[1] == 3 else 1))
    if found.dtype.names:
        return Found({name: found[name].ravel() for name in found.dtype.names if wanted(name)}, columns=True)
    if options.x is None and found.ndim == 2 and found.shape[1] == 3 and len(found) > 3:
        note = "The array's three columns were taken as α, β and the loss."
        return Found(dict(zip(("alpha", "beta", "loss"), found.T, strict=True)), columns=True, notes=(note,))
    return Found({"loss": found})
