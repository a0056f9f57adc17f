"""Surfaces as files for other programs, each with what its numbers depend on."""

import csv
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from compute.grid import ABSENT
from compute.lattice import Lattice
from compute.minima import NOISE, minima
from compute.snapshot import FLOOR, Snapshot
from compute.specs import SCHEMA, Imported, Surface
from compute.store.paper import write_surface


def hdf5(snapshot: Snapshot) -> bytes:
    """The HDF5 layout of the public code of Li et al. (2018)."""
    survey = snapshot.survey
    with TemporaryDirectory() as folder:
        path = Path(folder) / "surface.h5"
        key = survey.digest if isinstance(survey, Imported) else survey.query.key
        write_surface(
            path, survey.lattice, columns(snapshot), provenance(survey), key, survey.split, evidence(snapshot)
        )
        return path.read_bytes()


def npz(snapshot: Snapshot) -> bytes:
    """NumPy's archive: `alpha`, `beta`, the arrays (row = beta, column = alpha), and `provenance` as JSON."""
    lattice, file = snapshot.survey.lattice, io.BytesIO()
    axes = {"alpha": lattice.coordinates("x"), "beta": lattice.coordinates("y")}
    text = np.array(json.dumps(whole_provenance(snapshot)))
    np.savez_compressed(file, **axes, **fields(snapshot), provenance=text)  # type: ignore[arg-type]  # numpy's stub
    return file.getvalue()


def table(snapshot: Snapshot) -> bytes:
    """Comma-separated values, a row for each point that has a value; the first line, a comment, is the provenance."""
    lattice, file = snapshot.survey.lattice, io.StringIO(newline="")
    file.write(f"# {json.dumps(whole_provenance(snapshot))}\n")
    alpha, beta = lattice.grid()
    found = {"alpha": alpha, "beta": beta} | fields(snapshot)
    writer = csv.writer(file)
    writer.writerow(found)
    writer.writerows(zip(*(array[snapshot.given].tolist() for array in found.values()), strict=True))
    return file.getvalue().encode()


HIDDEN = 2
"""Marks a point without a value in VTK's array `vtkGhostType`."""


def vtk(snapshot: Snapshot) -> bytes:
    """A structured grid in VTK's legacy format (ParaView), as high as the decimal logarithm of the loss.

    Where there is no loss it is as high as what there is: the accuracy, or an eigenvalue of the Hessian. Losses below
    FLOOR are as high as it. A point without a finite value has the height NaN and is hidden.
    """
    lattice, (rows, cols) = snapshot.survey.lattice, snapshot.survey.lattice.shape
    alpha, beta = lattice.grid()
    quantity, finite = snapshot.survey.quantities[0], np.where(np.isfinite(snapshot.first), snapshot.first, np.nan)
    height = np.log10(np.maximum(finite, FLOOR)) if quantity == "loss" else finite
    points, hidden = np.stack([alpha, beta, height], axis=-1), np.where(np.isnan(height), HIDDEN, 0)
    quantity = "gradient norm" if snapshot.survey.measure == "gradient" else quantity
    told = f"log10({quantity})" if snapshot.survey.quantities[0] == "loss" else quantity
    parts = [
        b"# vtk DataFile Version 3.0\n",
        f"{quantity} of {snapshot.survey.run}, z = {told}\n".encode(),
        b"BINARY\nDATASET STRUCTURED_GRID\n",
        f"DIMENSIONS {cols} {rows} 1\nPOINTS {rows * cols} double\n".encode(),
        points.astype(">f8").tobytes(),
        f"\nPOINT_DATA {rows * cols}\n".encode(),
    ]
    for name, array in fields(snapshot).items():
        parts += [_scalars(name, "double"), array.astype(">f8").tobytes(), b"\n"]
    return b"".join([*parts, _scalars("vtkGhostType", "unsigned_char"), hidden.astype("u1").tobytes(), b"\n"])


def _scalars(name: str, kind: str) -> bytes:
    return f"SCALARS {name} {kind} 1\nLOOKUP_TABLE default\n".encode()


FORMATS: Mapping[str, Callable[[Snapshot], bytes]] = {"h5": hdf5, "npz": npz, "csv": table, "vtk": vtk}
"""A file name's ending, and what writes such a file."""


def fields(snapshot: Snapshot) -> dict[str, np.ndarray]:
    """The arrays of a snapshot by plain names."""
    losses = {"loss": snapshot.loss, "accuracy": snapshot.accuracy, "standard_error": snapshot.error}
    losses |= depths(snapshot) if snapshot.of_losses else {}
    found = {"gradient_norm": snapshot.loss} if snapshot.survey.measure == "gradient" else losses
    return found | dict(snapshot.curvatures) | {"examples": snapshot.examples, "computed": snapshot.known.astype(int)}


def columns(snapshot: Snapshot) -> dict[str, np.ndarray]:
    """The arrays of a surface file: loss, accuracy in percent, standard error, what is computed or interpolated.

    Or, where that was asked for, the gradient's length alone.
    """
    prefix = snapshot.survey.split + "_" if snapshot.survey.split else ""
    losses = {"loss": snapshot.loss, "acc": snapshot.accuracy * 100, "error": snapshot.error}
    arrays = (
        {"gradient_norm": snapshot.loss}
        if snapshot.survey.measure == "gradient"
        else losses | dict(snapshot.curvatures)
    )
    found = {prefix + name: np.where(snapshot.given, array, ABSENT) for name, array in arrays.items()}
    depth = depths(snapshot) if snapshot.of_losses else {}
    found |= {prefix + name: array for name, array in depth.items()}
    return found | {f"{prefix}interpolated": snapshot.interpolated, f"{prefix}computed": snapshot.known}


def depths(snapshot: Snapshot) -> dict[str, np.ndarray]:
    """Depth and z value of each local minimum of a finished surface, at its point, infinite at the lowest; else NaN."""
    found, (depth, z) = minima(snapshot), (np.full(snapshot.loss.shape, np.nan) for _ in range(2))
    if snapshot.final.all():
        at = tuple(found.bars.minima.T)
        depth[at], z[at] = found.bars.depth, [np.nan if each.z is None else each.z for each in found]
    return {"minimum_depth": depth, "minimum_z": z}


def whole_provenance(snapshot: Snapshot) -> dict[str, object]:
    """All that the numbers of one split depend on."""
    return provenance(snapshot.survey) | evidence(snapshot)


def evidence(snapshot: Snapshot) -> dict[str, object]:
    """What the numbers of one split depend on beside the model and the plane, which other splits may share.

    The `data`, among them the `size` that was asked for; over how many `examples` every value is at least; the
    `tolerance` of interpolation; how far fast arithmetic was found to stray (`fast_error`, see
    `Deviation`), null where it was not used, and whether it `fell_back` to the exact one. And what can be read off
    them: how many local `minima` there are.
    """
    survey, step = snapshot.survey, snapshot.progress
    counted: dict[str, object] = {"minima": counts(snapshot)} if snapshot.of_losses else {}
    if isinstance(survey, Imported):
        return counted | {"data": {"split": survey.split}}
    data = survey.query.data
    return {
        "data": data.identity() | {"size": data.size},
        "examples": step.examples,
        "tolerance": survey.tolerance,
        "fast_error": None if step.fast_error is None else asdict(step.fast_error),
        "fell_back": step.fell_back,
    } | counted


def counts(snapshot: Snapshot) -> dict[str, object]:
    """How many local minima there are among points `spacing` apart, and how many of them are above sampling noise."""
    found, lattice = minima(snapshot), snapshot.survey.lattice
    spacing = 2.0**-lattice.level if isinstance(lattice, Lattice) else None
    return {"count": len(found), "above_noise": found.above_noise, "standard_errors": NOISE, "spacing": spacing}


def provenance(survey: Surface) -> dict[str, object]:
    """What a surface file's numbers depend on, but for the data, of which one file may hold several splits."""
    if isinstance(survey, Imported):
        return {"imported": survey.file, "digest": survey.digest, "origin": json.loads(survey.origin)}
    query = survey.query
    statistic = {"kind": type(survey.statistic).__name__, **asdict(survey.statistic)}
    measure = {"measure": query.measure} if query.measure == "gradient" else {}
    return measure | {
        "model": query.model.identity() | {"run": query.model.run, "step": query.model.step},
        "plane": query.plane.identity(),
        "precision": query.precision,
        "statistic": statistic,
        "schema": SCHEMA,
    }
