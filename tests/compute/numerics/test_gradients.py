import numpy as np
import pytest
import torch
from torch import nn

from compute.numerics.evaluation import Examples, judged
from compute.numerics.gradients import Gradients, gradient_norm
from compute.numerics.planes import Plane
from compute.zoo.registry import build


@pytest.fixture
def case():
    generator = torch.Generator().manual_seed(0)
    torch.manual_seed(0)
    network = build("resnet20", (1, 8, 8), 10).eval().double()
    images = torch.randn(24, 1, 8, 8, generator=generator, dtype=torch.float64)
    examples = Examples(images, torch.randint(10, (24,), generator=generator))
    origin = {name: parameter.detach().clone() for name, parameter in network.named_parameters()}
    axes = ({name: torch.randn(w.shape, generator=generator).double() for name, w in origin.items()} for _ in range(2))
    return network, Plane(origin, *axes), examples


def test_it_is_the_norm_that_autograd_gives_for_the_mean_of_all_examples_at_once(case):
    network, plane, examples = case
    loss = judged(network(examples.inputs), examples.labels)[0].mean()
    found = torch.autograd.grad(loss, list(network.parameters()))
    expected = torch.cat([part.flatten() for part in found]).norm().item()
    for batch in (5, 24, 100):
        assert gradient_norm(network, plane.origin, examples, batch) == pytest.approx(expected, rel=1e-12)
    assert all(parameter.grad is None for parameter in network.parameters())


def test_no_direction_is_steeper(case):
    network, plane, examples = case
    step = 1e-6

    def loss(alpha):
        weights = plane.embed(alpha, 0.0)
        return judged(torch.func.functional_call(network, weights, (examples.inputs,)), examples.labels)[0].mean()

    length = torch.cat([part.flatten() for part in plane.x.values()]).norm()
    steepness = abs(loss(step) - loss(-step)) / (2 * step * length)
    (norm,) = Gradients(network, plane, examples, 7).norms(np.zeros((1, 2)))
    assert 0 < steepness <= norm


def test_of_a_network_without_inner_layers_it_is_the_closed_form():
    inputs, labels = torch.randn(9, 3, generator=torch.Generator().manual_seed(1)).double(), torch.arange(9) % 2
    network = nn.Linear(3, 2, bias=False).double()
    weights = {"weight": torch.tensor([[0.5, -1.0, 0.0], [2.0, 0.0, 1.0]]).double()}
    softmax = torch.softmax(inputs @ weights["weight"].T, dim=1)
    expected = ((softmax - nn.functional.one_hot(labels)).T @ inputs / 9).norm().item()
    assert gradient_norm(network, weights, Examples(inputs, labels), 4) == pytest.approx(expected, rel=1e-12)
