"""How large weights are, taken a tensor at a time."""

from collections.abc import Iterable
from math import sqrt

import numpy as np
from torch import Tensor

from compute.numerics.planes import real


def norm(tensors: Iterable[Tensor]) -> float:
    """The length of all tensors together, in float64.

    Example:
        >>> import torch
        >>> norm([torch.tensor([3.0]), torch.tensor([[4.0]])])
        5.0
    """
    return sqrt(sum(real(tensor).square().sum().item() for tensor in tensors))


def shares(tensors: Iterable[Tensor], edges: np.ndarray) -> np.ndarray:
    """The share of all entries in each bin; what lies beyond the edges counts as well, but for none.

    Example:
        >>> import torch
        >>> shares([torch.tensor([0.5, 1.5, 9.0]), torch.tensor([[0.25]])], np.array([0.0, 1.0, 2.0])).tolist()
        [0.5, 0.25]
    """
    counts, total = np.zeros(len(edges) - 1), 0
    for tensor in tensors:
        numbers = real(tensor)
        counts += np.histogram(numbers.numpy(), edges)[0]
        total += numbers.numel()
    return counts / total
