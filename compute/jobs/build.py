"""Turns references into a network, data and a plane on this process's device."""

from collections import OrderedDict
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from compute.errors import BadData, BadDirections
from compute.jobs import device
from compute.numerics.directions import gaussian, scaled
from compute.numerics.evaluation import Examples, mean_loss
from compute.numerics.planes import Plane, Weights
from compute.specs import DataRef, ModelRef, PlaneRef, Query, RandomPlane, StoredPlane
from compute.store.paper import read_directions
from compute.zoo import checkpoints, datasets

KEPT = 4
"""Prepared surfaces a worker keeps: as many as there can be panels."""

_prepared: OrderedDict[str, "Surface"] = OrderedDict()


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """A network, its examples and a plane, ready for any number of points."""

    network: nn.Module
    plane: Plane
    examples: Examples
    device: torch.device

    def __call__(self, alpha: float, beta: float) -> tuple[float, float]:
        """Mean loss and accuracy at a point."""
        return mean_loss(self.network, self.plane, (alpha, beta), self.examples)


def prepared(query: Query) -> Surface:
    """The surface of a query, prepared once and kept while it is used.

    Raises:
        LandscapeError: the references do not fit together.
    """
    surface = _prepared.pop(query.key, None) or build(query, device.chosen())
    _prepared[query.key] = surface
    while len(_prepared) > KEPT:
        _prepared.popitem(last=False)
    return surface


def build(query: Query, where: torch.device) -> Surface:
    """Loads a query's model, data and plane onto a device.

    Raises:
        LandscapeError: one of them cannot be loaded, or they do not fit together.
    """
    network = checkpoints.load_model(query.model)
    # The axes are drawn and scaled on the CPU, so that every device gets the same.
    weights = {name: parameter.detach().clone() for name, parameter in network.named_parameters()}
    x, y = axes(query.plane, weights)
    plane = Plane(on(weights, where), on(x, where), on(y, where))
    return Surface(network.to(where), plane, examples(query.data, query.model, where), where)


def axes(ref: PlaneRef, weights: Weights) -> tuple[Weights, Weights]:
    """The two directions of a plane through some weights.

    Raises:
        BadDirections: stored directions do not fit the weights.
    """
    match ref:
        case RandomPlane():
            x, y = (scaled(gaussian(weights, ref.seed, axis), weights, ref.norm, ref.ignore) for axis in (0, 1))
        case StoredPlane():
            x, y = (fitted(arrays, weights, ref.path) for arrays in read_directions(ref.path))
    return x, y


def fitted(arrays: list[np.ndarray], weights: Weights, path: str) -> Weights:
    """Stored arrays under the names of the parameters they belong to, by order.

    Raises:
        BadDirections: there are too few or too many, or a shape differs.
    """
    if len(arrays) != len(weights):
        raise BadDirections(
            f"The directions in {path} need one array per parameter, {len(weights)} for this network, got "
            f"{len(arrays)}: were they made for another architecture?"
        )
    for (name, weight), array in zip(weights.items(), arrays, strict=True):
        if tuple(weight.shape) != array.shape:
            raise BadDirections(
                f"The directions in {path} need shape {tuple(weight.shape)} for {name}, got {array.shape}: "
                "were they made for another architecture?"
            )
    return {name: torch.from_numpy(array).to(weights[name]) for name, array in zip(weights, arrays, strict=True)}


def examples(ref: DataRef, model: ModelRef, where: torch.device) -> Examples:
    """The examples of a reference, on a device.

    Raises:
        BadData: they are not what the model takes.
    """
    found = datasets.examples(ref)
    if tuple(found.images.shape[1:]) != model.shape:
        raise BadData(
            f"{model.architecture} takes examples of shape {model.shape} (channels, height, width), got "
            f"{tuple(found.images.shape[1:])} from {ref.name}: choose the data it was trained on."
        )
    return Examples(found.images.to(where), found.labels.to(where))


def on(weights: Weights, where: torch.device) -> Weights:
    """The same weights on a device."""
    return {name: weight.to(where) for name, weight in weights.items()}
