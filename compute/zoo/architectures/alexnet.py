"""AlexNet in one tower (Krizhevsky 2014) for small images: five convolutions and one dense layer."""

from torch import Tensor, nn

WIDTHS = (64, 192, 384, 256, 256)
"""Channels of the convolutions."""

SIDE = 8
"""Pixels to which the first convolution takes the shorter side, by its stride, which is 4 at most."""


def pooling() -> nn.MaxPool2d:
    """Halves the map, rounded up."""
    return nn.MaxPool2d(2, ceil_mode=True)


class AlexNet(nn.Module):
    """Large convolutions without normalisation; on 32 x 32 and 8 x 8 pixels the maps are 8, 4, 2 and 1 pixels wide.

    `slimness` divides every width.

    Example:
        >>> import torch
        >>> AlexNet(channels=1, size=(8, 8), classes=10)(torch.zeros(2, 1, 8, 8)).shape
        torch.Size([2, 10])
    """

    def __init__(self, channels: int, size: tuple[int, int], classes: int, slimness: int = 1) -> None:
        super().__init__()
        stride = min(max(min(size) // SIDE, 1), 4)
        first, second, third, fourth, fifth = (width // slimness for width in WIDTHS)
        self.features = nn.Sequential(
            *(nn.Conv2d(channels, first, 11, stride, padding=5), nn.ReLU(), pooling()),
            *(nn.Conv2d(first, second, 5, padding=2), nn.ReLU(), pooling()),
            *(nn.Conv2d(second, third, 3, padding=1), nn.ReLU()),
            *(nn.Conv2d(third, fourth, 3, padding=1), nn.ReLU()),
            *(nn.Conv2d(fourth, fifth, 3, padding=1), nn.ReLU(), pooling()),
        )
        height, width = (-(-side // (8 * stride)) for side in size)
        self.classifier = nn.Linear(fifth * height * width, classes)

    def forward(self, images: Tensor) -> Tensor:
        """Maps images (N, channels, H, W) to logits (N, classes)."""
        return self.classifier(self.features(images).flatten(1))
