"""Small answers that are no surfaces: files of a few arrays, kept by their digest."""

import logging
import os
from collections import OrderedDict
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from threading import Lock, get_ident

import numpy as np

from compute.store.troubles import sentence

log = logging.getLogger(__name__)

KEPT = 256
"""Notes that stay in memory where they cannot be written."""

Arrays = Mapping[str, np.ndarray]


class Notes:
    """Notes in a folder. What cannot be written there stays in memory; `problem` says so, and the log once."""

    def __init__(self, folder: Path) -> None:
        """The folder is made with the first note."""
        self._folder, self._lock = folder, Lock()
        self._spilled: OrderedDict[str, Arrays] = OrderedDict()
        self.problem: str | None = None

    def read(self, key: str, *names: str) -> dict[str, np.ndarray] | None:
        """The arrays kept under a key; None where there are none, they are damaged, or lack one of some names."""
        with self._lock:
            spilled = self._spilled.get(key)
        found = dict(spilled) if spilled is not None else read_note(self._folder, key)
        return found if found is not None and set(names) <= found.keys() else None

    def write(self, key: str, arrays: Arrays) -> None:
        """Keeps arrays under a key, and with them those that could not be written before."""
        with self._lock:
            self._spilled[key] = arrays
            while len(self._spilled) > KEPT:
                self._spilled.popitem(last=False)
            self._write_spilled()

    def _write_spilled(self) -> None:
        try:
            for key in list(self._spilled):
                write_note(self._folder, key, self._spilled[key])
                del self._spilled[key]
        except OSError as problem:
            text = sentence(problem, self._folder)
            if text != self.problem:
                log.warning("%s (folder=%s error=%r)", text, self._folder, problem)
            self.problem = text
        else:
            self.problem = None


def read_note(folder: Path, key: str) -> dict[str, np.ndarray] | None:
    """The arrays kept under a key; None where there are none, or they are damaged, which the log says."""
    path = folder / f"{key}.npz"
    if not path.is_file():
        return None
    try:
        with np.load(path, allow_pickle=False) as found:
            return {name: found[name] for name in found.files}
    except Exception as problem:  # noqa: BLE001 - readers of zip files and arrays raise whatever their bytes lead to
        log.warning("note damaged, asking again file=%s reason=%r", path, problem)
        return None


def write_note(folder: Path, key: str, arrays: Arrays) -> None:
    """Keeps arrays under a key, whole or not at all.

    Raises:
        OSError: the folder cannot be written.
    """
    draft = folder / f".{key}.{os.getpid()}-{get_ident()}.npz"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(draft, **arrays)  # type: ignore[arg-type]  # numpy's stub
        os.replace(draft, folder / f"{key}.npz")
    except OSError:
        with suppress(OSError):
            draft.unlink()
        raise
