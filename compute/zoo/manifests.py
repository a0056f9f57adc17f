"""What training says about a run, in the manifest.json beside its weights."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from compute.errors import BadCheckpoint
from compute.zoo.files import written
from compute.zoo.recipes import Recipe

SCHEMA = 1
FILE = "manifest.json"


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
    shape: tuple[int, int, int]
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


def _manifest(parts: dict[str, object]) -> Manifest:
    """Typed again; KeyError, TypeError or ValueError where a part is missing, unknown or of another schema."""
    if parts["schema"] != SCHEMA:
        raise ValueError(f"schema {parts['schema']} instead of {SCHEMA}")
    if unknown := set(parts) - {field.name for field in fields(Manifest)}:
        raise ValueError(f"unknown parts {sorted(unknown)}")
    recipe, shape, checkpoints = (parts.pop(name) for name in ("recipe", "shape", "checkpoints"))
    return Manifest(
        recipe=Recipe(**recipe),  # type: ignore[arg-type]
        shape=tuple(shape),  # type: ignore[arg-type]
        checkpoints=tuple(Checkpoint(**row) for row in checkpoints),  # type: ignore[attr-defined]
        **parts,  # type: ignore[arg-type]
    )
