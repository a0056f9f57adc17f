"""Random directions in weight space, scaled so that landscapes of different networks compare."""

from collections.abc import Callable, Collection
from math import nan

import numpy as np
import torch
from torch import Tensor

from compute.errors import UnknownName
from compute.numerics.moving import moved
from compute.numerics.planes import flat

EPSILON = 1e-10


def gaussian(weights: dict[str, Tensor], seed: int, axis: int) -> dict[str, Tensor]:
    """A standard normal direction, one tensor per parameter, the same on every device and version of torch.

    Args:
        weights: the parameters, in the network's order; their shapes and types are taken over.
        seed: names the plane.
        axis: 0 or 1, which axis of the plane.

    Example:
        >>> w = {"w": torch.zeros(2, 3)}
        >>> torch.equal(gaussian(w, 0, 0)["w"], gaussian(w, 0, 0)["w"])
        True
    """
    source = np.random.default_rng([seed, axis])
    return {
        name: torch.from_numpy(source.standard_normal(tuple(weight.shape))).to(weight)
        for name, weight in weights.items()
    }


def scaled(
    direction: dict[str, Tensor],
    weights: dict[str, Tensor],
    norm: str = "filter",
    ignore: str = "biasbn",
    only: str = "",
    frozen: Collection[str] = (),
) -> dict[str, Tensor]:
    r"""The direction with each part scaled to the weights' own size (Li et al. 2018, section 4).

    Filter normalisation, $d_i \leftarrow d_i \, \lVert w_i \rVert / (\lVert d_i \rVert + 10^{-10})$ for each slice
    along a tensor's first axis: an output filter of a convolution, a row of a dense layer. `layer` does it per tensor,
    `weight` multiplies by the weights, `dfilter` and `dlayer` make unit lengths, `none` changes nothing. Parameters
    that `ignore`, `only` and `frozen` leave alone (`compute.numerics.moving`) get 0, by default those of one dimension
    (biases, BatchNorm); otherwise these get the weights themselves, as in the paper's code, except under `none`.

    Raises:
        UnknownName: there is no such norm.
        BadReference: the plane would move nothing, or a pattern matches no parameter.

    Example:
        >>> w, d = {"w": torch.tensor([[3.0, 4.0]])}, {"w": torch.tensor([[1.0, 0.0]])}
        >>> scaled(d, w)["w"].tolist()
        [[5.0, 0.0]]
    """
    if norm not in SCALES:
        raise UnknownName("norm", norm, SCALES)
    kept = moved(weights, ignore, only, frozen)
    return {
        name: _scaled_tensor(part, weights[name], norm) if name in kept else torch.zeros_like(part)
        for name, part in direction.items()
    }


def cosine(x: dict[str, Tensor], y: dict[str, Tensor]) -> float:
    """The cosine of the angle between two directions.

    Example:
        >>> cosine({"w": torch.tensor([3.0, 4.0])}, {"w": torch.tensor([4.0, 3.0])})
        0.96
    """
    one, two = flat(x), flat(y)
    lengths = one.norm() * two.norm()
    return float(one @ two / lengths) if lengths else nan


def effective_dimension(weights: dict[str, Tensor], norm: str = "filter") -> float:
    r"""The dimension $n$ for which two such directions make the angle of plain Gaussian ones, biases left out.

    Parts of $n_f$ entries, each scaled to the length $s_f$, have
    $n = \left(\sum_f s_f^2\right)^2 / \sum_f \left(s_f^4 / n_f\right)$, for $E[\cos^2] = 1 / n$; so
    $E|\cos| \approx \sqrt{2 / (\pi n)}$. A part is a filter, a tensor, a single weight, or everything.
    Complex weights count as real ones of their size do, for what is drawn is real.

    Raises:
        UnknownName: there is no such norm.

    Example:
        >>> effective_dimension({"w": torch.ones(5, 4)}), effective_dimension({"w": torch.eye(2)}, "weight")
        (20.0, 2.0)
    """
    if norm not in PARTS:
        raise UnknownName("norm", norm, PARTS)
    kept = [weight.abs().double() for weight in weights.values() if weight.dim() > 1]
    if norm == "none":
        return float(sum(weight.numel() for weight in kept))
    parts = [PARTS[norm](weight) for weight in kept]
    squares = torch.cat([torch.ones(len(part)) if norm in UNIT else part.norm(dim=1) ** 2 for part in parts]).double()
    sizes = torch.cat([torch.full((len(part),), float(part.shape[1])) for part in parts]).double()
    return float(squares.sum() ** 2 / (squares**2 / sizes).sum())


UNIT = ("dfilter", "dlayer")
"""Norms that make unit lengths, whatever the weights."""

PARTS: dict[str, Callable[[Tensor], Tensor]] = {
    "filter": lambda weight: weight.flatten(1),
    "dfilter": lambda weight: weight.flatten(1),
    "layer": lambda weight: weight.reshape(1, -1),
    "dlayer": lambda weight: weight.reshape(1, -1),
    "weight": lambda weight: weight.reshape(-1, 1),
    "none": lambda weight: weight.reshape(1, -1),
}
"""A tensor's parts that are scaled one by one, a row each."""


def _scaled_tensor(part: Tensor, weight: Tensor, norm: str) -> Tensor:
    if part.dim() <= 1 and norm != "none":
        return weight.clone()
    return SCALES[norm](part, weight)


def _lengths(tensor: Tensor) -> Tensor:
    """The norm of each slice along the first axis, shaped to divide the tensor."""
    return tensor.flatten(1).norm(dim=1).reshape(-1, *[1] * (tensor.dim() - 1))


SCALES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "filter": lambda d, w: d * (_lengths(w) / (_lengths(d) + EPSILON)),
    "layer": lambda d, w: d * (w.norm() / d.norm()),
    "weight": lambda d, w: d * w,
    "dfilter": lambda d, _: d / (_lengths(d) + EPSILON),
    "dlayer": lambda d, _: d / d.norm(),
    "none": lambda d, _: d.clone(),
}
"""What each norm does to a tensor d of two or more dimensions beside its weights w."""
