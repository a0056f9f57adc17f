"""Norms and histograms count each parameter once, whoever shares it, and both parts of a complex number."""

import numpy as np
import pytest
import torch

from compute.jobs.executors import SequentialExecutor
from compute.jobs.tasks import study
from compute.service import LandscapeService
from compute.store.memory import MemoryStore
from compute.zoo import studies
from tests.compute.test_intake import settings
from tests.compute.zoo.surfaces import opened

START = """
import torch
from torch import nn

checkpoints = "runs"

def data(split):
    return torch.zeros(4, 3, dtype=torch.long), torch.zeros(4, dtype=torch.long)

def loss(outputs, targets):
    return outputs.abs().flatten(1).mean(1)

def model():
    return Net()
"""

NETWORKS = {
    "one matrix for input and output": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.words, self.head = nn.Embedding(7, 5), nn.Linear(5, 7, bias=False)
        self.head.weight = self.words.weight
    def forward(self, ids):
        return self.head(self.words(ids))
""",
    "one layer in three places": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.words, layer = nn.Embedding(7, 5), nn.Linear(5, 5)
        self.body, self.last = nn.Sequential(layer, nn.Tanh(), layer), layer
    def forward(self, ids):
        return self.last(self.body(self.words(ids)))
""",
    "complex weights": """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(7, 4)
        self.spectrum = nn.Parameter(torch.randn(4, 6, dtype=torch.complex64))
        self.phase = nn.Parameter(torch.randn(6, dtype=torch.complex64))
    def forward(self, ids):
        return self.words(ids).to(torch.complex64) @ self.spectrum + self.phase
""",
}


@pytest.fixture(params=NETWORKS)
def weighed(request, tmp_path):
    """What the program says of a study's two checkpoints, and the networks as PyTorch has them."""
    path, module, _ = opened(tmp_path, START + NETWORKS[request.param])
    (tmp_path / "runs").mkdir()
    networks = []
    for epoch in (1, 2):
        torch.manual_seed(epoch)
        networks.append(module.model())
        torch.save(networks[-1].state_dict(), tmp_path / "runs" / f"epoch-{epoch}.pt")
    studies.allow(studies.named([path]))
    try:
        service = LandscapeService(settings(tmp_path), MemoryStore(), [SequentialExecutor()], [study("mine")])
        yield service.norms("study:mine"), service.histograms(service.steps("study:mine")), networks
    finally:
        studies.allow({})


def numbers(network, least_dimension):
    """All real numbers of a network's parameters, each parameter once."""
    found = [weight.detach() for weight in network.parameters() if weight.dim() >= least_dimension]
    parts = [torch.view_as_real(weight) if weight.is_complex() else weight for weight in found]
    return torch.cat([part.flatten() for part in parts]).double().numpy()


def test_the_norm_is_that_of_the_parameters(weighed):
    norms, _, networks = weighed
    expected = [np.linalg.norm(numbers(network, 0)) for network in networks]
    np.testing.assert_allclose(norms.norms, expected, rtol=1e-6)


def test_the_histogram_is_that_of_the_parameters_of_two_dimensions_and_more(weighed):
    _, histograms, networks = weighed
    for shares, beyond, network in zip(histograms.shares, histograms.beyond, networks, strict=True):
        values = numbers(network, 2)
        expected = np.histogram(values, histograms.edges)[0] / len(values)
        np.testing.assert_allclose(shares, expected, atol=1e-12)
        assert beyond == pytest.approx(1 - expected.sum(), abs=1e-12)


def test_the_edges_reach_four_times_the_largest_root_mean_square(weighed):
    _, histograms, networks = weighed
    largest = max(np.sqrt(np.square(numbers(network, 2)).mean()) for network in networks)
    np.testing.assert_allclose(histograms.edges[[0, -1]], [-4 * largest, 4 * largest], rtol=1e-6)
