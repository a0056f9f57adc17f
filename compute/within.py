"""Parts of an HDF5 file that lie in the file itself: no link is followed, no other file is opened."""

import h5py


def own_part(group: h5py.Group, name: str) -> h5py.Group | h5py.Dataset:
    """A group or an array of a group.

    Raises:
        KeyError: there is none.
        ValueError: it lies elsewhere, or the name is a link.

    Example:
        >>> import io
        >>> file = h5py.File(io.BytesIO(), "w")
        >>> file["other"] = h5py.SoftLink("/a")
        >>> own_part(file, "other")
        Traceback (most recent call last):
        ...
        ValueError: other should lie in the file itself, it is a link
    """
    if name not in group:
        raise KeyError(f"{name} is missing")
    if not isinstance(group.get(name, getlink=True), h5py.HardLink):
        raise ValueError(f"{name} should lie in the file itself, it is a link")
    part = group[name]
    if isinstance(part, h5py.Dataset) and (part.is_virtual or part.external):
        raise ValueError(f"{name} should lie in the file itself, its numbers are said to lie in another")
    return part
