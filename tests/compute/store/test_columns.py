"""Tables as many programs write them: each holds the same bowl, or says in a sentence why it does not."""

import csv
import io
import re

import numpy as np
import pytest

from compute.errors import LandscapeError
from compute.store.found import Options
from compute.store.imports import read

X, Y = np.linspace(-1, 1, 5), np.linspace(-0.5, 1, 4)
ALPHA, BETA = np.meshgrid(X, Y)
LOSS = 0.1 + ALPHA**2 + 2 * (BETA - 0.25) ** 2
POINTS = np.stack([ALPHA, BETA, LOSS], axis=-1).reshape(-1, 3)


def lines(points=POINTS, names=("alpha", "beta", "loss"), mark=",", show=repr, end="\n"):
    rows = [mark.join(show(float(value)) for value in point) for point in points]
    return end.join([mark.join(names), *rows, ""])


def german(value):
    return f"{value:.6f}".replace(".", ",")


def fortran(value):
    return f"{value:.8E}".replace("E", "D")


def quoted():
    file = io.StringIO()
    writer = csv.writer(file, quoting=csv.QUOTE_ALL)
    writer.writerows([["alpha", "beta", "loss"], *POINTS.tolist()])
    return file.getvalue()


SHUFFLED = POINTS[np.random.default_rng(0).permutation(len(POINTS))]
INDEXED = "\n".join([",alpha,beta,loss", *(f"{n},{a!r},{b!r},{v!r}" for n, (a, b, v) in enumerate(POINTS.tolist()))])
ROW_NAMES = "\n".join(["alpha beta loss", *(f'"{n}" {a!r} {b!r} {v!r}' for n, (a, b, v) in enumerate(POINTS.tolist()))])
PIVOT = "\n".join(
    ";".join(["" if cell is None else german(cell) for cell in row])
    for row in [[None, *X], *np.column_stack([Y, LOSS])]
)
TABLES = {
    "places in the first row and column": PIVOT,
    "the separator that Excel is told": "sep=;\n" + lines(mark=";"),
    "units": lines(names=("alpha", "beta [1]", "loss [nats]")),
    "windows line ends": lines(end="\r\n"),
    "old Macintosh line ends": lines(end="\r"),
    "byte order mark": "\ufeff" + lines(),
    "semicolons and decimal commas": lines(mark=";", show=german),
    "tabs and decimal commas": lines(mark="\t", show=german),
    "blanks": lines(mark="   "),
    "bars": lines(mark=" | "),
    "comments before and within": "# made by hand\n" + lines().replace("\n", "\n# row\n", 4),
    "names in a comment, as numpy.savetxt writes them": "# " + lines(mark=" "),
    "quoted numbers": quoted(),
    "exponents of Fortran": lines(show=fortran),
    "exponents": lines(show="{:.10e}".format),
    "shuffled": lines(SHUFFLED),
    "falling coordinates": lines(POINTS[::-1]),
    "capitals": lines(names=("X", "Y", "Z")),
    "greek letters": lines(names=("α", "β", "loss")),
    "words in names": lines(names=("Alpha", "Beta", "Loss")),
    "index of pandas": INDEXED,
    "row names of R": ROW_NAMES,
    "separator at the end of rows": lines().replace("\n", ",\n"),
    "separator at the end of rows but the first": lines().replace("\n", ",\n").replace("loss,", "loss"),
    "minus signs of printers": lines().replace("-", "−"),
    "points twice": lines(np.concatenate([POINTS, POINTS[:3]])),
    "coordinates printed with four digits beside exact ones": lines(
        np.concatenate([POINTS[:9] + np.array([3e-5, -2e-5, 0]), POINTS[9:]])
    ),
    "coordinates of single precision": lines(
        np.concatenate([POINTS[:7], np.column_stack([POINTS[7:, :2].astype("f4"), POINTS[7:, 2]])])
    ),
}


@pytest.mark.parametrize("kind", TABLES)
def test_a_table_is_read_however_it_is_written(kind):
    found = read("t.csv", TABLES[kind].encode())
    np.testing.assert_allclose(found.grid.coordinates("x"), X, atol=1e-4)
    np.testing.assert_allclose(found.grid.coordinates("y"), Y, atol=1e-4)
    np.testing.assert_allclose(found.arrays["loss"], LOSS, rtol=1e-5)


@pytest.mark.parametrize("coding", ["utf-16", "latin-1", "utf-8-sig"])
def test_a_table_may_be_in_other_codings(coding):
    text = lines(names=("alpha", "beta", "loss", "größe") if coding == "latin-1" else ("alpha", "beta", "loss"))
    text = text.replace("\n", ",0\n").replace("größe,0", "größe") if coding == "latin-1" else text
    np.testing.assert_allclose(read("t.csv", text.encode(coding)).arrays["loss"], LOSS)


def test_numbers_may_have_thousands_separators():
    large = np.where(LOSS > 1, LOSS * 1e4, LOSS)
    points = np.stack([ALPHA, BETA, large], axis=-1).reshape(-1, 3).tolist()
    english = "\n".join(["alpha,beta,loss", *(f'{a!r},{b!r},"{v:,.4f}"' for a, b, v in points)])
    np.testing.assert_allclose(read("t.csv", english.encode()).arrays["loss"], large, atol=1e-3)
    swapped = str.maketrans(",.", ".,")
    german_rows = [";".join([german(a), german(b), f"{v:,.4f}".translate(swapped)]) for a, b, v in points]
    found = read("t.csv", "\n".join(["alpha;beta;loss", *german_rows]).encode())
    np.testing.assert_allclose(found.arrays["loss"], large, atol=1e-3)
    swiss = "\n".join(["alpha;beta;loss", *(f"{a!r};{b!r};{v:,.4f}".replace(",", "'") for a, b, v in points)])
    np.testing.assert_allclose(read("t.csv", swiss.encode()).arrays["loss"], large, atol=1e-3)


def test_words_for_no_number_and_for_infinity_are_told_apart():
    words = ["nan", "NaN", "inf", "-Infinity", "1.#INF", "1.#IND", "", "NA", "null", "None", "N/A", "3"]
    rows = [f"{n % 4},{n // 4},{word}" for n, word in enumerate(words)]
    found = read("t.csv", "\n".join(["x,y,loss", *rows]).encode())
    part = found.parts[""]
    assert part.computed.tolist() == [[True] * 4, [True, True, False, False], [False, False, False, True]]
    np.testing.assert_array_equal(part.values["loss"][0], [np.nan, np.nan, np.inf, -np.inf])
    np.testing.assert_array_equal(part.values["loss"][1], [np.inf, np.nan, np.nan, np.nan])


def test_several_losses_are_several_splits():
    names = ("alpha", "beta", "train_loss", "Test Loss", "loss (val)", "acc [%]")
    points = np.column_stack([POINTS, POINTS[:, 2] * 2, POINTS[:, 2] * 3, POINTS[:, 2]])
    found = read("t.csv", lines(points, names).encode())
    assert found.splits == ("train", "test", "val", "")
    for split, factor in (("train", 1), ("test", 2), ("val", 3)):
        np.testing.assert_allclose(found.parts[split].values["loss"], LOSS * factor)
    np.testing.assert_allclose(found.parts[""].values["accuracy"], LOSS / 100)


def test_a_partly_filled_grid_has_its_points_and_lacks_the_rest():
    kept = np.random.default_rng(1).permutation(len(POINTS))[:14]
    part = read("t.csv", lines(POINTS[kept]).encode()).parts[""]
    given = np.isin(np.arange(len(POINTS)), kept).reshape(LOSS.shape)
    np.testing.assert_array_equal(part.given, given)
    np.testing.assert_array_equal(part.values["loss"], np.where(given, LOSS, np.nan))


def test_a_few_points_of_a_large_grid_are_a_grid_and_scattered_ones_are_none():
    x, y = np.meshgrid(np.linspace(-1, 1, 21), np.linspace(-1, 1, 21))
    some = np.random.default_rng(1).permutation(441)[:80]
    points = np.stack([x.ravel(), y.ravel(), x.ravel() ** 2], axis=-1)[some]
    part = read("t.csv", lines(points).encode()).parts[""]
    assert (part.given.shape, part.given.sum()) == ((21, 21), 80)
    scattered = np.random.default_rng(0).uniform(-1, 1, (80, 3))
    with pytest.raises(LandscapeError, match="80 have 80 different alpha and 79 different beta: sample every"):
        read("t.csv", lines(scattered).encode())


def test_fine_spacings_are_not_taken_for_one_coordinate():
    x = np.array([0.0, 1e-4, 2e-4, 1e-3, 1.0])
    points = [(a, b, a + b) for a in x for b in (0.0, 1.0)]
    assert read("t.csv", lines(points).encode()).grid.x == tuple(x)
    assert read("t.csv", lines(points[:-1]).encode()).grid.x == tuple(x)


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_a_column_along_one_axis_is_a_curve(mark):
    rows = [mark.join(map(repr, row)) for row in zip(X.tolist(), (X**2).tolist(), strict=True)]
    found = read("t.csv", "\n".join([f"alpha{mark}loss", *rows]).encode())
    assert (found.grid.x, found.grid.y) == (tuple(X), (0.0,))
    np.testing.assert_array_equal(found.arrays["loss"], [X**2])


def test_a_table_of_numbers_alone_is_a_grid_of_a_stated_range():
    text = "\n".join("; ".join(map(german, row)) for row in LOSS)
    found = read("t.txt", text.encode(), Options((-1, 1), (-0.5, 1)))
    np.testing.assert_allclose(found.grid.coordinates("y"), Y)
    np.testing.assert_allclose(found.arrays["loss"], LOSS, atol=1e-6)
    with pytest.raises(LandscapeError, match=r"first line of names such as alpha,beta,loss.* \(5 in a row\): write"):
        read("t.txt", text.encode())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("alpha,beta,loss\n0,0,1+2j\n0,1,2\n", "loss should hold real numbers, row 1 below the names has '1\\+2j'"),
        ("alpha,beta,loss\n0,0,1\n0,1,2024-05-01\n", "row 2 below the names has '2024-05-01': correct it"),
        ("alpha,beta,loss,loss\n0,0,1,2\n", "a name of its own, 'loss' comes twice: rename one"),
        ("alpha,beta,train_loss,loss_train\n0,0,1,2\n", "both 'train_loss' and 'loss_train' are train_loss: rename"),
        ("1,2,3\n4,5,6\n", r"begins with numbers \(3 in a row\): write the names above them"),
        ("alpha,beta\n0,0\n0,1\n1,1\n", "at least one finite number, there is none: add one"),
        ("alpha,loss\n0,1\n0,2\n", "has a point twice with different values"),
        ("alpha,beta,loss\n0,inf,1\n0,1,2\n", "coordinates along beta must be finite, one is not"),
        ('{"alpha": [0, 1]}', "this is JSON: save the surface as HDF5"),
        ("<html></html>", "this is a page or XML: save"),
        (
            "alpha,beta,acc\n0,0,50\n1,0,1\n0,1,250\n",
            "acc goes from 1 to 250: correct it, or say its unit",
        ),
        ("alpha,beta,loss\n0,0,1_000\n", "row 1 below the names has '1_000'"),
    ],
)
def test_what_is_no_table_is_refused_in_a_sentence(text, message):
    with pytest.raises(LandscapeError, match=message) as refused:
        read("t.csv", text.encode())
    assert "\n" not in str(refused.value)
    assert str(refused.value).endswith(".")


@pytest.mark.parametrize(
    ("name", "values", "unit", "share", "note"),
    [
        ("acc", (20.0, 80.0), "", (0.2, 0.8), ""),
        ("accuracy", (0.2, 0.8), "", (0.2, 0.8), ""),
        ("acc", (0.2, 0.8), "", (0.2, 0.8), "from 0.2 to 0.8 and was taken as a share: .* --accuracy percent"),
        ("accuracy", (20.0, 80.0), "", (0.2, 0.8), "from 20 to 80 and was taken in percent: .* --accuracy share"),
        ("acc", (0.2, 0.8), "percent", (0.002, 0.008), ""),
        ("acc", (0.2, 0.8), "share", (0.2, 0.8), ""),
        ("acc (%)", (0.2, 0.8), "", (0.002, 0.008), ""),
        ("acc", ("20%", "80 %"), "", (0.2, 0.8), ""),
        ("train acc", (0.5, 1.0), "", (0.5, 1.0), "taken as a share"),
        ("test_accuracy", (0.0, 1.0), "", (0.0, 1.0), ""),
    ],
)
def test_the_unit_of_an_accuracy_is_told_by_its_name_its_numbers_or_the_user(name, values, unit, share, note):
    text = f"alpha,beta,{name}\n" + "".join(f"{a},{b},{values[b]}\n" for a in (0, 1) for b in (0, 1))
    found = read("t.csv", text.encode(), Options(accuracy=unit))
    (part,) = found.parts.values()
    assert part.quantities == ("accuracy",)
    np.testing.assert_allclose(part.values["accuracy"], [[share[0]] * 2, [share[1]] * 2])
    assert len(found.notes) == bool(note)
    assert all(re.search(note, said) for said in found.notes)
