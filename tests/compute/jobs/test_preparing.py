"""From a user's file to a surface, or to a sentence that says why not."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from compute.errors import BadNetwork, LandscapeError
from compute.jobs import preparing
from compute.jobs.build import build as ready
from compute.lattice import Lattice
from compute.specs import RandomPlane, Survey
from compute.zoo import studies
from tests.compute.zoo.test_studies import opened, written

CPU = torch.device("cpu")
START = """
import threading
import torch
from torch import nn

title, checkpoints = "Mine", "mine.pt"

def data(split):
    draws = torch.Generator().manual_seed(len(split))
    return torch.randn(20, 3, generator=draws), torch.arange(20) % 2

def loss(outputs, targets):
    return nn.functional.cross_entropy(outputs, targets, reduction="none")
"""


@pytest.fixture(autouse=True)
def nothing_else():
    yield
    studies.allow({})


def survey_of(folder, text, **options):
    """A surface's survey, and the service, of a study whose network has first weights of its own."""
    torch.manual_seed(0)
    path = written(folder, START + text)
    space = {}
    exec(path.read_text(), space)
    torch.save(space["model"]().state_dict(), folder / "mine.pt")
    service = opened(folder, path)
    query = service.query(service.cards()[0].run, "train", 20, RandomPlane(), **options)
    return service, Survey(query, Lattice.spanning(0, (-1, 1), (-1, 1)))


def last(service, survey):
    *_, found = service.unfolding(survey)
    return found


LOCKED = """
class Net(nn.Linear):
    def __init__(self):
        super().__init__(3, 2)
        self.lock = threading.Lock()

def model():
    return Net()
"""


def test_what_is_left_out_travels_with_the_results(tmp_path):
    found = last(*survey_of(tmp_path, LOCKED))
    assert found.progress.left_out[0] == "a private copy"
    assert np.isfinite(found.loss).all()


def test_nothing_is_left_out_of_a_plain_network(tmp_path):
    found = last(*survey_of(tmp_path, "def model():\n    return nn.Linear(3, 2)\n"))
    assert found.progress.left_out == ()


COMPLEX = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.turn = nn.Parameter(torch.randn(3, 2, dtype=torch.cfloat))

    def forward(self, x):
        return (x.to(self.turn.dtype) @ self.turn).abs()

def model():
    return Net()
"""


def test_complex_networks_are_computed_exactly_where_fast_is_asked_for(tmp_path, monkeypatch):
    monkeypatch.setattr("compute.jobs.build.dtype_of", lambda precision, where: torch.bfloat16)
    _, survey = survey_of(tmp_path, COMPLEX, precision="fast")
    found = ready(survey.query, CPU)
    assert found.left_out == ("bfloat16",)
    assert found.made.dtype == torch.float32


NARROW = """
class Net(nn.Linear):
    def forward(self, x):
        start = torch.zeros(len(x), 3, dtype=torch.float32)
        return super().forward(torch.stack([x, x], 0).mean(0)) + start @ self.weight.t()

def model():
    return Net(3, 2)
"""


def test_float64_that_a_network_does_not_compute_in_names_the_line(tmp_path):
    _, survey = survey_of(tmp_path, NARROW, precision="reference")
    with pytest.raises(BadNetwork, match=r"mine\.py, line 18: Net should compute in float64, .*dtype=x\.dtype"):
        ready(survey.query, CPU)


def padded(targets):
    """A file whose examples have three targets each, some of them padding."""
    return f"""
def model():
    return nn.Sequential(nn.Linear(3, 6), nn.Unflatten(1, (2, 3)))

def data(split):
    return torch.linspace(0, 1, 60).reshape(20, 3), {targets}

def loss(outputs, targets):
    return nn.functional.cross_entropy(outputs, targets, reduction="none").sum(1) / (targets != -100).sum(1)
"""


def test_an_example_that_is_all_padding_is_named(tmp_path):
    targets = "torch.where(torch.arange(20)[:, None] % 10 == 7, -100, torch.arange(60).reshape(20, 3) % 2)"
    service, survey = survey_of(tmp_path, padded(targets))
    said = r"example 7 is NaN at the model itself, and of 2 of 20 examples: all its targets are -100, perhaps padding"
    with pytest.raises(LandscapeError, match=said):
        last(service, survey)


def test_padding_beside_other_targets_is_fine(tmp_path):
    targets = "torch.where(torch.arange(3) == 2, -100, torch.arange(60).reshape(20, 3) % 2)"
    assert np.isfinite(last(*survey_of(tmp_path, padded(targets))).loss).all()


def test_inputs_that_are_not_numbers_are_named(tmp_path):
    text = """
def model():
    return nn.Linear(3, 2)

def data(split):
    x = torch.linspace(0, 1, 60).reshape(20, 3)
    x[11, 1] = float("nan")
    return x, torch.arange(20) % 2
"""
    with pytest.raises(LandscapeError, match=r"example 11 is NaN at the model itself.*its inputs hold NaN or infinity"):
        last(*survey_of(tmp_path, text))


def test_a_network_whose_every_loss_is_nan_has_diverged(tmp_path):
    text = """
def model():
    made = nn.Linear(3, 2)
    nn.init.constant_(made.bias, float("nan"))
    return made
"""
    assert np.isnan(last(*survey_of(tmp_path, text)).loss).all()


DROPOUT = """
class Net(nn.Linear):
    def forward(self, x):
        return nn.functional.dropout(super().forward(x))

def model():
    return Net(3, 2)
"""


@pytest.mark.parametrize("measure", ["loss", "gradient"])
def test_random_networks_are_refused_for_every_measure(tmp_path, measure):
    service, survey = survey_of(tmp_path, DROPOUT)
    survey = replace(survey, query=replace(survey.query, measure=measure))
    with pytest.raises(LandscapeError, match=r"forward function of Net draws random numbers"):
        last(service, survey)


SAME = """
NET = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))

def model():
    return NET
"""


def test_a_network_that_a_file_gives_twice_is_two_networks(tmp_path):
    path = written(tmp_path, START + SAME)
    opened_studies = studies.named([path])
    studies.allow(opened_studies)
    from compute.zoo.studies import _network

    first, second = (_network(path.stem, "") for _ in range(2))
    assert first is not second
    first[0].weight.data.zero_()
    assert second[0].weight.abs().max() > 0


LAZY = """
def model():
    return nn.Sequential(nn.LazyLinear(4), nn.LazyBatchNorm1d(), nn.ReLU(), nn.LazyLinear(2))
"""


def test_lazy_layers_get_their_shapes_from_the_data(tmp_path):
    path = written(tmp_path, START + LAZY)
    space = {}
    exec(path.read_text(), space)
    network = space["model"]().eval()
    inputs, targets = space["data"]("train")
    network(inputs)
    torch.save(network.state_dict(), tmp_path / "mine.pt")
    service = opened(tmp_path, path)
    query = service.query(service.cards()[0].run, "train", 20, RandomPlane())
    found = last(service, Survey(query, Lattice.spanning(0, (0, 1))))
    assert found.loss[0, 0] == pytest.approx(space["loss"](network(inputs), targets).mean().item(), rel=1e-5)


def test_each_architecture_is_checked_once(tmp_path, monkeypatch):
    _, survey = survey_of(tmp_path, "def model():\n    return nn.Linear(3, 2)\n")
    monkeypatch.setattr(preparing, "_overwriting", {})
    checks = []
    whole = preparing.assumptions.check
    monkeypatch.setattr(preparing.assumptions, "check", lambda *given: checks.append(given) or whole(*given))
    for _ in range(2):
        ready(survey.query, CPU)
    assert len(checks) == 1
