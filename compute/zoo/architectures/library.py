"""The image classifiers of torchvision, by their names there."""

from typing import cast

from torch import nn
from torchvision import models

from compute.errors import BadReference, UnknownName


def classifier(name: str, shape: tuple[int, int, int], classes: int) -> nn.Module:
    """A fresh network of torchvision for images of some (channels, height, width).

    Where there are not three channels, the first convolution is another one.

    Raises:
        UnknownName: torchvision has no classifier of this name.
        BadReference: it cannot be built for such images.

    Example:
        >>> sum(parameter.numel() for parameter in classifier("resnet18", (3, 32, 32), 10).parameters())
        11181642
    """
    names = models.list_models(module=models)
    if name not in names:
        raise UnknownName("torchvision classifier", name, names)
    try:
        network = models.get_model(name, weights=None, num_classes=classes, **options(name, shape))
    except (AssertionError, ValueError) as problem:
        raise BadReference(
            f"torchvision's {name} should take images of shape {shape}, but cannot ({problem}): choose another."
        ) from problem
    if shape[0] != 3:
        widen(network, shape[0])
    return network


def options(name: str, shape: tuple[int, int, int]) -> dict[str, object]:
    """What some classifiers must be told: the image's size, or how they are to start."""
    _, height, width = shape
    if name.startswith("vit"):
        return {"image_size": height}
    if name.startswith("maxvit"):
        return {"input_size": (height, width)}
    if name in {"googlenet", "inception_v3"}:
        return {"init_weights": True}
    return {}


def widen(network: nn.Module, channels: int) -> None:
    """Puts a convolution from another number of channels in the first one's place."""
    name, stem = next((name, module) for name, module in network.named_modules() if isinstance(module, nn.Conv2d))
    owner, _, leaf = name.rpartition(".")
    kernel, stride, padding = (cast(tuple[int, int], part) for part in (stem.kernel_size, stem.stride, stem.padding))
    other = nn.Conv2d(channels, stem.out_channels, kernel, stride, padding, bias=stem.bias is not None)
    setattr(network.get_submodule(owner), leaf, other)
