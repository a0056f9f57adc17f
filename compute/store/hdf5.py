"""HDF5 files as the arrays that they hold; nothing outside the file is read."""

import io

import h5py
import numpy as np

from compute.errors import BadSurface
from compute.store.chunks import check_stored
from compute.store.found import KINDS, Found, Options, check_room, check_size
from compute.store.names import axis_names, left_out, value_names, wanted
from compute.store.provenance import ABOUT, json_of
from compute.store.refusals import check_contents

LINKS = 10_000
"""Names that are looked at in a file."""


def hdf5(content: bytes, _options: Options) -> Found:
    """The arrays at the root of an HDF5 file, or of its only group that holds a surface; no link is followed.

    MATLAB stores the columns of a matrix one after another, so its arrays come transposed.

    Raises:
        BadSurface: it is known for something else than a surface, an array is too large, or lies in another file.
    """
    with h5py.File(io.BytesIO(content), "r") as file:
        check_links(file)
        root = surface_group(file)
        names = datasets(root)
        if not axis_names(names):
            check_contents(list(root))
        for name in names:
            check_dataset(name, root[name])
        check_room(sum(root[name].size * root[name].dtype.itemsize for name in names))
        transposed = content.startswith(b"MATLAB") or any("MATLAB_class" in root[name].attrs for name in names)
        arrays = {name: np.asarray(root[name]).T if transposed else np.asarray(root[name]) for name in names}
        origin = json_of(provenance(file))
        return Found(arrays, origin, filled="xcoordinates" in names, notes=left_out(numbers_in(root), origin))


def datasets(group: h5py.Group) -> list[str]:
    """The names of a group's own arrays that a surface can use.

    Raises:
        BadSurface: one that it could use is a link.
    """
    names = [name for name in group if wanted(name)]
    for name in names:
        check_link(name, group)
    return [name for name in names if isinstance(group[name], h5py.Dataset)]


def numbers_in(group: h5py.Group) -> list[str]:
    """The names of a group's own arrays of numbers, real or complex; texts and groups are beside the point."""
    own = [name for name in group if isinstance(group.get(name, getlink=True), h5py.HardLink)]
    arrays = [name for name in own if isinstance(group[name], h5py.Dataset)]
    return [name for name in arrays if group[name].dtype.kind in "biufc"]


def check_link(name: str, group: h5py.Group) -> None:
    """Refuses a name that stands for something elsewhere.

    Raises:
        BadSurface: it does.
    """
    if not isinstance(group.get(name, getlink=True), h5py.HardLink):
        raise BadSurface(
            f"The array {name} should lie in the file itself, it is a link, which is never followed: copy it in."
        )


def check_links(file: h5py.File) -> None:
    """Refuses a file with very many names.

    Raises:
        BadSurface: it has.
    """
    count = len(file)
    if count <= LINKS:
        count += sum(len(group) for group in groups(file))
    if count > LINKS:
        raise BadSurface(f"An import should have at most {LINKS:,} names, this file has {count:,}: leave out the rest.")


def groups(file: h5py.File) -> list[h5py.Group]:
    """The groups at the root that are the file's own."""
    own = [name for name in file if isinstance(file.get(name, getlink=True), h5py.HardLink)]
    return [file[name] for name in own if isinstance(file[name], h5py.Group)]


def surface_group(file: h5py.File) -> h5py.Group:
    """The root, or the only group in it with axes and values where the root has no axes."""
    if axis_names(datasets(file)):
        return file
    able = [group for group in groups(file) if axis_names(datasets(group)) and value_names(datasets(group))]
    return able[0] if len(able) == 1 else file


def check_dataset(name: str, array: h5py.Dataset) -> None:
    """Refuses an array that lies outside the file, is too large, holds no numbers, or unpacks to more than it says.

    Raises:
        BadSurface: it does.
    """
    if array.is_virtual or array.external:
        raise BadSurface(
            f"The array {name} should lie in the file itself, its numbers are said to lie in another: copy them in."
        )
    if array.dtype.kind not in KINDS and array.dtype.kind not in "biuf":
        raise BadSurface(f"The array {name} should hold real numbers, it holds {array.dtype}: write real numbers.")
    if array.dtype.hasobject or array.size is None:
        raise BadSurface(
            f"The array {name} should hold real numbers, it holds text or other objects: write its values as real "
            "numbers."
        )
    check_size(name, array.size)
    check_stored(name, array)


def provenance(file: h5py.File) -> object:
    """What a file says of itself; None where it says nothing, or too much."""
    if "provenance" not in file.attrs:
        return None
    about = file.attrs.get_id("provenance")
    return file.attrs["provenance"] if about.shape == () and about.get_storage_size() <= ABOUT else None
