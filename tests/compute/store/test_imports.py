"""Files written as their authors write them, read back; and files that are no surfaces, refused."""

import io
import json
import os
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compute.errors import LandscapeError
from compute.lattice import Lattice
from compute.settings import IMPORT_LIMIT, ROOT
from compute.snapshot import JobState, Progress, Snapshot
from compute.specs import Survey
from compute.store.exports import FORMATS
from compute.store.imports import read
from compute.store.paper import ABSENT
from tests.compute.cases import query, surface

DATA = Path(os.environ.get("LOSS_ATLAS_TEST_DATA", ROOT.parent / "shared" / "data"))
GOLDEN = DATA / "golden_resnet20_filter.h5"


def bowl(a, b):
    return 0.1 + a**2 + 2 * (b - 0.25) ** 2


def as_the_public_code_does(columns, rows, known=lambda index: True):
    """Fills an array of shape (columns, rows) by the flat index of meshgrid's (rows, columns), from -1 on."""
    x, y = np.linspace(-1, 1, columns), np.linspace(-0.5, 1, rows)
    losses, accuracies = -np.ones((columns, rows)), -np.ones((columns, rows))
    alpha, beta = (axis.ravel() for axis in np.meshgrid(x, y))
    for index in filter(known, range(losses.size)):
        losses.ravel()[index] = bowl(alpha[index], beta[index])
        accuracies.ravel()[index] = 100 * np.exp(-losses.ravel()[index])
    return hdf5(xcoordinates=x, ycoordinates=y, train_loss=losses, train_acc=accuracies), x, y


def hdf5(**arrays):
    file = io.BytesIO()
    with h5py.File(file, "w") as written:
        for name, array in arrays.items():
            written[name] = array
    return file.getvalue()


def npz(**arrays):
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


@pytest.mark.parametrize(("columns", "rows"), [(5, 5), (7, 4), (4, 7), (2, 3)])
def test_a_file_of_the_public_code_is_read_the_right_way_round(columns, rows):
    content, x, y = as_the_public_code_does(columns, rows)
    found = read("surface.h5", content)
    assert found.grid.shape == (rows, columns)
    np.testing.assert_array_equal(found.grid.coordinates("x"), x)
    np.testing.assert_array_equal(found.grid.coordinates("y"), y)
    np.testing.assert_array_equal(found.arrays["train_loss"], bowl(x[None, :], y[:, None]))
    np.testing.assert_allclose(found.arrays["train_acc"], 100 * np.exp(-found.arrays["train_loss"]), rtol=1e-7)


def test_points_that_were_not_computed_stay_absent():
    content, x, y = as_the_public_code_does(6, 4, known=lambda index: index % 3)
    loss = read("surface.h5", content).arrays["train_loss"]
    absent = np.arange(24).reshape(4, 6) % 3 == 0
    np.testing.assert_array_equal(loss, np.where(absent, ABSENT, bowl(x[None, :], y[:, None])))


def test_axes_may_fall_and_be_unevenly_spaced():
    x, y = np.array([3.0, 0.5, 0.0, -1.0]), np.array([-1.0, 0.0, 0.1])
    found = read("s.h5", hdf5(xcoordinates=x, ycoordinates=y, test_loss=bowl(x[None, :], y[:, None])))
    assert found.grid.x == (-1.0, 0.0, 0.5, 3.0)
    assert found.splits == ("test",)
    np.testing.assert_array_equal(found.arrays["test_loss"], bowl(x[None, ::-1], y[:, None]))


@pytest.mark.skipif(not GOLDEN.is_file(), reason=f"needs {GOLDEN.name} in {DATA}")
def test_the_golden_surface_has_its_values():
    found = read(GOLDEN.name, GOLDEN.read_bytes())
    assert (found.grid.shape, found.splits, found.grid.origin) == ((9, 9), ("train", "test"), (4, 4))
    with h5py.File(GOLDEN) as file:
        for name in ("train_loss", "train_acc", "test_loss", "test_acc"):
            np.testing.assert_allclose(found.arrays[name], file[name][:], rtol=1e-9)


@pytest.fixture
def shot():
    """A bowl of test losses, wider than high, with one NaN, one point interpolated and one unknown."""
    asked = Survey(query(), Lattice.spanning(2, (-1, 1), (-1, 0.5)))
    made = Snapshot.empty(asked, Progress(asked.id, JobState.RUNNING, 0, asked.lattice.size))
    made.loss[:], made.accuracy[:], made.known[:] = surface(asked.lattice), 0.75, True
    made.known[2, 3], made.interpolated[2, 3] = False, True
    made.known[4, 5], made.loss[4, 5], made.accuracy[4, 5] = False, np.nan, np.nan
    return made


@pytest.mark.parametrize("kind", ["h5", "npz", "csv"])
def test_what_is_exported_comes_back_equal(shot, kind):
    found = read(f"surface.{kind}", FORMATS[kind](shot))
    for axis in "xy":
        np.testing.assert_array_equal(found.grid.coordinates(axis), shot.survey.lattice.coordinates(axis))
    assert found.splits == ("train",)
    np.testing.assert_array_equal(found.arrays["train_loss"], np.where(shot.given, shot.loss, ABSENT))
    np.testing.assert_array_equal(found.arrays["train_acc"], np.where(shot.given, 75, ABSENT))
    np.testing.assert_array_equal(found.arrays["train_interpolated"].astype(bool), shot.interpolated)
    assert json.loads(found.origin)["model"]["run"] == "bowl"


def test_the_same_numbers_have_the_same_digest_however_they_were_written(shot):
    digests = {read(f"s.{kind}", FORMATS[kind](shot)).digest for kind in ("h5", "npz", "csv")}
    assert len(digests) == 1
    shot.loss[1, 1] += 1e-9
    assert read("s.npz", FORMATS["npz"](shot)).digest not in digests


@given(st.permutations(range(12)), st.sampled_from([",", ";", "\t"]))
def test_a_table_may_have_its_points_in_any_order(order, mark):
    x, y = np.meshgrid([0.0, 0.3, 1.0], [-1.0, 0.0, 2.0, 5.0])
    points = np.stack([bowl(x, y), x, y], axis=-1).reshape(-1, 3)[list(order)].tolist()
    rows = [mark.join(map(repr, point)) for point in points]
    found = read("t.csv", "\n".join([f"loss{mark} X{mark}y", *rows, ""]).encode())
    np.testing.assert_array_equal(found.arrays["loss"], bowl(x, y))
    assert found.splits == ("",)


def test_a_table_may_lack_points_and_cells():
    found = read("t.csv", b"alpha,beta,loss,accuracy,note\n0,0,1,0.5,a\n1,0,2,,b\n0,1,,0.25,c\n")
    assert found.arrays["loss"].tolist() == [[1, 2], [ABSENT, ABSENT]]
    np.testing.assert_array_equal(found.arrays["acc"], [[50, np.nan], [ABSENT, ABSENT]])


def test_a_table_of_r_is_read_with_its_quotes_row_names_and_missing_values():
    rows = ['"","alpha","beta","loss","note"', '"1",0,0,1,"a, b"', '"2",1,0,NA,NA', '"3",0,1,3,""', '"4",1,1,4,"c"']
    found = read("t.csv", "\n".join(rows).encode())
    assert found.grid.x == found.grid.y == (0, 1)
    assert found.arrays["loss"].tolist() == [[1, ABSENT], [3, 4]]


def test_a_groups_name_is_no_array():
    file = io.BytesIO(GOOD)
    with h5py.File(file, "a") as written:
        written.create_group("test_loss")
        written.create_group("train_acc")["weights"] = AXIS
    found = read("f.h5", file.getvalue())
    assert set(found.arrays) == {"train_loss", "train_computed"}


def test_an_archive_may_name_its_axes_in_three_ways():
    axis = np.array([-1.0, 0.0, 1.0])
    loss = bowl(axis[None, :], axis[:, None])
    for x, y in (("xcoordinates", "ycoordinates"), ("alpha", "beta"), ("x", "y")):
        np.testing.assert_array_equal(read("s.npz", npz(**{x: axis, y: axis}, loss=loss)).arrays["loss"], loss)


AXIS = np.array([-1.0, 0.0, 1.0])
LOSS = bowl(AXIS[None, :], AXIS[:, None])
WIDE = np.linspace(0, 1, 1026)
GOOD = hdf5(xcoordinates=AXIS, ycoordinates=AXIS, train_loss=LOSS)
LINES = "\n".join(f"{a!r},{a * a % 0.37!r},1" for a in np.linspace(0, 1, 40).tolist())


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "surface needs two axes, .*; there is none of them: add what is missing"),
        (b"hello", "surface needs two axes"),
        (b"\x89PNG\r\n", "should be HDF5, a NumPy array or archive, or a table, this is a picture: save"),
        (GOOD[: len(GOOD) // 2], "f cannot be read as HDF5 .*: export it again"),
        (npz(x=AXIS, y=AXIS, loss=LOSS)[:200], "f cannot be read as a NumPy archive .*: export it again"),
        (npz(x=AXIS, y=AXIS, loss=np.array([[print]])), "loss should hold numbers, it holds objects"),
        (b"\0" * (IMPORT_LIMIT + 1), "should have at most 64 MiB, f has more: thin it out"),
        (hdf5(ycoordinates=AXIS, train_loss=LOSS[0]), "there is only train_loss, ycoordinates: add what is missing"),
        (
            hdf5(xcoordinates=AXIS, train_loss=LOSS),
            "xcoordinates has places, 3, but train_loss has 9: .* ycoordinates of",
        ),
        (hdf5(xcoordinates=AXIS, ycoordinates=AXIS), "at least one finite number, there is none: add one"),
        (
            hdf5(xcoordinates=AXIS, ycoordinates=AXIS, train_acc=-(AXIS[:, None] ** 0) * LOSS),
            "accuracy should lie between .* acc goes from -4.225 to -0.225: correct it",
        ),
        (hdf5(xcoordinates=AXIS, ycoordinates=AXIS, train_loss=-np.ones((3, 3))), "one finite number, there"),
        (hdf5(xcoordinates=AXIS, ycoordinates=AXIS, train_loss=np.full((3, 3), np.nan)), "one finite number, there"),
        (hdf5(xcoordinates=AXIS, ycoordinates=AXIS[:2], train_loss=LOSS), "2 rows and 3 columns, .* is 3 × 3: correct"),
        (npz(x=AXIS, y=AXIS[:2], loss=LOSS[:, :2]), "2 rows and 3 columns, .* shape is 3 × 2: correct"),
        (
            hdf5(xcoordinates=AXIS, ycoordinates=AXIS, train_loss=LOSS, train_acc=LOSS * 90),
            "to 380.25: correct it, or say its unit with --accuracy",
        ),
        (
            hdf5(xcoordinates=[2.0, 2.0, 3.0], ycoordinates=AXIS, train_loss=LOSS),
            "coordinates along x must .* 2 to 3 with one that .* twice",
        ),
        (hdf5(xcoordinates=[0, np.nan, 1], ycoordinates=AXIS, train_loss=LOSS), "coordinates along x must be finite"),
        (
            hdf5(xcoordinates=[0.0], ycoordinates=AXIS, train_loss=LOSS[:, :1]),
            "2 and 1025 points per side, got 1 along x",
        ),
        (npz(x=WIDE, y=AXIS, loss=np.ones((3, 1026))), "between 2 and 1025 points per side, got 1026 along x"),
        (npz(x=AXIS, y=AXIS, loss=np.ones((2000, 2000))), "At most 1025 × 1025 points are drawn, loss has 4,000,0"),
        (hdf5(xcoordinates=AXIS, ycoordinates=AXIS, train_loss=np.ones((2000, 2000))), "train_loss has 4,000,000"),
        (
            hdf5(xcoordinates=AXIS, ycoordinates=AXIS, train_loss=[[b"a"] * 3] * 3),
            "train_loss should hold real .* holds text",
        ),
        (b"alpha,beta,loss\n0,0,1\n0,1\n", "rows should have 3 cells like its first line, one has 2: correct it"),
        (
            b"alpha,beta,loss\n0,0,1\n,1,2\n1,0,1\n1,1,1\n",
            "a number in the column alpha, row 2 below the names has an empty cell: fill it in, or remove the row",
        ),
        (b"x,y,loss\n0,0,1\n0,NA,2\n", "in the column y, row 2 below the names has 'NA': fill it in"),
        (b"alpha,beta,loss\n0,0,1\n0,1,x\n", "loss should hold real numbers, row 2 below the names has 'x'"),
        (b"alpha,beta,loss\n0,0,1\n1,1,2\n0,0,3\n1,0,1\n", "has a point twice with different values: remove"),
        (f"alpha,beta,loss\n{LINES}".encode(), "40 have 40 different alpha and 40 different beta: sample every"),
    ],
)
def test_a_file_that_is_no_surface_is_refused_in_a_sentence(content, message):
    with pytest.raises(LandscapeError, match=message) as refused:
        read("f", content)
    assert "\n" not in str(refused.value)
    assert str(refused.value).endswith(".")


def test_links_to_other_files_are_not_followed(tmp_path):
    (tmp_path / "secret.h5").write_bytes(GOOD)
    file = io.BytesIO()
    with h5py.File(file, "w") as written:
        written["xcoordinates"] = written["ycoordinates"] = AXIS
        written["train_loss"] = h5py.ExternalLink(str(tmp_path / "secret.h5"), "train_loss")
    with pytest.raises(LandscapeError, match="train_loss should lie in the file itself, it is a link"):
        read("f.h5", file.getvalue())


@given(st.binary(max_size=400), st.integers(0, len(GOOD) - 1))
def test_no_content_is_too_strange_to_be_refused(noise, place):
    for content in (noise, GOOD[:place] + noise, GOOD[:8] + noise, b"PK\x03\x04" + noise):
        try:
            read("f", content)
        except LandscapeError:
            continue
