"""Training by recipe, into a folder of checkpoints with a manifest."""

import platform
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Protocol

import torch
from torch import nn
from tqdm import tqdm

from compute.errors import BadCheckpoint, BadReference, UnknownName
from compute.settings import DATASETS
from compute.specs import DataRef
from compute.zoo import datasets, manifests, recipes
from compute.zoo.background import background
from compute.zoo.datasets import Examples, data_ref, examples
from compute.zoo.descent import Learner, Moment, batches, descent, learner, packed, unpack
from compute.zoo.files import PART, written
from compute.zoo.keeping import EPOCHS, kept_steps
from compute.zoo.manifests import FINISHED, RUNNING, Checkpoint, Manifest
from compute.zoo.measures import measure
from compute.zoo.recipes import Recipe
from compute.zoo.weights import rounded, statement, write

PACKAGES = ("torch", "numpy", "scikit-learn")
"""Whose versions a manifest names, beside Python's."""

STATE = "unfinished.state"
"""What going on takes, beside the weights of an unfinished run."""

PAUSE = 10.0
"""Seconds between two storings of it."""

TOLD = 1.0
"""Seconds between two manifests of a run; after slower epochs comes one each."""


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
    precision: str | None = None,
    storage: str = "float32",
    keep: str = EPOCHS,
    force: bool = False,
    device: str = "cpu",
    progress: Progress = bar,
    datasets_dir: Path = DATASETS,
) -> tuple[Path, ...]:
    """Trains runs by name one after another, each into its folder below `out_dir`.

    Raises:
        UnknownName: there is no such run, precision or storage; nothing has been trained then.
        BadReference: a number is out of bounds.
        BadCheckpoint: a folder holds a finished run already, or an unfinished one of another recipe, and `force` is
            off; nothing has been trained then.
    """
    plans = {out_dir / name: changed(recipes.recipe(name), epochs, seed, precision) for name in names}
    for folder, recipe in plans.items():
        check(recipe, folder, storage, keep, force)
    for folder, recipe in plans.items():
        train(recipe, folder, progress, storage, keep, force, device, datasets_dir=datasets_dir)
    return tuple(plans)


def changed(recipe: Recipe, epochs: int | None, seed: int | None, precision: str | None) -> Recipe:
    """The recipe with another length, seed or precision, where given."""
    return replace(
        recipe,
        epochs=recipe.epochs if epochs is None else epochs,
        seed=recipe.seed if seed is None else seed,
        precision=recipe.precision if precision is None else precision,
    )


def check(recipe: Recipe, folder: Path, storage: str, keep: str, force: bool) -> None:
    """Refuses what could not be trained, before any time is spent."""
    statement(storage)
    kept_steps(keep, 1, 1)
    for noun, name, known in (
        ("schedule", recipe.schedule, recipes.SCHEDULES),
        ("optimiser", recipe.optimiser, recipes.OPTIMISERS),
        ("augmentation", recipe.augmentation, recipes.AUGMENTATIONS),
        ("precision", recipe.precision, recipes.PRECISIONS),
    ):
        if name not in known:
            raise UnknownName(noun, name, known)
    for noun, value, least in (("epochs", recipe.epochs, 1), ("seed", recipe.seed, 0)):
        if value < least:
            raise BadReference(f"The {noun} should be at least {least}, but came as {value}: choose another number.")
    if not force and (folder / manifests.FILE).exists():
        _check_unfinished(manifests.read(folder), recipe, folder, storage)


def _check_unfinished(found: Manifest, recipe: Recipe, folder: Path, storage: str) -> None:
    """Refuses to write into a folder whose run is finished, or is another."""
    if found.state == FINISHED:
        raise BadCheckpoint(
            f"Training {folder.name} should start in a folder without a finished run, but {folder} holds one: "
            "pass --force to replace it, or --out for another folder."
        )
    if (found.recipe, found.storage) != (recipe, statement(storage)):
        raise BadCheckpoint(
            f"Training {folder.name} should go on with the run in {folder}, but that has another recipe or storage: "
            "pass --force to replace it, or --out for another folder."
        )


def train(
    recipe: Recipe,
    folder: Path,
    progress: Progress = bar,
    storage: str = "float32",
    keep: str = EPOCHS,
    force: bool = False,
    device: str = "cpu",
    pause: float = PAUSE,
    datasets_dir: Path = DATASETS,
) -> Manifest:
    """Trains one run, named by its folder; the same recipe gives the same weights.

    The folder holds a manifest from the start, which says that the run is running and names only files that are wholly
    on disk; it is written anew after epochs and checkpoints, but not twice within a second. What an interrupted run
    needs to go on is stored every `pause` seconds: started again, it goes on at the epoch that was stored last, and
    ends at the same weights (bit for bit on a CPU) as if it had never been stopped.

    Args:
        recipe: what to train, on what and how.
        folder: where the checkpoints and the manifest go.
        progress: watches the epochs.
        storage: "float32", or "float16" for tensors of two or more dimensions.
        keep: which weights are kept, as `kept_steps` takes it.
        force: replaces a finished run, or starts an interrupted one anew.
        device: where to compute, as torch names it.
        pause: seconds.
        datasets_dir: where downloaded sets lie.

    Raises:
        UnknownName: as `train_named`.
        BadReference: as `train_named`.
        BadCheckpoint: as `train_named`.
        LandscapeError: the data are not there, or the loss has become infinite.
    """
    check(recipe, folder, storage, keep, force)
    started, where = time.perf_counter(), torch.device(device)
    refs = {name: data_ref(text, datasets_dir=datasets_dir) for name, text in splits(recipe).items()}
    data = resident(refs["train"], where)
    kept = kept_steps(keep, recipe.epochs, batches(len(data), recipe))
    trained = learner(recipe, refs["train"], where)
    manifest, begun = (None, 0) if force else resumed(trained, folder)
    if manifest is None:
        clear(folder)
        manifest = announced(recipe, folder.name, refs["train"], trained.network, storage)
        manifests.write(manifest, folder)
    earlier, stored, told = manifest.seconds, started, started
    epochs = progress(range(begun, recipe.epochs), folder.name, recipe.epochs - begun)
    with background() as later:
        for moment in descent(trained, data, recipe, epochs):
            now = time.perf_counter()
            manifest = replace(manifest, seconds=round(earlier + now - started, 1))
            if moment.row is not None:
                manifest = replace(manifest, history=(*manifest.history, moment.row))
            if moment.step in kept:
                row = Checkpoint(moment.epoch, file_of(moment), step=moment.step)
                manifest = replace(manifest, final=row.file, checkpoints=(*manifest.checkpoints, row))
                later(partial(write, rounded(trained.network.state_dict(), storage), folder / row.file))
            if now - told >= TOLD:
                later(partial(manifests.write, manifest, folder))
                told = now
            if moment.row is not None and moment.step and now - stored >= pause:
                later(partial(keep_state, packed(trained, moment.row.epoch), manifest, folder))
                stored = now
    manifest = finished(manifest, trained.network, refs, storage, where)
    manifests.write(manifest, folder)
    (folder / STATE).unlink(missing_ok=True)
    return manifest


def splits(recipe: Recipe) -> dict[str, str]:
    """What a recipe's examples are called, by the split."""
    return {"train": recipe.train, "test": recipe.test}


def resident(ref: DataRef, where: torch.device) -> Examples:
    """Examples on a device."""
    inputs, targets = examples(ref).single()
    return Examples(inputs.to(where), targets.to(where))


def resumed(trained: Learner, folder: Path) -> tuple[Manifest | None, int]:
    """Puts the learner where an interrupted run was; its manifest up to there and the epochs done, or None and 0."""
    if not ((folder / STATE).exists() and (folder / manifests.FILE).exists()):
        return None, 0
    epochs, manifest = unpack(trained, (folder / STATE).read_bytes()), manifests.read(folder)
    checkpoints = tuple(row for row in manifest.checkpoints if row.epoch <= epochs)
    history = tuple(row for row in manifest.history if row.epoch <= epochs)
    final = checkpoints[-1].file if checkpoints else ""
    return replace(manifest, final=final, checkpoints=checkpoints, history=history), epochs


def clear(folder: Path) -> None:
    """Empties a run's folder of what training and surveying put there, the manifest first."""
    folder.mkdir(parents=True, exist_ok=True)
    for pattern in (manifests.FILE, STATE, "epoch-*.safetensors", "surface.h5", f"*{PART}"):
        for path in folder.glob(pattern):
            path.unlink()


def file_of(moment: Moment) -> str:
    """The name of a checkpoint: after the epoch that has just ended, or the one under way and the steps so far.

    Example:
        >>> file_of(Moment(24, 2.0)), file_of(Moment(30, 2.5))
        ('epoch-002.safetensors', 'epoch-002-step-000030.safetensors')
    """
    whole = int(moment.epoch)
    within = "" if whole == moment.epoch else f"-step-{moment.step:06d}"
    return f"epoch-{whole:03d}{within}.safetensors"


def keep_state(state: bytes, manifest: Manifest, folder: Path) -> None:
    """Stores what going on takes, after the manifest that it goes on from."""
    manifests.write(manifest, folder)
    with written(folder / STATE) as draft:
        draft.write_bytes(state)


def announced(recipe: Recipe, name: str, ref: DataRef, network: nn.Module, storage: str) -> Manifest:
    """The manifest of a run that is about to start on some data."""
    return Manifest(
        schema=manifests.SCHEMA,
        name=name,
        title=recipe.title,
        architecture=recipe.architecture,
        parameters=sum(parameter.numel() for parameter in network.parameters()),
        shape=datasets.shape(ref),
        classes=datasets.classes(ref),
        data={**splits(recipe), "version": ref.digest or ""},
        recipe=recipe,
        seed=recipe.seed,
        seconds=0.0,
        versions={"python": platform.python_version(), **{name: version(name) for name in PACKAGES}},
        storage=statement(storage),
        final="",
        checkpoints=(),
        state=RUNNING,
        train_loss=None,
        train_error=None,
        test_loss=None,
        test_error=None,
    )


def finished(
    manifest: Manifest, network: nn.Module, refs: Mapping[str, DataRef], storage: str, where: torch.device
) -> Manifest:
    """The manifest of a run that has just ended, with its scores over all examples of both splits."""
    train, test = (measure(network, resident(ref, where), storage) for ref in refs.values())
    *earlier, last = manifest.checkpoints
    return replace(
        manifest,
        train_loss=train.loss,
        train_error=train.error,
        test_loss=test.loss,
        test_error=test.error,
        checkpoints=(*earlier, replace(last, train_loss=train.loss)),
        state=FINISHED,
    )
