"""VGG-16 (Simonyan and Zisserman 2015, column D) for small images, and the VGG-9 of Li et al. (2018, section 3)."""

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor, nn

NINE: tuple[tuple[int, ...], ...] = ((64, 64), (128, 128), (256, 256, 256))
"""Channels of VGG-9's convolutions between one pooling and the next: the first seven of VGG-16."""

SIXTEEN: tuple[tuple[int, ...], ...] = (*NINE, (512, 512, 512), (512, 512, 512))
"""The same of VGG-16."""


def convolution(inputs: int, outputs: int) -> list[nn.Module]:
    """A 3 x 3 convolution, BatchNorm and ReLU."""
    return [nn.Conv2d(inputs, outputs, 3, padding=1), nn.BatchNorm2d(outputs), nn.ReLU()]


def features(channels: int, stages: Sequence[Sequence[int]]) -> nn.Sequential:
    """All convolutions; each stage ends by halving the map, rounded up."""
    layers: list[nn.Module] = []
    for stage in stages:
        for width in stage:
            layers += convolution(channels, width)
            channels = width
        layers.append(nn.MaxPool2d(2, ceil_mode=True))
    return nn.Sequential(*layers)


def dense(inputs: int, width: int, hidden: int) -> nn.Sequential:
    """Hidden dense layers, each with BatchNorm, and ReLU between them."""
    layers: list[nn.Module] = [nn.Linear(inputs, width), nn.BatchNorm1d(width)]
    for _ in range(hidden - 1):
        layers += [nn.ReLU(), nn.Linear(width, width), nn.BatchNorm1d(width)]
    return nn.Sequential(*layers)


class VGG(nn.Module):
    """Plain stacks of convolutions, then `hidden` dense layers and the classifier; `slimness` divides every width.

    Each stage halves the map: VGG-9 takes 32 x 32 pixels to 4 x 4 and 8 x 8 to 1 x 1, VGG-16 both to 1 x 1. Poolings
    round up, so a map never vanishes. The widths of the dense layers are the last convolution's, as for CIFAR-10.

    Example:
        >>> import torch
        >>> VGG(channels=1, size=(8, 8), classes=10, slimness=2)(torch.zeros(2, 1, 8, 8)).shape
        torch.Size([2, 10])
    """

    def __init__(
        self,
        channels: int,
        size: tuple[int, int],
        classes: int,
        slimness: int = 1,
        stages: Sequence[Sequence[int]] = NINE,
        hidden: int = 1,
    ) -> None:
        super().__init__()
        stages = [[width // slimness for width in stage] for stage in stages]
        width, halvings = stages[-1][-1], 2 ** len(stages)
        pixels = -(-size[0] // halvings) * -(-size[1] // halvings)
        self.features = features(channels, stages)
        self.fc = dense(width * pixels, width, hidden)
        self.classifier = nn.Linear(width, classes)

    def forward(self, images: Tensor) -> Tensor:
        """Maps images (N, channels, H, W) to logits (N, classes)."""
        return self.classifier(F.relu(self.fc(self.features(images).flatten(1))))
