"""Two spirals, told apart by a small network, trained with and without weight decay: two runs of one study."""

from pathlib import Path

import torch
from torch import Tensor, nn

title = "Two spirals"
checkpoints = {"plain": "checkpoints/classification/plain", "decayed": "checkpoints/classification/decayed"}
DECAYS = {"plain": 0.0, "decayed": 0.01}


def model() -> nn.Module:
    """Logits (n, 2)."""
    return nn.Sequential(nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 2))


def data(split: str) -> tuple[Tensor, Tensor]:
    """Points (n, 2), and the spiral of each."""
    draws = torch.Generator().manual_seed({"train": 0, "test": 1}[split])
    turn, spiral = 4 * torch.rand(300, generator=draws) + 0.5, torch.arange(300) % 2
    angle = 2 * turn + torch.pi * spiral
    noise = 0.05 * torch.randn(300, 2, generator=draws)
    return torch.stack([turn * angle.cos(), turn * angle.sin()], 1) / 2 + noise, spiral


def loss(outputs: Tensor, targets: Tensor) -> Tensor:
    """Cross-entropy of each example, (n,)."""
    return nn.functional.cross_entropy(outputs, targets, reduction="none")


def correct(outputs: Tensor, targets: Tensor) -> Tensor:
    """Whether the larger logit is the right one's, (n,)."""
    return outputs.argmax(1) == targets


def train(folder: Path = Path(__file__).parent, epochs: int = 6, steps: int = 60) -> None:
    """Trains both runs, and keeps their weights before and after every so many steps."""
    points, spirals = data("train")
    for run, decay in DECAYS.items():
        torch.manual_seed(0)
        network, place = model(), folder / checkpoints[run]
        optimiser = torch.optim.AdamW(network.parameters(), 0.01, weight_decay=decay)
        place.mkdir(parents=True, exist_ok=True)
        for epoch in range(epochs + 1):
            torch.save({"epoch": epoch, "state_dict": network.state_dict()}, place / f"epoch-{epoch:03d}.pth")
            for _ in range(steps if epoch < epochs else 0):
                optimiser.zero_grad()
                loss(network(points), spirals).mean().backward()
                optimiser.step()


if __name__ == "__main__":
    train()
