"""Weighs the checkpoints of references, a part of one at a time in memory."""

from collections.abc import Iterator, Sequence
from math import sqrt

import numpy as np
from torch import Tensor

from compute.jobs.axes import parameters
from compute.jobs.progress import mark
from compute.numerics.lines import layers
from compute.numerics.planes import Weights
from compute.numerics.trajectories import blocks
from compute.numerics.weighing import norm, shares
from compute.specs import ModelRef
from compute.zoo.readers import Reader, readers

BLOCK = 2**22
"""Numbers that are read at once."""
BINS = 81
"""An odd number, so that zero is the middle of a bin."""
WIDTH = 4
"""The histogram reaches so many times as far as the root mean square of the largest weights."""


def norms(models: Sequence[ModelRef]) -> np.ndarray:
    """The length of all parameters of each network (n,); all are of one architecture.

    Raises:
        LandscapeError: one of them cannot be read.
    """
    weights = parameters(models[0])
    with readers(models) as sources:
        return np.array([norm(pieces(weights, read)) for read in sources])


def histograms(models: Sequence[ModelRef]) -> dict[str, np.ndarray]:
    """The arrays `edges` and `shares` of `compute.weighing.Histograms`, of networks of one architecture.

    Raises:
        LandscapeError: one of them cannot be read.
    """
    weights = {name: weight for name, weight in parameters(models[0]).items() if weight.dim() > 1}
    count = sum(weight.numel() * (2 if weight.is_complex() else 1) for weight in weights.values())
    with readers(models) as sources:
        reach = WIDTH * max(norm(pieces(weights, read)) for read in sources) / sqrt(count)
        edges = np.linspace(-reach, reach, BINS + 1)
        return {"edges": edges, "shares": np.array([shares(pieces(weights, read), edges) for read in sources])}


def pieces(weights: Weights, read: Reader) -> Iterator[Tensor]:
    """A checkpoint's tensors of some names, some rows at a time."""
    for block in blocks(weights, BLOCK):
        mark()
        yield from read(block)


def layers_of(model: ModelRef) -> tuple[str, ...]:
    """The names of a network's layers, as a line along one of them takes them.

    Raises:
        LandscapeError: it cannot be loaded.
    """
    return tuple(layers(parameters(model)))
