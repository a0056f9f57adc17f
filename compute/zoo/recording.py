"""What is written of a run while it trains: checkpoints, the manifest, and the state from which it can go on."""

import io
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import torch

from compute.zoo import manifests
from compute.zoo.background import Job
from compute.zoo.descent import Moment
from compute.zoo.files import PART, written
from compute.zoo.learner import Learner, State, load_state, state_of
from compute.zoo.manifests import Checkpoint, Manifest
from compute.zoo.weights import rounded, write

STATE = "unfinished.state"
"""What going on takes, beside the weights of an unfinished run."""

PAUSE = 10.0
"""Seconds between two storings of it."""

TOLD = 1.0
"""Seconds between two manifests of a run; after slower epochs comes one each."""


class Recorder:
    """Writes one run's files as moments of its training come.

    A manifest names only files that are wholly on disk; it is written anew after epochs and checkpoints, but not twice
    within a second.
    """

    def __init__(
        self,
        trained: Learner,
        manifest: Manifest,
        folder: Path,
        kept: frozenset[int],
        storage: str,
        later: Callable[[Job], None],
        pause: float = PAUSE,
    ) -> None:
        """Starts the run's clock.

        Args:
            trained: what is trained.
            manifest: what is known of the run so far.
            folder: where its files go.
            kept: the steps whose weights are kept.
            storage: how, as `rounded` takes it.
            later: takes jobs that write, and does them in order.
            pause: seconds between two stored states.
        """
        self.manifest = manifest
        self._trained, self._folder, self._kept = trained, folder, kept
        self._storage, self._later, self._pause = storage, later, pause
        self._earlier, self._started = manifest.seconds, time.perf_counter()
        self._stored = self._told = self._started

    def record(self, moment: Moment) -> None:
        """Notes a moment, and hands in what is to be written of it."""
        now = time.perf_counter()
        self.manifest = replace(self.manifest, seconds=round(self._earlier + now - self._started, 1))
        if moment.row is not None:
            self.manifest = replace(self.manifest, history=(*self.manifest.history, moment.row))
        if moment.step in self._kept:
            self._keep(moment)
        if now - self._told >= TOLD:
            self._later(partial(manifests.write, self.manifest, self._folder))
            self._told = now
        if moment.row is not None and moment.step and now - self._stored >= self._pause:
            self.store(moment.row.epoch)

    def store(self, epochs: int) -> None:
        """Hands in the state after an epoch that has just ended."""
        self._later(partial(store_state, state_of(self._trained, epochs), self.manifest, self._folder))
        self._stored = time.perf_counter()

    def _keep(self, moment: Moment) -> None:
        row = Checkpoint(moment.epoch, file_of(moment), step=moment.step)
        self.manifest = replace(self.manifest, final=row.file, checkpoints=(*self.manifest.checkpoints, row))
        weights = rounded(self._trained.network.state_dict(), self._storage)
        weights = {name: tensor.cpu() for name, tensor in weights.items()}  # before the next step changes them
        self._later(partial(write, weights, self._folder / row.file))


def file_of(moment: Moment) -> str:
    """The name of a checkpoint: after the epoch that has just ended, or the one under way and the steps so far.

    Example:
        >>> file_of(Moment(24, 2.0)), file_of(Moment(30, 2.5))
        ('epoch-002.safetensors', 'epoch-002-step-000030.safetensors')
    """
    whole = int(moment.epoch)
    within = "" if whole == moment.epoch else f"-step-{moment.step:06d}"
    return f"epoch-{whole:03d}{within}.safetensors"


def store_state(state: State, manifest: Manifest, folder: Path) -> None:
    """Stores what going on takes, after the manifest that it goes on from."""
    manifests.write(manifest, folder)
    buffer = io.BytesIO()
    torch.save(state, buffer)
    with written(folder / STATE) as draft:
        draft.write_bytes(buffer.getvalue())


def resume(trained: Learner, folder: Path) -> tuple[Manifest | None, int]:
    """Puts the learner where an interrupted run was; its manifest up to there and the epochs done, or None and 0."""
    if not ((folder / STATE).exists() and (folder / manifests.FILE).exists()):
        return None, 0
    state: dict[str, Any] = torch.load(folder / STATE, map_location="cpu", weights_only=True)
    epochs, manifest = load_state(trained, state), manifests.read(folder)
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
