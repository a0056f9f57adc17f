"""What to train and how, as data."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from compute.formatting import number

STEPS: Mapping[str, tuple[tuple[float, ...], float]] = {
    "step": ((1 / 2, 3 / 4, 11 / 12), 10),
    "step-fifths": ((3 / 10, 6 / 10, 8 / 10), 5),
}
"""Shares of all epochs after which the rate falls, and what divides it.

"step" falls at epochs 150, 225 and 275 of 300, as in Li et al. (2018), "step-fifths" at 60, 120 and 160 of 200.
"""

SCHEDULES = ("cosine", *STEPS, "linear", "cyclic", "constant")
OPTIMISERS = ("sgd", "adam")
AUGMENTATIONS = ("none", "crop-flip", "shift")
PRECISIONS = ("float32", "bfloat16", "float16")


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything a run's weights depend on.

    `optimiser` is "sgd", with momentum, or "adam". The rate rises linearly for `warm_up` epochs; then "cosine" lets it
    fall to zero along half a cosine, "linear" along a line, "step" and "step-fifths" divide it as `STEPS` says,
    "cyclic" lets it fall to `floor` and rise again, in straight lines, every `cycle` epochs (Garipov et al. 2018,
    section 4), and "constant" leaves it.

    `clip` bounds the gradient's norm. `variance` multiplies the variance of the drawn weights.
    `augmentation` is "none", "crop-flip": a random part of the image after a margin of 4, and mirrored or not, or
    "shift": moved by up to one pixel, for images of 8 x 8. `precision` is what the forward pass computes in. `train`
    and `test` name the examples; `mean` and `std` normalise pixels in bytes whose data bring neither, per channel.
    """

    title: str
    architecture: str
    epochs: int
    batch_size: int = 128
    learning_rate: float = 0.1
    momentum: float = 0.9
    nesterov: bool = True
    weight_decay: float = 5e-4
    schedule: str = "cosine"
    warm_up: int = 0
    clip: float | None = None
    seed: int = 0
    train: str = "digits:train:all"
    test: str = "digits:test:all"
    optimiser: str = "sgd"
    cycle: int = 10
    floor: float = 0.0
    variance: float = 1.0
    augmentation: str = "none"
    precision: str = "float32"
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None

    @property
    def drops(self) -> tuple[float, ...]:
        """The epochs, whole or not, after which a step lowers the rate.

        Example:
            >>> Recipe("", "mlp", epochs=300, schedule="step").drops
            (150.0, 225.0, 275.0)
        """
        shares, _ = STEPS.get(self.schedule, ((), 1))
        return tuple(share * self.epochs for share in shares)

    def rate(self, epoch: float) -> float:
        """The learning rate after `epoch` epochs, which need not be whole.

        Example:
            >>> recipe = Recipe("", "mlp", epochs=30, warm_up=10)
            >>> [round(recipe.rate(epoch), 3) for epoch in (0, 5, 10, 20, 30)]
            [0.0, 0.05, 0.1, 0.05, 0.0]
        """
        if epoch < self.warm_up:
            return self.learning_rate * epoch / self.warm_up
        since = epoch - self.warm_up
        share = since / (self.epochs - self.warm_up)
        match self.schedule:
            case "step" | "step-fifths":
                return self.learning_rate / STEPS[self.schedule][1] ** sum(epoch >= drop for drop in self.drops)
            case "constant":
                return self.learning_rate
            case "linear":
                return self.learning_rate * (1 - share)
            case "cyclic":
                return self.floor + (self.learning_rate - self.floor) * abs(2 * (since / self.cycle % 1) - 1)
        return self.learning_rate * (1 + math.cos(math.pi * share)) / 2


def sentence(recipe: Recipe) -> str:
    """One readable line.

    Example:
        >>> sentence(Recipe("", "mlp", epochs=30))
        'SGD (Nesterov 0.9), 30 epochs, batches of 128, rate 0.1 (cosine), weight decay 0.0005'
    """
    momentum = "Nesterov" if recipe.nesterov else "momentum"
    parts = [
        "Adam" if recipe.optimiser == "adam" else f"SGD ({momentum} {number(recipe.momentum)})",
        f"{recipe.epochs} epochs",
        f"batches of {recipe.batch_size}",
        f"rate {number(recipe.learning_rate)} ({recipe.schedule})",
        f"{recipe.warm_up} epochs of warm-up" if recipe.warm_up else "",
        f"gradients clipped at {number(recipe.clip)}" if recipe.clip else "",
        f"weight decay {number(recipe.weight_decay)}",
        f"initial variance × {number(recipe.variance)}" if recipe.variance != 1 else "",
        {"crop-flip": "random crops and flips", "shift": "random shifts"}.get(recipe.augmentation, ""),
        recipe.precision if recipe.precision != "float32" else "",
    ]
    return ", ".join(filter(None, parts))


def scaled(recipe: Recipe, epochs: int) -> Recipe:
    """The same recipe in another number of epochs: every part of its rate schedule keeps its share of them.

    A warm-up and a cycle stay whole epochs, at least one, and a warm-up ends before the training does.

    Example:
        >>> half = scaled(Recipe("", "mlp", epochs=300, schedule="step", warm_up=10), 150)
        >>> half.epochs, half.warm_up, half.drops
        (150, 5, (75.0, 112.5, 137.5))
    """
    share = epochs / recipe.epochs
    warm_up = min(max(round(recipe.warm_up * share), 1), epochs - 1) if recipe.warm_up else 0
    return replace(recipe, epochs=epochs, warm_up=warm_up, cycle=max(round(recipe.cycle * share), 1))
