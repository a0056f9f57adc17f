"""Discs to be told from their ground, pixel by pixel, in images drawn on the fly."""

from pathlib import Path

import torch
from torch import Tensor, nn

title = "Discs"
checkpoints = "checkpoints/segmentation"
SIDE = 16


def model() -> nn.Module:
    """Logits (n, 1, side, side) of each pixel."""
    layers = [nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 8, 3, padding=1), nn.ReLU()]
    return nn.Sequential(*layers, nn.Conv2d(8, 1, 1))


def data(split: str) -> tuple[Tensor, Tensor]:
    """Noisy images (n, 1, side, side), and which pixels belong to the disc, as 0 and 1."""
    draws = torch.Generator().manual_seed({"train": 0, "test": 1}[split])
    centre, radius = torch.rand(128, 2, 1, 1, generator=draws) * SIDE, 3 + 3 * torch.rand(128, 1, 1, generator=draws)
    along = torch.arange(SIDE, dtype=torch.float32)
    inside = ((along[:, None] - centre[:, 0]).square() + (along - centre[:, 1]).square() < radius.square()).float()
    return (inside + 0.7 * torch.randn(inside.shape, generator=draws))[:, None], inside[:, None]


def loss(outputs: Tensor, targets: Tensor) -> Tensor:
    """Each image's mean over its pixels, (n,)."""
    each = nn.functional.binary_cross_entropy_with_logits(outputs, targets.to(outputs), reduction="none")
    return each.flatten(1).mean(1)


def correct(outputs: Tensor, targets: Tensor) -> Tensor:
    """Whether disc and prediction overlap by more than half of their union, (n,)."""
    found, truth = (outputs > 0).flatten(1), (targets > 0.5).flatten(1)
    return (found & truth).sum(1) > 0.5 * (found | truth).sum(1)


def train(folder: Path = Path(__file__).parent / checkpoints, epochs: int = 5, steps: int = 20) -> None:
    """Trains the network, and keeps its weights before and after every so many steps."""
    torch.manual_seed(0)
    network, (images, discs) = model(), data("train")
    optimiser = torch.optim.Adam(network.parameters(), 0.01)
    folder.mkdir(parents=True, exist_ok=True)
    for epoch in range(epochs + 1):
        torch.save(network.state_dict(), folder / f"epoch-{epoch:03d}.pt")
        for _ in range(steps if epoch < epochs else 0):
            optimiser.zero_grad()
            loss(network(images), discs).mean().backward()
            optimiser.step()


if __name__ == "__main__":
    train()
