"""Planes in weight space: theta(alpha, beta) = origin + alpha x + beta y."""

from dataclasses import dataclass
from functools import partial
from math import nan, prod, sqrt

import torch
from torch import Tensor, nn

from compute.numerics.arithmetic import cast, wide

Weights = dict[str, Tensor]


@dataclass(frozen=True, slots=True, eq=False)
class Plane:
    r"""The plane $\theta(\alpha, \beta) = \theta^* + \alpha\,\delta + \beta\,\eta$ through a network's weights.

    Each of the three holds one tensor per parameter, in the network's order.
    """

    origin: Weights
    x: Weights
    y: Weights

    def embed(self, alpha: float, beta: float) -> Weights:
        """The weights at a point, computed from the origin.

        Example:
            >>> one = {"w": torch.ones(1)}
            >>> Plane(one, one, one).embed(0.5, -2.0)["w"].item()
            -0.5
        """
        return {name: w + (alpha * self.x[name] + beta * self.y[name]) for name, w in self.origin.items()}

    def to(self, kind: torch.dtype | torch.device) -> "Plane":
        """The same plane in another arithmetic, or on another device."""
        change = partial(cast, dtype=kind) if isinstance(kind, torch.dtype) else partial(Tensor.to, device=kind)
        return Plane(*({name: change(w) for name, w in part.items()} for part in (self.origin, self.x, self.y)))

    @property
    def lengths(self) -> tuple[float, float]:
        """The norms of both axes."""
        return sqrt(dot(self.x, self.x)), sqrt(dot(self.y, self.y))

    @property
    def cosine(self) -> float:
        """The cosine of the angle between the axes; NaN if one of them has no length."""
        lengths = prod(self.lengths)
        return dot(self.x, self.y) / lengths if lengths else nan


def movable(network: nn.Module) -> Weights:
    """The parameters that can move: all but those of whole numbers. One with several names has the first.

    Example:
        >>> pair = nn.Sequential(nn.Linear(2, 2, bias=False), nn.Linear(2, 2, bias=False))
        >>> pair[1].weight = pair[0].weight
        >>> list(movable(pair))
        ['0.weight']
    """
    every = {name: parameter.detach() for name, parameter in network.named_parameters()}
    return {name: weight for name, weight in every.items() if weight.is_floating_point() or weight.is_complex()}


def real(tensor: Tensor) -> Tensor:
    """The numbers of a tensor as one float64 vector; of complex ones both parts.

    Example:
        >>> real(torch.tensor([1 + 2j])).tolist()
        [1.0, 2.0]
    """
    found = wide(tensor)
    return (torch.view_as_real(found.resolve_conj()) if found.is_complex() else found.double()).flatten()


def dot(one: Weights, other: Weights) -> float:
    """The scalar product of two directions, in float64, without a copy of the whole.

    Example:
        >>> dot({"w": torch.ones(3), "b": torch.ones(1)}, {"w": torch.full((3,), 2.0), "b": torch.zeros(1)})
        6.0
    """
    return sum(torch.dot(real(part), real(other[name])).item() for name, part in one.items())


def flat(weights: Weights) -> Tensor:
    """All parameters as one float64 vector, on the CPU."""
    return torch.cat([real(w.detach()).cpu() for w in weights.values()])
