import pytest
import torch

from compute.numerics.planes import Plane, flat


@pytest.fixture
def plane():
    """Axes that are neither orthogonal nor of unit length."""
    torch.manual_seed(1)
    origin, x, y = ({"a": torch.randn(4, 3), "b": torch.randn(5)} for _ in range(3))
    return Plane(origin, {k: 3 * v for k, v in x.items()}, {k: 0.1 * v + x[k] for k, v in y.items()})


@pytest.mark.parametrize("at", [(0.0, 0.0), (1.0, 0.0), (0.25, -1.5)])
def test_projecting_undoes_embedding(plane, at):
    alpha, beta, residual = plane.project(plane.embed(*at))
    assert (alpha, beta) == pytest.approx(at, abs=1e-5)
    assert residual < 1e-5


def test_a_point_off_the_plane_has_a_residual(plane):
    axes = torch.stack([flat(plane.x), flat(plane.y)], dim=1)
    normal = torch.linalg.qr(torch.cat([axes, torch.ones(len(axes), 1).double()], dim=1)).Q[:, 2]
    away = {"a": plane.origin["a"] + normal[:12].reshape(4, 3), "b": plane.origin["b"] + normal[12:]}
    alpha, beta, residual = plane.project(away)
    assert (alpha, beta) == pytest.approx((0, 0), abs=1e-5)
    assert residual == pytest.approx(1)


def test_the_origin_is_its_own_projection(plane):
    assert plane.project(plane.origin) == (0, 0, 0)


def test_the_cosine_is_that_of_the_flat_axes(plane):
    expected = torch.cosine_similarity(flat(plane.x), flat(plane.y), dim=0)
    assert plane.cosine() == pytest.approx(expected.item())
