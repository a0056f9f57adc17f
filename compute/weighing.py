"""How large the weights of networks are: their norm as training goes on, and their distribution."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True, eq=False)
class Norms:
    r"""The length $\lVert\theta\rVert_2$ of all parameters of a run's checkpoints, as training went.

    `steps` are the epochs they were saved after, None where unknown; `norms` has one number for each.
    """

    run: str
    steps: tuple[float | None, ...]
    norms: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class Histograms:
    """Which share of a network's weights lies in each bin; biases and BatchNorm, of one dimension, do not count.

    The bins between the `edges` (bins + 1) are the same for all networks, and reach four times as far as the root mean
    square of the largest weights; `shares` (networks, bins) add up to 1 together with what lies `beyond` (networks,).
    """

    edges: np.ndarray
    shares: np.ndarray
    beyond: np.ndarray
