"""Planes in weight space: theta(alpha, beta) = origin + alpha x + beta y."""

from dataclasses import dataclass

import torch
from torch import Tensor

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

    def project(self, weights: Weights) -> tuple[float, float, float]:
        r"""The nearest point (alpha, beta) and the distance to it, as a share of $\lVert\theta - \theta^*\rVert$.

        Least squares in float64, so that axes that are neither orthogonal nor of unit length are right.
        """
        axes = torch.stack([flat(self.x), flat(self.y)], dim=1)
        difference = flat({name: weights[name].double() - w.double() for name, w in self.origin.items()})
        at = torch.linalg.lstsq(axes, difference).solution
        length = difference.norm()
        residual = (difference - axes @ at).norm() / length if length > 0 else length
        return at[0].item(), at[1].item(), residual.item()

    def to(self, dtype: torch.dtype) -> "Plane":
        """The same plane in another arithmetic."""
        return Plane(*({name: w.to(dtype) for name, w in part.items()} for part in (self.origin, self.x, self.y)))

    def cosine(self) -> float:
        """The cosine of the angle between the axes."""
        x, y = flat(self.x), flat(self.y)
        return (x @ y / (x.norm() * y.norm())).item()


def flat(weights: Weights) -> Tensor:
    """All parameters as one float64 vector, on the CPU."""
    return torch.cat([w.detach().double().cpu().flatten() for w in weights.values()])
