import json

import h5py
import numpy as np
import pytest
from hypothesis import given

from compute.errors import LandscapeError
from compute.lattice import Lattice
from compute.losses import summary
from compute.specs import Mean
from compute.store.paper import ABSENT, lattice_of, read_blocks, write_surface
from tests.compute.cases import SCALES, surface
from tests.compute.test_lattice import lattices

LATTICE = Lattice.spanning(3, (-1, 1), (-0.5, 1))


LABELS = np.arange(200) % 4


def arrays(lattice, split="train"):
    """Every example of class c has the loss of the bowl times SCALES[c]."""
    loss = surface(lattice)
    losses = loss[:, :, None] * SCALES[LABELS]
    known = {"loss": loss, "acc": 100 * np.exp(-np.abs(loss)), "interpolated": np.full(lattice.shape, False)}
    single = {"losses": losses, "correct": losses < 1, "labels": LABELS}
    return {f"{split}_{name}": array for name, array in (known | single).items()}


def tiles(path, key):
    """The mean over all blocks, tile by tile."""
    found = {}
    for tile, _, values in read_blocks(path, key):
        found.setdefault(tile, []).append(values)
    return [(tile, summary(parts, Mean())) for tile, parts in found.items()]


def write(path, lattice=LATTICE, split="train", provenance="one", key="key"):
    write_surface(path, lattice, arrays(lattice, split), {"model": provenance}, key)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "surface.h5"


def test_blocks_read_back_are_the_surface(path):
    write(path)
    loss = np.full(LATTICE.shape, np.nan)
    known = np.full(LATTICE.shape, 0)
    for tile, values in tiles(path, "key"):
        at = LATTICE.place(tile, values.known)
        loss[at] = values.loss[values.known]
        known[at] += 1
    assert (known == 1).all()
    np.testing.assert_allclose(loss, surface(LATTICE), rtol=1e-6)


def test_examples_read_back_as_they_were(path):
    write(path)
    for tile, block, values in read_blocks(path, "key"):
        assert values.labels.tolist() == LABELS[block.start : block.stop].tolist()
        rows, cols = LATTICE.place(tile, values.known)
        wanted = arrays(LATTICE)["train_losses"][rows, cols][:, block.start : block.stop]
        np.testing.assert_array_equal(values.loss[values.known], wanted)
        np.testing.assert_array_equal(values.correct[values.known], wanted < 1)


def test_examples_that_are_neither_right_nor_wrong_read_back_so(path):
    told = {name: array for name, array in arrays(LATTICE).items() if name != "train_correct"}
    write_surface(path, LATTICE, told, {}, "key")
    found = [values for _, _, values in read_blocks(path, "key")]
    assert found
    assert all(values.correct is None for values in found)


def test_means_alone_are_no_answer(path):
    write_surface(path, LATTICE, {"train_loss": surface(LATTICE)}, {}, "key")
    assert list(read_blocks(path, "key")) == []


def test_points_that_were_not_computed_stay_unknown(path):
    lattice = Lattice.spanning(2, (-1, 1), (-1, 1))
    whole = arrays(lattice)
    holes = {"train_loss": np.where(np.eye(9) == 1, ABSENT, whole["train_loss"])}
    write_surface(path, lattice, whole | holes, {}, "key")
    assert sum(values.known.sum() for _, values in tiles(path, "key")) == 81 - 9


def test_interpolated_points_stay_unknown(path):
    marked = {"train_interpolated": np.full(LATTICE.shape, True)}
    write_surface(path, LATTICE, arrays(LATTICE) | marked, {}, "key")
    assert not any(values.known.any() for _, values in tiles(path, "key"))


def test_a_file_answers_only_its_own_query(path):
    write(path, key="other")
    assert list(read_blocks(path, "key")) == []


def test_a_missing_or_damaged_file_answers_nothing(path):
    assert list(read_blocks(path, "key")) == []
    path.write_text("not HDF5")
    assert list(read_blocks(path, "key")) == []


def test_splits_gather_in_one_file_each_with_its_key(path):
    write(path, key="a")
    write(path, split="test", key="b")
    assert len(list(read_blocks(path, "a"))) == len(list(read_blocks(path, "b"))) > 0


def test_a_split_written_again_keeps_nothing_of_what_was_there_of_it(path):
    write(path)  # over other examples, as arrays over other data say by themselves
    write(path, split="test", key="b")
    one = {"train_loss": surface(LATTICE), "proj_xcoord": np.zeros(3)}
    write_surface(path, LATTICE, one, {"model": "one"}, "c", "train", {"data": {"size": 8}})
    with h5py.File(path) as file:
        assert {name for name in file if name.startswith("train")} == {"train_loss"}
        assert {name for name in file if name.startswith("test")} == set(arrays(LATTICE, "test"))
        assert json.loads(file["train_loss"].attrs["provenance"]) == {"data": {"size": 8}}
        assert not [name for name in file if name != "train_loss" and "provenance" in file[name].attrs]
    assert list(read_blocks(path, "key")) == []
    assert list(read_blocks(path, "b"))


@pytest.mark.parametrize("change", [{"provenance": "two"}, {"lattice": Lattice.spanning(2, (-1, 1), (-1, 1))}])
def test_another_surface_replaces_the_file(path, change):
    write(path)
    write(path, split="test", **change)
    with h5py.File(path) as file:
        assert "train_loss" not in file


def test_a_failed_write_leaves_the_old_file(path):
    write(path)
    before = path.read_bytes()
    with pytest.raises(LandscapeError, match=r"needs a file that can be written, .* choose another with --out"):
        write_surface(path.parent / "nowhere" / "x.h5", LATTICE, arrays(LATTICE), {}, "key")
    assert path.read_bytes() == before
    assert [found.name for found in path.parent.iterdir()] == ["surface.h5"]


@given(lattices())
def test_a_dyadic_file_knows_its_lattice(lattice):
    axes = {f"{axis}coordinates": lattice.coordinates(axis) for axis in "xy"}
    found = lattice_of(axes)
    np.testing.assert_array_equal(found.coordinates("x"), lattice.coordinates("x"))
    np.testing.assert_array_equal(found.coordinates("y"), lattice.coordinates("y"))


def test_coordinates_that_are_not_dyadic_are_on_no_lattice():
    assert lattice_of({"xcoordinates": np.linspace(-1, 1, 51), "ycoordinates": np.linspace(-1, 1, 51)}) is None
