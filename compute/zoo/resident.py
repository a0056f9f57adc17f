"""Examples that rest on a device as they are stored, pixels in bytes, and become numbers batch by batch."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from compute.specs import DataRef
from compute.zoo import datasets
from compute.zoo.datasets import Examples


@dataclass(frozen=True, slots=True, eq=False)
class Resident:
    """Inputs (N, ...) and targets (N, ...) on a device.

    Images in bytes take a quarter of the memory of their normalised floats. `mean` and `std`, (1, C, 1, 1), normalise
    them; inputs of other types are used as they are.
    """

    inputs: Tensor
    targets: Tensor
    mean: Tensor | None = None
    std: Tensor | None = None

    def __len__(self) -> int:
        return len(self.targets)

    def batch(self, chosen: Tensor) -> tuple[Tensor, Tensor]:
        """Normalised inputs and targets of the examples at some places, int64."""
        return self.normalised(self.inputs[chosen]), self.targets[chosen]

    def normalised(self, inputs: Tensor) -> Tensor:
        """Pixels in bytes scaled to [0, 1], then to mean and standard deviation: bit for bit those of `examples`."""
        if inputs.dtype != torch.uint8:
            return inputs
        scaled = inputs.to(torch.float32).div_(255)
        return scaled if self.mean is None or self.std is None else scaled.sub_(self.mean).div_(self.std)

    def examples(self) -> Examples:
        """All of them, normalised."""
        return Examples(self.normalised(self.inputs), self.targets)


def resident(ref: DataRef, device: torch.device) -> Resident:
    """Puts examples on a device.

    Raises:
        LandscapeError: as `examples`.

    Example:
        >>> from compute.zoo.datasets import data_ref
        >>> len(resident(data_ref("digits:test:20"), torch.device("cpu")))
        20
    """
    inputs, targets = (torch.from_numpy(array).to(device) for array in datasets.stored(ref))
    return Resident(inputs, targets, _channels(ref.mean, device), _channels(ref.std, device))


def _channels(values: Sequence[float] | None, device: torch.device) -> Tensor | None:
    return None if values is None else torch.tensor(values, dtype=torch.float32, device=device).reshape(1, -1, 1, 1)
