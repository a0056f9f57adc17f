"""NumPy archives and NumPy arrays, as the arrays that they hold."""

import io
import zipfile
from collections.abc import Mapping
from contextlib import suppress

import numpy as np

from compute.archives import opened
from compute.errors import BadSurface
from compute.store.found import ROOM, Found, Options, check_room, check_size
from compute.store.names import axis_names, left_out, value_names, wanted
from compute.store.npy import HEADER, header_of, read_array
from compute.store.provenance import ABOUT, json_of
from compute.store.refusals import check_contents


def archive(content: bytes, _options: Options) -> Found:
    """The arrays of a NumPy archive; pickles are refused. An array without a name that is alone holds losses.

    Raises:
        BadSurface: it is another kind of ZIP file, is known for something else, or an array is too large.
        BadArchive: it would take much memory.
    """
    with opened(io.BytesIO(content)) as file:
        members = {name.removesuffix(".npy"): name for name in file.namelist() if name.endswith(".npy")}
        if not members:
            raise BadSurface(
                f"An import that is a ZIP file should be a NumPy archive, this is {zip_kind(file.namelist())}."
            )
        names = [name for name in members if wanted(name)]
        if not axis_names(names):
            check_contents(members)
        if len(members) == 1 and not names:
            names = list(members)
        about = provenance(file) if "provenance" in members else None
        arrays = unpacked(file, {name: members[name] for name in names})
        alone = len(arrays) == 1 and not axis_names(names)
        if alone and not value_names(names):
            arrays = {"loss": next(iter(arrays.values()))}
        origin = json_of(about)
        others = () if alone else left_out(sorted(set(members) - {"provenance"}), origin)
        return Found(arrays, origin, notes=others)


def unpacked(file: zipfile.ZipFile, members: Mapping[str, str]) -> dict[str, np.ndarray]:
    """Arrays of a NumPy archive, once all headers were checked.

    Raises:
        BadSurface: one is damaged or too large, or all together are.
    """
    claimed = 0
    for name, member in members.items():
        with file.open(member) as stream:
            header = header_of(name, stream.read(HEADER))
        check_size(name, header.size)
        claimed += header.bytes
        check_room(claimed)
    found = {}
    for name, member in members.items():
        with file.open(member) as stream:
            found[name] = read_array(name, stream, ROOM)
    return found


def provenance(file: zipfile.ZipFile) -> str | None:
    """What an archive says of itself; None where that is no text, or a very long one."""
    with suppress(BadSurface), file.open("provenance.npy") as stream:
        return str(read_array("provenance", stream, ABOUT))
    return None


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
    claimed = header_of("of this file", content)
    check_size("The array", claimed.size // (3 if len(claimed.shape) == 2 and claimed.shape[1] == 3 else 1))
    found = read_array("of this file", io.BytesIO(content), ROOM)
    if found.dtype.names:
        fields = {name: found[name].ravel() for name in found.dtype.names if wanted(name)}
        return Found(fields, columns=True, notes=left_out(found.dtype.names))
    if options.x is None and found.ndim == 2 and found.shape[1] == 3 and len(found) > 3:
        note = "The array's three columns were taken as α, β and the loss."
        return Found(dict(zip(("alpha", "beta", "loss"), found.T, strict=True)), columns=True, notes=(note,))
    return Found({"loss": found})
