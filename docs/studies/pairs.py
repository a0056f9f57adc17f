"""Do two images show the same digit? Two inputs, one network for both, and two outputs that the loss compares."""

from pathlib import Path

import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn

title = "Pairs of digits"
checkpoints = "checkpoints/pairs"
SIZE = {"train": 400, "test": 200}


class Twins(nn.Module):
    """Puts two images through the same layers."""

    def __init__(self) -> None:
        """Makes the layers."""
        super().__init__()
        self.layers = nn.Sequential(nn.Flatten(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 8))

    def forward(self, one: Tensor, other: Tensor) -> tuple[Tensor, Tensor]:
        """The features of both images, (n, 8) each."""
        return self.layers(one), self.layers(other)


def model() -> nn.Module:
    """The network whose weights the checkpoints hold; it is called with both images."""
    return Twins()


def data(split: str) -> tuple[tuple[Tensor, Tensor], Tensor]:
    """Two images (n, 1, 8, 8) for each example, and whether they show the same digit, (n,); half of them do."""
    digits = load_digits()
    images, labels = torch.from_numpy(digits.images).float()[:, None] / 16, torch.from_numpy(digits.target)
    draws = torch.Generator().manual_seed({"train": 0, "test": 1}[split])
    own = torch.arange(0, 1200) if split == "train" else torch.arange(1200, len(labels))
    first = own[torch.randint(len(own), (SIZE[split],), generator=draws)]
    alike = (labels[own] == labels[first, None]).float()
    alike[1::2] = 1 - alike[1::2]
    second = own[torch.multinomial(alike, 1, generator=draws)[:, 0]]
    return (images[first], images[second]), labels[first] == labels[second]


def distance(outputs: tuple[Tensor, Tensor]) -> Tensor:
    """How far the features of two images lie apart, (n,)."""
    return (outputs[0] - outputs[1]).square().sum(1).add(1e-9).sqrt()


def loss(outputs: tuple[Tensor, Tensor], same: Tensor) -> Tensor:
    """The contrastive loss of each pair, (n,): features of one digit should meet, others keep a distance of 1."""
    apart = distance(outputs)
    return torch.where(same, apart, torch.relu(1 - apart)).square()


def correct(outputs: tuple[Tensor, Tensor], same: Tensor) -> Tensor:
    """Whether pairs of one digit, and they alone, lie nearer than 0.5, (n,)."""
    return (distance(outputs) < 0.5) == same


def train(folder: Path = Path(__file__).parent, epochs: int = 6, steps: int = 40) -> None:
    """Trains the network, and keeps its weights before and after every so many steps."""
    torch.manual_seed(0)
    network, (images, same), place = model(), data("train"), folder / checkpoints
    optimiser = torch.optim.Adam(network.parameters(), 0.003)
    place.mkdir(parents=True, exist_ok=True)
    for epoch in range(epochs + 1):
        torch.save(network.state_dict(), place / f"epoch-{epoch:03d}.pt")
        for _ in range(steps if epoch < epochs else 0):
            optimiser.zero_grad()
            loss(network(*images), same).mean().backward()
            optimiser.step()


if __name__ == "__main__":
    train()
