"""Residual networks for small images (He et al. 2016, section 4.2), with three kinds of shortcut."""

from typing import Literal

import torch.nn.functional as F
from torch import Tensor, nn

Shortcut = Literal["pad", "projection", "none"]


class Pad(nn.Module):
    """Option A of He et al. (2016): every `stride`-th pixel, missing channels filled with zeros on both sides."""

    def __init__(self, missing: int, stride: int) -> None:
        super().__init__()
        self.before, self.after, self.stride = missing // 2, missing - missing // 2, stride

    def forward(self, images: Tensor) -> Tensor:
        """Maps (N, C, H, W) to (N, C + missing, ceil(H / stride), ceil(W / stride))."""
        thinned = images[:, :, :: self.stride, :: self.stride]
        return F.pad(thinned, (0, 0, 0, 0, self.before, self.after))


def projection(inputs: int, outputs: int, stride: int) -> nn.Sequential:
    """Option B of He et al. (2016): a 1 x 1 convolution, then BatchNorm."""
    return nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))


def bridge(inputs: int, outputs: int, stride: int, kind: Shortcut) -> nn.Module | None:
    """The way around a block; None where there is none."""
    if kind == "none":
        return None
    if inputs == outputs and stride == 1:
        return nn.Identity()
    return projection(inputs, outputs, stride) if kind == "projection" else Pad(outputs - inputs, stride)


class Block(nn.Module):
    """Two 3 x 3 convolutions, each with BatchNorm, and perhaps a way around them."""

    layers, expansion = 2, 1

    def __init__(self, inputs: int, outputs: int, stride: int, kind: Shortcut) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.shortcut = bridge(inputs, outputs, stride, kind)

    def forward(self, images: Tensor) -> Tensor:
        """Maps (N, inputs, H, W) to (N, outputs, ceil(H / stride), ceil(W / stride))."""
        hidden = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(images)))))
        return F.relu(hidden if self.shortcut is None else hidden + self.shortcut(images))


class Bottleneck(nn.Module):
    """Convolutions of 1 x 1, 3 x 3 and 1 x 1, the first two a quarter as wide (He et al. 2016, figure 5)."""

    layers, expansion = 3, 4

    def __init__(self, inputs: int, outputs: int, stride: int, kind: Shortcut) -> None:
        super().__init__()
        width = outputs // self.expansion
        self.conv1 = nn.Conv2d(inputs, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, outputs, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outputs)
        self.shortcut = bridge(inputs, outputs, stride, kind)

    def forward(self, images: Tensor) -> Tensor:
        """Maps (N, inputs, H, W) to (N, outputs, ceil(H / stride), ceil(W / stride))."""
        hidden = F.relu(self.bn1(self.conv1(images)))
        hidden = self.bn3(self.conv3(F.relu(self.bn2(self.conv2(hidden)))))
        return F.relu(hidden if self.shortcut is None else hidden + self.shortcut(images))


Kind = type[Block] | type[Bottleneck]


def stage(block: Kind, inputs: int, outputs: int, blocks: int, stride: int, kind: Shortcut) -> nn.Sequential:
    """Blocks of one width; the first one changes the shape."""
    first = block(inputs, outputs, stride, kind)
    return nn.Sequential(first, *(block(outputs, outputs, 1, kind) for _ in range(blocks - 1)))


class ResNet(nn.Module):
    """A stem, three stages of n blocks, the mean over pixels, a dense layer.

    With blocks of two layers it is 6 n + 2 layers deep and its stages have 16, 32 and 64 channels; with bottlenecks it
    is 9 n + 2 layers deep and they have 64, 128 and 256. `widening` multiplies every width, the stem's among them, as
    the wide networks of Li et al. (2018, section 5.2) do; `slimness` divides it.

    Example:
        >>> import torch
        >>> network = ResNet(20, "pad", channels=3, classes=10)
        >>> sum(parameter.numel() for parameter in network.parameters())
        269722
        >>> network(torch.zeros(2, 3, 32, 32)).shape
        torch.Size([2, 10])
    """

    def __init__(
        self,
        depth: int,
        kind: Shortcut,
        channels: int,
        classes: int,
        widening: int = 1,
        block: Kind = Block,
        slimness: int = 1,
    ) -> None:
        super().__init__()
        blocks, stem = (depth - 2) // (3 * block.layers), 16 * widening // slimness
        first, second, third = (stem * block.expansion * factor for factor in (1, 2, 4))
        self.conv1 = nn.Conv2d(channels, stem, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(stem)
        self.layer1 = stage(block, stem, first, blocks, 1, kind)
        self.layer2 = stage(block, first, second, blocks, 2, kind)
        self.layer3 = stage(block, second, third, blocks, 2, kind)
        self.linear = nn.Linear(third, classes)
        self.apply(start)

    def forward(self, images: Tensor) -> Tensor:
        """Maps images (N, channels, H, W) to logits (N, classes)."""
        hidden = F.relu(self.bn1(self.conv1(images)))
        hidden = self.layer3(self.layer2(self.layer1(hidden)))
        return self.linear(hidden.mean((2, 3)))


def start(module: nn.Module) -> None:
    """Draws a convolution's weights with variance 2 / fan-in (He et al. 2015, section 2.2)."""
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight)
