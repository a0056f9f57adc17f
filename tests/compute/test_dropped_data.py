"""Data that are dropped on the page: told apart, checked, kept once, and offered where they fit."""

import io
import pickle
import zipfile

import numpy as np
import pytest
import torch

from compute import intake
from compute.adding import Candidate, KeptData, Upload, Wish
from compute.errors import BadData, BadReference, LandscapeError
from compute.jobs.normalising import PLAIN, Trial, best
from compute.lattice import Lattice
from compute.specs import RandomPlane, Survey
from compute.zoo import image_archives
from compute.zoo.datasets import data_ref, examples
from compute.zoo.registry import build
from tests.compute.test_intake import DATA, IMAGES, PROSE, WEIGHTS, added, only, opened, received

RNG = np.random.RandomState(0)
PIXELS = RNG.randint(0, 256, (6, 5, 7, 3), np.uint8)
LABELS = np.array([0, 1, 2, 0, 1, 2])


@pytest.fixture
def service(tmp_path):
    return opened(tmp_path)


def npz(**arrays):
    held = io.BytesIO()
    np.savez(held, **arrays)
    return held.getvalue()


def packed(**members):
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)
    return held.getvalue()


def npy(array, **more):
    held = io.BytesIO()
    np.save(held, array, **more)
    return held.getvalue()


def give(service, name, content):
    return service.receive(name, io.BytesIO(content))


@pytest.mark.parametrize(
    ("arrays", "pixels"),
    [
        ({"x_train": PIXELS, "y_train": LABELS, "x_test": PIXELS[:2], "y_test": LABELS[:2]}, PIXELS),
        ({"x_train": PIXELS[..., 0], "y_train": LABELS.astype(np.uint8)}, PIXELS[..., :1]),  # as Keras saves MNIST
        ({"train_images": PIXELS, "train_labels": LABELS[:, None]}, PIXELS),  # as MedMNIST does
        ({"X_train": PIXELS, "Y_train": LABELS}, PIXELS),
        ({"images_train": PIXELS.transpose(0, 3, 1, 2), "labels_train": LABELS}, PIXELS),
        ({"x_train": np.asfortranarray(PIXELS), "y_train": LABELS.astype(">i2"), "names": np.array(["a"])}, PIXELS),
    ],
)
def test_images_as_others_save_them_are_kept_and_read_as_they_are(service, arrays, pixels):
    kept = give(service, "Ours (1).NPZ", npz(**arrays))
    assert isinstance(kept, KeptData)
    found = examples(data_ref(f"{kept.name}:train"))
    np.testing.assert_array_equal(found.inputs, pixels.transpose(0, 3, 1, 2).astype("f4") / np.float32(255))
    np.testing.assert_array_equal(found.targets, LABELS)
    height, width, channels = pixels.shape[1:]
    assert kept.contents.endswith(f"images of {channels} × {height} × {width}, 3 classes")
    assert kept.name in {choice.name for choice in service.choices()}


def test_a_file_in_our_form_is_kept_byte_for_byte_and_only_once(service, tmp_path):
    content = npz(x_train=PIXELS, y_train=LABELS)
    names = [give(service, name, content).name for name in ("ours.npz", "again.npz", "../../ours.npz")]
    other = give(service, "ours.npz", npz(x_train=PIXELS, y_train=LABELS[::-1])).name
    folder = tmp_path / "datasets_dir"
    assert set(names) == {f"npz:{folder}/ours.npz"}
    assert other == f"npz:{folder}/ours-2.npz"
    assert sorted(path.name for path in folder.iterdir()) == ["ours-2.npz", "ours.npz"]
    assert (folder / "ours.npz").read_bytes() == content
    assert not list((tmp_path / "models_dir" / "incoming").glob("*"))


def test_a_text_is_kept_and_a_table_or_a_short_note_is_none(service):
    kept = give(service, "Prose.txt", PROSE.encode())
    symbols = len(set(PROSE))
    assert (kept.title, kept.contents) == (
        "prose",
        f"14 training and 1 test sequences of 64 characters, {symbols} symbols",
    )
    assert give(service, "table.txt", b"alpha beta loss\n" + table(30)) == "import:table"
    with pytest.raises(LandscapeError, match="Each column of a table should have a name"):
        give(service, "short.txt", b"Once upon a time. " * 9)


BLANK = np.zeros((9, 2**11, 2**12, 1), np.uint8)
"""Seventy megabytes that pack to a few kilobytes."""


def table(side):
    return "".join(f"{a} {b} {a * a + b * b}\n" for a in range(side) for b in range(side)).encode()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (npz(x_test=PIXELS, y_test=LABELS), "should hold training examples as x_train and y_train, but holds only"),
        (npz(x_train=PIXELS / 255, y_train=LABELS), r"x_train in a\.npz should be uint8 .* but is float64"),
        (npz(x_train=PIXELS[:0], y_train=LABELS[:0]), r"should be uint8 .* of shape \(0, 5, 7, 3\)"),
        (npz(x_train=PIXELS[0, 0], y_train=np.arange(7)), r"of shape \(7, 3\): convert it"),
        (npz(x_train=PIXELS, y_train=LABELS[:5]), "y_train in .* should be 6 whole numbers, one per image"),
        (npz(x_train=PIXELS, y_train=LABELS / 2), "should be 6 whole numbers, one per image, but is float64"),
        (npz(x_train=PIXELS, y_train=LABELS - 1), "counted from 0 .* from -1 to 1: renumber"),
        (npz(x_train=PIXELS, y_train=LABELS + 2**40), "below 100,000"),
        (npz(x_train=PIXELS, y_train=LABELS, x_test=PIXELS[:, 1:], y_test=LABELS), "should be of one shape, but those"),
        (packed(x_train=npy(np.array([{}]), allow_pickle=True), y_train=npy(LABELS)), "but claims object of shape"),
        (packed(x_train=pickle.dumps(print), y_train=npy(LABELS)), r"should be a NumPy archive, but cannot be read"),
        (packed(x_train=npy(PIXELS)[:-9], y_train=npy(LABELS)), r"a\.npz should be a NumPy archive, but cannot"),
        (packed(x_train=npy(BLANK), y_train=npy(np.arange(9))), "should unpack to at most"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_images_is_one_sentence_and_nothing_is_left(service, tmp_path, content, told):
    with pytest.raises(BadData, match=told):
        give(service, "a.npz", content)
    assert not (tmp_path / "datasets_dir").exists()
    assert not list((tmp_path / "models_dir" / "incoming").glob("*"))


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("train.py", r"start `python run\.py --study train\.py`"),
        ("Notes.IPYNB", "a notebook, which is never run: define model"),
        ("net.onnx", r"save the network's state_dict\(\)"),
        ("net.keras", "a network of Keras"),
    ],
)
def test_what_the_page_cannot_do_is_named_with_what_can(service, name, told):
    with pytest.raises(BadReference, match=told):
        give(service, name, b"{}")


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("in the way")
    service = opened(tmp_path, datasets_dir=tmp_path / "file" / "sets")
    with pytest.raises(BadData, match="choose another folder with --datasets-dir"):
        give(service, "ours.npz", npz(x_train=PIXELS, y_train=LABELS))


def test_only_data_that_go_through_a_network_fit_and_what_it_wants_is_said(service):
    coloured = give(service, "coloured.npz", npz(x_train=np.zeros((9, 8, 8, 3), np.uint8), y_train=np.arange(9))).name
    many = give(service, "many.npz", npz(x_train=np.zeros((20, 8, 8, 3), np.uint8), y_train=np.arange(20))).name
    for architecture, shape, classes, names, wanted in (
        ("resnet20", (3, 32, 32), 10, (coloured,), "images of 3 channels, such as 3 × 32 × 32, in at most 10 classes"),
        ("resnet20", (3, 8, 8), 20, (coloured, many), "images of 3 channels, such as 3 × 8 × 8, in at most 20 classes"),
        ("resnet20", (1, 8, 8), 10, ("digits",), "images of 1 channel, such as 1 × 8 × 8, in at most 10 classes"),
        ("mlp", (3, 8, 8), 20, (coloured, many), "images of 3 × 8 × 8 in at most 20 classes"),
        ("mlp", (1, 28, 28), 10, (), "images of 1 × 28 × 28 in at most 10 classes"),
        ("transformer", (64,), 65, (), "sequences of 64 of 65 symbols"),
    ):  # fmt: skip
        fit = service.fit(Candidate(architecture, shape, classes, ""))
        assert (set(fit.names), fit.wanted) == (set(names), f"{architecture} takes {wanted}.")


def test_a_network_of_more_classes_than_its_data_show_is_added(service):
    data = give(service, "ours.npz", npz(x_train=np.zeros((6, 8, 8, 1), np.uint8), y_train=LABELS)).name
    torch.manual_seed(0)
    found = received(service, build("mlp", (1, 8, 8), 10))
    run = service.add(Wish(found.token, "Net", "mlp", data, classes=found.candidates[0].classes))
    assert service.steps(run)[0].classes == 10
    service.measure(run)  # there is no test set to measure
    (card,) = service.cards()
    assert card.train_loss is not None
    assert card.test_loss is None


def test_the_normalisation_of_a_training_is_found_by_its_losses(service):
    grey = np.arange(4, 256, 4)
    pixels = np.broadcast_to(grey[:, None, None, None], (63, 8, 8, 3)).astype(np.uint8)
    labels = grey // 32
    data = give(service, "ours.npz", npz(x_train=pixels, y_train=labels)).name
    torch.manual_seed(0)
    network = build("mlp", (3, 8, 8), 8)
    inputs = torch.from_numpy(pixels.transpose(0, 3, 1, 2) / 127.5 - 1).float()
    optimiser = torch.optim.Adam(network.parameters(), 0.005)
    for _ in range(200):
        optimiser.zero_grad()
        torch.nn.functional.cross_entropy(network(inputs), torch.from_numpy(labels)).backward()
        optimiser.step()
    found = received(service, network)
    told = service.normalisation(Wish(found.token, "", "mlp", data, classes=8))
    assert (told.mean, told.std) == ("0.5, 0.5, 0.5", "0.5, 0.5, 0.5")
    assert told.told.startswith("Filled in: pixels from −1 to 1, with the lowest loss.")
    plain = service.normalisation(Wish(received(service, build("mlp", (3, 8, 8), 8)).token, "", "mlp", data, classes=8))
    assert (plain.mean, plain.std) == ("", "")
    assert PLAIN in plain.told
    assert service.normalisation(Wish(found.token, "", "mlp", "digits")).told == ""


def test_an_archive_that_says_clean_and_holds_other_arrays_is_still_images(tmp_path):
    path = tmp_path / "a.npz"
    path.write_bytes(npz(x_train=PIXELS, y_train=LABELS, clean_train=LABELS > 0))
    assert image_archives.holds_images(path)
    assert image_archives.rewrite(path, "a.npz") == "6 training images of 3 × 5 × 7, 3 classes"
    assert np.load(path)["clean_train"].sum() == 4


def test_the_card_gets_the_picture_of_the_surface_that_was_finished(service, tmp_path):
    torch.manual_seed(0)
    run = added(service, build("mlp", (1, 8, 8), 10).eval())
    assert only(service).picture is None
    survey = Survey(service.query(run, "train", 32, RandomPlane()), Lattice.spanning(2, (-1, 1), (-1, 1)))
    *_, last = service.unfolding(survey)
    for one in (service, opened(tmp_path)):
        np.testing.assert_array_equal(only(one).picture, last.loss)


@pytest.mark.skipif(not (WEIGHTS.is_file() and IMAGES.is_file()), reason=f"needs the images and weights in {DATA}")
def test_a_third_partys_normalisation_is_found_and_its_published_error_measured(service):
    with IMAGES.open("rb") as stream:
        data = service.receive(IMAGES.name, stream)
    with WEIGHTS.open("rb") as stream:
        found = service.receive(WEIGHTS.name, stream)
    assert isinstance(found, Upload)
    wish = Wish(found.token, "ResNet-20", "resnet20", data.name, classes=10)
    told = service.normalisation(wish)
    assert (told.mean, told.std) == ("0.485, 0.456, 0.406", "0.229, 0.224, 0.225")


@pytest.mark.parametrize(
    ("losses", "words"), [((1.0, 9.0), "Filled in: plain, with the lowest loss."), ((2.0, 1.9), "No normal")]
)
def test_the_default_is_called_the_best_only_where_it_is(losses, words):
    noise = np.linspace(-1, 1, 40)
    trials = [
        Trial(name, None, None, tuple(loss + scale * noise), 0.5)
        for name, loss, scale in zip(("plain", "other"), losses, (1.0, -1.0), strict=True)
    ]
    assert intake.told(trials, trials[0]).told.startswith(words)


def test_a_normalisation_that_is_not_the_lowest_is_not_called_so():
    noise = np.linspace(-1, 1, 40)
    plain, near, lowest = (
        Trial(name, None, None, tuple(loss + scale * noise), 0.9)
        for name, loss, scale in (("plain", 9.0, 0.0), ("near", 1.05, 1.0), ("lowest", 1.0, -1.0))
    )
    taken = best((plain, near, lowest), 10)
    assert taken is near
    words = intake.told((plain, near, lowest), taken).told
    assert words.startswith("Filled in: near, whose loss is within two standard errors of the lowest. Loss on 40 ")
