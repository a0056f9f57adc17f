"""Tracks of runs as files for other programs, each with what its numbers depend on."""

import csv
import io
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import h5py
import numpy as np

from compute.specs import SCHEMA
from compute.trajectory import Trajectory

Columns = Mapping[str, np.ndarray]
"""Numbers of each checkpoint, run after run."""


def arrays(trajectory: Trajectory) -> dict[str, np.ndarray]:
    """The arrays of an HDF5 file, called as the public code of Li et al. (2018) does where it has them.

    One number for each checkpoint, run after run: `proj_run`, `proj_step` (in epochs, whole or not, -1 where unknown),
    `proj_xcoord` and `proj_ycoord` (in units of the axes, not as there of length), `proj_distance`, `proj_residual`;
    and for both axes `proj_lengths`, for all components `explained_variance_ratio_`.
    """
    found = columns(trajectory)
    runs = np.char.encode(found.pop("run"), "utf-8")
    names = {"epoch": "step", "x": "xcoord", "y": "ycoord"}
    return {
        "proj_run": runs,
        **{f"proj_{names.get(name, name)}": array for name, array in found.items()},
        "proj_lengths": np.array(trajectory.lengths),
        "explained_variance_ratio_": np.array(trajectory.scree),
    }


def columns(trajectory: Trajectory) -> dict[str, np.ndarray]:
    """A row for each checkpoint, run after run; the epoch, whole or not, is -1 where it is unknown."""
    tracks = trajectory.tracks
    steps = [-1 if step is None else step for track in tracks for step in track.steps]
    names = np.array([track.run for track in tracks for _ in track.steps], dtype=str)
    numbers = ("x", "y", "distance", "residual")
    joined = {name: np.concatenate([getattr(track, name) for track in tracks]) for name in numbers}
    return {"run": names, "epoch": np.array(steps, dtype=float), **joined}


def provenance(trajectory: Trajectory) -> dict[str, object]:
    """What a track's numbers depend on, and what is the same for all of them."""
    origin = trajectory.origin
    return {
        "model": origin.identity() | {"run": origin.run, "step": origin.step},
        "plane": trajectory.plane.identity(),
        "lengths": trajectory.lengths,
        "cosine": trajectory.cosine if np.isfinite(trajectory.cosine) else None,
        "explained": trajectory.scree,
        "schema": SCHEMA,
    }


def hdf5(trajectory: Trajectory, more: Columns) -> bytes:
    """HDF5 with the arrays of `arrays`."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "track.h5"
        with h5py.File(path, "w") as file:
            file.attrs["provenance"] = json.dumps(provenance(trajectory), sort_keys=True)
            for name, array in (arrays(trajectory) | {f"proj_{name}": array for name, array in more.items()}).items():
                file.create_dataset(name, data=array)
        return path.read_bytes()


def npz(trajectory: Trajectory, more: Columns) -> bytes:
    """NumPy's archive: the columns, for both axes `lengths`, for all components `explained`, `provenance` as JSON."""
    file, text = io.BytesIO(), np.array(json.dumps(provenance(trajectory)))
    axes = {"lengths": np.array(trajectory.lengths), "explained": np.array(trajectory.scree)}
    np.savez_compressed(file, **columns(trajectory), **more, **axes, provenance=text)  # type: ignore[arg-type]
    return file.getvalue()


def table(trajectory: Trajectory, more: Columns) -> bytes:
    """Comma-separated values, a row for each checkpoint; the first line, a comment, is the provenance."""
    file, found = io.StringIO(newline=""), {name: array.tolist() for name, array in columns(trajectory).items()}
    found["epoch"] = [int(epoch) if epoch.is_integer() else epoch for epoch in found["epoch"]]
    found |= {name: array.tolist() for name, array in more.items()}
    file.write(f"# {json.dumps(provenance(trajectory))}\n")
    writer = csv.writer(file)
    writer.writerow(found)
    writer.writerows(zip(*found.values(), strict=True))
    return file.getvalue().encode()


FORMATS: Mapping[str, Callable[[Trajectory, Columns], bytes]] = {"h5": hdf5, "npz": npz, "csv": table}
"""A file name's ending, and what writes such a file."""
