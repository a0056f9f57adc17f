"""A small transformer that foretells the next letter of a licence."""

import sys
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT))  # this example borrows Loss Atlas's transformer; a network of yours needs no such line

from compute.zoo.architectures.transformer import Transformer  # noqa: E402 - found by the line above

title = "Letters of a licence"
checkpoints = "checkpoints/language"
LENGTH, SYMBOLS = 24, 128


def model() -> nn.Module:
    """Logits (n, symbols, length) of the letter that follows each place."""
    return Transformer(LENGTH, SYMBOLS, width=32, depth=2)


def data(split: str) -> tuple[Tensor, Tensor]:
    """Pieces of the text (n, length), and the same one letter later: the first four fifths train, the rest tests."""
    text = torch.tensor([min(ord(letter), SYMBOLS - 1) for letter in (ROOT / "LICENSE").read_text(encoding="utf-8")])
    border = 4 * len(text) // 5
    part = text[:border] if split == "train" else text[border:]
    pieces = part.unfold(0, LENGTH + 1, 4)
    return pieces[:, :-1].clone(), pieces[:, 1:].clone()


def loss(outputs: Tensor, targets: Tensor) -> Tensor:
    """Each piece's mean over its places, (n,)."""
    return nn.functional.cross_entropy(outputs, targets, reduction="none").mean(1)


def correct(outputs: Tensor, targets: Tensor) -> Tensor:
    """Whether the last letter, foretold from all before it, is right, (n,)."""
    return outputs[:, :, -1].argmax(1) == targets[:, -1]


def train(folder: Path = Path(__file__).parent / checkpoints, epochs: int = 5, steps: int = 20) -> None:
    """Trains the network, and keeps its weights before and after every so many steps."""
    torch.manual_seed(0)
    network, (pieces, following) = model(), data("train")
    optimiser = torch.optim.Adam(network.parameters(), 3e-3)
    folder.mkdir(parents=True, exist_ok=True)
    for epoch in range(epochs + 1):
        save_file(network.state_dict(), folder / f"epoch-{epoch:03d}.safetensors")
        for _ in range(steps if epoch < epochs else 0):
            drawn = torch.randint(len(pieces), (32,))
            optimiser.zero_grad()
            loss(network(pieces[drawn]), following[drawn]).mean().backward()
            optimiser.step()


if __name__ == "__main__":
    train()
