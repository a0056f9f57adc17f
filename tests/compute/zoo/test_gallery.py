"""Cards say what the weights that ship really do."""

import json
import logging
import shutil
import subprocess
import sys
from itertools import pairwise

import h5py
import numpy as np
import pytest

from compute.card import PICTURE_SIDE
from compute.errors import BadCheckpoint, UnknownName
from compute.settings import ROOT
from compute.zoo import gallery, manifests
from compute.zoo.checkpoints import load_model
from compute.zoo.datasets import data_ref, examples
from compute.zoo.measures import measure
from compute.zoo.recipes import GALLERY as SHIPPED

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


TRAINED = {"transformer": 0.3, "resnet110-noshort": 0.03}
"""Training errors of a text that no one foretells for certain, and of a network that is hard to train."""


@pytest.fixture
def runs(tmp_path):
    """A copy of one small run, free to be spoilt."""
    shutil.copytree(GALLERY / "mlp", tmp_path / "mlp")
    return tmp_path


def test_every_named_run_ships_in_order():
    assert list(CARDS) == list(SHIPPED)


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
    assert sum(path.stat().st_size for path in GALLERY.rglob("*") if path.is_file()) < 60e6


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
    assert [card.run for card in gallery.cards([runs, GALLERY])] == [*SHIPPED, "a run of mine"]


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
