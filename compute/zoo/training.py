"""Training by recipe, into a folder of checkpoints with a manifest."""

import platform
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Protocol

import torch
from torch import nn
from tqdm import tqdm

from compute.errors import BadCheckpoint, BadReference, UnknownName
from compute.settings import DATASETS
from compute.specs import DataRef
from compute.zoo import datasets, manifests, npz, recipes
from compute.zoo.background import background
from compute.zoo.datasets import data_ref
from compute.zoo.descent import batches, descent
from compute.zoo.downloads import DOWNLOADS
from compute.zoo.keeping import EPOCHS, kept_steps
from compute.zoo.learner import learner
from compute.zoo.manifests import FINISHED, RUNNING, Manifest
from compute.zoo.measures import measure
from compute.zoo.recipe import AUGMENTATIONS, OPTIMISERS, PRECISIONS, SCHEDULES, Recipe
from compute.zoo.recording import PAUSE, STATE, Recorder, clear, resume
from compute.zoo.resident import Resident, resident
from compute.zoo.weights import statement

PACKAGES = ("torch", "numpy", "scikit-learn")
"""Whose versions a manifest names, beside Python's."""

WAIT = 1e-4
"""Seconds to the next look whether a device has done its steps."""


class Progress(Protocol):
    """Shows how far an iteration has come."""

    def __call__(self, epochs: Iterable[int], name: str, total: int) -> Iterable[int]:
        """The same epochs, watched; `total` is how many there will be."""


def bar(epochs: Iterable[int], name: str, total: int) -> Iterable[int]:
    """A progress bar on standard error."""
    return tqdm(epochs, desc=name, total=total, unit="epoch", disable=None)


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
    archive: Path | None = None,
) -> tuple[Path, ...]:
    """Trains runs by name one after another, each into its folder below `out_dir`.

    With an `archive` they are trained on its images instead of the recipes'.

    Raises:
        UnknownName: there is no such run, precision or storage; nothing has been trained then.
        BadReference: a number is out of bounds.
        BadCheckpoint: a folder holds a finished run already, or an unfinished one of another recipe, and `force` is
            off; nothing has been trained then.
    """
    plans = plan(names, out_dir, epochs, seed, precision, archive)
    datasets_dir = datasets_dir if archive is None else archive.parent
    for folder, recipe in plans.items():
        check(recipe, folder, storage, keep, force)
    for folder, recipe in plans.items():
        train(recipe, folder, progress, storage, keep, force, device, datasets_dir=datasets_dir)
    return tuple(plans)


def plan(
    names: Sequence[str],
    out_dir: Path,
    epochs: int | None,
    seed: int | None,
    precision: str | None,
    archive: Path | None,
) -> dict[Path, Recipe]:
    """The recipes of some runs, changed where asked for, by the folders below `out_dir`.

    Raises:
        UnknownName: there is no such run.
        BadReference: the archive's name has not the ending .npz.
    """
    found = {out_dir / name: changed(recipes.recipe(name), epochs, seed, precision) for name in names}
    return found if archive is None else {folder: on_archive(recipe, archive) for folder, recipe in found.items()}


def on_archive(recipe: Recipe, archive: Path) -> Recipe:
    """The recipe on the images of an archive, normalised as those of its own data; it names the file, not the folder.

    Raises:
        BadReference: the archive's name has not the ending .npz.

    Example:
        >>> on_archive(recipes.recipe("cifar10-resnet20"), Path("/images/mixed.npz")).train
        'npz:mixed.npz:train:all'
    """
    if archive.suffix != ".npz":
        raise BadReference(f"The archive of images should be a file FILE.npz, but came as {archive}: name one.")
    own = DOWNLOADS.get(recipe.train.partition(":")[0])
    return replace(
        recipe,
        train=f"npz:{archive.name}:train:all",
        test=f"npz:{archive.name}:test:all",
        mean=own.mean if own else recipe.mean,
        std=own.std if own else recipe.std,
    )


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
        ("schedule", recipe.schedule, SCHEDULES),
        ("optimiser", recipe.optimiser, OPTIMISERS),
        ("augmentation", recipe.augmentation, AUGMENTATIONS),
        ("precision", recipe.precision, PRECISIONS),
    ):
        if name not in known:
            raise UnknownName(noun, name, known)
    for noun, value, least in (("epochs", recipe.epochs, 1), ("seed", recipe.seed, 0)):
        if value < least:
            raise BadReference(f"The {noun} should be at least {least}, but came as {value}: choose another number.")
        if value >= 2**63:  # no generator takes a larger seed
            raise BadReference(f"The {noun} should be below 2^63, but came as {value}: choose another number.")
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
    where = torch.device(device)
    refs = data_refs(recipe, datasets_dir)
    data = resident(refs["train"], where)
    kept = kept_steps(keep, recipe.epochs, batches(len(data), recipe))
    trained = learner(recipe, refs["train"], where)
    manifest, begun = (None, 0) if force else resume(trained, folder)
    if manifest is None:
        clear(folder)
        manifest = announced(recipe, folder.name, refs["train"], trained.network, storage)
        manifests.write(manifest, folder)
    epochs = progress(range(begun, recipe.epochs), folder.name, recipe.epochs - begun)
    with background() as later:
        recorder = Recorder(trained, manifest, folder, kept, storage, later, pause)
        for moment in descent(trained, data, recipe, epochs, kept):
            if moment is None:
                time.sleep(WAIT)
            else:
                recorder.record(moment)
    test = resident(refs["test"], where)
    return finish(recorder.manifest, trained.network, data, test, folder, storage)


def data_refs(recipe: Recipe, datasets_dir: Path) -> dict[str, DataRef]:
    """A recipe's examples, by the split.

    Raises:
        LandscapeError: they are not there.
    """
    return {
        split: data_ref(text, recipe.mean, recipe.std, datasets_dir=datasets_dir)
        for split, text in splits(recipe).items()
    }


def splits(recipe: Recipe) -> dict[str, str]:
    """What a recipe's examples are called, by the split."""
    return {"train": recipe.train, "test": recipe.test}


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
        data={**splits(recipe), "version": ref.digest or "", **contents(ref)},
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


def contents(ref: DataRef) -> dict[str, str]:
    """What a manifest says of an archive, whose name alone says little; nothing of other data."""
    return {"contents": npz.contents(Path(ref.path))} if ref.name == "npz" and ref.path else {}


def finish(
    manifest: Manifest, network: nn.Module, train: Resident, test: Resident, folder: Path, storage: str
) -> Manifest:
    """Writes and gives the manifest of a run that has just ended, with its scores over all examples of both splits."""
    on_train, on_test = (measure(network, data.examples(), storage) for data in (train, test))
    *earlier, last = manifest.checkpoints
    done = replace(
        manifest,
        train_loss=on_train.loss,
        train_error=on_train.error,
        test_loss=on_test.loss,
        test_error=on_test.error,
        checkpoints=(*earlier, replace(last, train_loss=on_train.loss)),
        state=FINISHED,
    )
    manifests.write(done, folder)
    (folder / STATE).unlink(missing_ok=True)
    return done
