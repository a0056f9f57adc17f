"""Small answers that are no surfaces: files of a few arrays, kept by their digest."""

import logging
import os
import zlib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from threading import get_ident
from zipfile import BadZipFile

import numpy as np

log = logging.getLogger(__name__)


def read_note(folder: Path, key: str) -> dict[str, np.ndarray] | None:
    """The arrays kept under a key; None where there are none, or they are damaged, which the log says."""
    path = folder / f"{key}.npz"
    if not path.is_file():
        return None
    try:
        with np.load(path, allow_pickle=False) as found:
            return dict(found)
    except (OSError, ValueError, EOFError, BadZipFile, zlib.error) as problem:
        log.warning("note damaged, asking again file=%s reason=%s", path, problem)
        return None


def write_note(folder: Path, key: str, arrays: Mapping[str, np.ndarray]) -> None:
    """Keeps arrays under a key, whole or not at all; the log says what cannot be kept, and has to be asked again."""
    draft = folder / f".{key}.{os.getpid()}-{get_ident()}.npz"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(draft, **arrays)  # type: ignore[arg-type]  # numpy's stub
        os.replace(draft, folder / f"{key}.npz")
    except OSError as problem:
        log.warning("note not kept folder=%s reason=%s", folder, problem)
        with suppress(OSError):
            draft.unlink()
