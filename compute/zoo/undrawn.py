"""Networks that only wait for their weights."""

from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from compute.card import STUDY
from compute.errors import BadReference
from compute.shapes import InputShape
from compute.zoo.registry import TIMM, build

MOST = 100_000
"""Classes of a network that has to be built with numbers."""
DRAWS = (torch.Tensor.normal_, torch.Tensor.uniform_)
"""What `torch.nn.init` and its callers draw with."""


class Undrawn(TorchFunctionMode):
    """Skips whatever gives parameters their first values."""

    def __torch_function__(
        self,
        function: Callable[..., Any],
        types: object,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> object:
        """The result of any other function."""
        if function in DRAWS:  # zeros, for torch redraws a truncated normal until it lies within its bounds
            return args[0].zero_()
        if getattr(function, "__module__", None) == "torch.nn.init":
            return args[0] if args else None
        return function(*args, **(kwargs or {}))


def undrawn(architecture: str, shape: InputShape, classes: int) -> nn.Module:
    """A network whose weights are anything at all; the caller's random numbers are left alone.

    Raises:
        UnknownName: there is no such architecture.
        BadReference: it takes no such examples.
    """
    if architecture.startswith(STUDY):  # whatever it draws may be more than first values
        return build(architecture, shape, classes)
    with torch.random.fork_rng(devices=[]), Undrawn():
        return build(architecture, shape, classes)


def shapes_only(architecture: str, shape: InputShape, classes: int) -> nn.Module:
    """A network without numbers, of which only names, shapes and ties count, whatever its size.

    One that needs numbers while it is built has them.

    Raises:
        UnknownName: there is no such architecture.
        BadReference: it takes no such examples, or so many classes.
    """
    if architecture.startswith((STUDY, TIMM)):
        return undrawn(architecture, shape, classes)
    try:
        with torch.device("meta"):
            return undrawn(architecture, shape, classes)
    except (NotImplementedError, RuntimeError) as problem:
        if classes > MOST:
            raise BadReference(
                f"A network should have at most {MOST:,} classes where its size cannot be told before it is built, "
                f"{architecture} is to have {classes:,}: choose another."
            ) from problem
        return undrawn(architecture, shape, classes)
