"""Losses of a network at points of a plane."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.func import functional_call

from compute.numerics.planes import Plane, Weights


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """Resident examples: inputs (n, channels, height, width), already normalised, and labels (n,)."""

    inputs: Tensor
    labels: Tensor

    def part(self, start: int, stop: int) -> "Examples":
        """Those from `start` up to, not including, `stop`."""
        return Examples(self.inputs[start:stop], self.labels[start:stop])

    def batches(self, size: int) -> Iterator[tuple[Tensor, Tensor]]:
        """All examples in their order; the last batch may be smaller."""
        for first in range(0, len(self.labels), size):
            yield self.inputs[first : first + size], self.labels[first : first + size]


def per_example(network: nn.Module, weights: Weights, examples: Examples, batch: int) -> tuple[Tensor, Tensor]:
    """Cross-entropy (float32) and correctness (bool) of each example, both (n,); the network is not changed.

    The network's buffers (BatchNorm's statistics) stay what they are: it must be in evaluation mode.
    """
    losses, correct = [], []
    with torch.inference_mode():
        for inputs, labels in examples.batches(batch):
            outputs = functional_call(network, weights, (inputs,))
            losses.append(nn.functional.cross_entropy(outputs, labels, reduction="none"))
            correct.append(outputs.argmax(dim=1) == labels)
    return torch.cat(losses), torch.cat(correct)


def mean_loss(
    network: nn.Module, plane: Plane, at: tuple[float, float], examples: Examples, batch: int = 100
) -> tuple[float, float]:
    r"""Mean loss and accuracy (a share) at a point, $\frac1n \sum_i L_i(\theta^* + \alpha\delta + \beta\eta)$.

    The mean is over examples, not batches (Li et al. 2018, equation 1), and is taken in float64. NaN and infinity are
    results like others.
    """
    losses, correct = per_example(network, plane.embed(*at), examples, batch)
    return losses.double().mean().item(), correct.double().mean().item()
