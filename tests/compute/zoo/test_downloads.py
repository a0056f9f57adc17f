"""Downloaded sets, from small files in the formats in which they are published; nothing is fetched here."""

import hashlib
import pickle
import re
from urllib.error import URLError

import h5py
import numpy as np
import pytest
import torch
from torchvision import datasets as library

import run
from compute.errors import BadData, BadReference, UnknownName
from compute.service import open_service
from compute.settings import Settings
from compute.zoo import downloads
from compute.zoo.checkpoints import load_model
from compute.zoo.datasets import classes, data_ref, examples, first, shape
from compute.zoo.downloads import DOWNLOADS, fetch
from compute.zoo.measures import measure

PIXELS = np.random.RandomState(0)
COLOURED = {split: PIXELS.randint(0, 256, (20, 3, 32, 32), dtype=np.uint8) for split in downloads.SPLITS}
GREY = {split: PIXELS.randint(0, 256, (20, 1, 28, 28), dtype=np.uint8) for split in downloads.SPLITS}
LABELS = {split: np.arange(20) % 10 for split in downloads.SPLITS}


def published_cifar(folder, kind, field, files, monkeypatch):
    """Pickles as Krizhevsky's, split over the files of a split; torchvision is told that these are the right ones."""
    folder.mkdir(parents=True)
    for split, names in files.items():
        rows, listed = COLOURED[split].reshape(20, -1), []
        for name, part in zip(names, np.array_split(np.arange(20), len(names)), strict=True):
            listed.append([name, dump(folder / name, {"data": rows[part], field: LABELS[split][part].tolist()})])
        monkeypatch.setattr(kind, f"{split}_list", listed)
    names = {"label_names": list("abcdefghij"), "fine_label_names": list("abcdefghij")}
    monkeypatch.setitem(kind.meta, "md5", dump(folder / kind.meta["filename"], names))


def dump(path, entry):
    path.write_bytes(pickle.dumps(entry))
    return hashlib.md5(path.read_bytes()).hexdigest()


def published_mnist(folder):
    """Arrays as LeCun's: a magic number, the sides, the bytes."""
    folder.mkdir(parents=True)
    for split, start in (("train", "train"), ("test", "t10k")):
        for name, array in (("images-idx3", GREY[split][:, 0]), ("labels-idx1", LABELS[split])):
            head = np.array([0x800 + array.ndim, *array.shape], ">u4").tobytes()
            (folder / f"{start}-{name}-ubyte").write_bytes(head + array.astype(np.uint8).tobytes())


def laid(name, folder):
    """A set as `fetch` leaves it."""
    (folder / name).mkdir(parents=True)
    for split in downloads.SPLITS:
        np.save(folder / name / f"x_{split}.npy", (COLOURED if "cifar" in name else GREY)[split])
        np.save(folder / name / f"y_{split}.npy", LABELS[split])


def ref_of(text, folder, mean=None, std=None):
    return data_ref(text, mean, std, datasets_dir=folder)


@pytest.fixture(params=DOWNLOADS)
def published(request, tmp_path, monkeypatch):
    """A set's name and images, and the folder of data sets; its published files lie where torchvision leaves them."""
    name, raw = request.param, tmp_path / downloads.RAW
    if name == "cifar10":
        files = {"train": [f"data_batch_{number}" for number in range(1, 6)], "test": ["test_batch"]}
        published_cifar(raw / "cifar-10-batches-py", library.CIFAR10, "labels", files, monkeypatch)
    elif name == "cifar100":
        files = {"train": ["train"], "test": ["test"]}
        published_cifar(raw / "cifar-100-python", library.CIFAR100, "fine_labels", files, monkeypatch)
    else:
        published_mnist(raw / DOWNLOADS[name].kind / "raw")
    return name, COLOURED if "cifar" in name else GREY, tmp_path


def test_images_are_those_published_normalised_as_usual(published):
    name, pixels, folder = published
    fetch(name, folder)
    for split in downloads.SPLITS:
        ref = ref_of(f"{name}:{split}:12", folder)
        found = examples(ref)
        mean, std = (np.reshape(part, (1, -1, 1, 1)) for part in (DOWNLOADS[name].mean, DOWNLOADS[name].std))
        np.testing.assert_allclose(found.inputs.numpy(), (pixels[split][:12] / 255 - mean) / std, atol=1e-5)
        assert found.targets.tolist() == LABELS[split][:12].tolist()
        assert (shape(ref), classes(ref)) == (pixels[split].shape[1:], DOWNLOADS[name].classes)


def test_only_the_wanted_images_are_read(published):
    name, _, folder = published
    fetch(name, folder)
    images, _ = downloads.arrays(name, folder / name, "train")
    assert isinstance(images, np.memmap)


def test_a_seed_an_order_and_noise_work_as_everywhere(published):
    name, _, folder = published
    fetch(name, folder)
    whole, some = (examples(ref_of(f"{name}:{split}", folder)) for split in ("train", "train:5,seed=3"))
    assert torch.equal(some.inputs, whole.inputs[np.random.RandomState(3).permutation(20)[:5]])
    wrong = examples(ref_of(f"{name}:train,noise=0.5", folder))
    assert (wrong.targets != whole.targets).sum() == 10
    assert first(ref_of(f"{name}:test", folder), "train", 2000).size == 20


def test_fetching_twice_changes_nothing_and_needs_no_internet(published):
    name, _, folder = published
    before = examples(ref_of(f"{fetch(name, folder).name}:test", folder))
    after = examples(ref_of(f"{fetch(name, folder).name}:test", folder))
    assert torch.equal(before.inputs, after.inputs)


def test_other_means_take_the_place_of_the_published_ones(published):
    name, pixels, folder = published
    fetch(name, folder)
    ones = (1.0,) * pixels["train"].shape[1]
    ref = ref_of(f"{name}:train", folder, tuple(0.0 for _ in ones), ones)
    assert examples(ref).inputs.max() <= 1
    assert ref.identity() != ref_of(f"{name}:train", folder).identity()
    with pytest.raises(BadReference, match="finite numbers each"):
        ref_of(f"{name}:train", folder, (0.5,) * 7, (0.5,) * 7)


@pytest.mark.parametrize("name", DOWNLOADS)
def test_a_set_that_is_not_there_says_how_to_get_it(tmp_path, monkeypatch, name):
    told = f"should lie in {tmp_path / name}, but is not there yet: fetch it with `python run.py fetch {name}"
    with pytest.raises(BadData, match=re.escape(f"{told} --datasets-dir {tmp_path}`.")):
        ref_of(f"{name}:train:512", tmp_path)
    monkeypatch.setattr(downloads, "DATASETS", tmp_path)
    with pytest.raises(BadData, match=re.escape(f"{told}`.")):
        ref_of(f"{name}:train:512", tmp_path)
    with pytest.raises(UnknownName, match=f"Unknown split of {name} 'valid'"):
        ref_of(f"{name}:valid", tmp_path)


@pytest.mark.parametrize("problem", [URLError("no route to host"), RuntimeError("File not found or corrupted.")])
def test_what_cannot_be_downloaded_is_said(tmp_path, monkeypatch, capsys, problem):
    def refuse(*_args, **_kwargs):
        raise problem

    monkeypatch.setattr(library, "CIFAR10", refuse)
    with pytest.raises(BadData, match=r"CIFAR-10 should come from the internet, but cannot .*: try again when"):
        fetch("cifar10", tmp_path)
    assert run.main(["fetch", "cifar10", "--datasets-dir", str(tmp_path)]) == 2
    assert capsys.readouterr().err.startswith("run.py: CIFAR-10 should come from the internet")


def test_the_command_says_where_a_set_is(published, capsys):
    name, _, folder = published
    assert run.main(["fetch", name, "--datasets-dir", str(folder)]) == 0
    assert capsys.readouterr().out == f"{name} is in {folder / name}\n"
    with pytest.raises(UnknownName, match="Unknown data set to fetch 'digits': choose one of cifar10, "):
        fetch("digits", folder)


def test_every_command_and_its_workers_find_a_set_in_the_folder_that_is_named(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(downloads, "DATASETS", tmp_path / "none")
    laid("cifar10", tmp_path / "sets")
    names = ("cache", "checkpoint", "gallery", "imports", "models")
    folders = {f"{name}_dir": tmp_path / name for name in names} | {"datasets_dir": tmp_path / "sets"}
    options = [text for name, path in folders.items() for text in (f"--{name.replace('_', '-')}", str(path))]
    name, options = "cifar10-variation-f", [*options, "--threads", "1", "--device", "cpu"]
    assert run.main(["train", name, "--epochs", "1", *options]) == 0
    out = tmp_path / "surface.h5"
    asked = ["--data", "cifar10:test:8", "--level", "0", "--out", str(out)]
    assert run.main(["survey", name, *asked, *options]) == 0
    service = open_service(Settings(**folders, threads=1, device="cpu"))
    try:
        (*_, model), images = service.steps(name), ref_of("cifar10:test:8", tmp_path / "sets")
        *_, last = service.unfolding(service.own(model, "test", 8))
        truth = measure(load_model(model), examples(images)).loss
        assert last.loss[0, 0] == pytest.approx(truth, rel=1e-5)
        with h5py.File(out) as file:
            assert file["test_loss"][1, 1] == pytest.approx(truth, rel=1e-5)
    finally:
        service.close()
