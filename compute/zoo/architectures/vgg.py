"""VGG-9: the first seven convolutions of VGG-16, then two dense layers (Li et al. 2018, section 3, and their code)."""

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor, nn

STAGES: tuple[tuple[int, ...], ...] = ((64, 64), (128, 128), (256, 256, 256))
"""Channels of the convolutions between one pooling and the next."""


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


class VGG(nn.Module):
    """Plain stacks of convolutions; `slimness` divides every width.

    Three poolings take 32 x 32 pixels to 4 x 4 and 8 x 8 to 1 x 1; poolings round up, so a map never vanishes.

    Example:
        >>> import torch
        >>> VGG(channels=1, size=(8, 8), classes=10, slimness=2)(torch.zeros(2, 1, 8, 8)).shape
        torch.Size([2, 10])
    """

    def __init__(self, channels: int, size: tuple[int, int], classes: int, slimness: int = 1) -> None:
        super().__init__()
        stages = [[width // slimness for width in stage] for stage in STAGES]
        width, halvings = stages[-1][-1], 2 ** len(stages)
        pixels = -(-size[0] // halvings) * -(-size[1] // halvings)
        self.features = features(channels, stages)
        self.fc = nn.Sequential(nn.Linear(width * pixels, width), nn.BatchNorm1d(width))
        self.classifier = nn.Linear(width, classes)

    def forward(self, images: Tensor) -> Tensor:
        """Maps images (N, channels, H, W) to logits (N, classes)."""
        return self.classifier(F.relu(self.fc(self.features(images).flatten(1))))
