"""Trained runs, found by their manifests."""

import logging
import math
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

import h5py
import numpy as np

from compute.card import ModelCard, thumbnail
from compute.digest import file_state
from compute.errors import BadCheckpoint, BadData, LandscapeError, MissingData, UnknownName
from compute.foreign import Reader, read_here
from compute.grid import ABSENT
from compute.settings import DATASETS, GALLERY
from compute.specs import DataRef, ModelRef
from compute.within import own_part
from compute.zoo import datasets, manifests, npz
from compute.zoo.checkpoints import model_ref
from compute.zoo.manifests import FINISHED, Checkpoint, Manifest
from compute.zoo.recipe import sentence
from compute.zoo.recipes import RECIPES

logger = logging.getLogger(__name__)

SURFACE = "surface.h5"
"""A stored surface beside the weights, in the layout of the public code of Li et al. (2018)."""


def cards(
    folders: Sequence[Path], running: bool = False, datasets_dir: Path = DATASETS, reader: Reader = read_here
) -> tuple[ModelCard, ...]:
    """One card for every finished run below the folders, the gallery's own first and in the order of its recipes.

    Of two runs of one name the earlier folder's counts. A broken manifest is logged and skipped. With `running`, runs
    that still train are among them; what was not measured of them yet is NaN. A card says which archive of images is
    missing in `datasets_dir`. The reader reads the surfaces beside weights.
    """
    return tuple(
        _card(folder, manifest, datasets_dir, reader_of(folder, reader))
        for folder, manifest in runs(folders).values()
        if running or manifest.state == FINISHED
    )


def find(folders: Sequence[Path], run: str) -> ModelRef:
    """The final weights of a run, or the last so far of one that still trains.

    Raises:
        UnknownName: no run is called so.
        BadCheckpoint: its file of weights is missing, or none is stored yet.
    """
    folder, manifest = _run(folders, run)
    if not manifest.checkpoints:
        raise BadCheckpoint(f"{folder} should hold weights of {run}, but none are stored yet: wait for the first.")
    return _ref(folder, manifest, manifest.checkpoints[-1])


def trajectory(folders: Sequence[Path], run: str) -> tuple[ModelRef, ...]:
    """The weights of a run as training went on, the final ones last; those so far of one that still trains.

    Raises:
        UnknownName: no run is called so.
        BadCheckpoint: one of its files is missing.
    """
    folder, manifest = _run(folders, run)
    return tuple(_ref(folder, manifest, checkpoint) for checkpoint in manifest.checkpoints)


def drops(folders: Sequence[Path], run: str) -> tuple[float, ...]:
    """The epochs after which a step lowered a run's learning rate.

    Raises:
        UnknownName: no run is called so.
    """
    return _run(folders, run)[1].recipe.drops


def data(folders: Sequence[Path], run: str, split: str, datasets_dir: Path = DATASETS) -> DataRef:
    """All examples of a split that a run was trained or tested on, as its manifest names them.

    Downloaded sets and archives are looked for in `datasets_dir`. An archive whose contents the manifest tells may be
    missing: what is stored of its losses can be looked at, and only reading its images raises. Its images come in an
    order drawn by seed 0, for it may be sorted by class.

    Raises:
        UnknownName: no finished run is called so, or it has no such split.
        BadData: an archive of that name is there, but another than it was trained on.
        LandscapeError: the data are not there.
    """
    manifest = _run(folders, run)[1]
    named = {name: text for name, text in manifest.data.items() if name not in ("version", "contents")}
    if split not in named:
        raise UnknownName(f"split of the data of {run}", split, named)
    mean, std, seed = manifest.recipe.mean, manifest.recipe.std, _order(manifest)
    try:
        ref = datasets.data_ref(named[split], mean, std, seed, datasets_dir)
    except MissingData:
        size = npz.count_in(manifest.data.get("contents", ""), split)
        if size is None:
            raise
        path, digest = str(_archive(manifest, datasets_dir)), manifest.data["version"]
        return DataRef("npz", split, size, seed, path, digest, mean, std)
    if "contents" in manifest.data and ref.digest != manifest.data["version"]:
        raise BadData(
            f"{run} should be evaluated on the archive that it was trained on ({manifest.data['contents']}; digest "
            f"{manifest.data['version']}), but {ref.path} is another: put the right one into {datasets_dir}."
        )
    return ref


def _order(manifest: Manifest) -> int | None:
    """What draws the order of a run's examples: an archive may be sorted by class, so its first may be of one alone."""
    return 0 if manifest.data["train"].startswith("npz:") else None


def _archive(manifest: Manifest, datasets_dir: Path) -> Path:
    """Where the archive of images that a run was trained on should lie."""
    return datasets_dir.resolve() / datasets.said(manifest.data["train"])


def _missing(manifest: Manifest, datasets_dir: Path) -> str:
    """The name of the archive that a run was trained on, if it is not there; "" otherwise."""
    path = _archive(manifest, datasets_dir)
    here = Path(path.name)  # where data are found, too, as in `datasets.data_ref`
    return "" if "contents" not in manifest.data or path.is_file() or here.is_file() else path.name


def _run(folders: Sequence[Path], run: str) -> tuple[Path, Manifest]:
    """A run's folder and manifest.

    Raises:
        UnknownName: no run is called so.
    """
    known = runs(folders)
    if run not in known:
        raise UnknownName("run", run, known)
    return known[run]


def _ref(folder: Path, manifest: Manifest, checkpoint: Checkpoint) -> ModelRef:
    path = folder / Path(checkpoint.file).name  # a manifest names files of its own folder only
    return model_ref(path, manifest.architecture, manifest.shape, manifest.classes, manifest.name, checkpoint.epoch)


def runs(folders: Sequence[Path]) -> dict[str, tuple[Path, Manifest]]:
    """Folder and manifest of every run, finished or not, by name, in the order of display."""
    found: dict[str, tuple[Path, Manifest]] = {}
    for folder, manifest in _manifests(folders):
        found.setdefault(manifest.name, (folder, manifest))
    ranks = {name: rank for rank, name in enumerate(RECIPES)}
    return dict(sorted(found.items(), key=lambda item: (ranks.get(item[0], len(ranks)), item[0])))


def _manifests(folders: Sequence[Path]) -> Iterator[tuple[Path, Manifest]]:
    for folder in folders:
        for path in sorted(folder.glob(f"*/{manifests.FILE}")):
            try:
                yield path.parent, manifests.read(path.parent)
            except BadCheckpoint as problem:
                logger.warning("run skipped folder=%s reason=%s", path.parent, problem)


def reader_of(folder: Path, reader: Reader) -> Reader:
    """What reads the surface of a run's folder: one that ships is read at once, any other may be damaged."""
    return read_here if folder.parent == GALLERY else reader


def _card(folder: Path, manifest: Manifest, datasets_dir: Path, reader: Reader) -> ModelCard:
    surface = folder / SURFACE
    picture, stored = _beside(surface, file_state(surface), reader)
    return ModelCard(
        run=manifest.name,
        title=manifest.title,
        architecture=manifest.architecture,
        data=_data(manifest),
        parameters=manifest.parameters,
        recipe=sentence(manifest.recipe),
        train_loss=_known(manifest.train_loss),
        train_error=_known(manifest.train_error),
        test_loss=_known(manifest.test_loss),
        test_error=_known(manifest.test_error),
        picture=picture,
        answers="classes" if len(manifest.shape) > 1 else "next symbols",
        missing=_missing(manifest, datasets_dir),
        stored=stored,
    )


def _data(manifest: Manifest) -> str:
    """What the data of a run are called, and of an archive what is in it."""
    name, inside = datasets.said(manifest.data["train"]), manifest.data.get("contents")
    return f"{name} ({inside})" if inside else name


def _known(number: float | None) -> float:
    return math.nan if number is None else number


@lru_cache(maxsize=256)  # every card is asked for at every change of the page
def _beside(path: Path, state: tuple[int, ...], reader: Reader) -> tuple[np.ndarray | None, int]:
    """The picture of a stored surface, and of how many examples it has the losses; None and 0 without a usable file."""
    if not state:
        return None, 0
    try:
        return reader(str(path), state[0], read_beside, path)
    except (LandscapeError, OSError, KeyError, ValueError, TypeError) as problem:
        logger.warning("picture skipped file=%s reason=%s", path, problem)
        return None, 0


def read_beside(path: Path) -> tuple[np.ndarray, int]:
    """Every so manieth point of a stored training loss, NaN where none was computed, and the count of `_beside`.

    Raises:
        OSError, KeyError, TypeError, ValueError: the file holds no training loss.
    """
    with h5py.File(path) as file:
        losses = np.asarray(own_part(file, "train_loss"), np.float32)
        stored = len(own_part(file, "train_labels")) if "train_losses" in file else 0
    if losses.ndim != 2:
        raise ValueError(f"{losses.ndim} axes instead of 2")
    return thumbnail(np.where(losses == ABSENT, np.float32(np.nan), losses)), stored
