"""Losses of a network at points of a plane."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.func import functional_call

from compute.numerics.planes import Plane, Weights


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """Resident examples: inputs (n, channels, height, width), already normalised, and labels (n,).

    Of sequences, both are symbols (n, length), int64: each place's label is the symbol that comes next.
    """

    inputs: Tensor
    labels: Tensor

    def part(self, start: int, stop: int) -> "Examples":
        """Those from `start` up to, not including, `stop`."""
        return Examples(self.inputs[start:stop], self.labels[start:stop])

    def to(self, dtype: torch.dtype) -> "Examples":
        """The same with inputs of another arithmetic; symbols stay what they are."""
        return Examples(self.inputs.to(dtype) if self.inputs.is_floating_point() else self.inputs, self.labels)

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
            loss, right = judged(outputs, labels)
            losses.append(loss)
            correct.append(right)
    return torch.cat(losses), torch.cat(correct)


def judged(outputs: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Cross-entropy and correctness (bool) of each example, both (n,), of logits (n, classes, ...) and labels (n, ...).

    An example with many labels has the mean of their losses, and is right where its last one is: in a sequence, the
    one that is foretold from all the others.

    Example:
        >>> logits = torch.zeros(1, 4, 3)  # one sequence of three symbols out of four, all equally likely
        >>> judged(logits, torch.tensor([[1, 2, 0]]))
        (tensor([1.3863]), tensor([True]))
    """
    losses = nn.functional.cross_entropy(outputs, labels, reduction="none")
    right = outputs.argmax(dim=1) == labels
    return losses.reshape(len(labels), -1).mean(1), right.reshape(len(labels), -1)[:, -1]


def mean_loss(
    network: nn.Module, plane: Plane, at: tuple[float, float], examples: Examples, batch: int = 100
) -> tuple[float, float]:
    r"""Mean loss and accuracy (a share) at a point, $\frac1n \sum_i L_i(\theta^* + \alpha\delta + \beta\eta)$.

    The mean is over examples, not batches (Li et al. 2018, equation 1), and is taken in float64. NaN and infinity are
    results like others.
    """
    losses, correct = per_example(network, plane.embed(*at), examples, batch)
    return losses.double().mean().item(), correct.double().mean().item()
