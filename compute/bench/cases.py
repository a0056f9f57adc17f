"""The networks, data and planes that are timed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from compute.errors import UnknownName
from compute.settings import Settings
from compute.specs import DataRef, ModelRef, Query, RandomPlane
from compute.zoo import checkpoints, datasets, gallery, registry, weights

CIFAR, CLASSES, EXAMPLES = (3, 32, 32), 10, 500
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
IMAGES, RESNET20 = "cifar10_clean.npz", "resnet20-12fca82f.th"
"""Files of others, which may lie in the folder that `run` is told."""


@dataclass(frozen=True, slots=True)
class Folders:
    """Where others' files may lie, and where this run may write."""

    found: Path
    scratch: Path


@dataclass(frozen=True, slots=True)
class Case:
    """A question to time, and what it is about in words."""

    query: Query
    network: str
    data: str


def case(name: str, folders: Folders) -> Case:
    """A case by its name.

    Raises:
        UnknownName: there is no such case.
    """
    return CASES[known(name)](folders)


def known(name: str) -> str:
    """The name itself.

    Raises:
        UnknownName: there is no such case.

    Example:
        >>> known("mlp-digits")
        'mlp-digits'
    """
    if name not in CASES:
        raise UnknownName("case", name, CASES)
    return name


def on_digits(run: str) -> Case:
    """A network of the gallery on the digits it was trained on."""
    data = datasets.data_ref("digits:train:512")
    model = gallery.find([Settings().gallery_dir], run)
    return Case(Query(model, data, RandomPlane()), f"{run} of the gallery", "digits")


def on_cifar(architecture: str, folders: Folders) -> Case:
    """A network at CIFAR-10's size: a third party's, or with fresh weights."""
    data, words = cifar(folders)
    trained = folders.found / RESNET20
    if architecture == "resnet20" and trained.is_file():
        model = checkpoints.model_ref(trained, architecture, CIFAR, CLASSES)
        return Case(Query(model, data, RandomPlane()), f"{architecture}, {RESNET20}", words)
    return Case(Query(fresh(architecture, data, folders), data, RandomPlane()), f"{architecture}, fresh weights", words)


def cifar(folders: Folders) -> tuple[DataRef, str]:
    """Images of CIFAR-10 where they are, else noise of their size; and which of the two in words."""
    archive, words = folders.found / IMAGES, IMAGES
    if not archive.is_file():
        archive, words = folders.scratch / "noise.npz", "random images"
        source = np.random.default_rng(0)
        images = source.integers(0, 256, (EXAMPLES, *CIFAR[1:], CIFAR[0]), np.uint8)
        np.savez(archive, x_train=images, y_train=source.integers(0, CLASSES, EXAMPLES))
    return datasets.data_ref(f"npz:{archive}:train:{EXAMPLES}", MEAN, STD), words


def fresh(architecture: str, data: DataRef, folders: Folders) -> ModelRef:
    """Seeded weights, with the statistics of the examples in every BatchNorm so that no layer overflows."""
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(0)
        network = registry.build(architecture, CIFAR, CLASSES).train()
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.momentum = 1.0
        network(datasets.examples(data).inputs)
    path = folders.scratch / f"{architecture}.safetensors"
    weights.write(network.state_dict(), path)
    return checkpoints.model_ref(path, architecture, CIFAR, CLASSES)


CASES: Mapping[str, Callable[[Folders], Case]] = {
    "resnet20-cifar": lambda folders: on_cifar("resnet20", folders),
    "resnet56-cifar": lambda folders: on_cifar("resnet56", folders),
    "resnet20-digits": lambda _: on_digits("resnet20"),
    "mlp-digits": lambda _: on_digits("mlp"),
}
