"""How good a network is on some examples."""

from copy import deepcopy
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

from compute.zoo.datasets import Examples
from compute.zoo.weights import rounded

BATCH = 512


@dataclass(frozen=True, slots=True)
class Measure:
    """Mean loss, and the share of wrong answers."""

    loss: float
    error: float


def measure(network: nn.Module, data: Examples, storage: str = "float32") -> Measure:
    """Loss and error over all examples, in evaluation mode, of the weights as stored; the network stays as it is."""
    judged = deepcopy(network).eval()
    judged.load_state_dict(rounded(judged.state_dict(), storage))
    loss, wrong = 0.0, 0
    with torch.inference_mode():
        for images, labels in zip(torch.split(data.images, BATCH), torch.split(data.labels, BATCH), strict=True):
            logits = judged(images)
            loss += F.cross_entropy(logits, labels, reduction="sum").item()
            wrong += int((logits.argmax(1) != labels).sum())
    return Measure(loss / len(data), wrong / len(data))
