import pytest
import torch

from compute.numerics.planes import Plane, flat


@pytest.fixture
def plane():
    """Axes that are neither orthogonal nor of unit length."""
    torch.manual_seed(1)
    origin, x, y = ({"a": torch.randn(4, 3), "b": torch.randn(5)} for _ in range(3))
    return Plane(origin, {k: 3 * v for k, v in x.items()}, {k: 0.1 * v + x[k] for k, v in y.items()})


def test_the_cosine_is_that_of_the_flat_axes(plane):
    expected = torch.cosine_similarity(flat(plane.x), flat(plane.y), dim=0)
    assert plane.cosine == pytest.approx(expected.item())


def test_the_lengths_are_those_of_the_flat_axes(plane):
    assert plane.lengths == pytest.approx((flat(plane.x).norm().item(), flat(plane.y).norm().item()))


def test_a_point_is_the_origin_and_its_share_of_both_axes(plane):
    at = flat(plane.origin) + 0.25 * flat(plane.x) - 1.5 * flat(plane.y)
    torch.testing.assert_close(flat(plane.embed(0.25, -1.5)), at, atol=1e-5, rtol=1e-6)
