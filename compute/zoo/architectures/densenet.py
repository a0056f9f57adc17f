"""DenseNet-121 (Huang et al. 2017, table 1) for small images: a 3 x 3 stem that keeps the map's size."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from compute.zoo.architectures.resnet import start

BLOCKS = (6, 12, 24, 16)
"""Layers of each dense block: with two convolutions each, the stem, three transitions and the head, 121."""


class Layer(nn.Module):
    """Adds `growth` channels to those it is given, by a 1 x 1 and a 3 x 3 convolution after BatchNorm and ReLU."""

    def __init__(self, inputs: int, growth: int) -> None:
        super().__init__()
        self.bn1 = nn.BatchNorm2d(inputs)
        self.conv1 = nn.Conv2d(inputs, 4 * growth, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(4 * growth)
        self.conv2 = nn.Conv2d(4 * growth, growth, 3, padding=1, bias=False)

    def forward(self, images: Tensor) -> Tensor:
        """Maps (N, inputs, H, W) to (N, inputs + growth, H, W)."""
        hidden = self.conv1(F.relu(self.bn1(images)))
        return torch.cat([images, self.conv2(F.relu(self.bn2(hidden)))], 1)


class Transition(nn.Module):
    """Halves the channels and the map, rounded up."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.bn = nn.BatchNorm2d(inputs)
        self.conv = nn.Conv2d(inputs, inputs // 2, 1, bias=False)

    def forward(self, images: Tensor) -> Tensor:
        """Maps (N, inputs, H, W) to (N, inputs // 2, ceil(H / 2), ceil(W / 2))."""
        return F.avg_pool2d(self.conv(F.relu(self.bn(images))), 2, ceil_mode=True)


def features(width: int, growth: int) -> tuple[nn.Sequential, int]:
    """All dense blocks with a transition between one and the next, and how many channels come out."""
    parts: list[nn.Module] = []
    for number, layers in enumerate(BLOCKS):
        if number:
            parts.append(Transition(width))
            width //= 2
        parts.append(nn.Sequential(*(Layer(width + layer * growth, growth) for layer in range(layers))))
        width += layers * growth
    return nn.Sequential(*parts), width


class DenseNet(nn.Module):
    """A stem, four dense blocks, the mean over pixels, a dense layer.

    Example:
        >>> network = DenseNet(channels=3, classes=10)
        >>> sum(parameter.numel() for parameter in network.parameters())
        6956298
        >>> network(torch.zeros(2, 3, 32, 32)).shape
        torch.Size([2, 10])
    """

    def __init__(self, channels: int, classes: int, growth: int = 32) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, 2 * growth, 3, padding=1, bias=False)
        self.features, width = features(2 * growth, growth)
        self.bn = nn.BatchNorm2d(width)
        self.linear = nn.Linear(width, classes)
        self.apply(start)

    def forward(self, images: Tensor) -> Tensor:
        """Maps images (N, channels, H, W) to logits (N, classes)."""
        hidden = self.features(self.conv1(images))
        return self.linear(F.relu(self.bn(hidden)).mean((2, 3)))
