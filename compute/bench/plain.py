"""The loop that public tools run, to compare with: kept plain on purpose."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from multiprocessing import get_all_start_methods
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

from compute.jobs.axes import spanned
from compute.jobs.build import examples
from compute.numerics.evaluation import Examples
from compute.numerics.planes import Plane
from compute.specs import DataRef, Query
from compute.zoo import checkpoints, digits, npz

BATCH, WORKERS = 128, 2

DIGITS_WHITE, WHITE = 16, 255
"""The brightest pixel of scikit-learn's digits, and of a byte."""


@dataclass(frozen=True, slots=True, eq=False)
class Pixels(Dataset[tuple[Tensor, int]]):
    """Stored images (n, height, width, channels), uint8, each a PIL image before it is a normalised tensor.

    So do torchvision's data sets, CIFAR-10 among them, whoever asks them.
    """

    images: np.ndarray
    labels: np.ndarray
    transform: transforms.Compose

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        return self.transform(picture(self.images[index])), int(self.labels[index])


def picture(pixels: np.ndarray) -> Image.Image:
    """An image (height, width, channels), uint8, as PIL has it: grey where there is one channel.

    Example:
        >>> picture(np.zeros((2, 3, 1), np.uint8)).mode, picture(np.zeros((2, 3, 3), np.uint8)).mode
        ('L', 'RGB')
    """
    return Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)


def transform(mean: Sequence[float], std: Sequence[float], white: float = WHITE) -> transforms.Compose:
    """What public code does to an image: mean and std are of pixels as shares of `white`, ToTensor's are of 255."""
    share = white / WHITE
    normalise = transforms.Normalize([share * part for part in mean], [share * part for part in std])
    return transforms.Compose([transforms.ToTensor(), normalise])


@dataclass(frozen=True, slots=True, eq=False)
class PlainLoop:
    """One point at a time: weights set parameter by parameter, then a DataLoader over all examples.

    `resident` are the same examples as `loader` gives, already on the device, for the bare forward pass.
    """

    network: nn.Module
    plane: Plane
    loader: DataLoader[tuple[Tensor, int]]
    resident: Examples
    device: torch.device

    def mean_loss(self, alpha: float, beta: float) -> tuple[float, float]:
        """Mean loss and accuracy (a share) at a point, as the public code of Li et al. (2018) computes them."""
        self.set_weights(alpha, beta)
        criterion = nn.CrossEntropyLoss()
        total, correct, count = 0.0, 0, 0
        with torch.no_grad():
            for images, labels in self.loader:
                inputs, targets = images.to(self.device), labels.to(self.device)
                outputs = self.network(inputs)
                total += criterion(outputs, targets).item() * len(targets)
                correct += outputs.argmax(dim=1).eq(targets).sum().item()
                count += len(targets)
        return total / count, correct / count

    def set_weights(self, alpha: float, beta: float) -> None:
        """Moves the network to a point of the plane."""
        parts = (part.values() for part in (self.plane.origin, self.plane.x, self.plane.y))
        for parameter, weight, dx, dy in zip(self.network.parameters(), *parts, strict=True):
            parameter.data = weight + (alpha * dx + beta * dy)

    def forward(self, alpha: float = 0.0, beta: float = 0.0) -> None:
        """The bare forward pass over resident examples: the naive floor. It stays where the network is."""
        with torch.no_grad():
            for inputs, _ in self.resident.batches(BATCH):
                outputs = self.network(inputs)
        outputs.sum().item()  # a GPU answers before it is done


@lru_cache(maxsize=1)
def plain_loop(query: Query, device: str) -> PlainLoop:
    """The plain loop for a query, whose precision it ignores: it computes in float32.

    Raises:
        LandscapeError: the references do not fit together.
    """
    where = torch.device(device)
    network = checkpoints.load_model(query.model)
    weights = {name: parameter.detach().clone() for name, parameter in network.named_parameters()}
    plane = spanned(query.plane, query.model, weights).to(where)
    # A spawned process would spawn its loader's workers, which takes seconds; a script starts them the system's way.
    start = get_all_start_methods()[0]
    loader = DataLoader(bytes_of(query.data), BATCH, num_workers=WORKERS, multiprocessing_context=start)
    return PlainLoop(network.to(where), plane, loader, examples(query.data, query.model, where), where)


def bytes_of(ref: DataRef) -> Pixels:
    """The first images of a reference as they were before they were normalised."""
    if ref.name == "digits":
        normalised, labels = digits.arrays(ref.split)
        pixels = np.rint((normalised * digits.STD + digits.MEAN) * DIGITS_WHITE).astype(np.uint8)
        return stored(pixels, labels, ref.size, transform((digits.MEAN,), (digits.STD,), DIGITS_WHITE))
    pixels, labels = npz.arrays(Path(ref.path or ""), ref.split)
    channels = pixels.shape[1]
    return stored(pixels, labels, ref.size, transform(ref.mean or [0.0] * channels, ref.std or [1.0] * channels))


def stored(pixels: np.ndarray, labels: np.ndarray, size: int, change: transforms.Compose) -> Pixels:
    """The first `size` of the images (N, channels, height, width)."""
    return Pixels(pixels[:size].transpose(0, 2, 3, 1).copy(), labels[:size], change)
