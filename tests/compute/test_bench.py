"""The benchmark: that it compares like with like and says all it promises; never how fast."""

import json
import os
from dataclasses import replace

import pytest
import torch

import run
from compute.bench.adaptive import adaptive65, largest_error
from compute.bench.benchmark import effort
from compute.bench.cases import CASES, Folders, case
from compute.bench.ceilings import cost
from compute.bench.contestants import untuned
from compute.bench.plain import bytes_of, plain_loop
from compute.errors import LandscapeError
from compute.jobs.build import axes, examples
from compute.jobs.executors import ALLOCATOR
from compute.numerics.evaluation import mean_loss
from compute.numerics.planes import Plane
from compute.zoo.checkpoints import load_model
from compute.zoo.registry import build

CPU = torch.device("cpu")
SPEEDS = {"plain_pps", "bare_pps", "exact_pps", "fast_pps", "path_pps", "exact_over_plain", "fast_over_plain"}
PROMISED = SPEEDS | {
    *("case", "network", "data", "examples", "exact_max_rel", "fast_max_rel", "path_overhead", "first_picture_share"),
    *("adaptive65_over_plain", "adaptive65_share", "adaptive65_max_error"),
}


@pytest.fixture
def folders(tmp_path):
    """Without anything of others."""
    return Folders(tmp_path / "nothing", tmp_path)


@pytest.fixture
def mlp(folders):
    """The smallest case, on few examples."""
    query = case("mlp-digits", folders).query
    return replace(query, data=replace(query.data, size=32))


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    """The tables, the last line and the file of a quick run."""
    out, said = tmp_path_factory.mktemp("bench") / "bench.json", []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdout.write", said.append)
        words = [
            "bench",
            "--quick",
            "--repetitions",
            "1",
            "--case",
            "mlp-digits",
            "--device",
            "cpu",
            "--json",
            str(out),
        ]
        assert run.main(words) == 0
    return "".join(said), json.loads(out.read_text())


def test_the_json_is_the_last_line_and_the_file_and_says_all_it_promises(quick):
    said, report = quick
    assert json.loads(said.splitlines()[-1]) == report
    assert set(report) == {"machine", "cases"}
    assert {"cpu", "cores", "flags", "torch", "python", "device", "date"} <= set(report["machine"])
    (row,) = report["cases"]
    assert set(row) >= PROMISED
    assert (row["case"], row["examples"], row["repetitions"]) == ("mlp-digits", 512, 1)


def test_the_ratios_are_those_of_the_speeds_and_the_errors_are_small(quick):
    (row,) = quick[1]["cases"]
    assert all(row[name] > 0 for name in SPEEDS)
    assert row["exact_over_plain"] == pytest.approx(row["exact_pps"] / row["plain_pps"], rel=1e-2)
    assert 0 < row["exact_max_rel"] < 5e-6
    assert row["exact_from_plain_max_rel"] < 1e-6
    assert 0 < row["first_picture_share"] < 1
    assert row["adaptive65_share"] is None


def test_the_table_has_a_line_for_each_contestant(quick):
    for title in ("plain loop", "bare forward pass", "engine, exact", "engine, fast", "whole path", "adaptive 65 x 65"):
        assert f"\n  {title}" in quick[0]


@pytest.mark.parametrize("name", ["mlp-digits", "resnet20-cifar"])
def test_the_plain_loop_computes_the_same_loss(folders, name):
    query = case(name, folders).query
    query = replace(query, data=replace(query.data, size=200))
    network = load_model(query.model)
    weights = dict(network.named_parameters())
    plane, data = Plane(weights, *axes(query.plane, weights)), examples(query.data, query.model, CPU)
    with torch.no_grad():
        wanted = mean_loss(network, plane, (0.25, -0.5), data)
    assert plain_loop(query, "cpu").mean_loss(0.25, -0.5) == pytest.approx(wanted, rel=1e-6)


def test_the_plain_loop_starts_from_the_bytes_of_the_same_images(folders):
    query = case("mlp-digits", folders).query
    pixels, data = bytes_of(query.data), examples(query.data, query.model, CPU)
    assert pixels.images.dtype == "uint8"
    torch.testing.assert_close(torch.stack([pixels[index][0] for index in range(512)]), data.inputs)


def test_without_files_of_others_it_says_so(folders):
    made = case("resnet20-cifar", folders)
    assert (made.network, made.data) == ("resnet20, fresh weights", "random images")


def test_the_plain_loops_process_has_no_tuned_allocator(monkeypatch):
    for name, value in ALLOCATOR.items():
        monkeypatch.setenv(name, value)
    with untuned("cpu", 1) as plain:
        assert [plain.submit(os.getenv, name).result() for name in ALLOCATOR] == [None] * len(ALLOCATOR)
    assert [os.getenv(name) for name in ALLOCATOR] == list(ALLOCATOR.values())


def test_an_adaptive_surface_computes_few_points_and_is_nearly_right(mlp):
    surface = adaptive65(mlp)
    assert 0.05 < surface.share < 0.5
    assert surface.loss.shape == (65, 65)
    assert largest_error(surface, mlp, checked=100) < 0.01


def test_operations_and_bytes_of_a_forward_pass_are_counted():
    network = build("mlp", (1, 8, 8), 10)
    operations, moved = cost(network, torch.zeros(5, 1, 8, 8))
    assert operations == 2 * 5 * (64 * 64 + 64 * 64 + 64 * 10)
    assert moved >= 4 * 5 * (64 + 4 * 64 + 10)


def test_what_it_cannot_do_is_one_sentence_and_exit_code_2(tmp_path, capsys):
    for words, sentence in {
        ("--case", "alexnet"): f"Unknown case 'alexnet': choose one of {', '.join(sorted(CASES))}.",
        ("--repetitions", "0"): "A benchmark needs at least one repetition, got 0: name more.",
        ("--json", str(tmp_path / "no" / "bench.json")): "The report needs a folder, there is none at",
    }.items():
        assert run.main(["bench", *words]) == 2
        assert sentence in capsys.readouterr().err


def test_the_words_of_the_command_line_set_the_effort():
    assert effort(quick=False, repetitions=None, whole=False).repetitions == 5
    assert effort(quick=True, repetitions=3, whole=True).checked == 65 * 65
    with pytest.raises(LandscapeError, match="at least one repetition"):
        effort(quick=False, repetitions=0, whole=False)
