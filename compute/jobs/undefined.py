"""Refuses to show the landscape of a network whose own loss is not a number, and says why that may be."""

import numpy as np
import torch
from torch import Tensor

from compute.errors import BadNetwork
from compute.inputs import Inputs, tensors
from compute.numerics.prepared import Prepared


def refuse_undefined(made: Prepared, losses: np.ndarray, start: int, stop: int) -> None:
    """Refuses losses (points, examples) where an example has none at any point, nor at the origin, while others have.

    A network that gives NaN for every example has diverged: that is a result.

    Raises:
        BadNetwork: there is such an example.
    """
    if not np.isnan(losses).all(0).any():
        return
    at_origin = np.isnan(made.losses(np.zeros((1, 2)), start, stop)[0][0])
    if not at_origin.any() or at_origin.all():
        return
    first = int(at_origin.argmax())
    example = made.examples.part(start + first, start + first + 1)
    raise BadNetwork(
        f"Every example should have a loss, but that of example {start + first} is NaN at the model itself, and of "
        f"{int(at_origin.sum())} of {stop - start} examples: {cause(example.inputs, example.targets)}."
    )


def cause(inputs: Inputs, targets: Inputs) -> str:
    """Why one example may have no loss, and what to do."""
    if any(undefined(part) for part in tensors(inputs)):
        return "its inputs hold NaN or infinity, so leave it out of data()"
    if any(undefined(part) for part in tensors(targets)):
        return "its targets hold NaN or infinity, so leave it out of data()"
    padded = next((part.flatten()[0].item() for part in tensors(targets) if alike(part)), None)
    if padded is not None:
        return (
            f"all its targets are {padded}, perhaps padding, so that its loss is a mean over nothing; leave it out of "
            "data(), or divide by at least 1"
        )
    return "let loss(outputs, targets) be defined for it, or leave it out of data()"


def undefined(part: Tensor) -> bool:
    """Whether a tensor holds something that is not a finite number."""
    return not bool(torch.isfinite(part).all())


def alike(targets: Tensor) -> bool:
    """Whether the targets of one example are all the same negative number."""
    if targets.is_complex() or not targets.numel():
        return False
    first = targets.flatten()[0]
    return bool(first < 0) and bool((targets == first).all())
