"""Training repeats itself exactly, and leaves whole runs or none."""

import json
import shutil
import subprocess
import sys
from dataclasses import asdict, fields, replace
from math import isnan

import pytest
import torch
from safetensors.torch import load_file

from compute.errors import BadCheckpoint, BadReference, LandscapeError, UnknownName
from compute.settings import ROOT
from compute.zoo import manifests
from compute.zoo.checkpoints import load_model
from compute.zoo.datasets import data_ref, examples
from compute.zoo.folders import sightings
from compute.zoo.gallery import cards, find, trajectory
from compute.zoo.learner import fresh
from compute.zoo.manifests import Manifest
from compute.zoo.measures import measure
from compute.zoo.recipe import Recipe
from compute.zoo.recipes import RECIPES
from compute.zoo.recording import STATE
from compute.zoo.training import train, train_named

SMALL = Recipe("Small", "mlp", epochs=2, train="digits:train:300", test="digits:test:100")


def quiet(epochs, name, total):
    return epochs


class Killed(Exception):
    """What no part of the program expects."""


def killed_after(count):
    """Watches as many epochs; training ends within the next."""

    def watch(epochs, name, total):
        for done, epoch in enumerate(epochs):
            if done == count:
                raise Killed
            yield epoch

    return watch


def weights(folder):
    return {path.name: path.read_bytes() for path in folder.glob("*.safetensors")}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "small"
    return folder, train(SMALL, folder, quiet, "float16")


def test_training_twice_gives_the_same_files(run, tmp_path):
    train(SMALL, tmp_path / "again", quiet, "float16")
    assert weights(tmp_path / "again") == weights(run[0])


def test_another_seed_gives_other_weights_from_the_start(run, tmp_path):
    train(replace(SMALL, seed=1), tmp_path / "other", quiet, "float16")
    assert not set(weights(tmp_path / "other").values()) & set(weights(run[0]).values())


def test_training_leaves_the_callers_random_numbers_alone(tmp_path):
    before = torch.get_rng_state()
    train(SMALL, tmp_path / "small", quiet)
    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"optimiser": "adam", "learning_rate": 0.001},
        {"architecture": "vgg9-eighth", "augmentation": "crop-flip", "schedule": "step", "clip": 1.0},
        {"precision": "bfloat16"},
    ],
    ids=["sgd", "adam", "batchnorm-and-augmentation", "bfloat16"],
)
@pytest.mark.parametrize("count", [1, 3])
def test_a_run_that_was_killed_goes_on_to_the_same_files(tmp_path, changes, count):
    recipe = replace(SMALL, epochs=4, **changes)
    whole = train(recipe, tmp_path / "whole", quiet, keep="steps:2", pause=0)
    with pytest.raises(Killed):
        train(recipe, tmp_path / "cut", killed_after(count), keep="steps:2", pause=0)
    assert manifests.read(tmp_path / "cut").state == "running"
    watched = []
    manifest = train(recipe, tmp_path / "cut", lambda epochs, *_: watch(epochs, watched), keep="steps:2", pause=0)
    assert watched == list(range(count, 4))
    assert weights(tmp_path / "cut") == weights(tmp_path / "whole")
    assert (manifest.history, manifest.checkpoints) == (whole.history, whole.checkpoints)
    assert not (tmp_path / "cut" / STATE).exists()


def watch(epochs, watched):
    for epoch in epochs:
        watched.append(epoch)
        yield epoch


def test_a_process_that_is_killed_goes_on_to_the_same_files(run, tmp_path):
    code = (
        "import os, pathlib, sys\nfrom compute.zoo.training import train\n"
        f"from {__name__} import SMALL\n"
        "def doomed(epochs, name, total):\n"
        "    for epoch in epochs:\n"
        "        yield epoch\n"
        "        os.kill(os.getpid(), 9)\n"
        "train(SMALL, pathlib.Path(sys.argv[1]), doomed, 'float16', pause=0)"
    )
    died = subprocess.run([sys.executable, "-c", code, tmp_path / "small"], cwd=ROOT, check=False)
    assert died.returncode == -9
    manifest = train(SMALL, tmp_path / "small", quiet, "float16")
    assert weights(tmp_path / "small") == weights(run[0])
    assert manifest.history == run[1].history


def test_a_run_can_be_watched_from_its_start_and_never_names_a_file_that_is_not_whole(tmp_path):
    seen = []

    def look(epochs, name, total):
        for epoch in epochs:
            seen.append(trajectory([tmp_path], "small"))
            assert all(load_file(ref.path) for ref in seen[-1])
            assert cards([tmp_path]) == ()
            (card,) = cards([tmp_path], running=True)
            assert isnan(card.test_error)
            yield epoch

    train(replace(SMALL, epochs=30), tmp_path / "small", look)
    assert seen[0] == ()
    assert [len(refs) for refs in seen] == sorted(len(refs) for refs in seen)
    assert [ref.step for ref in trajectory([tmp_path], "small")] == list(range(31))
    assert len(cards([tmp_path])) == 1


def test_no_weights_of_a_run_are_found_before_the_first(tmp_path):
    def look(epochs, name, total):
        with pytest.raises(BadCheckpoint, match="none are stored yet: wait for the first"):
            find([tmp_path], "small")
        return epochs

    train(SMALL, tmp_path / "small", look, keep="1")


def test_an_unfinished_run_of_another_recipe_is_not_mixed_in(tmp_path):
    with pytest.raises(Killed):
        train(SMALL, tmp_path / "small", killed_after(1), pause=0)
    with pytest.raises(BadCheckpoint, match="has another recipe or storage: pass --force to replace it"):
        train(replace(SMALL, seed=3), tmp_path / "small", quiet)
    train(replace(SMALL, seed=3), tmp_path / "small", quiet, force=True)
    assert manifests.read(tmp_path / "small").seed == 3


def test_history_tells_rate_loss_and_norms_of_every_epoch(run):
    folder, manifest = run
    assert [row.epoch for row in manifest.history] == [0, 1, 2]
    assert manifest.history[0].loss is None
    assert manifest.history[2].loss < manifest.history[1].loss
    batches = 3
    rates = [SMALL.rate(epoch - 0.5 / batches) for epoch in (1, 2)]
    assert [row.rate for row in manifest.history[1:]] == pytest.approx(rates)
    for row, ref in zip(manifest.history, trajectory([folder.parent], "small"), strict=True):
        tensors = load_file(ref.path)
        norm, norm_all = (
            sum(float(tensor.double().square().sum()) for tensor in tensors.values() if tensor.dim() > least) ** 0.5
            for least in (1, 0)
        )
        assert (row.norm, row.norm_all) == pytest.approx((norm, norm_all), rel=1e-3)  # the files are float16


def test_a_manifest_of_earlier_versions_is_a_finished_run_without_history(run, tmp_path):
    folder = shutil.copytree(run[0], tmp_path / "small")
    stored = json.loads((folder / "manifest.json").read_text())
    del stored["history"], stored["state"]
    for name in ("cycle", "floor", "variance", "augmentation", "precision"):
        del stored["recipe"][name]
    (folder / "manifest.json").write_text(json.dumps(stored))
    assert manifests.read(folder) == replace(run[1], history=())


def test_the_manifest_is_complete_and_comes_back_as_it_was(run):
    folder, manifest = run
    stored = json.loads((folder / "manifest.json").read_text())
    assert set(stored) == {field.name for field in fields(Manifest)}
    assert set(stored["recipe"]) == {field.name for field in fields(Recipe)}
    assert set(stored["versions"]) == {"python", "torch", "numpy", "scikit-learn"}
    assert None not in stored.values()
    assert stored["state"] == "finished"
    assert asdict(manifests.read(folder)) == asdict(manifest)
    assert [row.epoch for row in manifest.checkpoints] == [0, 1, 2]


def test_numbers_are_those_of_the_weights_as_stored(run):
    folder, manifest = run
    network = load_model(find([folder.parent], "small"))
    train_part, test_part = (measure(network, examples(data_ref(text))) for text in (SMALL.train, SMALL.test))
    assert manifest.train_loss == pytest.approx(train_part.loss, abs=1e-6)
    assert manifest.test_error == test_part.error
    assert manifest.checkpoints[-1].train_loss == manifest.train_loss


def test_half_precision_spares_vectors(run):
    tensors = load_file(run[0] / run[1].final)
    assert {tensor.dtype for tensor in tensors.values() if tensor.dim() > 1} == {torch.float16}
    assert {tensor.dtype for tensor in tensors.values() if tensor.dim() == 1} == {torch.float32}


def test_statistics_and_counters_are_stored_in_full(tmp_path):
    recipe = replace(SMALL, architecture="vgg9-slim", epochs=1, batch_size=100)
    manifest = train(recipe, tmp_path / "vgg", quiet, "float16", keep="1")
    tensors = load_file(tmp_path / "vgg" / manifest.final)
    assert tensors["features.1.running_var"].dtype == torch.float32
    assert tensors["features.1.num_batches_tracked"] == 3


@pytest.mark.parametrize(
    ("keep", "names"),
    [
        ("3", ["epoch-000", "epoch-002", "epoch-005"]),
        ("1", ["epoch-005"]),
        ("steps:4", ["epoch-000", "epoch-001-step-000004", "epoch-002-step-000008", "epoch-004", "epoch-005"]),
        ("log:4", ["epoch-000", "epoch-000-step-000001", "epoch-001-step-000004", "epoch-005"]),
    ],
)
def test_files_say_when_in_training_they_were_kept(tmp_path, keep, names):
    manifest = train(replace(SMALL, epochs=5), tmp_path / "run", quiet, keep=keep)
    assert [row.file for row in manifest.checkpoints] == [f"{name}.safetensors" for name in names]
    assert set(weights(tmp_path / "run")) == {row.file for row in manifest.checkpoints}
    for row, seen in zip(manifest.checkpoints, sightings(tmp_path / "run"), strict=True):
        assert (row.file, int(row.epoch)) == (seen.path.name, seen.epoch)
        assert row.epoch == pytest.approx(row.step / 3, abs=1e-4)


def test_a_checkpoint_within_an_epoch_is_that_of_a_run_that_ends_there(tmp_path):
    recipe = replace(SMALL, schedule="constant")
    train(recipe, tmp_path / "steps", quiet, keep="steps:1")
    train(replace(recipe, epochs=1), tmp_path / "short", quiet)
    steps, short = weights(tmp_path / "steps"), weights(tmp_path / "short")
    assert steps["epoch-001.safetensors"] == short["epoch-001.safetensors"]
    assert len(steps) == len(set(steps.values())) == 7


def test_a_finished_run_is_replaced_only_by_force(run, tmp_path):
    train_named(["mlp"], tmp_path, epochs=1, seed=5, keep="1", progress=quiet)
    with pytest.raises(BadCheckpoint, match="holds one: pass --force to replace it, or --out for another folder"):
        train_named(["mlp"], tmp_path, progress=quiet)
    folders = train_named(["mlp"], tmp_path, epochs=2, keep="1", force=True, progress=quiet)
    assert folders == (tmp_path / "mlp",)
    assert sorted(weights(folders[0])) == ["epoch-002.safetensors"]
    assert manifests.read(folders[0]).recipe == replace(RECIPES["mlp"], epochs=2)


@pytest.mark.parametrize(
    ("changes", "error", "told"),
    [
        ({"epochs": 0}, BadReference, "epochs should be at least 1, but came as 0"),
        ({"keep": "0"}, BadReference, "should be named epochs, COUNT, steps:N or log:COUNT, but came as '0'"),
        ({"precision": "int8"}, UnknownName, "Unknown precision 'int8': choose one of bfloat16, float16, float32"),
        ({"seed": -1}, BadReference, "seed should be at least 0"),
        ({"storage": "int8"}, UnknownName, "Unknown storage 'int8': choose one of float16, float32"),
    ],
)
def test_bad_numbers_are_refused_before_anything_is_written(tmp_path, changes, error, told):
    with pytest.raises(error, match=told):
        train_named(["mlp"], tmp_path, progress=quiet, **changes)
    assert not list(tmp_path.iterdir())


def test_one_unknown_run_stops_all(tmp_path):
    with pytest.raises(UnknownName, match=r"Unknown run 'resnet21': choose one of resnet20, .*the nearest of "):
        train_named(["mlp", "resnet21"], tmp_path, progress=quiet)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("field", ["schedule", "optimiser", "augmentation"])
def test_an_unknown_word_of_a_recipe_lists_the_known(tmp_path, field):
    with pytest.raises(UnknownName, match=f"Unknown {field} 'none such': choose one of "):
        train(replace(SMALL, **{field: "none such"}), tmp_path / "small", quiet)


def test_a_run_that_diverges_says_so_and_is_not_finished(tmp_path):
    with pytest.raises(LandscapeError, match="lower the learning rate, or warm up for longer"):
        train(replace(SMALL, learning_rate=1e12), tmp_path / "wild", quiet)
    assert manifests.read(tmp_path / "wild").state == "running"


def test_the_initial_variance_scales_weights_and_spares_biases():
    ref = data_ref(SMALL.train)
    plain, wide = (dict(fresh(replace(SMALL, variance=factor), ref).named_parameters()) for factor in (1, 4))
    for name, weight in plain.items():
        assert torch.equal(wide[name], weight * (2 if weight.dim() > 1 else 1))


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_mixed_precision_stores_float32_and_learns_about_the_same(run, tmp_path, precision):
    manifest = train(replace(SMALL, precision=precision), tmp_path / "mixed", quiet)
    tensors = load_file(tmp_path / "mixed" / manifest.final)
    assert {tensor.dtype for tensor in tensors.values()} == {torch.float32}
    assert manifest.train_loss == pytest.approx(run[1].train_loss, rel=0.05)
    assert manifest.train_loss != run[1].train_loss
