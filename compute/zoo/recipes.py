"""Training recipes, as data."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from compute.errors import UnknownName

DROPS = (1 / 2, 3 / 4, 11 / 12)
"""The shares of all epochs after which a "step" comes: 150, 225 and 275 of 300, as Li et al. (2018) have it."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything a run's weights depend on.

    `optimiser` is "sgd", with momentum, or "adam". The rate rises linearly for `warm_up` epochs; then "cosine" lets it
    fall to zero along half a cosine, "step" divides it by ten at each of `DROPS`, "constant" leaves it. `clip` bounds
    the gradient's norm. `train` and `test` name the examples.
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

    @property
    def drops(self) -> tuple[float, ...]:
        """The epochs, whole or not, after which a step lowers the rate.

        Example:
            >>> Recipe("", "mlp", epochs=300, schedule="step").drops
            (150.0, 225.0, 275.0)
        """
        return tuple(share * self.epochs for share in DROPS) if self.schedule == "step" else ()

    def rate(self, epoch: float) -> float:
        """The learning rate after `epoch` epochs, which need not be whole.

        Example:
            >>> recipe = Recipe("", "mlp", epochs=30, warm_up=10)
            >>> [round(recipe.rate(epoch), 3) for epoch in (0, 5, 10, 20, 30)]
            [0.0, 0.05, 0.1, 0.05, 0.0]
        """
        if epoch < self.warm_up:
            return self.learning_rate * epoch / self.warm_up
        if self.schedule == "step":
            return self.learning_rate / 10 ** sum(epoch >= share * self.epochs for share in DROPS)
        if self.schedule == "constant":
            return self.learning_rate
        share = (epoch - self.warm_up) / (self.epochs - self.warm_up)
        return self.learning_rate * (1 + math.cos(math.pi * share)) / 2


def sentence(recipe: Recipe) -> str:
    """One readable line.

    Example:
        >>> sentence(Recipe("", "mlp", epochs=30))
        'SGD (Nesterov 0.9), 30 epochs, batches of 128, rate 0.1 (cosine), weight decay 0.0005'
    """
    momentum = "Nesterov" if recipe.nesterov else "momentum"
    parts = [
        "Adam" if recipe.optimiser == "adam" else f"SGD ({momentum} {recipe.momentum:g})",
        f"{recipe.epochs} epochs",
        f"batches of {recipe.batch_size}",
        f"rate {recipe.learning_rate:g} ({recipe.schedule})",
        f"{recipe.warm_up} epochs of warm-up" if recipe.warm_up else "",
        f"gradients clipped at {recipe.clip:g}" if recipe.clip else "",
        f"weight decay {recipe.weight_decay:g}",
    ]
    return ", ".join(filter(None, parts))


RECIPES: Mapping[str, Recipe] = {
    "resnet20": Recipe("ResNet-20", "resnet20", epochs=60, warm_up=3),
    "resnet20-noshort": Recipe("ResNet-20 without skip connections", "resnet20-noshort", epochs=60, warm_up=3),
    "resnet56": Recipe("ResNet-56", "resnet56", epochs=100, warm_up=10),
    "resnet56-noshort": Recipe(
        "ResNet-56 without skip connections", "resnet56-noshort", epochs=120, warm_up=20, clip=1.0
    ),
    "vgg9-bs128": Recipe("VGG-9, batches of 128", "vgg9-slim", epochs=60, warm_up=3),
    "vgg9-bs1024": Recipe("VGG-9, batches of 1024", "vgg9-slim", epochs=200, batch_size=1024, warm_up=10),
    **{
        f"vgg9-{optimiser}-bs{batch}-wd{decay:g}": Recipe(
            f"VGG-9, {words}, batches of {batch}, weight decay {decay:g}",
            "vgg9-eighth",
            epochs=300,
            batch_size=batch,
            learning_rate=rate,
            weight_decay=decay,
            schedule="step",
            optimiser=optimiser,
        )
        for optimiser, words, rate in (("sgd", "SGD", 0.1), ("adam", "Adam", 0.01))
        for batch in (128, 1024)
        for decay in (0.0, 5e-4)
    },
    "resnet110": Recipe("ResNet-110", "resnet110", epochs=100, warm_up=10),
    "resnet110-noshort": Recipe(
        "ResNet-110 without skip connections",
        "resnet110-noshort",
        epochs=150,
        learning_rate=0.05,
        warm_up=30,
        clip=1.0,
    ),
    **{f"wrn56-k{k}": Recipe(f"Wide-ResNet-56, k = {k}", f"wrn56-k{k}-slim", epochs=60, warm_up=5) for k in (1, 2, 4)},
    "densenet121": Recipe("DenseNet-121", "densenet121-slim", epochs=60, warm_up=5),
    "alexnet": Recipe("AlexNet", "alexnet-slim", epochs=60, learning_rate=0.02, warm_up=5),
    "mlp": Recipe("Multilayer perceptron", "mlp", epochs=100, learning_rate=0.2),
}
"""The runs of the gallery, by name."""


def recipe(name: str) -> Recipe:
    """The recipe of a named run.

    Raises:
        UnknownName: there is no such run.

    Example:
        >>> recipe("resnet56-noshort").clip
        1.0
    """
    if name not in RECIPES:
        raise UnknownName("run", name, RECIPES)
    return RECIPES[name]
