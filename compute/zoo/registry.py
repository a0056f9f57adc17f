"""The architectures there are, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from compute.card import STUDY
from compute.errors import BadReference, UnknownName
from compute.shapes import InputShape, Shape, one_shape, shape_text

if TYPE_CHECKING:  # the web server lists names and must not load torch
    from torch import nn

    from compute.zoo.architectures.resnet import Shortcut

Factory = Callable[[Shape, int], "nn.Module"]

TORCHVISION = "torchvision:"
"""Before the name of any image classifier of that library."""

TIMM = "timm:"
"""Before the name of any image classifier of that package, which is optional."""


def _resnet(
    shape: Shape, classes: int, *, depth: int, kind: Shortcut, widening: int = 1, slimness: int = 1
) -> nn.Module:
    from compute.zoo.architectures.resnet import Block, Bottleneck, ResNet

    return ResNet(depth, kind, shape[0], classes, widening, Bottleneck if depth == DEEPEST else Block, slimness)


def _preresnet(shape: Shape, classes: int, *, depth: int) -> nn.Module:
    from compute.zoo.architectures.preresnet import PreResNet

    return PreResNet(depth, shape[0], classes)


def _densenet(shape: Shape, classes: int, *, growth: int) -> nn.Module:
    from compute.zoo.architectures.densenet import DenseNet

    return DenseNet(shape[0], classes, growth)


def _vgg9(shape: Shape, classes: int, *, slimness: int) -> nn.Module:
    from compute.zoo.architectures.vgg import VGG

    return VGG(shape[0], (shape[1], shape[2]), classes, slimness)


def _vgg16(shape: Shape, classes: int, *, slimness: int) -> nn.Module:
    from compute.zoo.architectures.vgg import SIXTEEN, VGG

    return VGG(shape[0], (shape[1], shape[2]), classes, slimness, stages=SIXTEEN, hidden=2)


def _alexnet(shape: Shape, classes: int, *, slimness: int) -> nn.Module:
    from compute.zoo.architectures.alexnet import AlexNet

    return AlexNet(shape[0], (shape[1], shape[2]), classes, slimness)


def _mlp(shape: Shape, classes: int, *, widths: tuple[int, ...]) -> nn.Module:
    from compute.zoo.architectures.mlp import MLP

    return MLP(shape[0] * shape[1] * shape[2], widths, classes)


def _library(shape: Shape, classes: int, *, name: str) -> nn.Module:
    from compute.zoo.architectures.library import classifier

    return classifier(name, (shape[0], shape[1], shape[2]), classes)


def _timm(shape: Shape, classes: int, *, name: str) -> nn.Module:
    from compute.zoo.architectures.timm_models import timm_classifier

    return timm_classifier(name, (shape[0], shape[1], shape[2]), classes)


def _transformer(shape: Shape, classes: int) -> nn.Module:
    from compute.zoo.architectures.transformer import Transformer

    return Transformer(shape[0], classes)


DEEPEST = 164
"""The depth from which He et al. (2016b) build ResNets of bottlenecks."""

DEPTHS = (20, 32, 44, 56, 110, DEEPEST)

WIDENINGS = (1, 2, 4, 8)

IMAGES: Mapping[str, Factory] = {
    **{f"resnet{depth}": partial(_resnet, depth=depth, kind="pad") for depth in DEPTHS},
    **{f"resnet{depth}-projection": partial(_resnet, depth=depth, kind="projection") for depth in DEPTHS},
    **{f"resnet{depth}-noshort": partial(_resnet, depth=depth, kind="none") for depth in DEPTHS},
    "preresnet164": partial(_preresnet, depth=164),
    **{f"wrn56-k{k}": partial(_resnet, depth=56, kind="projection", widening=k) for k in WIDENINGS},
    **{f"wrn56-k{k}-noshort": partial(_resnet, depth=56, kind="none", widening=k) for k in WIDENINGS},
    **{f"wrn56-k{k}-slim": partial(_resnet, depth=56, kind="projection", widening=k, slimness=4) for k in WIDENINGS},
    **{f"wrn56-k{k}-noshort-slim": partial(_resnet, depth=56, kind="none", widening=k, slimness=4) for k in WIDENINGS},
    "vgg9": partial(_vgg9, slimness=1),
    "vgg9-slim": partial(_vgg9, slimness=2),
    "vgg9-eighth": partial(_vgg9, slimness=8),
    "vgg16": partial(_vgg16, slimness=1),
    "vgg16-eighth": partial(_vgg16, slimness=8),
    **{f"vgg{depth}": partial(_resnet, depth=depth, kind="none") for depth in (56, 110)},
    "densenet121": partial(_densenet, growth=32),
    "densenet121-slim": partial(_densenet, growth=12),
    "alexnet": partial(_alexnet, slimness=1),
    "alexnet-slim": partial(_alexnet, slimness=4),
    "mlp": partial(_mlp, widths=(64, 64)),
}
"""Name to factory((channels, height, width), classes)."""

SEQUENCES: Mapping[str, Factory] = {"transformer": _transformer}
"""Name to factory((length,), symbols)."""

ARCHITECTURES: Mapping[str, Factory] = {**IMAGES, **SEQUENCES}


def known(name: str) -> str:
    """The name itself; which names follow `torchvision:` or `timm:` is only known once it is built.

    Raises:
        UnknownName: no architecture is called so.

    Example:
        >>> known("resnet20")
        'resnet20'
    """
    if name not in ARCHITECTURES and not name.startswith((TORCHVISION, TIMM, STUDY)):
        raise UnknownName("architecture", name, [*ARCHITECTURES, f"{TORCHVISION}NAME", f"{TIMM}NAME"])
    return name


def _of_library(name: str) -> Factory:
    if name.startswith(TIMM):
        return partial(_timm, name=name.removeprefix(TIMM))
    return partial(_library, name=name.removeprefix(TORCHVISION))


def build(name: str, shape: InputShape, classes: int) -> nn.Module:
    """A fresh network; its weights are drawn from torch's global generator.

    Args:
        name: one of `ARCHITECTURES`, `torchvision:NAME`, `timm:NAME`, or `study:NAME@DIGEST` of a study that this
            process may run.
        shape: one example's (channels, height, width), or (length,) where it is a sequence of symbols; a
            study's network is built for its own.
        classes: how many logits, of an image or of each place of a sequence.

    Raises:
        UnknownName: no architecture is called so.
        BadReference: it does not take examples of such a shape.

    Example:
        >>> sum(parameter.numel() for parameter in build("resnet56-noshort", (3, 32, 32), 10).parameters())
        853018
    """
    if name.startswith(STUDY):
        from compute.zoo.studies import network

        return network(name)
    factory = ARCHITECTURES.get(known(name)) or _of_library(name)
    kind, sides = ("sequences", 1) if name in SEQUENCES else ("images", 3)
    plain = one_shape(shape)
    if len(plain) != sides:
        axes = "(length,)" if sides == 1 else "(channels, height, width)"
        raise BadReference(
            f"{name} takes {kind} of shape {axes}, but got {shape_text(shape)}: choose data of that kind."
        )
    return factory(plain, classes)
