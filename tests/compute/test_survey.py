"""`run.py survey` as a user runs it: real processes, real files."""

import csv
import json
import os
import pickle
import re
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

import run
from compute import survey as surveys
from compute.card import Taken
from compute.deviation import Deviation
from compute.lattice import Lattice
from compute.settings import ROOT
from compute.snapshot import JobState, Progress, Snapshot
from compute.specs import Survey
from tests.compute.cases import query
from tests.processes import alive, children, stored_passes, until

DATA = Path(os.environ.get("LOSS_ATLAS_TEST_DATA", ROOT / ".." / "shared" / "data"))
needs_data = pytest.mark.skipif(
    not (DATA / "golden_resnet20_filter.h5").exists(),
    reason=f"no third-party test data at {DATA} (LOSS_ATLAS_TEST_DATA)",
)
MLP = ROOT / "data" / "gallery" / "mlp"


def survey(*arguments, cache):
    command = [sys.executable, str(ROOT / "run.py"), "survey", *map(str, arguments), "--cache-dir", str(cache)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr
    return done


def report(done):
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


def test_the_report_counts_and_the_file_holds_the_papers_layout(cache, tmp_path):
    out = tmp_path / "surface.h5"
    data = ("--data", "digits:train:64", "--data", "digits:test:64")
    arguments = ("mlp", *data, "--level", 2, "--y=-1:0.5", "--out", out)
    first = report(survey(*arguments, cache=cache))
    assert first["points"] == first["evaluated"] == 2 * 9 * 7
    assert (first["reused"], first["interpolated"], first["nonfinite"]) == (0, 0, 0)
    assert (first["device"], first["precision"], first["out"]) == ("cpu", "exact", str(out))
    assert first["seconds"] > 0
    with h5py.File(out) as file:
        assert file["xcoordinates"][:].tolist() == np.linspace(-1, 1, 9).tolist()
        assert file["ycoordinates"][:].tolist() == np.linspace(-1, 0.5, 7).tolist()
        assert file["train_loss"].shape == file["test_acc"].shape == (7, 9)
        assert 1 < file["train_acc"][:].min() < file["train_acc"][:].max() <= 100
        told = {split: json.loads(file[f"{split}_loss"].attrs["provenance"])["data"] for split in ("train", "test")}
        assert [(data["name"], data["split"], data["size"]) for data in told.values()] == [
            ("digits", "train", 64),
            ("digits", "test", 64),
        ]
        assert json.loads(file.attrs["provenance"])["plane"] == {
            "kind": "random",
            "seed": 0,
            "norm": "filter",
            "ignore": "biasbn",
        }
        medians = {f"digits:{split}:64": np.median(file[f"{split}_error"]) for split in ("train", "test")}
    assert first["standard_errors"] == pytest.approx(medians)
    assert first["standard_error"] == max(first["standard_errors"].values())
    again = report(survey(*arguments, cache=cache))
    assert (again["evaluated"], again["reused"]) == (0, 126)
    finer = report(survey("mlp", "--data", "digits:train:64", "--level", 3, cache=cache))
    assert (finer["points"], finer["reused"]) == (289, 63)


def off(error):
    return Deviation(error, error / 2, error / 4)


def strayed(error):
    return {"passes": 9, "fast_error": off(error)}


@pytest.mark.parametrize(
    ("asked", "steps", "used", "error"),
    [
        ("exact", [{"passes": 9}], "exact", None),
        ("reference", [{"passes": 9}], "reference", None),
        ("fast", [strayed(0.004), strayed(0.002)], "fast", off(0.004)),
        ("fast", [strayed(0.3) | {"fell_back": True}], "exact", off(0.3)),
        ("fast", [{"passes": 9}], "exact", None),  # the same as exact on this device
        ("fast", [{"passes": 0}], "fast", None),  # nothing was computed: what the cache was asked for
        ("fast", [strayed(0.3) | {"fell_back": True}, strayed(0.01)], "fast", off(0.3)),
    ],
)
def test_the_report_tells_the_arithmetic_that_was_used(asked, steps, used, error):
    done = {}
    for size, step in enumerate(steps, start=1):
        one = query()
        key = Survey(replace(one, data=replace(one.data, size=size)), Lattice(0, (0, 0)))
        done[key] = Snapshot.empty(key, Progress(key.id, JobState.DONE, 1, 1, **step))
    told = surveys.report(done, asked, 0.0, None, "cpu")
    assert (told.precision, told.fast_error) == (used, error)


def test_a_file_gathers_splits_of_one_surface_and_never_mixes_two(cache, tmp_path):
    out = tmp_path / "surface.h5"
    for split in ("train", "test"):
        survey("mlp", "--data", f"digits:{split}:32", "--level", 1, "--out", out, cache=cache)
    with h5py.File(out) as file:
        assert {"train_loss", "train_acc", "test_loss", "test_acc"} <= set(file)
    survey("mlp", "--data", "digits:train:48", "--level", 1, "--every-example", "--out", out, cache=cache)
    survey("mlp", "--data", "digits:train:32", "--level", 1, "--out", out, cache=cache)
    with h5py.File(out) as file:
        assert "test_loss" in file
        assert "train_losses" not in file  # which were those of 48 examples
    survey("mlp", "--data", "digits:test:32", "--level", 1, "--plane", "random:seed=1", "--out", out, cache=cache)
    with h5py.File(out) as file:
        assert "train_loss" not in file


def test_killing_it_in_mid_surface_loses_at_most_the_tiles_in_flight_and_nothing_is_computed_twice(cache):
    lattice, size = Lattice.spanning(2, (-1, 1), (-1, 1)), 512  # a second stage long enough to be caught in
    arguments = ["survey", "resnet20", "--data", f"digits:train:{size}", "--level", "2", "--cache-dir", str(cache)]
    process = subprocess.Popen([sys.executable, str(ROOT / "run.py"), *arguments], stderr=subprocess.DEVNULL)
    until(lambda: stored_passes(cache, lattice, size) > (lattice.size + 30) * 128)  # the second stage has begun
    workers = children(process.pid)
    process.send_signal(signal.SIGKILL)
    process.wait()
    kept = stored_passes(cache, lattice, size)
    assert lattice.size * 128 < kept < lattice.size * size
    until(lambda: not any(alive(pid) for pid in workers), seconds=10)
    second = report(survey("resnet20", "--data", f"digits:train:{size}", "--level", 2, cache=cache))
    assert second["passes"] == lattice.size * size - kept
    assert second["reused"] + second["evaluated"] == lattice.size
    assert second["reused"] == (kept - lattice.size * 128) // (size - 128)
    third = report(survey("resnet20", "--data", f"digits:train:{size}", "--level", 2, cache=cache))
    assert (third["reused"], third["evaluated"], third["passes"]) == (lattice.size, 0, 0)


def test_statistics_of_the_examples_need_no_second_pass(cache, tmp_path):
    out, again = tmp_path / "mean.h5", tmp_path / "other.h5"
    arguments = ("mlp", "--data", "digits:train:200", "--level", 2)
    mean = report(survey(*arguments, "--every-example", "--out", out, cache=cache))
    assert mean["passes"] == 81 * 200
    with h5py.File(out) as file:
        losses, labels, correct = (file[f"train_{name}"][:] for name in ("losses", "labels", "correct"))
        loss, error, accuracy = (file[f"train_{name}"][:] for name in ("loss", "error", "acc"))
    np.testing.assert_allclose(loss, losses.mean(axis=2, dtype=float))
    np.testing.assert_allclose(error, losses.std(axis=2, ddof=1, dtype=float) / np.sqrt(200), rtol=1e-6)
    np.testing.assert_allclose(accuracy, 100 * correct.mean(axis=2))
    assert mean["standard_error"] == pytest.approx(np.median(error))
    wanted = {"class:3": losses[:, :, labels == 3].mean(axis=2), "quantile:0.9": np.quantile(losses, 0.9, axis=2)}
    for statistic, true in wanted.items():
        found = report(survey(*arguments, "--statistic", statistic, "--out", again, cache=cache))
        assert (found["passes"], found["reused"]) == (0, 81)
        with h5py.File(again) as file:
            np.testing.assert_allclose(file["train_loss"][:], true, rtol=1e-5)
            assert "train_losses" not in file


class Evil:
    def __reduce__(self):
        return (os.system, ("touch pwned",))


@pytest.fixture
def bad(tmp_path):
    """Files that are not what they should be."""
    with open(tmp_path / "code.pt", "wb") as file:
        pickle.dump({"state_dict": Evil()}, file)
    (tmp_path / "text.pt").write_text("not a checkpoint")
    np.savez(tmp_path / "no_labels.npz", x_train=np.zeros((4, 8, 8, 1), np.uint8))
    with h5py.File(tmp_path / "wrong.h5", "w") as file:
        for axis in ("xdirection", "ydirection"):
            file[f"{axis}/0"] = np.zeros((3, 3))
    weights = load_file(next(iter(sorted(MLP.glob("*.safetensors")))))
    shapes = [tensor.shape for tensor in weights.values()]
    with h5py.File(tmp_path / "turned.h5", "w") as file:
        for axis in ("xdirection", "ydirection"):
            for number, shape in enumerate(shapes):
                file[f"{axis}/{number}"] = np.zeros(tuple(shape)[::-1] + (1,) * (number == 0))
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("nothing", "Unknown run 'nothing': choose one of .*resnet20"),
        ("", "either a MODEL or a --checkpoint, got neither"),
        ("mlp --checkpoint {bad}/code.pt", "either a MODEL or a --checkpoint, got both"),
        ("--checkpoint {weights}", "needs the name of its architecture: add --architecture NAME, it fits mlp"),
        ("--checkpoint {bad}/text.pt", "neither safetensors nor a file written by torch.save"),
        ("--checkpoint {bad}/none.pt --architecture mlp", "no such file: check the path"),
        ("--checkpoint {bad}/code.pt --architecture mlp", "objects that could run code, and was not opened"),
        ("--checkpoint {bad}/text.pt --architecture mlp", "neither safetensors nor a file written by torch.save"),
        ("--checkpoint {weights} --architecture vgg9", "should fit vgg9, but .*: it fits mlp: pass --architecture mlp"),
        ("--checkpoint {weights} --architecture gpt", "Unknown architecture 'gpt': choose one of"),
        ("mlp --plane file:{bad}/none.h5", "directions need a file, there is none at"),
        ("mlp --plane file:{bad}/text.pt", "should be HDF5 as the paper's code writes it, .* cannot be read"),
        ("mlp --plane file:{bad}/wrong.h5", "need one array per parameter, 6 for this network, or one .*, got 1"),
        ("mlp --plane file:{bad}/turned.h5", "need shape .* for .*, got .*: were they made for another architecture"),
        ("mlp --plane file:{surface}", "lacks xdirection"),
        ("mlp --plane random:seed=-1", "seed must be a whole number from 0 up, got '-1'"),
        ("mlp --plane random:norm=fliter", "Unknown norm 'fliter'"),
        ("mlp --plane random:sead=1", "Unknown option of a random plane 'sead'"),
        ("mlp --plane pca", "Unknown plane 'pca': choose one of file, random"),
        ("mlp --plane segment:resnet20", "need one architecture, got mlp .* and resnet20"),
        ("mlp --plane segment:mlp@5", "of epoch 0, 4, .*, got '5': choose one"),
        ("mlp --plane segment:mlp@0,statistics=none", "Unknown kind of statistics 'none': choose one of frozen"),
        ("mlp --plane segment:mlp@0,layer=0", "Unknown option of a segment 'layer': choose one of part, statistics"),
        ("mlp --plane segment:mlp@0 --y=-1:1", "A line is a lattice of one row"),
        ("mlp --x=1:1", "needs some width, got x = 1:1"),
        ("mlp --x=1", "two numbers with a colon between, as in -1:1, got '1'"),
        ("mlp --level 40", "level must be between 0 and 12 .*, got 40"),
        ("mlp --level 12", "At most 1025 points per side"),
        ("mlp --precision quick", "Unknown precision 'quick': choose one of exact, fast, reference"),
        ("mlp --statistic mode", "statistic should be mean, class:LABEL, .* got 'mode': choose one"),
        ("mlp --statistic class:10", "class should be a number from 0 to 9 for this network, got 10: choose another"),
        ("mlp --data digits:train:0", "digits:train"),
        ("mlp --data digits:valid:10", "valid"),
        ("mlp --data npz:{bad}/none.npz:train:4", "no such file"),
        ("mlp --data npz:{bad}/no_labels.npz:train:4", "y_train|train"),
        ("mlp --data digits:train:8 --mean a,b", "numbers with commas between, as in 0.5,0.5,0.5, got 'a,b'"),
        ("mlp --data digits:train:8 --level 1 --out {bad}/nowhere/x.h5", "choose another with --out"),
    ],
)
def test_bad_input_is_one_sentence_on_stderr_and_exit_code_2(bad, cache, capfd, arguments, message):
    surface = bad / "surface.h5"
    with h5py.File(surface, "w") as file:
        file["train_loss"] = np.zeros((3, 3))
    weights = max(MLP.glob("*.safetensors"))
    words = arguments.format(bad=bad, weights=weights, surface=surface).split()
    assert run.main(["survey", *words, "--cache-dir", str(cache)]) == 2
    stderr = capfd.readouterr().err
    sentences = [line for line in stderr.splitlines() if line.startswith("run.py: ")]
    assert len(sentences) == 1
    assert re.search(message, sentences[0])
    assert "Traceback" not in stderr
    assert not Path("pwned").exists()


def test_a_line_from_the_first_weights_to_the_last_ends_where_training_did(cache, tmp_path):
    out, manifest = tmp_path / "line.h5", json.loads((MLP / "manifest.json").read_text())
    line = ("mlp@0", "--plane", "segment:mlp", "--x=-0.5:1.5", "--level", 2, "--data", "digits:train", "--out", out)
    assert report(survey(*line, cache=cache))["evaluated"] == 9
    with h5py.File(out) as file:
        assert file["train_loss"].shape == (1, 9)
        assert file["xcoordinates"][:].tolist() == np.linspace(-0.5, 1.5, 9).tolist()
        losses, errors = file["train_loss"][0], 1 - file["train_acc"][0] / 100
    assert losses[2] == pytest.approx(manifest["checkpoints"][0]["train_loss"], rel=1e-5)
    assert (losses[6], errors[6]) == pytest.approx((manifest["train_loss"], manifest["train_error"]), rel=1e-5)
    finer = report(survey(*line[:4], "--level", 3, *line[6:], cache=cache))
    assert (finer["points"], finer["evaluated"]) == (17, 8)


def test_a_model_that_returns_nan_is_counted_and_written(cache, tmp_path):
    weights = load_file(max(MLP.glob("*.safetensors")))
    name = next(name for name, tensor in weights.items() if tensor.dim() > 1)
    weights[name][0, 0] = torch.nan
    save_file(weights, tmp_path / "nan.safetensors")
    out = tmp_path / "nan.h5"
    found = report(
        survey(
            *("--checkpoint", tmp_path / "nan.safetensors", "--architecture", "mlp", "--data", "digits:train:16"),
            *("--level", 1, "--out", out),
            cache=cache,
        )
    )
    assert found["nonfinite"] == found["points"] == 25
    with h5py.File(out) as file:
        assert np.isnan(file["train_loss"][:]).all()


@needs_data
@pytest.mark.slow
def test_a_third_party_network_gives_the_golden_surface(cache, tmp_path):
    out = tmp_path / "surface.h5"
    archive = DATA / "cifar10_clean.npz"
    done = survey(
        *("--checkpoint", DATA / "resnet20-12fca82f.th", "--architecture", "resnet20"),
        *("--data", f"npz:{archive}:train:500", "--data", f"npz:{archive}:test:500"),
        *("--mean", "0.485,0.456,0.406", "--std", "0.229,0.224,0.225"),
        *("--plane", f"file:{DATA / 'golden_resnet20_filter.h5'}"),
        *("--x=-0.5:0.5", "--y=-0.5:0.5", "--level", 3, "--exact", "--out", out),
        cache=cache,
    )
    assert report(done)["evaluated"] == 2 * 81
    with h5py.File(out) as ours, h5py.File(DATA / "golden_resnet20_filter.h5") as golden:
        for name in ("train_loss", "test_loss", "train_acc", "test_acc"):
            np.testing.assert_allclose(ours[name][:], golden[name][:], rtol=1e-5, err_msg=name)
        np.testing.assert_array_equal(ours["xcoordinates"][:], golden["xcoordinates"][:])


def test_a_tolerance_interpolates_marks_it_and_keeps_it_out_of_the_cache(cache, tmp_path):
    out = tmp_path / "surface.h5"
    arguments = ("mlp", "--data", "digits:train:64", "--level", 5)
    adaptive = report(survey(*arguments, "--tolerance", 0.01, "--out", out, cache=cache))
    assert adaptive["evaluated"] + adaptive["interpolated"] == adaptive["points"] == 65 * 65
    assert 0.05 < adaptive["evaluated"] / adaptive["points"] < 0.5
    with h5py.File(out) as file:
        marked, guessed = file["train_interpolated"][:], file["train_loss"][:]
    assert marked.sum() == adaptive["interpolated"]
    exact = report(survey(*arguments, "--tolerance", 0.01, "--exact", "--out", out, cache=cache))
    assert (exact["interpolated"], exact["reused"]) == (0, adaptive["evaluated"])
    with h5py.File(out) as file:
        true = file["train_loss"][:]
        assert not file["train_interpolated"][:].any()
    np.testing.assert_array_equal(guessed[~marked], true[~marked])
    assert np.abs(np.log(guessed / true)).max() <= 0.01 * np.ptp(np.log(true))


def test_a_surface_on_a_trajectorys_plane_says_where_the_checkpoints_lie_and_what_they_lose(cache, tmp_path):
    out, track = tmp_path / "surface.h5", tmp_path / "track.csv"
    arguments = ("--plane", "trajectory:skip=4", "--data", "digits:train:64", "--level", 1, "--out", out)
    survey("mlp", *arguments, "--track", track, cache=cache)
    comment, *rows = track.read_text().splitlines()
    found = list(csv.DictReader(rows))
    assert json.loads(comment.removeprefix("# "))["plane"]["count"] == 25
    assert [int(row["epoch"]) for row in found] == list(range(0, 101, 4))
    assert max(float(row["x"]) for row in found) == pytest.approx(1)
    with h5py.File(out) as file:
        assert file["proj_xcoord"][:].tolist() == [float(row["x"]) for row in found]
        assert file["explained_variance_ratio_"][:2].sum() > 0.9
        assert float(found[-1]["train_loss"]) == pytest.approx(file["train_loss"][2, 2], rel=1e-5)  # the model itself


def test_a_report_says_which_weights_of_a_checkpoint_were_taken(caplog):
    one, taken = surveys.report({}, "exact", 1.0, None, "cpu"), Taken("params_ema", ("params",), ("n_averaged",))
    told = surveys.with_taken(one, taken)
    assert (told.weights, told.other_weights, told.left_aside) == ("params_ema", ("params",), ("n_averaged",))
    assert "took the weights params_ema; params would fit too: choose with --weights" in caplog.text
