"""How good a network is on some examples."""

from collections.abc import Iterator
from contextlib import contextmanager
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
    """Mean loss, and the share of wrong answers: one for each example, or for each place of a sequence."""

    loss: float
    error: float


def measure(network: nn.Module, data: Examples, storage: str = "float32") -> Measure:
    """Loss and error over all examples, in evaluation mode, of the weights as stored; the network stays as it is."""
    judged = deepcopy(network).eval()
    judged.load_state_dict(rounded(judged.state_dict(), storage))
    loss, wrong = 0.0, 0
    every = data.single()
    with exact_float32(), torch.inference_mode():
        for inputs, targets in zip(*(torch.split(part, BATCH) for part in every), strict=True):
            logits = judged(inputs)
            loss += F.cross_entropy(logits, targets, reduction="sum").item()
            wrong += int((logits.argmax(1) != targets).sum())
    return Measure(loss / every[1].numel(), wrong / every[1].numel())


@contextmanager
def exact_float32() -> Iterator[None]:
    """Float32 that means float32 on a GPU, whose default keeps 10 bits of the mantissa; settings are put back after."""
    cudnn, matmul = torch.backends.cudnn, torch.backends.cuda.matmul
    before = cudnn.allow_tf32, matmul.allow_tf32, cudnn.benchmark
    cudnn.allow_tf32, matmul.allow_tf32, cudnn.benchmark = False, False, False
    try:
        yield
    finally:
        cudnn.allow_tf32, matmul.allow_tf32, cudnn.benchmark = before
