"""Training by recipe, into a folder of checkpoints with a manifest."""

import platform
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from importlib.metadata import version
from math import isfinite
from pathlib import Path
from typing import Protocol

from torch import nn
from tqdm import tqdm

from compute.errors import BadCheckpoint, BadReference
from compute.zoo import datasets, manifests, recipes
from compute.zoo.datasets import Examples, data_ref, examples
from compute.zoo.descent import descent, fresh
from compute.zoo.files import PART
from compute.zoo.manifests import Checkpoint, Manifest
from compute.zoo.measures import measure
from compute.zoo.recipes import Recipe
from compute.zoo.weights import rounded, statement, write

PACKAGES = ("torch", "numpy", "scikit-learn")
"""Whose versions a manifest names, beside Python's."""


class Progress(Protocol):
    """Shows how far an iteration has come."""

    def __call__(self, epochs: Iterable[int], name: str, total: int) -> Iterable[int]:
        """The same epochs, watched; `total` is how many there will be."""


def bar(epochs: Iterable[int], name: str, total: int) -> Iterable[int]:
    """A progress bar on standard error."""
    return tqdm(epochs, desc=name, total=total, unit="epoch")


def train_named(
    names: Sequence[str],
    out_dir: Path,
    epochs: int | None = None,
    seed: int | None = None,
    storage: str = "float32",
    keep: int | None = None,
    force: bool = False,
    progress: Progress = bar,
) -> tuple[Path, ...]:
    """Trains runs of the gallery one after another, each into its folder below `out_dir`.

    Raises:
        UnknownName: there is no such run or storage; nothing has been trained then.
        BadReference: a number is out of bounds.
        BadCheckpoint: a folder holds a finished run already, and `force` is off; nothing has been trained then.
    """
    plans = {out_dir / name: changed(recipes.recipe(name), epochs, seed) for name in names}
    for folder, recipe in plans.items():
        check(recipe, folder, storage, keep, force)
    for folder, recipe in plans.items():
        train(recipe, folder, progress, storage, keep, force)
    return tuple(plans)


def changed(recipe: Recipe, epochs: int | None, seed: int | None) -> Recipe:
    """The recipe with another length or seed, where given."""
    return replace(
        recipe,
        epochs=recipe.epochs if epochs is None else epochs,
        seed=recipe.seed if seed is None else seed,
    )


def check(recipe: Recipe, folder: Path, storage: str, keep: int | None, force: bool) -> None:
    """Refuses what could not be trained, before any time is spent."""
    statement(storage)
    for noun, value, least in (("epochs", recipe.epochs, 1), ("kept checkpoints", keep, 1), ("seed", recipe.seed, 0)):
        if value is not None and value < least:
            raise BadReference(f"The {noun} should be at least {least}, but came as {value}: choose another number.")
    if (folder / manifests.FILE).exists() and not force:
        raise BadCheckpoint(
            f"Training {folder.name} should start in a folder without a finished run, but {folder} holds one: "
            "pass --force to replace it, or --out for another folder."
        )


def train(
    recipe: Recipe,
    folder: Path,
    progress: Progress = bar,
    storage: str = "float32",
    keep: int | None = None,
    force: bool = False,
) -> Manifest:
    """Trains one run, named by its folder; the same recipe gives the same weights.

    The manifest is written last. A run that was interrupted has none: it starts anew, and ends at the same weights as
    if it had never been stopped.

    Args:
        recipe: what to train, on what and how.
        folder: where the checkpoints and the manifest go.
        progress: watches the epochs.
        storage: "float32", or "float16" for tensors of two or more dimensions.
        keep: how many checkpoints, evenly spread, first and last among them; 1 keeps the last, None keeps all.
        force: replaces a finished run.

    Raises:
        UnknownName: as `train_named`.
        BadReference: as `train_named`.
        BadCheckpoint: as `train_named`.
        LandscapeError: the loss has become infinite.
    """
    check(recipe, folder, storage, keep, force)
    clear(folder)
    started = time.perf_counter()
    data, kept = examples(data_ref(recipe.train)), kept_epochs(recipe.epochs, keep)
    network = fresh(recipe)
    epochs = progress(descent(network, data, recipe), folder.name, recipe.epochs + 1)
    checkpoints = [saved(network, data, folder, epoch, storage) for epoch in epochs if epoch in kept]
    manifest = told(recipe, folder.name, network, storage, checkpoints, time.perf_counter() - started)
    manifests.write(manifest, folder)
    return manifest


def clear(folder: Path) -> None:
    """Empties a run's folder of what training and surveying put there, the manifest first."""
    folder.mkdir(parents=True, exist_ok=True)
    for pattern in (manifests.FILE, "epoch-*.safetensors", "surface.h5", f"*{PART}"):
        for path in folder.glob(pattern):
            path.unlink()


def kept_epochs(epochs: int, keep: int | None) -> frozenset[int]:
    """Evenly spread epochs, 0 and the last among them; only the last if one is kept.

    Example:
        >>> sorted(kept_epochs(60, 4)), sorted(kept_epochs(60, 1)), len(kept_epochs(60, None))
        ([0, 20, 40, 60], [60], 61)
    """
    if keep == 1:
        return frozenset([epochs])
    gaps = epochs if keep is None else min(keep - 1, epochs)
    return frozenset(round(gap * epochs / gaps) for gap in range(gaps + 1))


def saved(network: nn.Module, data: Examples, folder: Path, epoch: int, storage: str) -> Checkpoint:
    """Stores the network's weights, and says where and how good they are."""
    path = folder / f"epoch-{epoch:03d}.safetensors"
    write(rounded(network.state_dict(), storage), path)
    loss = measure(network, data, storage).loss
    return Checkpoint(epoch, path.name, loss if isfinite(loss) else None)


def told(
    recipe: Recipe, name: str, network: nn.Module, storage: str, checkpoints: Sequence[Checkpoint], seconds: float
) -> Manifest:
    """The manifest of a run that has just ended."""
    ref = data_ref(recipe.train)
    return Manifest(
        schema=manifests.SCHEMA,
        name=name,
        title=recipe.title,
        architecture=recipe.architecture,
        parameters=sum(parameter.numel() for parameter in network.parameters()),
        shape=datasets.shape(ref),
        classes=datasets.classes(ref),
        data={"train": recipe.train, "test": recipe.test, "version": ref.digest or ""},
        recipe=recipe,
        seed=recipe.seed,
        seconds=round(seconds, 1),
        versions={"python": platform.python_version(), **{name: version(name) for name in PACKAGES}},
        storage=statement(storage),
        final=checkpoints[-1].file,
        checkpoints=tuple(checkpoints),
        **scores(network, recipe, storage),
    )


def scores(network: nn.Module, recipe: Recipe, storage: str) -> dict[str, float]:
    """Loss and error over all examples of both splits, as a manifest names them."""
    train, test = (measure(network, examples(data_ref(text)), storage) for text in (recipe.train, recipe.test))
    return dict(zip(manifests.MEASURED, (train.loss, train.error, test.loss, test.error), strict=True))
