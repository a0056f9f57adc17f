"""The architectures there are, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from compute.errors import UnknownName

if TYPE_CHECKING:  # the web server lists names and must not load torch
    from torch import nn

    from compute.zoo.architectures.resnet import Shortcut

    Factory = Callable[[int, tuple[int, int], int], nn.Module]


def _resnet(channels: int, size: tuple[int, int], classes: int, *, depth: int, kind: Shortcut) -> nn.Module:
    from compute.zoo.architectures.resnet import ResNet

    return ResNet(depth, kind, channels, classes)


def _vgg(channels: int, size: tuple[int, int], classes: int, *, slimness: int) -> nn.Module:
    from compute.zoo.architectures.vgg import VGG

    return VGG(channels, size, classes, slimness)


def _mlp(channels: int, size: tuple[int, int], classes: int, *, widths: tuple[int, ...]) -> nn.Module:
    from compute.zoo.architectures.mlp import MLP

    return MLP(channels * size[0] * size[1], widths, classes)


DEPTHS = (20, 32, 44, 56, 110)

ARCHITECTURES: Mapping[str, Factory] = {
    **{f"resnet{depth}": partial(_resnet, depth=depth, kind="pad") for depth in DEPTHS},
    **{f"resnet{depth}-projection": partial(_resnet, depth=depth, kind="projection") for depth in DEPTHS},
    **{f"resnet{depth}-noshort": partial(_resnet, depth=depth, kind="none") for depth in DEPTHS},
    "vgg9": partial(_vgg, slimness=1),
    "vgg9-slim": partial(_vgg, slimness=2),
    "mlp": partial(_mlp, widths=(64, 64)),
}
"""Name to factory(channels, (height, width), classes)."""


def known(name: str) -> str:
    """The name itself.

    Raises:
        UnknownName: no architecture is called so.

    Example:
        >>> known("resnet20")
        'resnet20'
    """
    if name not in ARCHITECTURES:
        raise UnknownName("architecture", name, ARCHITECTURES)
    return name


def build(name: str, shape: tuple[int, int, int], classes: int) -> nn.Module:
    """A fresh network; its weights are drawn from torch's global generator.

    Args:
        name: one of `ARCHITECTURES`.
        shape: one example's (channels, height, width).
        classes: how many logits.

    Raises:
        UnknownName: no architecture is called so.

    Example:
        >>> sum(parameter.numel() for parameter in build("resnet56-noshort", (3, 32, 32), 10).parameters())
        853018
    """
    return ARCHITECTURES[known(name)](shape[0], shape[1:], classes)
