"""What training says about a run, in the manifest.json beside its weights."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from compute.errors import BadCheckpoint
from compute.zoo.files import written
from compute.zoo.recipes import Recipe

SCHEMA = 1
FILE = "manifest.json"
MEASURED = ("train_loss", "train_error", "test_loss", "test_error")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One file of weights, saved after `epoch` epochs; `train_loss` is measured as the manifest's."""

    epoch: int
    file: str
    train_loss: float | None = None


@dataclass(frozen=True, slots=True)
class Manifest:
    """Everything known about a finished run.

    Losses and errors (shares of wrong answers, 0 to 1) are those of the weights as stored, in evaluation mode, averaged
    over all examples. `final` names the file of the last weights.
    """

    schema: int
    name: str
    title: str
    architecture: str
    parameters: int
    shape: tuple[int, ...]
    classes: int
    data: Mapping[str, str]
    recipe: Recipe
    seed: int
    train_loss: float
    train_error: float
    test_loss: float
    test_error: float
    seconds: float
    versions: Mapping[str, str]
    storage: str
    final: str
    checkpoints: tuple[Checkpoint, ...]


def write(manifest: Manifest, folder: Path) -> None:
    """Puts the manifest beside the weights."""
    text = json.dumps(asdict(manifest), indent=1, allow_nan=False)
    with written(folder / FILE) as draft:
        draft.write_text(text + "\n", encoding="utf-8")


def read(folder: Path) -> Manifest:
    """The manifest of a run's folder.

    Raises:
        BadCheckpoint: there is none, or it is incomplete.
    """
    path = folder / FILE
    try:
        return _manifest(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, KeyError) as problem:
        raise BadCheckpoint(
            f"{path} should be the manifest of a finished run, but cannot be used ({problem!r}): train the run again."
        ) from problem


def _manifest(parts: dict[str, Any]) -> Manifest:
    """Typed again; KeyError, TypeError or ValueError where a part is missing, unknown or of another kind."""
    if parts["schema"] != SCHEMA:
        raise ValueError(f"schema {parts['schema']} instead of {SCHEMA}")
    recipe, checkpoints = Recipe(**parts.pop("recipe")), tuple(Checkpoint(**row) for row in parts.pop("checkpoints"))
    shape = tuple(map(int, parts.pop("shape")))
    parts |= {name: float(parts[name]) for name in MEASURED}
    manifest = Manifest(recipe=recipe, shape=shape, checkpoints=checkpoints, **parts)
    if not checkpoints or checkpoints[-1].file != manifest.final:
        raise ValueError("the last checkpoint is not the final one")
    if not {"train", "test"} <= set(manifest.data):
        raise ValueError("the data are not named")
    return manifest
