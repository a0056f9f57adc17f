"""Training recipes, as data."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from compute.errors import UnknownName

DROPS = (1 / 2, 3 / 4, 11 / 12)
"""The shares of all epochs after which a "step" comes: 150, 225 and 275 of 300, as Li et al. (2018) have it."""


SCHEDULES = ("cosine", "step", "linear", "cyclic", "constant")
OPTIMISERS = ("sgd", "adam")
AUGMENTATIONS = ("none", "crop-flip")
PRECISIONS = ("float32", "bfloat16", "float16")


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything a run's weights depend on.

    `optimiser` is "sgd", with momentum, or "adam". The rate rises linearly for `warm_up` epochs; then "cosine" lets it
    fall to zero along half a cosine, "linear" along a line, "step" divides it by ten at each of `DROPS`, "cyclic" lets
    it fall to `floor` and rise again, in straight lines, every `cycle` epochs (Garipov et al. 2018, section 4), and
    "constant" leaves it. `clip` bounds the gradient's norm. `variance` multiplies the variance of the drawn weights.
    `augmentation` is "none", or "crop-flip": a random part of the image after a margin of 4, and mirrored or not.
    `precision` is what the forward pass computes in. `train` and `test` name the examples.
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
        since = epoch - self.warm_up
        share = since / (self.epochs - self.warm_up)
        match self.schedule:
            case "step":
                return self.learning_rate / 10 ** sum(epoch >= drop for drop in self.drops)
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
        "Adam" if recipe.optimiser == "adam" else f"SGD ({momentum} {recipe.momentum:g})",
        f"{recipe.epochs} epochs",
        f"batches of {recipe.batch_size}",
        f"rate {recipe.learning_rate:g} ({recipe.schedule})",
        f"{recipe.warm_up} epochs of warm-up" if recipe.warm_up else "",
        f"gradients clipped at {recipe.clip:g}" if recipe.clip else "",
        f"weight decay {recipe.weight_decay:g}",
        f"initial variance × {recipe.variance:g}" if recipe.variance != 1 else "",
        "random crops and flips" if recipe.augmentation == "crop-flip" else "",
        recipe.precision if recipe.precision != "float32" else "",
    ]
    return ", ".join(filter(None, parts))


NARROW = Recipe(
    "Wide-ResNet-56 without skip connections, k = 1", "wrn56-k1-noshort-slim", epochs=120, warm_up=20, clip=1.0
)

GALLERY: Mapping[str, Recipe] = {
    "resnet56": Recipe("ResNet-56", "resnet56", epochs=100, warm_up=10),
    "resnet56-noshort": Recipe(
        "ResNet-56 without skip connections", "resnet56-noshort", epochs=120, warm_up=20, clip=1.0
    ),
    "resnet110": Recipe("ResNet-110", "resnet110", epochs=100, warm_up=20, clip=1.0),
    "resnet110-noshort": Recipe(
        "ResNet-110 without skip connections",
        "resnet110-noshort",
        epochs=350,
        batch_size=480,
        warm_up=40,
        clip=1.0,
    ),
    "resnet20": Recipe("ResNet-20", "resnet20", epochs=60, warm_up=3),
    "resnet20-noshort": Recipe("ResNet-20 without skip connections", "resnet20-noshort", epochs=60, warm_up=3),
    **{f"wrn56-k{k}": Recipe(f"Wide-ResNet-56, k = {k}", f"wrn56-k{k}-slim", epochs=60, warm_up=5) for k in (1, 2, 4)},
    # batches of 128 are too few digits for the running statistics of BatchNorm in so narrow and deep a network
    "wrn56-k1-noshort": replace(NARROW, epochs=500, batch_size=480, warm_up=40),
    "wrn56-k2-noshort": replace(
        NARROW, title="Wide-ResNet-56 without skip connections, k = 2", architecture="wrn56-k2-noshort-slim"
    ),
    "wrn56-k4-noshort": replace(
        NARROW, title="Wide-ResNet-56 without skip connections, k = 4", architecture="wrn56-k4-noshort-slim"
    ),
    "densenet121": Recipe("DenseNet-121", "densenet121-slim", epochs=60, warm_up=5),
    "alexnet": Recipe("AlexNet", "alexnet-slim", epochs=60, learning_rate=0.02, warm_up=5),
    "mlp": Recipe("Multilayer perceptron", "mlp", epochs=100, learning_rate=0.2),
    "transformer": Recipe(
        "Transformer, next characters",
        "transformer",
        epochs=60,
        batch_size=64,
        learning_rate=0.002,
        weight_decay=0.0,
        warm_up=3,
        clip=1.0,
        train="text:atlas.txt:train:all",
        test="text:atlas.txt:test:all",
        optimiser="adam",
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
}
"""The runs of the gallery, by name, in the order of display."""

PAPER = Recipe(
    "",
    "resnet20",
    epochs=300,
    schedule="step",
    train="cifar10:train:all",
    test="cifar10:test:all",
    augmentation="crop-flip",
)
"""How Li et al. (2018, section 5 and appendix A) train on CIFAR-10."""

DEEP = replace(PAPER, learning_rate=0.01)
"""Deep networks without skip connections do not start at a higher rate (Li et al. 2018, section 5)."""

KINDS = (("", "", PAPER), ("-noshort", " without skip connections", DEEP))
"""How the names and titles of networks with and without skip connections end, and how deep ones train."""

CIFAR: Mapping[str, Recipe] = {
    **{
        f"vgg9-{optimiser}-bs{batch}-wd{decay:g}": replace(
            PAPER,
            title=f"VGG-9, {words}, batches of {batch}, weight decay {decay:g}",
            architecture="vgg9",
            batch_size=batch,
            learning_rate=rate,
            weight_decay=decay,
            optimiser=optimiser,
        )
        for optimiser, words, rate in (("sgd", "SGD", 0.1), ("adam", "Adam", 0.001))
        for batch in (128, 8192)
        for decay in (0.0, 5e-4)
    },
    **{
        f"resnet{depth}{end}": replace(start, title=f"ResNet-{depth}{words}", architecture=f"resnet{depth}{end}")
        for end, words, deep in KINDS
        for depth, start in ((20, PAPER), (56, deep), (110, deep))
    },
    **{
        f"wrn56-k{k}{end}": replace(deep, title=f"Wide-ResNet-56{words}, k = {k}", architecture=f"wrn56-k{k}{end}")
        for end, words, deep in KINDS
        for k in (1, 2, 4, 8)
    },
    "densenet121": replace(PAPER, title="DenseNet-121", architecture="densenet121"),
    "variation-g": replace(PAPER, title="G, the reference: ResNet-20"),
    "variation-a": replace(PAPER, title="A, of G: batches of 4000", batch_size=4000),
    "variation-b": replace(PAPER, title="B, of G: Adam", optimiser="adam", learning_rate=0.001),
    "variation-c": replace(PAPER, title="C, of G: linear decay of the rate", schedule="linear"),
    "variation-d": replace(PAPER, title="D, of G: a tenth of the weight decay", weight_decay=5e-5),
    "variation-e": replace(PAPER, title="E, of G: four times the initial variance", variance=4.0),
    "variation-f": replace(PAPER, title="F, of G: no augmentation", augmentation="none"),
    "cycles": replace(
        PAPER,
        title="ResNet-20, a cyclic rate from minimum to minimum",
        schedule="cyclic",
        cycle=4,
        learning_rate=0.05,
        floor=5e-4,
    ),
}
"""The runs of Li et al. (2018) at their size; a reference, G, and its variations A to F; a cyclic rate."""

RECIPES: Mapping[str, Recipe] = {**GALLERY, **{f"cifar10-{name}": recipe for name, recipe in CIFAR.items()}}
"""All runs, by name: those of the gallery first."""


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
