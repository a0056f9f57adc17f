"""Runs side by side are the runs alone, in as many epochs as fit."""

import json
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest
import torch

from compute.errors import BadCheckpoint, BadData, BadReference, LandscapeError
from compute.settings import ROOT
from compute.zoo import datasets, gallery, manifests, pace
from compute.zoo.descent import Moment
from compute.zoo.pace import SAFETY, Track, fitted, in_turn, seconds_of_all
from compute.zoo.recipe import Recipe, scaled
from compute.zoo.recipes import RECIPES
from compute.zoo.recording import STATE, Recorder
from compute.zoo.together import train_together
from compute.zoo.training import on_archive, train

MLP = Recipe("One", "mlp", epochs=4, train="digits:train:300", test="digits:test:100")
WIDE = replace(MLP, title="Two", batch_size=100, schedule="step", warm_up=1)
NETWORK = replace(MLP, title="Three", architecture="vgg9-eighth", augmentation="shift", batch_size=150)
THREE = {"mlp": MLP, "wide": WIDE, "network": NETWORK}


def folders(tmp_path, recipes=THREE):
    return {tmp_path / name: recipe for name, recipe in recipes.items()}


def weights(folder):
    return {path.name: path.read_bytes() for path in folder.glob("*.safetensors")}


def quiet(epochs, name, total):
    return epochs


class FakeSteps:
    """Steps that take so many seconds of a fake clock."""

    def __init__(self, clock, seconds, per_epoch):
        self.clock, self.seconds, self.per_epoch, self.taken = clock, seconds, per_epoch, 0

    def epoch(self, number, stops=()):
        for _ in range(self.per_epoch):
            self.clock[0] += self.seconds
            self.taken += 1
            yield torch.zeros(())


def test_the_time_of_all_is_measured_in_the_mix_of_the_whole_training():
    clock = [0.0]
    steps = {"long": FakeSteps(clock, 0.01, 100), "large": FakeSteps(clock, 0.5, 2)}
    totals = {"long": 300 * 100, "large": 300 * 2}
    needed = seconds_of_all(steps, totals, 20, lambda: clock[0])
    assert needed == pytest.approx(300 * (100 * 0.01 + 2 * 0.5))
    assert clock[0] < 30
    assert steps["long"].taken == 50 * steps["large"].taken


def test_a_slow_start_does_not_count():
    clock = [0.0]

    class Slow(FakeSteps):
        def epoch(self, number, stops=()):
            clock[0] += 100 if not self.taken else 0
            yield from super().epoch(number, stops)

    assert seconds_of_all({"one": Slow(clock, 0.1, 10)}, {"one": 100}, 2, lambda: clock[0]) == pytest.approx(10)


@pytest.mark.parametrize(("available", "epochs"), [(1000, 150), (10, 1), (2000, 300), (1e6, 300)])
def test_epochs_are_those_that_fit_and_never_more_than_the_recipe_has(available, epochs):
    pair = {"one": replace(MLP, epochs=300), "other": replace(WIDE, epochs=300)}
    found = fitted(pair, 2000 * SAFETY, available)
    assert [recipe.epochs for recipe in found.values()] == [epochs, epochs]


def test_too_few_minutes_are_refused():
    with pytest.raises(
        BadReference, match=r"One epoch of each run takes about 0.35 minutes .* 0.17 are left: give more"
    ):
        fitted({"one": replace(MLP, epochs=100)}, 2000, 10)


@pytest.mark.parametrize("epochs", [1, 2, 7, 150, 300])
@pytest.mark.parametrize("name", RECIPES)
def test_a_shortened_recipe_has_the_rates_of_the_whole(name, epochs):
    recipe = RECIPES[name]
    short = scaled(recipe, epochs)
    assert replace(short, epochs=recipe.epochs, warm_up=recipe.warm_up, cycle=recipe.cycle) == recipe
    assert scaled(recipe, recipe.epochs) == recipe
    assert [drop / epochs for drop in short.drops] == pytest.approx([drop / recipe.epochs for drop in recipe.drops])
    if recipe.schedule in ("step", "step-fifths") and epochs >= 150:
        for share in (0.25, 0.55, 0.77, 0.85, 0.95):
            assert short.rate(share * epochs) == pytest.approx(recipe.rate(share * recipe.epochs))


def test_all_come_equally_far_and_the_slowest_is_never_waited_for():
    order = []

    def moments(name, total, busy):
        for step in range(1, total + 1):
            for _ in range(busy):
                yield None
            order.append(name)
            yield Moment(step, 0.0)

    tracks = [Track("many", moments("many", 2000, 0), 2000), Track("few", moments("few", 20, 3), 20)]
    for _ in in_turn(tracks):
        assert abs(tracks[0].share - tracks[1].share) <= pace.WINDOW + 1 / 20 + 1e-9
    assert [track.share for track in tracks] == [1, 1]
    assert order.count("many") == 2000


def test_a_run_that_fails_leaves_the_others_alone(tmp_path):
    plans = folders(tmp_path, {"mlp": MLP, "wild": replace(MLP, learning_rate=1e12, warm_up=0)})
    with pytest.raises(LandscapeError, match=r"All runs should be trained, but wild: .* lower the learning rate"):
        train_together(plans, 2, say=lambda text: None)
    assert manifests.read(tmp_path / "mlp").state == "finished"
    assert manifests.read(tmp_path / "wild").state == "running"


@pytest.fixture(scope="module")
def together(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    return folder, train_together(folders(folder), 2, keep="3", say=lambda text: None)


def test_side_by_side_each_run_is_what_it_is_alone(together, tmp_path):
    folder, found = together
    assert [manifest.name for manifest in found] == list(THREE)
    for manifest in found:
        alone = train(manifest.recipe, tmp_path / manifest.name, quiet, keep="3")
        assert weights(folder / manifest.name) == weights(tmp_path / manifest.name)
        assert manifest.history == alone.history
        assert (manifest.test_loss, manifest.train_error) == (alone.test_loss, alone.train_error)
        assert not (folder / manifest.name / STATE).exists()


class Killed(Exception):
    """What no part of the program expects."""


@pytest.mark.parametrize("count", [1, 7, 20])
def test_runs_that_were_killed_go_on_to_the_same_files(together, tmp_path, monkeypatch, count):
    record, seen = Recorder.record, []

    def doomed(self, moment):
        record(self, moment)
        seen.append(moment)
        if sum(moment.row is not None and moment.step > 0 for moment in seen) == count // 3 + 1 and len(seen) >= count:
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Recorder, "record", doomed)
        with pytest.raises(Killed):
            train_together(folders(tmp_path), 2, keep="3", pause=0, say=lambda text: None)
    assert {manifests.read(tmp_path / name).state for name in THREE} == {"running"}
    again = train_together(folders(tmp_path), 2, keep="3", pause=0, say=lambda text: None)
    for manifest, whole in zip(again, together[1], strict=True):
        assert weights(tmp_path / manifest.name) == weights(together[0] / manifest.name)
        assert (manifest.history, manifest.checkpoints) == (whole.history, whole.checkpoints)


def test_runs_stopped_while_they_were_evaluated_are_not_trained_again(together, tmp_path, monkeypatch):
    def stop(*_):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr("compute.zoo.together.finish", stop)
        with pytest.raises(Killed):
            train_together(folders(tmp_path), 2, keep="3", say=lambda text: None)
    monkeypatch.setattr("compute.zoo.steps.HostSteps.epoch", stop)
    found = train_together(folders(tmp_path), 2, keep="3", say=lambda text: None)
    assert [manifest.test_loss for manifest in found] == [manifest.test_loss for manifest in together[1]]


def test_finished_runs_are_kept_and_a_newcomer_is_refused(together):
    plans = folders(together[0])
    with pytest.raises(BadCheckpoint, match="holds one: pass --force"):
        train_together(plans, 2)
    with pytest.raises(BadCheckpoint, match="but new did not start with the others"):
        train_together({**plans, together[0] / "new": MLP}, 2)


def test_too_short_a_time_keeps_what_was_done_and_says_how_to_go_on(tmp_path, monkeypatch):
    monkeypatch.setattr("compute.zoo.together.fitted", lambda recipes, *_: recipes)
    plans = folders(tmp_path, {"long": replace(MLP, epochs=100_000)})
    begun = time.perf_counter()
    with pytest.raises(LandscapeError, match=r"long: stopped after .* were too short; the same command"):
        train_together(plans, 5 / 60, keep="1", pause=0, say=lambda text: None)
    assert time.perf_counter() - begun < 5
    monkeypatch.setattr("compute.zoo.together.RESERVE", 57)
    with pytest.raises(LandscapeError, match="stopped after"):
        train_together(plans, 1, keep="1", pause=0, say=lambda text: None)
    assert len(manifests.read(tmp_path / "long").history) > 20


@pytest.mark.parametrize("minutes", [0, -1, float("nan")])
def test_minutes_are_a_number_above_nothing(tmp_path, minutes):
    with pytest.raises(BadReference, match="minutes should be above 0"):
        train_together(folders(tmp_path), minutes)


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    draw, path = np.random.RandomState(0), tmp_path_factory.mktemp("images") / "mixed.npz"
    splits = {
        f"{kind}_{split}": part
        for split, count in (("train", 60), ("test", 30))
        for kind, part in (
            ("x", draw.randint(0, 256, (count, 8, 8, 3), np.uint8)),
            ("y", np.arange(count) % 10),
            ("clean", np.arange(count) % 3 == 0),
        )
    }
    np.savez(path, **splits)
    return path


def test_the_command_trains_recipes_side_by_side_on_an_archive(archive, tmp_path):
    out, names = tmp_path / "runs", ["cifar10-resnet20", "cifar10-vgg9-sgd-bs8192-wd0"]
    options = {"minutes": 4, "epochs": 2, "data": archive, "out": out, "keep": 2, "storage": "float16", "device": "cpu"}
    arguments = [str(part) for name, value in options.items() for part in (f"--{name}", value)]
    command = [sys.executable, "run.py", "train", "--together", *names, *arguments]
    begun = time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert time.perf_counter() - begun < 60 * options["minutes"]
    assert "cifar10-resnet20: 2 epochs of 2" in done.stderr
    for name in names:
        manifest = manifests.read(out / name)
        assert manifest.state == "finished"
        assert manifest.recipe == scaled(on_archive(replace(RECIPES[name], epochs=2), archive), 2)
        assert manifest.data["train"] == "npz:mixed.npz:train:all"
        assert manifest.data["contents"] == "30 test images, 10 of them clean; 60 train images, 20 of them clean"
        assert str(archive.parent) not in json.dumps(manifests.json.loads((out / name / "manifest.json").read_text()))
        assert len(weights(out / name)) == 2
    (card, _) = gallery.cards([out])
    assert card.data == "mixed.npz (30 test images, 10 of them clean; 60 train images, 20 of them clean)"
    ref = gallery.data([out], names[0], "train", archive.parent)
    assert (ref.path, ref.mean) == (str(archive), (0.4914, 0.4822, 0.4465))


def test_an_archive_that_is_another_than_a_run_was_trained_on_is_refused(archive, tmp_path):
    recipe = replace(on_archive(RECIPES["cifar10-resnet20"], archive), epochs=1)
    train(recipe, tmp_path / "runs" / "small", quiet, keep="1", datasets_dir=archive.parent)
    with pytest.raises(BadData, match=r"there is no such file"):
        datasets.examples(gallery.data([tmp_path / "runs"], "small", "test", tmp_path))
    np.savez(tmp_path / archive.name, **{name: part[:30] for name, part in np.load(archive).items()})
    with pytest.raises(
        BadData, match=r"trained on \(30 test images.*but .*mixed\.npz is another: put the right one into"
    ):
        gallery.data([tmp_path / "runs"], "small", "test", tmp_path)
    assert gallery.data([tmp_path / "runs"], "small", "test", archive.parent).size == 30


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--together", "mlp"], "needs --together and --minutes, but one of them came: give both"),
        (["mlp", "--minutes", "3"], "needs --together and --minutes"),
        (["mlp", "--data", "images.zip"], "should be a file FILE.npz, but came as images.zip"),
        (["--together", "none-such", "--minutes", "3"], "Unknown run 'none-such'"),
        (["--together", "mlp", "--minutes", "0"], "minutes should be above 0"),
        (["cifar10-resnet20", "--data", "nowhere.npz"], "nowhere.npz, but there is no such file"),
    ],
)
def test_mistakes_are_one_sentence(tmp_path, arguments, told):
    command = [sys.executable, "run.py", "train", *arguments, "--out", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == 2
    assert told in done.stderr
    assert done.stderr.count("\n") == 1
    assert not list(tmp_path.iterdir())
