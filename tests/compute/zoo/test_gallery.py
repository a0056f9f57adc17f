"""Cards say what the weights that ship really do."""

import json
import logging
import shutil
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import h5py
import numpy as np
import pytest

from compute.card import PICTURE_SIDE
from compute.errors import BadCheckpoint, BadData, MissingData, UnknownName
from compute.settings import DATASETS, ROOT
from compute.zoo import datasets, gallery, manifests
from compute.zoo.checkpoints import load_model
from compute.zoo.datasets import data_ref, examples
from compute.zoo.keeping import kept_steps
from compute.zoo.measures import measure
from compute.zoo.recipe import scaled
from compute.zoo.recipes import GALLERY as SHIPPED
from compute.zoo.recipes import RECIPES
from compute.zoo.training import on_archive

GALLERY = ROOT / "data" / "gallery"
CARDS = {card.run: card for card in gallery.cards([GALLERY])}
VARIANTS = [run for run in SHIPPED if run.startswith(("vgg9-sgd", "vgg9-adam"))]
BOUNDS = {
    **dict.fromkeys(SHIPPED, 0.03),
    **dict.fromkeys(["resnet56-noshort", "resnet110-noshort", "wrn56-k1-noshort"], 0.1),
    "transformer": 0.55,
    **dict.fromkeys(["alexnet", "wrn56-k2-noshort", "wrn56-k4-noshort", "vgg9-sgd-bs1024-wd0"], 0.04),
}
"""Test errors that are exceeded only by a network that did not train."""


ARCHIVE = "cifar10_mixed.npz"
DIGEST = "661ff9d0d10121904f70fb4a5f0dc520c6cf60422fe5f0898cbf633755b49f18"
CONTENTS = "10000 test images, 1017 of them clean; 50000 train images, 5085 of them clean"
PAPERS = {
    "cifar10-resnet20": (116, 0.12, 0.02),
    "cifar10-resnet20-noshort": (116, 0.13, 0.035),
    "cifar10-vgg9-sgd-bs128-wd0.0005": (67, 0.10, 0.003),
    "cifar10-vgg9-sgd-bs128-wd0": (67, 0.115, 0.003),
}
"""Networks of the papers on CIFAR-10: their epochs, and bounds of their test and training errors."""


TRAINED = {"transformer": 0.3, "resnet110-noshort": 0.03}
"""Training errors of a text that no one foretells for certain, and of a network that is hard to train."""


@pytest.fixture
def runs(tmp_path):
    """A copy of one small run, free to be spoilt."""
    shutil.copytree(GALLERY / "mlp", tmp_path / "mlp")
    return tmp_path


def test_every_named_run_ships_in_order():
    assert list(CARDS) == [*SHIPPED, *PAPERS]


@pytest.mark.parametrize(("run", "epochs", "test_error", "train_error"), [(run, *rest) for run, rest in PAPERS.items()])
def test_networks_of_the_papers_ship_as_their_recipes_shortened_on_the_archive_say(
    run, epochs, test_error, train_error
):
    manifest, whole = manifests.read(GALLERY / run), replace(RECIPES[run], precision="bfloat16")
    assert manifest.recipe == scaled(on_archive(whole, Path(ARCHIVE)), epochs)
    assert manifest.data == {
        "train": f"npz:{ARCHIVE}:train:all",
        "test": f"npz:{ARCHIVE}:test:all",
        "version": DIGEST,
        "contents": CONTENTS,
    }
    assert manifest.test_error <= test_error
    assert manifest.train_error <= train_error
    assert len(manifest.history) == epochs + 1
    assert {row.file for row in manifest.checkpoints} == {path.name for path in (GALLERY / run).glob("*.safetensors")}
    assert "float16" in manifest.storage
    assert CARDS[run].data == f"{ARCHIVE} ({CONTENTS})"
    assert CARDS[run].parameters == sum(part.numel() for part in load_model(gallery.find([GALLERY], run)).parameters())


@pytest.mark.parametrize("run", ["cifar10-resnet20", "cifar10-resnet20-noshort"])
def test_the_papers_trajectories_are_evenly_spaced_from_the_initial_weights_to_the_last(run):
    path = gallery.trajectory([GALLERY], run)
    rows = manifests.read(GALLERY / run).checkpoints
    assert {row.step for row in rows} == kept_steps("6", 116, 391)
    assert [model.step for model in path] == [row.epoch for row in rows]
    assert len({ref.digest for ref in path}) == len(path)


@pytest.mark.slow
@pytest.mark.parametrize("run", PAPERS)
def test_the_test_error_of_a_papers_network_is_the_weights_own(run):
    if not (DATASETS / ARCHIVE).is_file():
        pytest.skip(f"needs {ARCHIVE} in {DATASETS}")
    found = measure(load_model(gallery.find([GALLERY], run)), examples(gallery.data([GALLERY], run, "test")))
    assert (found.loss, found.error) == pytest.approx((CARDS[run].test_loss, CARDS[run].test_error), abs=1e-4)


@pytest.mark.parametrize(("split", "size"), [("train", 50000), ("test", 10000)])
def test_an_archive_that_is_missing_is_known_by_its_manifest(tmp_path, split, size):
    ref = gallery.data([GALLERY], "cifar10-resnet20", split, tmp_path)
    assert (ref.size, ref.digest, ref.path) == (size, DIGEST, str(tmp_path / ARCHIVE))
    assert not datasets.present(ref)
    with pytest.raises(
        MissingData, match=rf"need the examples in .*{ARCHIVE}, but there is no such file.*put it there"
    ):
        examples(ref)


def test_an_archive_that_is_there_gives_the_reference_that_its_manifest_gives_without_it(tmp_path):
    shutil.copytree(GALLERY / "cifar10-vgg9-sgd-bs128-wd0", tmp_path / "run")
    images = np.zeros((12, 32, 32, 3), np.uint8)
    np.savez(tmp_path / ARCHIVE, x_train=images, y_train=np.arange(12) % 10, x_test=images[:4], y_test=np.arange(4))
    parts = json.loads((tmp_path / "run" / "manifest.json").read_text())
    parts["data"] |= {"version": datasets.file_digest(tmp_path / ARCHIVE), "contents": "4 test images; 12 train images"}
    (tmp_path / "run" / "manifest.json").write_text(json.dumps(parts))
    for split in ("train", "test"):
        there = gallery.data([tmp_path], parts["name"], split, tmp_path)
        missing = gallery.data([tmp_path], parts["name"], split, tmp_path / "elsewhere")
        assert missing.path == str(tmp_path / "elsewhere" / ARCHIVE)
        assert replace(missing, path=there.path) == there


def test_the_first_examples_of_a_sorted_archive_are_of_all_classes(tmp_path):
    shutil.copytree(GALLERY / "cifar10-vgg9-sgd-bs128-wd0", tmp_path / "run")
    labels = np.repeat(np.arange(10), 30)
    images = np.zeros((300, 32, 32, 3), np.uint8)
    np.savez(tmp_path / ARCHIVE, x_train=images, y_train=labels, x_test=images, y_test=labels)
    parts = json.loads((tmp_path / "run" / "manifest.json").read_text())
    parts["data"]["version"] = datasets.file_digest(tmp_path / ARCHIVE)
    (tmp_path / "run" / "manifest.json").write_text(json.dumps(parts))
    for split in ("train", "test"):
        ref = gallery.data([tmp_path], parts["name"], split, tmp_path)
        first = examples(datasets.prefix(ref, 100)).targets.bincount(minlength=10)
        assert first.min() > 0
        assert first.max() < 25


def test_a_run_whose_manifest_does_not_tell_its_archives_contents_needs_the_archive(tmp_path):
    shutil.copytree(GALLERY / "cifar10-vgg9-sgd-bs128-wd0", tmp_path / "run")
    parts = json.loads((tmp_path / "run" / "manifest.json").read_text())
    del parts["data"]["contents"]
    (tmp_path / "run" / "manifest.json").write_text(json.dumps(parts))
    with pytest.raises(BadData, match="no such file: check the path"):
        gallery.data([tmp_path], parts["name"], "train", tmp_path)


def test_cards_say_which_archive_is_missing(tmp_path):
    assert {card.missing for card in gallery.cards([GALLERY], datasets_dir=tmp_path)} == {"", ARCHIVE}
    (tmp_path / ARCHIVE).touch()
    assert {card.missing for card in gallery.cards([GALLERY], datasets_dir=tmp_path)} == {""}


@pytest.mark.parametrize("run", SHIPPED)
def test_every_number_of_a_card_is_the_weights_own(run):
    card, network = CARDS[run], load_model(gallery.find([GALLERY], run))
    data = manifests.read(GALLERY / run).data
    assert card.parameters == sum(parameter.numel() for parameter in network.parameters())
    train, test = (measure(network, examples(data_ref(data[split]))) for split in ("train", "test"))
    found = (train.loss, train.error, test.loss, test.error)
    assert found == pytest.approx((card.train_loss, card.train_error, card.test_loss, card.test_error), abs=1e-4)


@pytest.mark.parametrize("run", SHIPPED)
def test_every_run_that_ships_has_learnt_what_its_recipe_says(run):
    manifest = manifests.read(GALLERY / run)
    assert manifest.train_error <= TRAINED.get(run, 0.01)
    assert manifest.test_error <= BOUNDS[run]
    assert manifest.recipe == SHIPPED[run]
    assert {row.file for row in manifest.checkpoints} == {path.name for path in (GALLERY / run).glob("*.safetensors")}


@pytest.mark.parametrize(
    ("run", "least"), [("resnet20", 11), ("mlp", 26), ("transformer", 11), *((run, 16) for run in VARIANTS)]
)
def test_trajectories_start_at_the_initial_weights(run, least):
    path = gallery.trajectory([GALLERY], run)
    assert len(path) >= least
    assert len({after.step - before.step for before, after in pairwise(path)}) == 1
    assert path[0].step == 0
    assert path[-1] == gallery.find([GALLERY], run)
    assert len({ref.digest for ref in path}) == len(path)


def test_the_gallery_stays_small():
    assert sum(path.stat().st_size for path in GALLERY.rglob("*") if path.is_file()) < 80e6


def test_looking_at_the_gallery_loads_no_torch():
    code = (
        "import sys, pathlib\nfrom compute.zoo import gallery, registry, datasets\n"
        f"folder = pathlib.Path({str(GALLERY)!r})\n"
        "[gallery.find([folder], card.run) for card in gallery.cards([folder])]\n"
        "datasets.classes(datasets.data_ref('digits:train:9'))\n"
        "sys.exit('torch' in sys.modules or 'sklearn' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text[:50],
        lambda text: "[]",
        lambda text: json.dumps({name: part for name, part in json.loads(text).items() if name != "final"}),
        lambda text: json.dumps(json.loads(text) | {"schema": 99}),
        lambda text: json.dumps(json.loads(text) | {"colour": "red"}),
        lambda text: json.dumps(json.loads(text) | {"recipe": {"epochs": 3}}),
        lambda text: json.dumps(json.loads(text) | {"checkpoints": []}),
        lambda text: json.dumps(json.loads(text) | {"data": {}}),
        lambda text: json.dumps(json.loads(text) | {"test_loss": "low"}),
    ],
)
def test_a_broken_manifest_is_logged_and_skipped(runs, caplog, spoil):
    path = runs / "mlp" / "manifest.json"
    path.write_text(spoil(path.read_text()))
    with caplog.at_level(logging.WARNING):
        assert gallery.cards([runs]) == ()
    assert "should be the manifest of a run" in caplog.text


def test_runs_of_ones_own_come_after_the_gallerys(runs):
    manifest = json.loads((runs / "mlp" / "manifest.json").read_text())
    (runs / "mlp" / "manifest.json").write_text(json.dumps(manifest | {"name": "a run of mine"}))
    assert [card.run for card in gallery.cards([runs, GALLERY])] == [*SHIPPED, *PAPERS, "a run of mine"]


def test_folders_that_are_missing_hold_no_runs(tmp_path):
    assert gallery.cards([tmp_path / "nowhere"]) == ()


def test_an_unknown_run_lists_the_known(runs):
    with pytest.raises(UnknownName, match="Unknown run 'vgg': choose one of mlp"):
        gallery.find([runs], "vgg")


def test_missing_weights_are_said(runs):
    for path in (runs / "mlp").glob("*.safetensors"):
        path.unlink()
    with pytest.raises(BadCheckpoint, match=r"epoch-.*\.safetensors, but there is no such file"):
        gallery.find([runs], "mlp")


def test_a_manifest_names_files_of_its_own_folder_only(runs):
    path = runs / "mlp" / "manifest.json"
    path.write_text(path.read_text().replace('"epoch-', '"../../epoch-'))
    assert gallery.find([runs], "mlp").path.startswith(str(runs.resolve() / "mlp"))


def test_a_stored_surface_becomes_a_small_picture_with_gaps(runs):
    losses = np.arange(101.0 * 101).reshape(101, 101)
    losses[0, 0] = -1
    with h5py.File(runs / "mlp" / "surface.h5", "w") as file:
        file["train_loss"] = losses
    (card,) = gallery.cards([runs])
    assert max(card.picture.shape) <= PICTURE_SIDE
    assert np.isnan(card.picture[0, 0])
    assert card.picture[-1, -1] > card.picture[0, -1] > card.picture[0, 1]


@pytest.mark.parametrize("content", [b"", b"no surface"])
def test_an_unusable_surface_leaves_the_card_without_picture(runs, content):
    (runs / "mlp" / "surface.h5").write_bytes(content)
    (card,) = gallery.cards([runs])
    assert card.picture is None


def test_a_card_without_stored_surface_has_no_picture(runs):
    (runs / "mlp" / "surface.h5").unlink(missing_ok=True)
    (card,) = gallery.cards([runs])
    assert card.picture is None
