"""Images moved and mirrored at random, as training wants them."""

import torch
import torch.nn.functional as F
from torch import Tensor

MARGINS = {"crop-flip": 4, "shift": 1}
"""Pixels around an image, by the augmentation; 4 as He et al. (2016, section 4.2) have it for CIFAR."""


def draw_moves(augmentation: str, count: int, generator: torch.Generator) -> Tensor | None:
    """How each of some images is moved: rows (down, right, mirrored) of shape (3, count), int64; None for none.

    The numbers are drawn on the CPU, so that every device sees the same. A move down or right is 0 to twice the margin,
    the margin itself leaving the image where it is; only "crop-flip" mirrors.

    Example:
        >>> draw_moves("shift", 5, torch.Generator().manual_seed(0)).shape
        torch.Size([3, 5])
    """
    if augmentation == "none":
        return None
    moves = torch.randint(2 * MARGINS[augmentation] + 1, (3, count), generator=generator)
    moves[2] = torch.randint(2, (count,), generator=generator) if augmentation == "crop-flip" else 0
    return moves


def move(images: Tensor, moves: Tensor, augmentation: str) -> Tensor:
    """Each image moved along both axes, zeros moving in, and mirrored or not.

    Args:
        images: (N, C, H, W), on any device.
        moves: (3, N), as `draw_moves` gives them, on the same device.
        augmentation: which has drawn them.

    Example:
        >>> still = torch.tensor([[4], [4], [0]])
        >>> move(torch.ones(1, 3, 8, 8), still, "crop-flip").min()
        tensor(1.)
    """
    count, _, height, width = images.shape
    down, right, mirrored = moves[:, :, None]
    rows = torch.arange(height, device=images.device) + down
    columns = torch.arange(width, device=images.device)
    columns = torch.where(mirrored == 1, columns.flip(0), columns) + right
    which = torch.arange(count, device=images.device)[:, None, None]
    padded = F.pad(images, (MARGINS[augmentation],) * 4).permute(0, 2, 3, 1)
    return padded[which, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)
