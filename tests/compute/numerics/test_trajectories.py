"""Planes through checkpoints agree with other libraries, and give back what is known."""

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA

from compute.errors import BadDirections
from compute.numerics import trajectories
from compute.numerics.planes import Plane, flat
from compute.numerics.trajectories import places, principal

SHAPES = {"kernel": (4, 3, 2, 2), "scale": (4,), "temperature": (), "dense": (5, 7), "bias": (5,)}


def drawn(seed, scale=1.0):
    source = torch.Generator().manual_seed(seed)
    return {name: scale * torch.randn(shape, generator=source) for name, shape in SHAPES.items()}


def reader(weights):
    return lambda pieces: [weights[name][rows] for name, rows in pieces]


def rows(origin, checkpoints, names=tuple(SHAPES)):
    """The plain way: all differences in memory."""
    return torch.stack(
        [flat({name: one[name].double() - origin[name].double() for name in names}) for one in checkpoints]
    ).numpy()


@pytest.fixture
def path():
    """Twelve steps of a walk, the last of which is the origin."""
    steps, at = [], drawn(0)
    for number in range(12):
        at = {name: part + (0.5 + number % 3) * drawn(number + 1)[name] for name, part in at.items()}
        steps.append(at)
    return steps


@pytest.fixture(params=[trajectories.BLOCK, 400], ids=["whole", "by rows"])
def block(request, monkeypatch):
    """All numbers at once, or so few that tensors are cut."""
    monkeypatch.setattr(trajectories, "BLOCK", request.param)


@pytest.mark.usefixtures("block")
@pytest.mark.parametrize("ignore", ["none", "biasbn"])
def test_components_and_shares_are_those_of_scikit_learn(path, ignore):
    origin = path[-1]
    found = principal(origin, [reader(one) for one in path], ignore)
    names = [name for name, shape in SHAPES.items() if len(shape) > 1 or ignore == "none"]
    differences = rows(origin, path, names)
    dense = PCA().fit(differences)
    np.testing.assert_allclose(found.shares, dense.explained_variance_ratio_, atol=1e-12)
    for axis, component in zip((found.x, found.y), dense.components_, strict=False):
        farthest = max(differences @ component, key=abs)
        np.testing.assert_allclose(flat({name: axis[name] for name in names}), farthest * component, atol=2e-6)
        assert not any(axis[name].any() for name in SHAPES if name not in names)


def test_checkpoints_span_the_range_up_to_one(path):
    origin = path[-1]
    found = principal(origin, [reader(one) for one in path])
    at = places(Plane(origin, found.x, found.y), [reader(one) for one in path])
    np.testing.assert_allclose(at[:, :2].abs().max(0).values, [1, 1], atol=1e-6)
    np.testing.assert_allclose(at[:, :2].max(0).values, [1, 1], atol=1e-6)
    np.testing.assert_allclose(at[-1], 0, atol=1e-12)


def test_the_order_of_the_checkpoints_does_not_matter(path):
    one, other = (principal(path[-1], [reader(step) for step in order]) for order in (path, path[::-1]))
    for axis in ("x", "y"):
        torch.testing.assert_close(getattr(one, axis), getattr(other, axis))


def test_a_planar_trajectory_recovers_its_plane():
    origin, x, y = drawn(0), drawn(1), drawn(2)
    turns = np.linspace(0, 5, 20)
    walk = [Plane(origin, x, y).embed(np.cos(turn) * turn, np.sin(2 * turn)) for turn in turns]
    found = principal(origin, [reader(one) for one in walk])
    assert found.shares[:2].sum() == pytest.approx(1)
    at = places(Plane(origin, found.x, found.y), [reader(one) for one in [*walk, Plane(origin, x, y).embed(3, -4)]])
    assert (at[:, 3] * at[:, 2]).max() < 1e-5  # rounding of the walk itself, whose numbers have seven digits


@pytest.mark.usefixtures("block")
def test_projecting_onto_axes_that_are_neither_orthogonal_nor_of_unit_length_undoes_embedding():
    origin, x, y = drawn(0), drawn(1, 3.0), drawn(2, 0.1)
    plane = Plane(origin, x, {name: part + x[name] / 3 for name, part in y.items()})
    known = [(0.0, 0.0), (1.0, 0.0), (0.25, -1.5), (-2.0, 1.75)]
    found = places(plane, [reader(plane.embed(*at)) for at in known])
    np.testing.assert_allclose(found[:, :2], known, atol=1e-5)
    np.testing.assert_allclose(found[:, 3], 0, atol=1e-6)


def test_a_projection_is_that_of_dense_least_squares(path):
    plane = Plane(drawn(0), drawn(1), {name: 0.1 * part + drawn(1)[name] for name, part in drawn(2).items()})
    found = places(plane, [reader(one) for one in path])
    axes, differences = torch.stack([flat(plane.x), flat(plane.y)], 1).numpy(), rows(plane.origin, path)
    at = np.linalg.lstsq(axes, differences.T)[0]
    lengths = np.linalg.norm(differences, axis=1)
    np.testing.assert_allclose(found[:, :2], at.T, atol=1e-10)
    np.testing.assert_allclose(found[:, 2], lengths, rtol=1e-12)
    np.testing.assert_allclose(found[:, 3], np.linalg.norm(differences.T - axes @ at, axis=0) / lengths, atol=1e-6)


def test_on_a_line_all_lie_at_0_of_the_axis_that_it_has_not(path):
    still = {name: torch.zeros(shape) for name, shape in SHAPES.items()}
    line = Plane(drawn(0), drawn(1), still)
    found = places(line, [reader(line.embed(0.25, 5.0)), *(reader(one) for one in path)])
    np.testing.assert_allclose(found[0, [0, 1, 3]], [0.25, 0, 0], atol=1e-5)
    assert not found[:, 1].any()


@pytest.mark.parametrize("count", [1, 2, 5])
def test_checkpoints_on_a_line_span_no_plane(count):
    origin, x = drawn(0), drawn(1)
    line = [reader(Plane(origin, x, x).embed(number, 0.0)) for number in range(count)]
    with pytest.raises(BadDirections, match=f"three checkpoints that do not lie on a line, got {count}: take more"):
        principal(origin, line)
