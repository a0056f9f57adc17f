"""Columns of numbers as files for other programs, each with what its numbers depend on."""

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import h5py
import numpy as np

from compute.snapshot import Snapshot
from compute.store.exports import whole_provenance

Columns = Mapping[str, np.ndarray]
"""Numbers or text by name, all of one length."""


def lines(snapshots: Sequence[Snapshot]) -> tuple[Columns, object]:
    """Curves on one lattice of one row: `alpha`, then of each its loss, accuracy and standard error; and their origins.

    The names end in the curve's number, from 1; NaN where a point is not known. The origins are in the same order.
    """
    found = {"alpha": snapshots[0].survey.lattice.coordinates("x")}
    for number, one in enumerate(snapshots, start=1):
        told = {"loss": one.loss, "accuracy": one.accuracy, "standard_error": one.error}
        found |= {f"{name}_{number}": array[0] for name, array in told.items()}
    return found, [whole_provenance(one) for one in snapshots]


def hdf5(columns: Columns, provenance: object) -> bytes:
    """HDF5: a data set for each column, text as bytes of UTF-8, and `provenance` as JSON."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "table.h5"
        with h5py.File(path, "w") as file:
            file.attrs["provenance"] = json.dumps(provenance, sort_keys=True)
            for name, array in columns.items():
                file.create_dataset(name, data=np.char.encode(array, "utf-8") if array.dtype.kind == "U" else array)
        return path.read_bytes()


def npz(columns: Columns, provenance: object) -> bytes:
    """NumPy's archive: the columns, and `provenance` as JSON."""
    file = io.BytesIO()
    np.savez_compressed(file, **columns, provenance=np.array(json.dumps(provenance)))  # type: ignore[arg-type]
    return file.getvalue()


def table(columns: Columns, provenance: object) -> bytes:
    """Comma-separated values; the first line, a comment, is the provenance."""
    file = io.StringIO(newline="")
    file.write(f"# {json.dumps(provenance)}\n")
    writer = csv.writer(file)
    writer.writerow(columns)
    writer.writerows(zip(*(array.tolist() for array in columns.values()), strict=True))
    return file.getvalue().encode()


FORMATS: Mapping[str, Callable[[Columns, object], bytes]] = {"h5": hdf5, "npz": npz, "csv": table}
