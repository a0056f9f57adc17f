"""Images moved and mirrored at random, as training wants them."""

import torch
import torch.nn.functional as F
from torch import Tensor

MARGIN = 4
"""Pixels around an image, as He et al. (2016, section 4.2) have it for CIFAR."""


def cropped_and_flipped(images: Tensor, generator: torch.Generator) -> Tensor:
    """Each image moved by up to `MARGIN` pixels along both axes, zeros moving in, and mirrored or not.

    Args:
        images: (N, C, H, W), on any device.
        generator: draws, on the CPU, so that every device sees the same.

    Example:
        >>> cropped_and_flipped(torch.ones(2, 3, 8, 8), torch.Generator().manual_seed(0)).shape
        torch.Size([2, 3, 8, 8])
    """
    count, _, height, width = images.shape
    down, right = torch.randint(2 * MARGIN + 1, (2, count, 1), generator=generator)
    mirrored = torch.rand(count, 1, generator=generator) < 0.5
    rows = torch.arange(height) + down
    columns = torch.arange(width) + right
    columns = torch.where(mirrored, columns.flip(1), columns)
    which = torch.arange(count)[:, None, None]
    places = (which, rows[:, :, None], columns[:, None, :])
    padded = F.pad(images, (MARGIN,) * 4).permute(0, 2, 3, 1)
    return padded[tuple(place.to(images.device) for place in places)].permute(0, 3, 1, 2)
