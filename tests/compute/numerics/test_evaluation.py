import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy.special import logsumexp
from torch import nn

from compute.numerics.evaluation import Examples, averaged, judged, mean_loss, per_example
from compute.numerics.planes import Plane


@pytest.fixture
def linear():
    """Softmax regression, whose loss has a closed form."""
    torch.manual_seed(0)
    network = nn.Sequential(nn.Flatten(), nn.Linear(6, 4)).eval()
    weights, x, y = ({"1.weight": torch.randn(4, 6), "1.bias": torch.randn(4)} for _ in range(3))
    examples = Examples(torch.randn(37, 1, 2, 3), torch.randint(0, 4, (37,)))
    return network, Plane(weights, x, y), examples


def closed_form(plane, at, examples):
    theta = {name: value.double().numpy() for name, value in plane.embed(*at).items()}
    logits = examples.inputs.double().flatten(1).numpy() @ theta["1.weight"].T + theta["1.bias"]
    labels = examples.labels.numpy()
    losses = logsumexp(logits, axis=1) - logits[np.arange(len(labels)), labels]
    return losses.mean(), (logits.argmax(axis=1) == labels).mean()


@pytest.mark.parametrize("at", [(0.0, 0.0), (0.5, -1.0), (-2.0, 3.0)])
@pytest.mark.parametrize("batch", [1, 10, 37, 100])
def test_losses_of_softmax_regression_are_the_closed_form_for_any_batch(linear, at, batch):
    network, plane, examples = linear
    assert mean_loss(network, plane, at, examples, batch) == pytest.approx(closed_form(plane, at, examples), rel=1e-5)


def test_the_mean_is_over_examples_not_batches(linear):
    network, plane, examples = linear
    losses, correct = per_example(network, plane.origin, examples, batch=10)
    assert len(losses) == len(correct) == 37
    assert mean_loss(network, plane, (0, 0), examples, 10)[0] == pytest.approx(losses.mean().item(), rel=1e-6)


def test_the_network_and_its_statistics_stay_as_they_are():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(4 * 36, 10)).eval()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    weights = {name: parameter.detach().clone() for name, parameter in network.named_parameters()}
    ones = {name: torch.ones_like(weight) for name, weight in weights.items()}
    mean_loss(
        network, Plane(weights, ones, ones), (0.3, 0.4), Examples(torch.randn(20, 1, 8, 8), torch.arange(20) % 10)
    )
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


def test_overflow_is_a_result(linear):
    network, plane, examples = linear
    loss, _ = mean_loss(network, plane, (1e38, 1e38), examples)
    assert not np.isfinite(loss)


def test_a_sequences_loss_is_the_mean_over_its_places():
    torch.manual_seed(0)
    logits, labels = torch.randn(5, 7, 11), torch.randint(0, 7, (5, 11))
    losses, correct = judged(logits, labels)
    for row in range(5):
        assert losses[row].item() == pytest.approx(F.cross_entropy(logits[row].T, labels[row]).item(), rel=1e-6)
    assert torch.equal(correct, logits[:, :, -1].argmax(1) == labels[:, -1])


def squares(outputs, targets):
    """Regression: nothing is right or wrong."""
    return (outputs - targets).square().mean(1), None


def test_any_loss_of_an_example_may_be_averaged(linear):
    network, plane, examples = linear
    regression = Examples(examples.inputs, torch.randn(37, 4), squares)
    loss, accuracy = mean_loss(network, plane, (0.5, -1.0), regression, 10)
    theta = plane.embed(0.5, -1.0)
    outputs = F.linear(examples.inputs.flatten(1), theta["1.weight"], theta["1.bias"])
    assert loss == pytest.approx(F.mse_loss(outputs, regression.targets).item(), rel=1e-5)
    assert np.isnan(accuracy)


def test_where_nothing_is_right_or_wrong_accuracy_is_nan():
    assert averaged(torch.tensor([1.0, 3.0]), torch.tensor([True, False])) == (2.0, 0.5)
    assert averaged(torch.tensor([1.0, 3.0]), None) == pytest.approx((2.0, np.nan), nan_ok=True)


@pytest.mark.parametrize(
    ("targets", "labels"),
    [
        (torch.tensor([2, 0, 1]), [2, 0, 1]),
        (torch.tensor([2, 0, 1], dtype=torch.uint8), [2, 0, 1]),
        (torch.ones(3), [0, 0, 0]),
        (torch.ones(3, 5, dtype=torch.int64), [0, 0, 0]),
    ],
)
def test_only_one_whole_number_is_a_class(targets, labels):
    found = Examples(torch.zeros(3, 1), targets).labels
    assert found.dtype == torch.int64
    assert found.tolist() == labels


def test_another_arithmetic_leaves_classes_symbols_and_the_judge_alone():
    wide = Examples(torch.ones(2, 3), torch.ones(2, 4), squares).to(torch.float64)
    assert (wide.inputs.dtype, wide.targets.dtype, wide.judge) == (torch.float64, torch.float64, squares)
    whole = Examples(torch.ones(2, 3, dtype=torch.int64), torch.ones(2, dtype=torch.int64)).to(torch.bfloat16)
    assert (whole.inputs.dtype, whole.targets.dtype) == (torch.int64, torch.int64)
