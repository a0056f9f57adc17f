import math

import numpy as np
import pytest
import torch
from torch import nn

from compute.errors import UnknownName
from compute.numerics.directions import cosine, effective_dimension, gaussian, scaled
from compute.numerics.planes import flat


@pytest.fixture
def weights():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.Flatten(), nn.Linear(8, 5))
    return {name: parameter.detach() for name, parameter in network.named_parameters()}


def test_filters_of_a_normalised_direction_have_the_norms_of_the_weights(weights):
    direction = scaled(gaussian(weights, 0, 0), weights)
    for name, weight in weights.items():
        for part, slice_ in zip(direction[name], weight, strict=True):
            assert part.norm() == pytest.approx(slice_.norm().item() if weight.dim() > 1 else 0.0, rel=1e-5)


def test_without_ignoring_them_biases_and_batchnorm_become_the_weights_themselves(weights):
    direction = scaled(gaussian(weights, 0, 0), weights, ignore="none")
    for name in ("0.bias", "1.weight", "1.bias", "3.bias"):
        assert torch.equal(direction[name], weights[name])


@pytest.mark.parametrize(
    ("norm", "expected"),
    [
        ("layer", lambda d, w: d * w.norm() / d.norm()),
        ("weight", lambda d, w: d * w),
        ("dfilter", lambda d, w: torch.stack([part / part.norm() for part in d])),
        ("dlayer", lambda d, w: d / d.norm()),
        ("none", lambda d, w: d),
    ],
)
def test_every_norm_is_its_formula(weights, norm, expected):
    drawn = gaussian(weights, 3, 1)
    direction = scaled(drawn, weights, norm)
    for name in ("0.weight", "3.weight"):
        torch.testing.assert_close(direction[name], expected(drawn[name], weights[name]))


def test_one_seed_gives_one_direction_and_axes_differ(weights):
    assert torch.equal(flat(gaussian(weights, 5, 0)), flat(gaussian(weights, 5, 0)))
    assert not torch.equal(flat(gaussian(weights, 5, 0)), flat(gaussian(weights, 5, 1)))
    assert not torch.equal(flat(gaussian(weights, 5, 0)), flat(gaussian(weights, 6, 0)))


def test_the_arguments_stay_as_they_are(weights):
    before = {name: weight.clone() for name, weight in weights.items()}
    drawn = gaussian(weights, 0, 0)
    kept = {name: part.clone() for name, part in drawn.items()}
    for norm in ("filter", "layer", "weight", "none"):
        scaled(drawn, weights, norm, "none")["0.weight"].add_(1)
    assert all(torch.equal(weights[name], before[name]) and torch.equal(drawn[name], kept[name]) for name in weights)


def test_gaussian_directions_are_nearly_orthogonal():
    weights = {"w": torch.ones(200, 100)}
    cosines = [
        torch.cosine_similarity(flat(gaussian(weights, seed, 0)), flat(gaussian(weights, seed, 1)), dim=0).abs()
        for seed in range(60)
    ]
    # The mean of |cos| over 60 planes has a standard error of about 10 %.
    assert torch.stack(cosines).mean().item() == pytest.approx(math.sqrt(2 / (math.pi * 20_000)), rel=0.4)


def test_an_unknown_norm_is_refused(weights):
    with pytest.raises(UnknownName, match="Unknown norm 'fliter': choose one of dfilter, dlayer, filter"):
        scaled(weights, weights, "fliter")


def mean_square_cosine(weights, norm, planes):
    """The mean over many planes, and its standard error."""
    drawn = [[scaled(gaussian(weights, seed, axis), weights, norm) for axis in (0, 1)] for seed in range(planes)]
    squares = [cosine(x, y) ** 2 for x, y in drawn]
    return np.mean(squares), np.std(squares) / planes**0.5


@pytest.mark.parametrize("norm", ["filter", "layer", "dfilter", "dlayer", "none"])
def test_the_expected_cosine_is_the_mean_over_many_planes(norm):
    torch.manual_seed(1)
    scales = torch.tensor([0.1, 1.0, 3.0, 0.5])[:, None, None]
    weights = {"a": torch.randn(4, 3, 5) * scales, "b": torch.randn(6, 7), "bias": torch.randn(6)}
    mean, doubt = mean_square_cosine(weights, norm, planes=1500)
    assert mean == pytest.approx(1 / effective_dimension(weights, norm), abs=4 * doubt)


def test_the_expected_cosine_of_scaled_weights_is_right_where_they_are_many():
    torch.manual_seed(1)
    weights = {"a": torch.randn(60, 40), "b": torch.randn(30, 60)}
    mean, doubt = mean_square_cosine(weights, "weight", planes=600)
    assert mean == pytest.approx(1 / effective_dimension(weights, "weight"), abs=4 * doubt)


def test_a_cosine_is_that_of_the_flat_vectors(weights):
    x, y = (gaussian(weights, 3, axis) for axis in (0, 1))
    one, two = flat(x).double(), flat(y).double()
    assert cosine(x, y) == pytest.approx(float(one @ two / one.norm() / two.norm()))
    assert math.isnan(cosine({"w": torch.zeros(2)}, {"w": torch.ones(2)}))


def test_an_unknown_norm_has_no_dimension(weights):
    with pytest.raises(UnknownName, match="Unknown norm 'sideways'"):
        effective_dimension(weights, "sideways")
