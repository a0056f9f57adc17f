"""Keeps in a file which sizes were fastest for a network on this machine.

Other sizes round otherwise: a worker that takes the place of another, now or after a new start, must not choose anew.
"""

import json
import logging
import platform
from pathlib import Path

import torch

from compute.zoo.files import written

log = logging.getLogger(__name__)

MOST = 2**20
"""No size is larger."""

_file: Path | None = None


def keep_in(file: Path | None) -> None:
    """Names the file, or none."""
    global _file
    _file = file


def read(kind: tuple[object, ...]) -> tuple[int, int] | None:
    """The batch and the stack that were kept for a kind of network, None where there are none that can be read."""
    found = _all().get(_name(kind))
    if isinstance(found, list) and len(found) == 2 and all(type(size) is int and 0 < size <= MOST for size in found):
        return found[0], found[1]
    return None


def keep(kind: tuple[object, ...], sizes: tuple[int, int]) -> None:
    """Keeps them, as far as the file can be written."""
    if _file is None:
        return
    try:
        with written(_file) as draft:
            draft.write_text(json.dumps({**_all(), _name(kind): sizes}), encoding="utf-8")
    except OSError as problem:
        log.info("sizes not kept: %s", problem)


def _all() -> dict[str, object]:
    try:
        found = json.loads(_file.read_bytes()) if _file else {}
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _name(kind: tuple[object, ...]) -> str:
    """What the choice depends on: the network, and what computes it."""
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else platform.machine()
    return repr((*map(str, kind), torch.__version__, torch.get_num_threads(), device))
