"""The training recipes there are, by name."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from compute.errors import UnknownName
from compute.zoo.recipe import Recipe

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

DEEP = replace(PAPER, learning_rate=0.05, warm_up=10, clip=1.0)
"""Deep networks without skip connections start at a low rate only (Li et al. 2018, section 5), or after a warm-up."""

KINDS = (("", "", PAPER), ("-noshort", " without skip connections", DEEP))
"""How the names and titles of networks with and without skip connections end, and how deep ones train."""


def _resnets(depth: int) -> dict[str, Recipe]:
    """A depth of ResNet, with and without skip connections."""
    return {
        f"resnet{depth}{end}": replace(
            PAPER if depth == 20 else deep, title=f"ResNet-{depth}{words}", architecture=f"resnet{depth}{end}"
        )
        for end, words, deep in KINDS
    }


VARIATION = Recipe(
    "G, the reference: VGG-16",
    "vgg16",
    epochs=200,
    batch_size=100,
    learning_rate=0.05,
    nesterov=False,
    schedule="step-fifths",
    train=PAPER.train,
    test=PAPER.test,
    augmentation="crop-flip",
)
"""The network whose training the variations A to F change one by one."""


def _variations(reference: Recipe, batch_size: int) -> dict[str, Recipe]:
    """The reference G and its variations A to F, which each change one thing; A's is the batch size."""
    changes: dict[str, tuple[str, dict[str, Any]]] = {
        "a": (f"batches of {batch_size}", {"batch_size": batch_size}),
        "b": ("Adam", {"optimiser": "adam", "learning_rate": 0.001}),
        "c": ("linear decay of the rate", {"schedule": "linear"}),
        "d": ("no weight decay", {"weight_decay": 0.0}),
        "e": ("four times the initial variance", {"variance": 4.0}),
        "f": ("no augmentation", {"augmentation": "none"}),
    }
    varied = {
        f"variation-{letter}": replace(reference, title=f"{letter.upper()}, of G: {words}", **parts)
        for letter, (words, parts) in changes.items()
    }
    return {"variation-g": reference, **varied}


CIFAR: Mapping[str, Recipe] = {
    **_resnets(20),
    **_resnets(56),
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
        for decay in (5e-4, 0.0)
    },
    **{
        f"wrn56-k{k}{end}": replace(deep, title=f"Wide-ResNet-56{words}, k = {k}", architecture=f"wrn56-k{k}{end}")
        for k in (1, 2, 4, 8)
        for end, words, deep in KINDS
    },
    **_resnets(110),
    "densenet121": replace(PAPER, title="DenseNet-121", architecture="densenet121"),
    **{
        f"preresnet164-seed{seed}": replace(
            PAPER, title=f"PreResNet-164, seed {seed}", architecture="preresnet164", warm_up=2, seed=seed
        )
        for seed in (0, 1)
    },
    **_variations(VARIATION, 4000),
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

SMALL_VARIATIONS = _variations(
    replace(
        VARIATION,
        title="G, the reference: VGG-16 on digits",
        architecture="vgg16-eighth",
        train="digits:train:all",
        test="digits:test:all",
        augmentation="shift",
    ),
    1437,
)
"""The reference and its variations at the size of the digits, of which all make A's batch."""

RECIPES: Mapping[str, Recipe] = {
    **GALLERY,
    **SMALL_VARIATIONS,
    **{f"cifar10-{name}": recipe for name, recipe in CIFAR.items()},
}
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
