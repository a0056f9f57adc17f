"""Random directions in weight space, scaled so that landscapes of different networks compare."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from compute.errors import UnknownName

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
    direction: dict[str, Tensor], weights: dict[str, Tensor], norm: str = "filter", ignore: str = "biasbn"
) -> dict[str, Tensor]:
    r"""The direction with each part scaled to the weights' own size (Li et al. 2018, section 4).

    Filter normalisation, $d_i \leftarrow d_i \, \lVert w_i \rVert / (\lVert d_i \rVert + 10^{-10})$ for each slice
    along a tensor's first axis: an output filter of a convolution, a row of a dense layer. `layer` does it per tensor,
    `weight` multiplies by the weights, `dfilter` and `dlayer` make unit lengths, `none` changes nothing. Tensors of
    one dimension (biases, BatchNorm) get 0 with `ignore="biasbn"`; otherwise the weights themselves, as in the paper's
    code, except under `none`.

    Raises:
        UnknownName: there is no such norm.

    Example:
        >>> w, d = {"w": torch.tensor([[3.0, 4.0]])}, {"w": torch.tensor([[1.0, 0.0]])}
        >>> scaled(d, w)["w"].tolist()
        [[5.0, 0.0]]
    """
    if norm not in SCALES:
        raise UnknownName("norm", norm, SCALES)
    return {name: _scaled_tensor(part, weights[name], norm, ignore) for name, part in direction.items()}


def _scaled_tensor(part: Tensor, weight: Tensor, norm: str, ignore: str) -> Tensor:
    if part.dim() <= 1 and ignore == "biasbn":
        return torch.zeros_like(part)
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
