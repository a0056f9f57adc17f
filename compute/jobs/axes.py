"""Turns the reference of a plane into its two directions."""

from collections.abc import Sequence
from functools import lru_cache
from math import pi, sqrt

import numpy as np
import torch

from compute.angle import Angle
from compute.errors import BadDirections, BadReference
from compute.jobs import stored
from compute.jobs.networks import load_network
from compute.jobs.progress import marking
from compute.numerics import trajectories
from compute.numerics.arithmetic import wide
from compute.numerics.directions import cosine, effective_dimension, gaussian, scaled
from compute.numerics.lines import cut, towards
from compute.numerics.moving import moved
from compute.numerics.planes import Plane, Weights, dot, movable
from compute.numerics.statistics import coordinates
from compute.numerics.trajectories import Principal
from compute.specs import (
    AreaRef,
    Cut,
    LineRef,
    ModelRef,
    PlaneRef,
    Query,
    RandomPlane,
    Segment,
    StoredPlane,
    ThroughPlane,
    TrajectoryPlane,
)
from compute.trajectory import COMPONENTS
from compute.zoo.readers import readers

KEPT = 4
"""Planes of trajectories a worker keeps: reading many checkpoints takes long."""

COLLINEAR = 1e-6
"""A share of a difference beside another that may be rounding alone."""


def spanned(ref: PlaneRef, model: ModelRef, weights: Weights) -> Plane:
    """A plane through a model's weights, or a line, which is a plane with one axis.

    Raises:
        LandscapeError: as `axes`.
    """
    if isinstance(ref, Cut):
        return cut(spanned(ref.plane, model, weights), ref.start, ref.end)
    return Plane(weights, *axes(ref, model, weights))


def axes(ref: AreaRef | Segment, model: ModelRef, weights: Weights) -> tuple[Weights, Weights]:
    """The two directions of a plane through a model's weights.

    Raises:
        BadDirections: stored directions do not fit the weights, or networks that should span a plane lie on a line.
        BadCheckpoint: one of these networks cannot be loaded.
        UnknownName: a line should be along a layer that there is not.
        BadReference: a plane should move parameters that there are not.
    """
    match ref:
        case RandomPlane():
            chosen = ref.ignore, ref.only, frozen(ref, model)
            x, y = (scaled(gaussian(weights, ref.seed, axis), weights, ref.norm, *chosen) for axis in (0, 1))
        case StoredPlane():
            x, y = stored.directions(stored.unchanged(ref), load_network(model), weights)
        case TrajectoryPlane():
            found = principal(ref, model)
            x, y = found.x, found.y
        case ThroughPlane():
            x, y = through(ref, weights)
        case Segment():
            x = towards(weights, coordinates(load_network(ref.end)), ref.part)
            y = {name: torch.zeros_like(weight) for name, weight in weights.items()}
    return x, y


@lru_cache(maxsize=KEPT)
def principal(ref: TrajectoryPlane, model: ModelRef) -> Principal:
    """The principal components of a trajectory, read from its checkpoints.

    Raises:
        BadDirections: there are too few checkpoints, or they lie on a line.
        BadCheckpoint: one of them cannot be loaded.
    """
    with readers(ref.checkpoints) as sources:
        marked = list(map(marking, sources))
        return trajectories.principal(parameters(model), marked, ref.ignore, ref.only, frozen(ref, model))


def through(ref: ThroughPlane, weights: Weights) -> tuple[Weights, Weights]:
    """The directions from some weights to another network, and to a third or a random one, made orthogonal.

    Raises:
        BadDirections: two networks have the same weights, or all three lie on a line.
        BadCheckpoint: one of them cannot be loaded.
    """
    x = difference(parameters(ref.second), weights)
    square = dot(x, x)
    if ref.third is None:
        other = scaled(gaussian(weights, ref.seed, 1), weights)
    else:
        other = difference(parameters(ref.third), weights)
    share = dot(other, x) / square if square else 0.0
    y = {name: (wide(part) - share * wide(x[name])).to(part) for name, part in other.items()}
    if not square or sqrt(dot(y, y)) <= COLLINEAR * sqrt(dot(other, other)):
        raise BadDirections(
            "A plane needs networks that do not lie on a line, but these do: choose another checkpoint."
        )
    return x, y


def difference(one: Weights, other: Weights) -> Weights:
    """The direction from other weights to some."""
    return {name: one[name] - start for name, start in other.items()}


def parameters(model: ModelRef) -> Weights:
    """A network's parameters, float32, on the CPU, in its order: no buffer is a coordinate.

    Raises:
        LandscapeError: it cannot be loaded.
    """
    return movable(load_network(model))


def frozen(ref: RandomPlane | TrajectoryPlane, model: ModelRef) -> frozenset[str]:
    """The parameters of a network that do not require a gradient, where a plane leaves these alone."""
    if "frozen" not in ref.ignore.split("+"):
        return frozenset()
    return frozenset(name for name, one in load_network(model).named_parameters() if not one.requires_grad)


def angle_of(query: Query) -> Angle:
    """The angle between a plane's two directions.

    Raises:
        LandscapeError: the references do not fit together.
    """
    if isinstance(query.plane, LineRef):
        raise BadReference("An angle is that of a plane's two directions, but a line has one: ask about a plane.")
    weights = parameters(query.model)
    found = cosine(*axes(query.plane, query.model, weights))
    ref = query.plane
    if not isinstance(ref, RandomPlane) or "biasbn" not in ref.ignore.split("+"):
        return Angle(found, None)
    names = moved(weights, ref.ignore, ref.only, frozen(ref, query.model))
    kept = {name: weight for name, weight in weights.items() if name in names}
    return Angle(found, sqrt(2 / (pi * effective_dimension(kept, ref.norm))))


def projected(ref: PlaneRef, model: ModelRef, others: Sequence[ModelRef]) -> dict[str, np.ndarray]:
    """Where networks lie on a plane through a model: the arrays of `compute.trajectory.Trajectory.of`.

    Raises:
        LandscapeError: the references do not fit together.
    """
    weights = parameters(model)
    plane = spanned(ref, model, weights)
    with readers(others) as sources:
        places = trajectories.places(plane, list(map(marking, sources)))
    shares = principal(ref, model).shares if isinstance(ref, TrajectoryPlane) else torch.zeros(0)
    return {
        "places": places.numpy(),
        "scree": shares[:COMPONENTS].double().numpy(),
        "lengths": np.array(plane.lengths),
        "cosine": np.array(plane.cosine),
    }
