"""Training repeats itself exactly, and leaves whole runs or none."""

import json
from dataclasses import asdict, fields, replace

import pytest
import torch
from safetensors.torch import load_file

from compute.errors import BadCheckpoint, BadReference, LandscapeError, UnknownName
from compute.zoo import manifests
from compute.zoo.checkpoints import load_model
from compute.zoo.datasets import data_ref, examples
from compute.zoo.gallery import find
from compute.zoo.manifests import Manifest
from compute.zoo.measures import measure
from compute.zoo.recipes import RECIPES, Recipe, sentence
from compute.zoo.training import kept_epochs, train, train_named

SMALL = Recipe("Small", "mlp", epochs=2, train="digits:train:300", test="digits:test:100")


def quiet(epochs, name, total):
    return epochs


def interrupted(epochs, name, total):
    yield from (epoch for epoch, _ in zip(epochs, range(2), strict=False))
    raise KeyboardInterrupt


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


def test_an_interrupted_run_leaves_whole_files_and_starts_anew(run, tmp_path):
    folder = tmp_path / "small"
    with pytest.raises(KeyboardInterrupt):
        train(SMALL, folder, interrupted, "float16")
    assert sorted(weights(folder)) == ["epoch-000.safetensors", "epoch-001.safetensors"]
    assert len(list(folder.iterdir())) == 2
    train(SMALL, folder, quiet, "float16")
    assert weights(folder) == weights(run[0])


def test_the_manifest_is_complete_and_comes_back_as_it_was(run):
    folder, manifest = run
    stored = json.loads((folder / "manifest.json").read_text())
    assert set(stored) == {field.name for field in fields(Manifest)}
    assert set(stored["recipe"]) == {field.name for field in fields(Recipe)}
    assert set(stored["versions"]) == {"python", "torch", "numpy", "scikit-learn"}
    assert None not in stored.values()
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
    manifest = train(recipe, tmp_path / "vgg", quiet, "float16", keep=1)
    tensors = load_file(tmp_path / "vgg" / manifest.final)
    assert tensors["features.1.running_var"].dtype == torch.float32
    assert tensors["features.1.num_batches_tracked"] == 3


def test_kept_checkpoints_are_spread_evenly(tmp_path):
    train(replace(SMALL, epochs=5), tmp_path / "three", quiet, keep=3)
    assert sorted(weights(tmp_path / "three")) == [f"epoch-00{epoch}.safetensors" for epoch in (0, 2, 5)]
    assert kept_epochs(3, 99) == frozenset(range(4))


def test_a_finished_run_is_replaced_only_by_force(run, tmp_path):
    train_named(["mlp"], tmp_path, epochs=1, seed=5, keep=1, progress=quiet)
    with pytest.raises(BadCheckpoint, match="holds one: pass --force to replace it, or --out for another folder"):
        train_named(["mlp"], tmp_path, progress=quiet)
    folders = train_named(["mlp"], tmp_path, epochs=2, keep=1, force=True, progress=quiet)
    assert folders == (tmp_path / "mlp",)
    assert sorted(weights(folders[0])) == ["epoch-002.safetensors"]
    assert manifests.read(folders[0]).recipe == replace(RECIPES["mlp"], epochs=2)


@pytest.mark.parametrize(
    ("changes", "error", "told"),
    [
        ({"epochs": 0}, BadReference, "epochs should be at least 1, but came as 0"),
        ({"keep": 0}, BadReference, "kept checkpoints should be at least 1"),
        ({"seed": -1}, BadReference, "seed should be at least 0"),
        ({"storage": "int8"}, UnknownName, "Unknown storage 'int8': choose one of float16, float32"),
    ],
)
def test_bad_numbers_are_refused_before_anything_is_written(tmp_path, changes, error, told):
    with pytest.raises(error, match=told):
        train_named(["mlp"], tmp_path, progress=quiet, **changes)
    assert not list(tmp_path.iterdir())


def test_one_unknown_run_stops_all(tmp_path):
    with pytest.raises(UnknownName, match="Unknown run 'resnet21': choose one of mlp, resnet20, "):
        train_named(["mlp", "resnet21"], tmp_path, progress=quiet)
    assert not list(tmp_path.iterdir())


def test_a_run_that_diverges_says_so_and_is_not_finished(tmp_path):
    with pytest.raises(LandscapeError, match="lower the learning rate, or warm up for longer"):
        train(replace(SMALL, learning_rate=1e12), tmp_path / "wild", quiet)
    assert not (tmp_path / "wild" / "manifest.json").exists()


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_rates_rise_then_fall_to_nothing(recipe):
    rates = [recipe.rate(tenth / 10) for tenth in range(10 * recipe.epochs + 1)]
    top = rates.index(max(rates))
    assert max(rates) == recipe.learning_rate
    assert rates[: top + 1] == sorted(rates[: top + 1])
    assert rates[top:] == sorted(rates[top:], reverse=True)
    assert rates[-1] == pytest.approx(0, abs=1e-12)
    assert f"{recipe.epochs} epochs" in sentence(recipe)
