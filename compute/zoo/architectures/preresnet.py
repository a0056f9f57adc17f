"""PreResNet-164: a residual network whose BatchNorm and ReLU come before each convolution (He et al. 2016b)."""

import torch.nn.functional as F
from torch import Tensor, nn

from compute.zoo.architectures.resnet import start


class Block(nn.Module):
    """BatchNorm, ReLU and a convolution, three times: 1 x 1, 3 x 3 and 1 x 1, the first two a quarter as wide.

    The way around starts before the first BatchNorm; where the shape changes it is a 1 x 1 convolution, without
    BatchNorm, for nothing may follow an addition (He et al. 2016b, section 3).
    """

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        width = outputs // 4
        self.bn1 = nn.BatchNorm2d(inputs)
        self.conv1 = nn.Conv2d(inputs, width, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, padding=1, bias=False)
        self.bn3 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, outputs, 1, bias=False)
        same = inputs == outputs and stride == 1
        self.shortcut = nn.Identity() if same else nn.Conv2d(inputs, outputs, 1, stride, bias=False)

    def forward(self, images: Tensor) -> Tensor:
        """Maps (N, inputs, H, W) to (N, outputs, ceil(H / stride), ceil(W / stride))."""
        hidden = self.conv1(F.relu(self.bn1(images)))
        hidden = self.conv2(F.relu(self.bn2(hidden)))
        hidden = self.conv3(F.relu(self.bn3(hidden)))
        return hidden + self.shortcut(images)


def stage(inputs: int, outputs: int, blocks: int, stride: int) -> nn.Sequential:
    """Blocks of one width; the first one changes the shape."""
    return nn.Sequential(Block(inputs, outputs, stride), *(Block(outputs, outputs, 1) for _ in range(blocks - 1)))


class PreResNet(nn.Module):
    """A stem, three stages of n blocks with 64, 128 and 256 channels, a dense layer: 9 n + 2 layers deep.

    Example:
        >>> import torch
        >>> PreResNet(164, channels=1, classes=10)(torch.zeros(2, 1, 8, 8)).shape
        torch.Size([2, 10])
    """

    def __init__(self, depth: int, channels: int, classes: int) -> None:
        super().__init__()
        blocks = (depth - 2) // 9
        self.conv1 = nn.Conv2d(channels, 16, 3, padding=1, bias=False)
        self.layer1 = stage(16, 64, blocks, 1)
        self.layer2 = stage(64, 128, blocks, 2)
        self.layer3 = stage(128, 256, blocks, 2)
        self.bn = nn.BatchNorm2d(256)
        self.linear = nn.Linear(256, classes)
        self.apply(start)

    def forward(self, images: Tensor) -> Tensor:
        """Maps images (N, channels, H, W) to logits (N, classes)."""
        hidden = self.layer3(self.layer2(self.layer1(self.conv1(images))))
        return self.linear(F.relu(self.bn(hidden)).mean((2, 3)))
