"""Losses of a network at points of a plane."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import nan
from typing import Any

import torch
from torch import Tensor, nn

from compute.inputs import Inputs, map_tensors, rows, select_rows, tensors
from compute.numerics.calling import call_with
from compute.numerics.planes import Plane, Weights

Judged = tuple[Tensor, Tensor | None]
"""The loss (n,) of each example, and whether it is right (n,), bool; None where nothing can be right or wrong."""

Judge = Callable[[Any, Any], Judged]
"""Judges a network's outputs for n examples by their targets, tensors (n, ...), each example by its own alone."""


def judged(outputs: Tensor, labels: Tensor) -> Judged:
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


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """Resident examples: inputs (n, ...), already normalised, targets (n, ...), and how outputs are judged by them.

    Of images, inputs are (n, channels, height, width) and targets classes (n,), int64. Of sequences, both are symbols
    (n, length), int64: each place's target is the symbol that comes next. Either may be a tuple or a dictionary of
    tensors with n rows each.
    """

    inputs: Inputs
    targets: Inputs
    judge: Judge = judged

    def __len__(self) -> int:
        return rows(self.targets)

    @property
    def labels(self) -> Tensor:
        """Each example's class (n,), int64; 0 where its target is none: statistics of a class are then of no use."""
        targets = self.targets
        if isinstance(targets, Tensor) and targets.dim() == 1 and not targets.is_floating_point():
            return targets.long()
        return torch.zeros(len(self), dtype=torch.int64, device=tensors(targets)[0].device)

    def part(self, start: int, stop: int) -> "Examples":
        """Those from `start` up to, not including, `stop`."""
        inputs, targets = (select_rows(part, start, stop) for part in (self.inputs, self.targets))
        return replace(self, inputs=inputs, targets=targets)

    def to(self, dtype: torch.dtype) -> "Examples":
        """The same with inputs and targets of another arithmetic; classes and symbols stay what they are."""

        def converted(part: Tensor) -> Tensor:
            return part.to(dtype) if part.is_floating_point() else part

        inputs, targets = (map_tensors(converted, part) for part in (self.inputs, self.targets))
        return replace(self, inputs=inputs, targets=targets)

    def batches(self, size: int) -> Iterator[tuple[Inputs, Inputs]]:
        """Inputs and targets of all examples in their order; the last batch may be smaller."""
        for first in range(0, len(self), size):
            yield select_rows(self.inputs, first, first + size), select_rows(self.targets, first, first + size)


def per_example(network: nn.Module, weights: Weights, examples: Examples, batch: int) -> Judged:
    """Loss (float32) and correctness (bool) of each example, both (n,); the network is not changed.

    The network's buffers (BatchNorm's statistics) stay what they are: it must be in evaluation mode.
    """
    with torch.inference_mode():
        parts = [
            examples.judge(call_with(network, weights, inputs), targets) for inputs, targets in examples.batches(batch)
        ]
    return joined(parts)


def joined(parts: Sequence[Judged], dim: int = 0) -> Judged:
    """What was told of one batch of examples after another, as if they had been one."""
    losses, right = zip(*parts, strict=True)
    return torch.cat(losses, dim), None if right[0] is None else torch.cat(right, dim)


def averaged(losses: Tensor, right: Tensor | None) -> tuple[float, float]:
    """Mean loss and accuracy (a share), taken in float64; the accuracy is NaN where nothing can be right or wrong."""
    return losses.double().mean().item(), nan if right is None else right.double().mean().item()


def mean_loss(
    network: nn.Module, plane: Plane, at: tuple[float, float], examples: Examples, batch: int = 100
) -> tuple[float, float]:
    r"""Mean loss and accuracy (a share) at a point, $\frac1n \sum_i L_i(\theta^* + \alpha\delta + \beta\eta)$.

    The mean is over examples, not batches (Li et al. 2018, equation 1), and is taken in float64. NaN and infinity are
    results like others.
    """
    return averaged(*per_example(network, plane.embed(*at), examples, batch))
