"""Files of tracks hold what was told, for the libraries that own their formats."""

import csv
import io
import json

import h5py
import numpy as np
import pytest

from compute.specs import RandomPlane
from compute.store.tracks import FORMATS
from compute.trajectory import Track, Trajectory
from tests.compute.cases import query

LONG = Track("long", (0, 0.25, 10), *(np.array(row) for row in ([0.5, 0.25, 0], [1, 0.5, 0], [3, 2, 0], [0.5, 0.1, 0])))
SHORT = Track("kürzer", (None,), *(np.array([number]) for number in (2.0, -1.0, 7.0, 0.75)))
TOLD = Trajectory(RandomPlane(3), query().model, (LONG, SHORT), (0.75, 0.2, 0.05), (2.0, 0.5), float("nan"))
LOSSES = {"train_loss": np.array([2.3, 1.0, 0.1, 0.7])}
ROWS = {
    "run": ["long", "long", "long", "kürzer"],
    "epoch": [0, 0.25, 10, -1],
    "x": [0.5, 0.25, 0, 2],
    "y": [1, 0.5, 0, -1],
    "distance": [3, 2, 0, 7],
    "residual": [0.5, 0.1, 0, 0.75],
    "train_loss": [2.3, 1.0, 0.1, 0.7],
}


def test_a_table_has_a_row_for_each_checkpoint():
    comment, *lines = FORMATS["csv"](TOLD, LOSSES).decode().splitlines()
    found = list(csv.DictReader(lines))
    assert [row["run"] for row in found] == ROWS["run"]
    for name in list(ROWS)[1:]:
        assert [float(row[name]) for row in found] == ROWS[name]
    assert [row["epoch"] for row in found] == ["0", "0.25", "10", "-1"]  # of which whole ones stay whole
    told = json.loads(comment.removeprefix("# "))
    assert (told["plane"]["seed"], told["lengths"], told["cosine"]) == (3, [2.0, 0.5], None)


def test_an_archive_has_the_same_columns():
    with np.load(io.BytesIO(FORMATS["npz"](TOLD, LOSSES)), allow_pickle=False) as found:
        for name, row in ROWS.items():
            assert found[name].tolist() == row
        assert found["explained"].tolist() == [0.75, 0.2, 0.05]


def test_hdf5_has_the_papers_names():
    with h5py.File(io.BytesIO(FORMATS["h5"](TOLD, LOSSES))) as found:
        for name, other in (("xcoord", "x"), ("ycoord", "y"), ("step", "epoch"), ("train_loss", "train_loss")):
            assert found[f"proj_{name}"][:].tolist() == ROWS[other]
        assert [name.decode() for name in found["proj_run"][:]] == ROWS["run"]
        assert found["explained_variance_ratio_"][:].tolist() == [0.75, 0.2, 0.05]
        assert json.loads(found.attrs["provenance"])["model"]["run"] == "bowl"


@pytest.mark.parametrize("kind", FORMATS)
def test_nothing_more_is_needed(kind):
    assert FORMATS[kind](TOLD, {})
