"""A multilayer perceptron with ReLU and without normalisation."""

from itertools import pairwise

import torch.nn.functional as F
from torch import Tensor, nn


class MLP(nn.Module):
    """Dense layers over the flattened pixels.

    Example:
        >>> import torch
        >>> MLP(inputs=64, widths=(64, 64), classes=10)(torch.zeros(2, 1, 8, 8)).shape
        torch.Size([2, 10])
    """

    def __init__(self, inputs: int, widths: tuple[int, ...], classes: int) -> None:
        super().__init__()
        sizes = (inputs, *widths, classes)
        self.layers = nn.ModuleList(nn.Linear(before, after) for before, after in pairwise(sizes))

    def forward(self, images: Tensor) -> Tensor:
        """Maps images (N, C, H, W) to logits (N, classes)."""
        hidden = images.flatten(1)
        for layer in self.layers[:-1]:
            hidden = F.relu(layer(hidden))
        return self.layers[-1](hidden)
