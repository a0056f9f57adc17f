"""What training says about a run, from its start, in the manifest.json beside its weights."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from compute.errors import BadCheckpoint
from compute.zoo.files import written
from compute.zoo.recipe import Recipe

SCHEMA = 1
FILE = "manifest.json"
MEASURED = ("train_loss", "train_error", "test_loss", "test_error")
RUNNING, FINISHED = STATES = ("running", "finished")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One file of weights, saved after `epoch` epochs, which are no whole number within one, and `step` steps.

    `train_loss`, where it was measured, is measured as the manifest's.
    """

    epoch: float
    file: str
    train_loss: float | None = None
    step: int | None = None


@dataclass(frozen=True, slots=True)
class Epoch:
    """What was seen on the way, after `epoch` epochs (0: at the start).

    `rate` is the learning rate of the last step (at 0: of the start), `loss` the mean over the epoch's examples as they
    came, in training mode and with augmentation, None at the start; `norm` is the Euclidean norm of all tensors of two
    or more dimensions, `norm_all` that of all parameters.
    """

    epoch: int
    rate: float
    loss: float | None
    norm: float
    norm_all: float


@dataclass(frozen=True, slots=True)
class Manifest:
    """Everything known about a run, finished or running.

    Losses and errors (shares of wrong answers, 0 to 1) are those of the weights as stored, in evaluation mode, averaged
    over all examples, and None until the run is finished. `final` names the file of the last weights, "" before the
    first are stored. `history` has a row for each epoch; runs of earlier versions have none.
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
    train_loss: float | None
    train_error: float | None
    test_loss: float | None
    test_error: float | None
    seconds: float
    versions: Mapping[str, str]
    storage: str
    final: str
    checkpoints: tuple[Checkpoint, ...]
    history: tuple[Epoch, ...] = ()
    state: str = FINISHED


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
            f"{path} should be the manifest of a run, but cannot be used ({problem!r}): train the run again."
        ) from problem


def _manifest(parts: dict[str, Any]) -> Manifest:
    """Typed again; KeyError, TypeError or ValueError where a part is missing, unknown or of another kind."""
    if parts["schema"] != SCHEMA:
        raise ValueError(f"schema {parts['schema']} instead of {SCHEMA}")
    state = parts.get("state", FINISHED)
    if state not in STATES:
        raise ValueError(f"state {state!r} instead of one of {', '.join(STATES)}")
    recipe, checkpoints = _recipe(parts.pop("recipe")), tuple(Checkpoint(**row) for row in parts.pop("checkpoints"))
    history = tuple(Epoch(**row) for row in parts.pop("history", ()))
    shape = tuple(map(int, parts.pop("shape")))
    parts |= {name: None if state == RUNNING else float(parts[name]) for name in MEASURED}
    manifest = Manifest(recipe=recipe, shape=shape, checkpoints=checkpoints, history=history, **parts)
    if manifest.final != (checkpoints[-1].file if checkpoints else "") or (state == FINISHED and not checkpoints):
        raise ValueError("the last checkpoint is not the final one")
    if not {"train", "test"} <= set(manifest.data):
        raise ValueError("the data are not named")
    return manifest


def _recipe(parts: dict[str, Any]) -> Recipe:
    """Typed again; JSON has no tuples."""
    lists = {name: tuple(map(float, part)) for name, part in parts.items() if isinstance(part, list)}
    return Recipe(**(parts | lists))
