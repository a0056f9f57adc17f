"""Arrays in HDF5 files, NumPy archives and bare arrays, in the forms that people store them."""

import io
import pickle
import zipfile

import h5py
import numpy as np
import pytest

from compute.errors import LandscapeError
from compute.store.found import Options
from compute.store.imports import read
from tests.compute.store.test_imports import hdf5, npz

X, Y = np.linspace(-1, 1, 5), np.linspace(-0.5, 1, 4)
ALPHA, BETA = np.meshgrid(X, Y)
LOSS = 0.1 + ALPHA**2 + 2 * (BETA - 0.25) ** 2
ORDER = np.random.default_rng(0).permutation(LOSS.size)
FIELDS = np.array(list(zip(ALPHA.ravel(), BETA.ravel(), LOSS.ravel(), strict=True)), "f8,f8,f8")
FIELDS.dtype.names = ("alpha", "beta", "loss")


def npy(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def matlab(block=True, **arrays):
    """As MATLAB 7.3 writes: 512 bytes, each matrix column by column, vectors as matrices of one column."""
    file = io.BytesIO()
    with h5py.File(file, "w", userblock_size=512 if block else 0) as written:
        for name, array in arrays.items():
            written[name] = np.atleast_2d(array).T
            written[name].attrs["MATLAB_class"] = np.bytes_("double")
    content = bytearray(file.getvalue())
    if block:
        content[:512] = b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(512)
    return bytes(content)


def grouped():
    file = io.BytesIO()
    with h5py.File(file, "w") as written:
        written["surface/x"], written["surface/y"], written["surface/loss"] = X, Y, LOSS
        written["weights/loss"] = 3.0
    return file.getvalue()


SQUARE = (ALPHA, BETA, LOSS)
TALL_ALPHA, TALL_BETA = np.meshgrid(X, Y, indexing="ij")
FILES = {
    "meshgrids": npz(alpha=ALPHA, beta=BETA, loss=LOSS),
    "meshgrids in capitals": npz(X=ALPHA, Y=BETA, Z=LOSS),
    "meshgrids, transposed": npz(X=TALL_ALPHA, Y=TALL_BETA, Z=LOSS.T),
    "meshgrids from high to low": npz(X=ALPHA[::-1, ::-1], Y=BETA[::-1, ::-1], Z=LOSS[::-1, ::-1]),
    "open meshgrids": npz(x=X[None, :], y=Y[:, None], loss=LOSS),
    "vectors and a height": npz(x=X, y=Y, z=LOSS),
    "vectors beside meshgrids": npz(x=X, y=Y, X=ALPHA, Y=BETA, Z=LOSS),
    "plurals": npz(alphas=X, betas=Y, losses=LOSS),
    "grids by name": hdf5(x_grid=ALPHA, y_grid=BETA, loss_grid=LOSS),
    "columns of points": npz(x=ALPHA.ravel(), y=BETA.ravel(), z=LOSS.ravel()),
    "shuffled columns of points": npz(a=ALPHA.ravel()[ORDER], b=BETA.ravel()[ORDER], loss=LOSS.ravel()[ORDER]),
    "flat losses over meshgrids": npz(alpha=ALPHA, beta=BETA, loss=LOSS.ravel()),
    "order of Fortran": npz(x=X, y=Y, loss=np.asfortranarray(LOSS)),
    "most significant byte first": npz(x=X.astype(">f8"), y=Y.astype(">f4"), loss=LOSS.astype(">f8")),
    "long doubles": npz(x=X, y=Y, loss=LOSS.astype(np.longdouble)),
    "meshgrids in HDF5": hdf5(xcoordinates=ALPHA, ycoordinates=BETA, train_loss=LOSS),
    "heights in HDF5": hdf5(X=ALPHA, Y=BETA, Z=LOSS),
    "a group in HDF5": grouped(),
    "MATLAB 7.3": matlab(alpha=X, beta=Y, loss=LOSS),
    "MATLAB 7.3, meshgrids": matlab(X=ALPHA, Y=BETA, Z=LOSS),
    "MATLAB, HDF5 alone": matlab(block=False, xcoordinates=X, ycoordinates=Y, loss=LOSS),
    "named fields": npy(FIELDS),
    "three columns": npy(np.stack(SQUARE, axis=-1).reshape(-1, 3)),
}


@pytest.mark.parametrize("kind", FILES)
def test_a_surface_is_read_however_its_arrays_lie(kind):
    found = read("surface", FILES[kind])
    np.testing.assert_allclose(found.grid.coordinates("x"), X, atol=1e-7)
    np.testing.assert_allclose(found.grid.coordinates("y"), Y, atol=1e-7)
    (part,) = found.parts.values()
    np.testing.assert_allclose(part.values["loss"], LOSS, rtol=1e-12)
    assert part.computed.all()


@pytest.mark.parametrize("kind", ["f2", "f4", "i8", "u1", "?", ">i4"])
def test_numbers_may_be_of_any_width(kind):
    values = np.arange(20).reshape(4, 5) % 2 if kind == "?" else np.arange(20).reshape(4, 5)
    for content in (npz(x=X, y=Y, loss=values.astype(kind)), hdf5(x=X, y=Y, loss=values.astype(kind))):
        np.testing.assert_array_equal(read("s", content).arrays["loss"], values)


@pytest.mark.parametrize(
    "content", [npy(LOSS), npz(LOSS=LOSS), npz(arr_0=LOSS), npz(surface=LOSS), hdf5(loss=LOSS), npy(LOSS.astype("f4"))]
)
def test_an_array_without_axes_wants_its_range_and_is_taken_with_it(content):
    with pytest.raises(LandscapeError, match=r"one array of 4 × 5 numbers and does not say over which range: s"):
        read("grid", content)
    found = read("grid", content, Options((-1, 1), (-0.5, 1)))
    np.testing.assert_allclose(found.grid.coordinates("x"), X)
    np.testing.assert_allclose(found.grid.coordinates("y"), Y)
    np.testing.assert_allclose(found.arrays["loss"], LOSS, rtol=1e-6)


def test_a_range_from_high_to_low_turns_the_array():
    found = read("grid.npy", npy(LOSS), Options((1, -1), (1, -0.5)))
    np.testing.assert_allclose(found.arrays["loss"], LOSS[::-1, ::-1])


CURVES = {
    "the paper's 1-D scripts": hdf5(xcoordinates=X, train_loss=X**2, train_acc=100 - X**2),
    "a row": hdf5(xcoordinates=X, train_loss=[X**2], train_acc=[100 - X**2]),
    "a row at the second axis' origin": hdf5(xcoordinates=X, ycoordinates=[0.0], train_loss=[X**2]),
    "an archive": npz(alpha=X, train_loss=X**2),
    "an archive, falling": npz(x=X[::-1], train_loss=X[::-1] ** 2),
    "MATLAB": matlab(alpha=X, train_loss=X**2),
}


@pytest.mark.parametrize("kind", CURVES)
def test_values_along_one_axis_are_a_curve(kind):
    found = read("line", CURVES[kind])
    assert found.grid.curve
    assert found.grid.x == tuple(X)
    np.testing.assert_array_equal(found.parts["train"].values["loss"], [X**2])


def test_a_bare_vector_over_a_stated_range_is_a_curve():
    found = read("line.npy", npy(X**2), Options((-1, 1)))
    assert found.grid.curve
    np.testing.assert_array_equal(found.arrays["loss"], [X**2])


def papers(known, **quantities):
    """Arrays (columns, rows) of -1, filled in the order of memory where `known` is true, as the public code does."""
    arrays = {}
    for name, values in quantities.items():
        arrays[name] = -np.ones((5, 4))
        arrays[name].ravel()[known.ravel()] = values.ravel()[known.ravel()]
    return hdf5(xcoordinates=X, ycoordinates=Y, **arrays)


KNOWN = np.random.default_rng(3).uniform(size=LOSS.shape) < 0.6
EIGS = {"min_eig": -1 * (LOSS > 1) - 0.25 * (LOSS <= 1), "max_eig": LOSS}
NEGATIVE = np.where(LOSS > 1, -1.0, LOSS - 2)


@pytest.mark.parametrize(
    ("quantities", "given"),
    [
        ({"train_loss": LOSS, "train_acc": 50 - LOSS}, KNOWN),
        ({"train_loss": LOSS}, KNOWN),
        ({"train_acc": 50 - LOSS}, KNOWN),
        (EIGS, KNOWN),
        ({"max_eig": LOSS}, KNOWN),
        ({"train_loss": np.where(LOSS > 1, -1, LOSS), "train_acc": 50 - LOSS}, KNOWN),  # a computed loss of -1
        ({"train_loss": NEGATIVE, "train_acc": 50 - LOSS}, KNOWN),
        ({"train_loss": np.where(LOSS > 1, np.nan, LOSS), "train_acc": 50 - LOSS}, KNOWN),
        ({"train_loss": LOSS, "train_acc": np.full(LOSS.shape, np.nan)}, KNOWN),
        ({"train_loss": LOSS, "train_acc": np.full(LOSS.shape, -1.0)}, KNOWN),  # accuracies were never measured
    ],
)
def test_the_minus_one_of_the_public_code_is_a_point_that_was_not_computed(quantities, given):
    part = next(iter(read("s.h5", papers(KNOWN, **quantities)).parts.values()))
    np.testing.assert_array_equal(part.computed, given)
    for name, values in part.values.items():
        wanted = quantities.get(name, quantities.get(f"train_{name}", quantities.get("train_acc", LOSS) / 100))
        np.testing.assert_allclose(values, np.where(given, wanted, np.nan))


def table():
    rows = zip(ALPHA.ravel(), BETA.ravel(), NEGATIVE.ravel(), strict=True)
    return "\n".join(["alpha,beta,loss", *(f"{a},{b},{loss}" for a, b, loss in rows)]).encode()


@pytest.mark.parametrize(
    "content",
    [
        npz(x=X, y=Y, loss=NEGATIVE),
        npz(xcoordinates=X, ycoordinates=Y, train_loss=NEGATIVE),
        hdf5(alpha=X, beta=Y, loss=NEGATIVE),
        hdf5(xcoordinates=X, ycoordinates=Y, train_loss=NEGATIVE),
        hdf5(x=X, y=Y, min_eig=NEGATIVE),
        table(),
        matlab(alpha=X, beta=Y, loss=NEGATIVE),
        hdf5(X=ALPHA, Y=BETA, Z=NEGATIVE),
    ],
)
def test_a_loss_of_minus_one_is_a_number_elsewhere(content):
    part = next(iter(read("s", content).parts.values()))
    assert part.computed.all()
    np.testing.assert_array_equal(next(iter(part.values.values())), NEGATIVE)


def test_minus_ones_that_count_as_numbers_in_the_papers_layout_are_told():
    (note,) = read("s.h5", hdf5(xcoordinates=X, ycoordinates=Y, train_loss=NEGATIVE)).notes
    assert note == f"{(LOSS > 1).sum()} values of −1 count as numbers, for other values of loss are negative, too."


def test_curvatures_stand_beside_the_losses_of_every_split():
    found = read("s.h5", hdf5(xcoordinates=X, ycoordinates=Y, train_loss=LOSS, test_loss=LOSS * 2, max_eig=LOSS * 3))
    assert found.splits == ("train", "test")
    for split, factor in (("train", 1), ("test", 2)):
        part = found.part(split)
        assert part.quantities == ("loss", "max_eig")
        np.testing.assert_array_equal(part.values["loss"], LOSS * factor)
        np.testing.assert_array_equal(part.values["max_eig"], LOSS * 3)
    assert read("s.h5", hdf5(xcoordinates=X, ycoordinates=Y, **EIGS)).part("").quantities == ("min_eig", "max_eig")


def zipped(**files):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as written:
        for name, content in files.items():
            written.writestr(name.replace("__", "/").replace("_dot_", "."), content)
    return file.getvalue()


PROJECTED = hdf5(proj_xcoord=X, proj_ycoord=X)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (pickle.dumps({"loss": LOSS}), "this is a Python pickle, which can run code when it is read: save"),
        (pickle.dumps(LOSS, protocol=0), "this is a Python pickle"),
        (pickle.dumps([1, 2], protocol=0), "this is a Python pickle"),
        (pickle.dumps({"a": 1}, protocol=2), "this is a Python pickle"),
        (b"MATLAB 5.0 MAT-file, Platform: GLNXA64", "a MATLAB file of version 5 to 7: save it with the option -v7.3"),
        (b"\x1f\x8b\x08\x00", "this is a compressed file: unpack it first"),
        (b"PAR1....PAR1", "this is a Parquet file: save"),
        (b"CDF\x01....", "this is a netCDF file of version 3"),
        (b"# vtk DataFile Version 3.0\n", "this is a mesh: save"),
        (b"solid surface\n", "this is a mesh: save"),
        (PROJECTED, "holds where the checkpoints of a training run lie on a plane, as the paper's code projects them"),
        (hdf5(**{"xdirection/0": X}), r"this file holds directions and no losses: give it to `run\.py survey MODEL"),
        (hdf5(**{"model_weights/dense": X}), "holds the weights of a Keras network"),
        (npz(proj_xcoord=X, proj_ycoord=X), "holds where the checkpoints of a training run lie"),
        (zipped(archive__data_dot_pkl=b""), "this is a checkpoint of PyTorch: drop it on the page as a model"),
        (zipped(xl__workbook_dot_xml=b""), "this is an Excel workbook: save it as CSV"),
        (zipped(readme_dot_txt=b""), "this is none: unpack it"),
        (npy(np.array([{"a": 1}])), "should hold numbers, it holds objects"),
        (npy(LOSS + 1j), "loss should hold real numbers, it holds complex numbers"),
        (npz(x=X, y=Y, loss=LOSS + 1j), "loss should hold real numbers, it holds complex numbers: write"),
        (hdf5(x=X, y=Y, loss=LOSS + 1j), "loss should hold real numbers, it holds complex numbers: write"),
        (npz(x=X, y=Y, loss=LOSS.astype("M8[s]")), "it holds dates"),
        (npz(x=X, y=Y, loss=LOSS.astype(str)), "it holds text"),
        (npz(X=ALPHA, Y=BETA, Z=LOSS.T), r"should have the shape of the values, the shapes are \(4, 5\) and \(5, 4\)"),
        (npz(X=ALPHA, Y=BETA, Z=LOSS[:2]), r"axis x should be a vector, or a meshgrid .* shape is \(4, 5\)"),
        (npy(np.zeros((2, 3, 4))), "surface needs two axes"),
        (npz(alpha=X, beta=Y, Loss=LOSS, LOSS=LOSS), "both 'Loss' and 'LOSS' are loss: rename one"),
    ],
)
def test_a_file_of_another_kind_is_told_what_it_is(content, message):
    with pytest.raises(LandscapeError, match=message) as refused:
        read("f", content)
    assert "\n" not in str(refused.value)
    assert str(refused.value).endswith(".")


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        (
            npz(x=X, y=Y, loss=LOSS),
            Options((-1, 1), (-1, 1)),
            "without axes, this one has x and y: leave out --x and",
        ),
        (npy(LOSS), Options((-1, 1)), r"or of one and --x alone, this one has the shape \(4, 5\) and no --y: correct"),
        (npy(np.zeros((2, 3, 4))), Options((-1, 1), (-1, 1)), r"this one has the shape \(2, 3, 4\): correct it"),
        (npy(LOSS), Options((1, 1), (-1, 1)), "coordinates along x must be finite and differ"),
    ],
)
def test_a_range_that_does_not_fit_is_a_sentence(content, options, message):
    with pytest.raises(LandscapeError, match=message):
        read("f", content, options)
