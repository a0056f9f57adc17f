"""Finds out how the images that a network was trained on were normalised, by its losses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import sqrt
from time import perf_counter
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from compute.shapes import one_shape
from compute.specs import DataRef, ModelRef
from compute.zoo.datasets import Channels, normalised, stored

if TYPE_CHECKING:  # the web server, which proposes by these trials, must not load torch
    from torch import nn

IMAGES, BATCH = 512, 64
"""Training images that each normalisation is tried on, and how many go through the network at once."""
SECONDS = 12.0
"""After so long no further images are taken, so that large networks do not keep anybody waiting."""
NEAR = 3.0
"""Beyond so many times the lowest loss of the first batch a normalisation is tried no further."""
CLEARLY = 0.9
"""A loss below this share of that with the default normalisation is clearly better."""

PLAIN = "pixels from 0 to 1"

USUAL: Mapping[int, Mapping[str, tuple[Channels, Channels]]] = MappingProxyType(
    {
        1: {"MNIST": ((0.1307,), (0.3081,)), "pixels from −1 to 1": ((0.5,), (0.5,))},
        3: {
            "ImageNet": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
            "CIFAR-10": ((0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)),
            "CIFAR-100": ((0.5071, 0.4865, 0.4409), (0.2673, 0.2564, 0.2762)),
            "pixels from −1 to 1": ((0.5,) * 3, (0.5,) * 3),
        },
    }
)
"""Means and standard deviations that are often used, by the number of channels."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A normalisation, and the network's loss of each of some images with it, and its accuracy over them."""

    name: str
    mean: Channels
    std: Channels
    losses: tuple[float, ...]
    accuracy: float

    @property
    def loss(self) -> float:
        """The mean loss."""
        return float(np.mean(self.losses))

    def beats(self, other: "Trial") -> bool:
        """Whether the loss is lower than another's by two standard errors of the difference, over the same images."""
        gains = np.subtract(other.losses[: len(self.losses)], self.losses[: len(other.losses)])
        return bool(gains.mean() > 2 * gains.std() / sqrt(len(gains)))


def try_normalisations(model: ModelRef, data: DataRef, published: tuple[Channels, Channels]) -> tuple[Trial, ...]:
    """The losses of a network over the first images of some data, normalised in the usual ways; the default one first.

    The default is the data's published normalisation, or none: pixels from 0 to 1.

    Raises:
        LandscapeError: the network or the data cannot be loaded.
    """
    from compute.zoo.checkpoints import load_model

    network, began = load_model(model), perf_counter()
    pixels, labels = stored(replace(data, size=min(IMAGES, data.size)))
    ways = usual(one_shape(model.shape)[0], published)
    found, near = {name: Judgements() for name in ways}, list(ways)
    for start in range(0, len(labels), BATCH):
        part = slice(start, start + BATCH)
        for name in near:
            found[name].add(network, normalised(pixels[part], *ways[name]), labels[part])
        near = [name for name in near if found[name].loss <= NEAR * min(one.loss for one in found.values())]
        if perf_counter() - began > SECONDS:
            break
    return tuple(Trial(name, *ways[name], tuple(one.losses), float(np.mean(one.right))) for name, one in found.items())


@dataclass(slots=True)
class Judgements:
    """The loss of each image so far, and whether it was classified correctly."""

    losses: list[float] = field(default_factory=list)
    right: list[bool] = field(default_factory=list)

    @property
    def loss(self) -> float:
        """The mean so far."""
        return float(np.mean(self.losses))

    def add(self, network: "nn.Module", images: np.ndarray, labels: np.ndarray) -> None:
        """Judges further images, normalised, (n, C, H, W), by their labels (n,)."""
        import torch

        from compute.numerics.evaluation import judged

        with torch.inference_mode():
            losses, right = judged(network(torch.from_numpy(images)), torch.from_numpy(labels))
        self.losses += losses.tolist()
        self.right += (right if right is not None else torch.zeros(len(labels), dtype=torch.bool)).tolist()


def usual(channels: int, published: tuple[Channels, Channels]) -> dict[str, tuple[Channels, Channels]]:
    """The normalisations to try, the default one first, none of them twice."""
    plain: tuple[Channels, Channels] = (0.0,) * channels, (1.0,) * channels
    known = {PLAIN: plain, **USUAL.get(channels, {})}
    name = next((name for name, way in known.items() if way == published), "published")
    default = {PLAIN: plain} if published[0] is None else {name: published}
    return default | known


def best(trials: Sequence[Trial], classes: int) -> Trial:
    """The first trial that no other beats, if it is clearly better than the default one and the network classifies.

    Example:
        >>> none, half, ours = (
        ...     Trial(name, None, None, (loss, 0.9 * loss), right)
        ...     for name, loss, right in ((PLAIN, 2.9, 0.2), ("half", 2.1, 0.15), ("ours", 0.01, 1.0))
        ... )
        >>> best([none, half], 10).name, best([none, half, ours], 10).name
        ('pixels from 0 to 1', 'ours')
    """
    default, lowest = trials[0], min(trials, key=lambda trial: trial.loss)
    if lowest.accuracy <= min(3 / classes, (1 + 1 / classes) / 2) or lowest.loss >= CLEARLY * default.loss:
        return default
    return next(trial for trial in trials if not lowest.beats(trial))
