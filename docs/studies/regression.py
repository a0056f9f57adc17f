"""A small network fitted to a noisy sine: train it by running this file, then give it to `run.py --study`."""

from pathlib import Path

import torch
from torch import Tensor, nn

title = "Noisy sine"
checkpoints = "checkpoints/regression"


def model() -> nn.Module:
    """The network whose weights the checkpoints hold."""
    return nn.Sequential(nn.Linear(1, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, 1))


def data(split: str) -> tuple[Tensor, Tensor]:
    """The same points and values every time."""
    draws = torch.Generator().manual_seed({"train": 0, "test": 1}[split])
    x = 6 * torch.rand(256, 1, generator=draws) - 3
    return x, torch.sin(2 * x) + 0.1 * torch.randn(256, 1, generator=draws)


def loss(outputs: Tensor, targets: Tensor) -> Tensor:
    """The squared error of each example, (n,)."""
    return (outputs - targets).square().mean(1)


def train(folder: Path = Path(__file__).parent / checkpoints, epochs: int = 8, steps: int = 50) -> None:
    """Fits the network, and keeps its weights before and after every so many steps."""
    torch.manual_seed(0)
    network, (x, y) = model(), data("train")
    optimiser = torch.optim.Adam(network.parameters(), 0.01)
    folder.mkdir(parents=True, exist_ok=True)
    for epoch in range(epochs + 1):
        torch.save(network.state_dict(), folder / f"epoch-{epoch:03d}.pt")
        for _ in range(steps if epoch < epochs else 0):
            optimiser.zero_grad()
            loss(network(x), y).mean().backward()
            optimiser.step()


if __name__ == "__main__":
    train()
