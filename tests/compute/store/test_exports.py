"""Files opened again by the libraries that own their formats."""

import csv
import io
import json
from dataclasses import asdict, replace
from math import log10

import h5py
import meshio
import numpy as np
import pytest

from compute.deviation import Deviation
from compute.lattice import Lattice
from compute.snapshot import FLOOR, JobState, Progress, Snapshot
from compute.specs import DataRef, Survey
from compute.store.exports import FORMATS, hdf5, npz, table, vtk
from tests.compute.cases import query, surface
from tests.compute.test_minima import wells

LATTICE = Lattice.spanning(2, (-1, 1), (-0.5, 1))


@pytest.fixture
def shot():
    """A bowl with one NaN (at the corner), one point interpolated and one unknown."""
    asked = Survey(query(), Lattice.spanning(2, (-1, 1), (-1, 0.5)))
    made = Snapshot.empty(asked, Progress(asked.id, JobState.RUNNING, 0, asked.lattice.size))
    made.loss[:], made.accuracy[:], made.error[:] = surface(asked.lattice), 0.75, 0.01
    made.known[:], made.examples[:] = True, 64
    made.known[2, 3], made.interpolated[2, 3] = False, True
    made.known[4, 5] = False
    made.loss[4, 5] = np.nan
    return made


def test_hdf5_has_the_papers_layout(shot):
    with h5py.File(io.BytesIO(hdf5(shot))) as file:
        assert file["train_loss"].shape == (7, 9)
        assert file["train_loss"][4, 5] == -1
        assert np.isnan(file["train_loss"][0, 0])
        assert (file["train_acc"][0, 1], file["train_interpolated"][2, 3]) == (75, True)
        assert file["ycoordinates"][:].tolist() == shot.survey.lattice.coordinates("y").tolist()
        assert json.loads(file.attrs["provenance"])["plane"]["seed"] == 0


def test_every_file_says_which_data_its_numbers_are_of_and_how_well_they_are_known(shot):
    data = DataRef("digits", "train", 512, seed=3, mean=(0.5,), std=(0.25,), noise=0.1, noise_seed=4)
    asked = replace(shot.survey, query=replace(shot.survey.query, data=data), tolerance=0.01)
    step = replace(shot.progress, examples=128, wanted=512, fast_error=Deviation(0.004, 0.002))
    told = replace(shot, survey=asked, progress=step)
    with h5py.File(io.BytesIO(hdf5(told))) as file:
        found = [json.loads(file[name].attrs["provenance"]) for name in file if name.startswith("train_")]
        assert "data" not in json.loads(file.attrs["provenance"])  # of which a file may hold several
    with np.load(io.BytesIO(npz(told))) as file:
        found.append(json.loads(str(file["provenance"])))
    found.append(json.loads(table(told).decode().splitlines()[0].removeprefix("# ")))
    assert len(found) == 9
    for each in found:
        named = {"name": "digits", "split": "train", "size": 512, "seed": 3, "noise": 0.1, "noise_seed": 4}
        assert named.items() <= each["data"].items()
        assert (each["data"]["mean"], each["data"]["std"]) == ([0.5], [0.25])
        assert (each["examples"], each["tolerance"], each["fell_back"]) == (128, 0.01, False)
        assert each["fast_error"] == asdict(Deviation(0.004, 0.002))


def test_every_file_tells_how_deep_each_minimum_is_and_how_many_are_above_noise():
    asked = Survey(query(), Lattice.spanning(3, (-1, 1), (-1, 1)))
    x, y = asked.lattice.grid()
    made = Snapshot.empty(asked, Progress(asked.id, JobState.DONE, 0, asked.lattice.size))
    made.loss[:], made.known[:] = wells(x, y), True
    made = replace(made, z=np.full(made.loss.shape, 3.5))
    with h5py.File(io.BytesIO(hdf5(made))) as file:
        depth, z = file["train_minimum_depth"][:], file["train_minimum_z"][:]
        told = [json.loads(file["train_loss"].attrs["provenance"])["minima"]]
    with np.load(io.BytesIO(npz(made))) as file:
        np.testing.assert_array_equal(file["minimum_depth"], depth)
    first, *rest = table(made).decode().splitlines()
    told.append(json.loads(first.removeprefix("# "))["minima"])
    assert told == [{"count": 2, "above_noise": 2, "standard_errors": 3.0, "spacing": 0.125}] * 2
    assert (np.isinf(depth[8, 4]), depth[8, 12], z[8, 12]) == (True, pytest.approx(0.75), 3.5)
    assert np.isfinite(depth).sum() == np.isfinite(z).sum() == 1
    assert [row["minimum_z"] for row in csv.DictReader(rest) if float(row["minimum_depth"]) < 9] == ["3.5"]


def test_the_gradients_length_is_never_called_a_loss(shot):
    steep = replace(shot, survey=replace(shot.survey, query=replace(query(), measure="gradient")))
    with h5py.File(io.BytesIO(hdf5(steep))) as file:
        assert set(file) == {
            "xcoordinates",
            "ycoordinates",
            "train_gradient_norm",
            "train_interpolated",
            "train_computed",
        }
        assert json.loads(file.attrs["provenance"])["measure"] == "gradient"
    with np.load(io.BytesIO(npz(steep))) as file:
        np.testing.assert_array_equal(file["gradient_norm"], shot.loss)
        assert not {"loss", "accuracy", "standard_error"} & set(file)


def test_npz_holds_the_arrays_and_no_code(shot):
    with np.load(io.BytesIO(npz(shot)), allow_pickle=False) as file:
        np.testing.assert_array_equal(file["loss"], shot.loss)
        np.testing.assert_array_equal(file["computed"], shot.known)
        np.testing.assert_array_equal(file["alpha"], shot.survey.lattice.coordinates("x"))
        assert json.loads(str(file["provenance"]))["model"]["run"] == "bowl"


def test_csv_has_a_row_for_every_point_with_a_value(shot):
    first, *rest = table(shot).decode().splitlines()
    assert json.loads(first.removeprefix("# "))["precision"] == "exact"
    rows = list(csv.DictReader(rest))
    assert len(rows) == shot.survey.lattice.size - 1
    numbers = {"alpha", "beta", "loss", "accuracy", "standard_error", "examples", "computed"}
    assert set(rows[0]) == numbers | {"minimum_depth", "minimum_z"}
    assert [float(rows[1][name]) for name in ("alpha", "beta", "loss")] == [-0.75, -1, shot.loss[0, 1]]
    assert sum(row["computed"] == "0" for row in rows) == 1
    assert rows[0]["loss"] == "nan"


def test_vtk_is_a_grid_of_log_heights(shot, tmp_path):
    path = tmp_path / "surface.vtk"
    path.write_bytes(vtk(shot))
    grid = meshio.read(path)
    assert len(grid.points) == shot.survey.lattice.size
    assert sum(len(block.data) for block in grid.cells) == 6 * 8
    np.testing.assert_array_equal(grid.point_data["loss"].ravel(), shot.loss.ravel())
    finite = np.isfinite(shot.loss).ravel()
    np.testing.assert_allclose(grid.points[finite, 2], np.log10(shot.loss.ravel()[finite]))


def test_vtk_floors_losses_as_the_page_does_and_hides_what_has_none(shot, tmp_path):
    path = tmp_path / "surface.vtk"
    shot.loss[1, :4] = 0, -3, 1, np.inf
    path.write_bytes(vtk(shot))
    grid = meshio.read(path)
    height = grid.points[:, 2].reshape(shot.loss.shape)
    np.testing.assert_allclose(height[1, :4], [log10(FLOOR), log10(FLOOR), 0, np.nan])
    hidden = grid.point_data["vtkGhostType"].reshape(height.shape)
    np.testing.assert_array_equal(hidden == 2, ~np.isfinite(shot.loss))
    np.testing.assert_array_equal(np.isnan(height), ~np.isfinite(shot.loss))
    np.testing.assert_array_equal(hidden[hidden != 2], 0)
    assert path.read_bytes().splitlines()[1] == b"loss of bowl, z = log10(loss)"
    steep = replace(shot, survey=replace(shot.survey, query=replace(query(), measure="gradient")))
    assert vtk(steep).splitlines()[1] == b"gradient norm of bowl, z = log10(gradient norm)"


def test_every_format_is_written_before_anything_is_known():
    asked = Survey(query(), LATTICE)
    nothing = Snapshot.empty(asked, Progress(asked.id, JobState.QUEUED, 0, LATTICE.size))
    assert all(len(write(nothing)) > 0 for write in FORMATS.values())
