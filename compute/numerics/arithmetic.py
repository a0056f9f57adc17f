"""The arithmetic that networks compute in, which complex and whole numbers take part in."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

COMPLEX = {torch.float64: torch.complex128, torch.float32: torch.complex64}
"""The complex numbers of an arithmetic; there are none as narrow as bfloat16."""


def cast(tensor: Tensor, dtype: torch.dtype) -> Tensor:
    """A tensor in an arithmetic: real numbers stay real, complex ones complex, whole ones what they are.

    Example:
        >>> [cast(torch.ones(1, dtype=kind), torch.float64).dtype for kind in (torch.float32, torch.cfloat, torch.int8)]
        [torch.float64, torch.complex128, torch.int8]
    """
    if tensor.is_complex():
        return tensor.to(COMPLEX.get(dtype, torch.complex64))
    return tensor.to(dtype) if tensor.is_floating_point() else tensor


def wide(tensor: Tensor) -> Tensor:
    """A tensor in float64, a complex one in complex128."""
    return cast(tensor, torch.float64)


@contextmanager
def arithmetic(dtype: torch.dtype, gradients: bool) -> Iterator[None]:
    """Inside, tensors that a network creates are of its arithmetic; gradients are there only for one that needs them.

    Example:
        >>> with arithmetic(torch.float64, gradients=False):
        ...     torch.zeros(1).dtype
        torch.float64
    """
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        with torch.enable_grad() if gradients else torch.inference_mode():
            yield
    finally:
        torch.set_default_dtype(before)
