"""Straight lines through weight space: from one network to another, whole or one layer alone."""

import torch

from compute.errors import UnknownName
from compute.numerics.arithmetic import wide
from compute.numerics.planes import Plane, Weights


def layers(weights: Weights) -> dict[str, tuple[str, ...]]:
    """The names of each layer's tensors, by the name of the module that holds its weights.

    A tensor of two or more dimensions begins a layer; its bias, and the BatchNorm that follows, belong to it.

    Args:
        weights: in the network's order.

    Example:
        >>> layers({"conv.weight": torch.ones(2, 2), "norm.weight": torch.ones(2), "fc.weight": torch.ones(1, 2)})
        {'conv': ('conv.weight', 'norm.weight'), 'fc': ('fc.weight',)}
    """
    found: dict[str, tuple[str, ...]] = {}
    layer = ""
    for name, weight in weights.items():
        if weight.dim() > 1 or not found:
            layer = name.rpartition(".")[0] or name
        found[layer] = (*found.get(layer, ()), name)
    return found


def towards(start: Weights, end: Weights, part: str = "") -> Weights:
    r"""The direction $\theta_2 - \theta_1$ from some weights to others, zero outside one layer if a part is named.

    Raises:
        UnknownName: there is no such layer.
    """
    found = layers(start)
    if part and part not in found:
        raise UnknownName("layer", part, found)
    moved = set(found[part]) if part else set(start)
    return {
        name: (wide(end[name]) - wide(weight)).to(weight) if name in moved else torch.zeros_like(weight)
        for name, weight in start.items()
    }


def line(origin: Weights, x: Weights) -> Plane:
    """The line through some weights along a direction: a plane whose other axis has no length."""
    return Plane(origin, x, {name: torch.zeros_like(weight) for name, weight in origin.items()})


def cut(plane: Plane, start: tuple[float, float], end: tuple[float, float]) -> Plane:
    r"""The straight cut through a plane from one point (alpha, beta), at 0, to another, at 1.

    Example:
        >>> one, two = {"w": torch.ones(1)}, {"w": torch.full((1,), 2.0)}
        >>> cut(Plane(one, one, two), (1.0, 0.0), (1.0, 2.0)).embed(0.5, 0.0)["w"].item()
        4.0
    """
    exact = plane.to(torch.float64)
    (a, b), (c, d) = start, end
    x = {name: (c - a) * axis + (d - b) * exact.y[name] for name, axis in exact.x.items()}
    first = exact.embed(a, b)
    return line(*({name: part[name].to(weight) for name, weight in plane.origin.items()} for part in (first, x)))
