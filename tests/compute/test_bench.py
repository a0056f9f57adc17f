"""The benchmark: that it compares like with like and says all it promises; never how fast."""

import json
import os
from dataclasses import replace
from pathlib import Path
from statistics import median

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision import transforms

import run
from compute.bench import benchmark, responsiveness
from compute.bench.adaptive import Surface, adaptive65, largest_error
from compute.bench.benchmark import effort
from compute.bench.browser import Visitor
from compute.bench.cases import CASES, Folders, case
from compute.bench.ceilings import cost
from compute.bench.contestants import untuned
from compute.bench.path import Picture, Walk
from compute.bench.plain import bytes_of, plain_loop
from compute.bench.race import QUICK, Effort, Race, Round
from compute.bench.report import lines, row
from compute.bench.responsiveness import Tabs, percentile, summary
from compute.bench.served import server, started
from compute.errors import LandscapeError
from compute.jobs.axes import axes
from compute.jobs.build import examples
from compute.jobs.process import ALLOCATOR
from compute.numerics.evaluation import mean_loss
from compute.numerics.planes import Plane
from compute.settings import Settings
from compute.zoo.checkpoints import load_model
from compute.zoo.registry import build
from tests.processes import alive, children, until
from tests.viewer.fake_service import FakeService
from viewer import app

CPU = torch.device("cpu")
SPEEDS = {"plain_pps", "bare_pps", "exact_pps", "fast_pps", "path_pps", "exact_over_plain", "fast_over_plain"}
PROMISED = SPEEDS | {
    *("case", "network", "data", "examples", "exact_max_rel", "fast_max_rel", "path_overhead", "first_picture_share"),
    *("adaptive65_over_plain", "adaptive65_share", "adaptive65_max_error", "adaptive65_rounds"),
}
KINDS = ("page", "slider")


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
        times = {kind: [0.004, 0.002] for kind in KINDS}
        patch.setattr(benchmark, "responsiveness", lambda *_: summary(times, times))
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
    assert set(report) == {"machine", "cases", "responsiveness"}
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


def test_the_servers_answers_are_two_lines_and_a_part_of_the_report(quick):
    said, report = quick
    assert report["responsiveness"] == {
        "idle_ms": {"page": 4, "slider": 4},
        "busy_ms": {"page": 4, "slider": 4},
        "ratio": {"page": 1, "slider": 1},
    }
    assert [line.split("  ")[0] for line in said.splitlines() if "while a survey runs" in line] == [
        "GET /",
        "a slider's callback",
    ]


@pytest.mark.parametrize("name", ["mlp-digits", "resnet20-cifar"])
def test_the_plain_loop_computes_the_same_loss(folders, name):
    query = case(name, folders).query
    query = replace(query, data=replace(query.data, size=200))
    network = load_model(query.model)
    weights = dict(network.named_parameters())
    plane, data = Plane(weights, *axes(query.plane, query.model, weights)), examples(query.data, query.model, CPU)
    with torch.no_grad():
        wanted = mean_loss(network, plane, (0.25, -0.5), data)
    assert plain_loop(query, "cpu").mean_loss(0.25, -0.5) == pytest.approx(wanted, rel=1e-6)


def test_the_plain_loop_starts_from_the_bytes_of_the_same_images(folders):
    query = case("mlp-digits", folders).query
    pixels, data = bytes_of(query.data), examples(query.data, query.model, CPU)
    assert pixels.images.dtype == "uint8"
    torch.testing.assert_close(torch.stack([pixels[index][0] for index in range(512)]), data.inputs)


def test_every_image_goes_through_pil_and_torchvision_as_in_public_code(folders):
    query = case("resnet20-cifar", folders).query
    pixels, data = bytes_of(query.data), examples(query.data, query.model, CPU)
    usual = transforms.Compose([transforms.ToTensor(), transforms.Normalize(query.data.mean, query.data.std)])
    assert torch.equal(pixels[3][0], usual(Image.fromarray(pixels.images[3])))
    torch.testing.assert_close(torch.stack([pixels[index][0] for index in range(20)]), data.inputs[:20])


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


def test_only_the_first_round_has_an_adaptive_surface_and_the_row_says_so(mlp, folders):
    paths = [Walk(81, 0.5, Picture(30.0, 64), "memory"), *[Walk(25, seconds, None, "memory") for seconds in (0.4, 0.6)]]
    surface = Surface(np.ones((65, 65)), 0.1, 40.0)
    seconds = dict.fromkeys(("plain", "bare", "exact", "fast"), 0.5)
    rounds = [Round(seconds, walk, surface if number == 0 else None) for number, walk in enumerate(paths)]
    losses = {name: [1.0] for name in ("plain", "exact", "fast", "reference")}
    found = row(Race(case("mlp-digits", folders), Effort(), losses, rounds, False, 0.01, None))
    assert (found["adaptive65_rounds"], found["repetitions"], found["path_points"]) == (1, 3, 25)
    assert found["path_pps"] == 1 / median(walk.seconds_per_point for walk in paths)
    assert found["first_picture_share"] == pytest.approx(30 * 2 / 65**2, rel=1e-3)
    assert found["first_picture_examples"] == 64
    assert any("in 1 of 3 rounds" in line for line in lines({"case": "", **found}, bfloat16=False))


def test_a_percentile_is_one_of_the_values():
    assert percentile(range(100, 0, -1), 0.95) == 95
    assert percentile([7.0], 0.95) == 7.0


def test_a_summary_has_milliseconds_and_ratios_of_each_kind():
    found = summary({"page": [0.001] * 19 + [1.0], "slider": [0.002]}, {"page": [0.003], "slider": [0.002]})
    assert found == {
        "idle_ms": {"page": 1.0, "slider": 2.0},
        "busy_ms": {"page": 3.0, "slider": 2.0},
        "ratio": {"page": 3.0, "slider": 1.0},
    }


class Client:
    """Flask's test client in a visitor's place."""

    def __init__(self, service):
        self._client = app.build(service, Settings()).server.test_client()

    def get(self, path):
        return self._client.get(path).data

    def post(self, body):
        return self._client.post("/_dash-update-component", data=body, content_type="application/json").data


def test_a_moved_slider_says_to_the_application_what_a_browser_says():
    service = FakeService()
    client = Client(service)
    tabs = Tabs(Visitor.page(client), client, None)
    first, second = (
        service.survey(tabs.look(tab, f"?models=mlp&samples=64&{rest}"))
        for tab, rest in (("moved", "points=9"), ("watched", "points=17&seed=5"))
    )
    assert [survey.lattice.shape for survey in (first, second)] == [(9, 9), (17, 17)]
    assert [survey.query.data.size for survey in (first, second)] == [64, 64]
    assert [survey.query.plane.seed for survey in (first, second)] == [0, 5]
    assert service.tabs == {"moved": {first.id}, "watched": {second.id}}
    with pytest.raises(LandscapeError, match="The link's points should be one of 9, 17"):
        tabs.look("moved", "?models=mlp&points=10")
    with pytest.raises(LandscapeError, match=r"The server should show what \?models=nobody names"):
        tabs.look("moved", "?models=nobody")
    with pytest.raises(LandscapeError, match=r"write link.data when nothing.value has changed, but no callback does"):
        tabs.page.call("nothing.value", "link.data", {})
    service.close()


def test_a_server_that_answers_is_gone_afterwards_with_its_worker(tmp_path):
    with server("cpu", tmp_path) as port:
        (process,) = [child for child in children(os.getpid()) if "compute.bench.served" in command(child)]
        workers = until(lambda: children(process))
        assert b"Loss Atlas" in Visitor.at(port).get("/")
    until(lambda: not any(map(alive, [process, *workers])))


def command(pid):
    """What a process was started as; a worker of another test may be gone by now."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except FileNotFoundError:
        return ""


def test_a_server_ends_with_the_pipe_to_it(tmp_path):
    process = started(["serve", "--port", "0"], tmp_path / "log")
    process.stdin.close()
    process.wait(60)


def test_a_server_that_cannot_start_is_left_out_with_what_it_said(tmp_path):
    said = []
    assert benchmark.served("tpu", QUICK, tmp_path, said.append) is None
    assert "is left out: The server should answer" in said[0]
    assert "tpu" in said[0]


def test_without_dash_the_servers_answers_are_left_out(tmp_path, monkeypatch):
    monkeypatch.setattr(responsiveness, "find_spec", lambda _: None)
    said = []
    assert benchmark.served("cpu", QUICK, tmp_path, said.append) is None
    assert "is left out: It needs dash" in said[0]


@pytest.mark.slow
def test_the_real_server_is_timed_idle_and_busy(tmp_path):
    found = responsiveness.responsiveness("cpu", 2, tmp_path)
    assert [set(found[name]) for name in ("idle_ms", "busy_ms", "ratio")] == [set(KINDS)] * 3
    assert all(value > 0 for part in found.values() for value in part.values())


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
