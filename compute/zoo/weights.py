"""Weights as they are stored: rounded, and written whole."""

from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from compute.errors import UnknownName
from compute.zoo.files import written

STATEMENTS: dict[str, str] = {
    "float32": "all tensors in float32",
    "float16": "tensors of two or more dimensions rounded to float16, biases and BatchNorm in float32",
}


def statement(storage: str) -> str:
    """What a storage means, in words.

    Raises:
        UnknownName: there is no such storage.
    """
    if storage not in STATEMENTS:
        raise UnknownName("storage", storage, STATEMENTS)
    return STATEMENTS[storage]


def rounded(state: dict[str, Tensor], storage: str) -> dict[str, Tensor]:
    """Private copies of the tensors, as stored.

    Example:
        >>> kept = rounded({"weight": torch.ones(2, 2), "bias": torch.ones(2)}, "float16")
        >>> kept["weight"].dtype, kept["bias"].dtype
        (torch.float16, torch.float32)
    """
    half = storage == "float16"
    return {
        name: tensor.detach().to(torch.float16 if half and tensor.dim() > 1 else tensor.dtype, copy=True).contiguous()
        for name, tensor in state.items()
    }


def write(state: dict[str, Tensor], path: Path) -> None:
    """Stores tensors as safetensors: the whole file or none."""
    with written(path) as draft:
        save_file(state, draft)
