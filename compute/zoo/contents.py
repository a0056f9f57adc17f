"""What a checkpoint's files hold: tensors by name, read without running code."""

from __future__ import annotations

import json
import zipfile
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from compute.archives import opened
from compute.digest import file_digest, value_digest
from compute.errors import BadCheckpoint
from compute.zoo.claims import TENSORS
from compute.zoo.filenames import ENDINGS, is_weights
from compute.zoo.matching import Held

if TYPE_CHECKING:  # naming a checkpoint must not load torch
    from torch import Tensor

INDEX = ".index.json"
"""Ends the file that tells which of several files holds which tensor."""

IN_FOLDERS = tuple(name + end for end in ("", INDEX) for name in ("model.safetensors", "pytorch_model.bin"))
"""What the trainer of Hugging Face calls the weights in a checkpoint's folder, the first found counts."""

INDEX_SIZE = 16 * 2**20
"""Bytes of that file that are read."""

DEPTH = 32
"""How deep dictionaries may lie in one another."""
DICTIONARIES = 200_000
"""How many of them a file may hold."""
NAME = 1_000
"""Letters of a tensor's name, with those of the dictionaries that lead to it."""


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """A tensor of a file, and the dictionary that holds it, named by the keys that lead there with dots between."""

    tensor: Tensor
    place: str = ""

    @property
    def held(self) -> Held:
        """What is compared with a network."""
        return Held(tuple(self.tensor.shape), self.place, self.tensor.is_floating_point() or self.tensor.is_complex())


def holds_weights(path: Path) -> bool:
    """Whether a file is, or is meant to be, one of weights, told by its first bytes, by its name only if they do not.

    HDF5, NumPy archives and tables are not.
    """
    with path.open("rb") as file:
        start = file.read(9)
    if start.startswith(b"PK") and zipfile.is_zipfile(path):
        with suppress(zipfile.BadZipFile), opened(path) as archive:
            return any(name.endswith("data.pkl") for name in archive.namelist())
    named = path.name.lower().endswith(ENDINGS)
    return start.startswith(b"\x80") or start[8:] == b"{" or (named and not start.startswith(b"\x89HDF"))


def weights_file(path: Path) -> Path:
    """The file of a checkpoint's weights: itself, or the one in a folder.

    That is what the trainer of Hugging Face calls so, else the folder's only file of weights.

    Raises:
        BadCheckpoint: there is no such file, or none or several in the folder.
    """
    if path.is_file():
        return path
    if not path.is_dir():
        raise BadCheckpoint(f"Weights should come from {path}, but there is no such file: check the path.")
    found = [path / name for name in IN_FOLDERS if (path / name).is_file()]
    every = found[:1] or sorted(one for one in path.iterdir() if one.is_file() and is_weights(one.name))
    if len(every) == 1:
        return every[0]
    if (path / ".metadata").is_file():
        raise BadCheckpoint(
            f"{path} should be a file of weights, but is a distributed checkpoint of torch in many parts: join them "
            "with torch.distributed.checkpoint.format_utils.dcp_to_torch_save."
        )
    raise BadCheckpoint(
        f"{path} should hold {IN_FOLDERS[0]} or {IN_FOLDERS[1]}, or no more than one file of weights, but no such file "
        f"is there{f' and {len(every)} others are' if every else ''}: name a file of weights."
    )


def parts(path: Path) -> tuple[Path, ...]:
    """The files that a checkpoint's weights lie in: one, or an index and what it names, all in one folder.

    Raises:
        BadCheckpoint: an index cannot be read.
    """
    return (path, *sorted(set(_placed(path).values()))) if path.name.endswith(INDEX) else (path,)


def digest(path: Path) -> str:
    """The content digest of a checkpoint's weights, over all files that they lie in.

    Raises:
        BadCheckpoint: one of them is missing.
    """
    files = parts(weights_file(path))
    for file in files:
        weights_file(file)
    return file_digest(files[0]) if len(files) == 1 else value_digest([file_digest(file) for file in files])


def entries(path: Path) -> dict[str, Entry]:
    """All tensors of a checkpoint in its order, under the keys that lead to them with dots between.

    Sparse and quantised ones are made dense, NumPy's arrays of numbers are tensors too; numbers are as they are stored.

    Raises:
        BadCheckpoint: a file is missing, holds no tensors or might run code.
    """
    from compute.zoo.unpickling import contents

    if path.name.endswith(INDEX):
        files = [entries(weights_file(part)) for part in parts(path)[1:]]
        return {name: one for file in files for name, one in file.items()}
    found = contents(path)
    tensors = {name: Entry(one, place) for name, place, one in _tensors(found, path)}
    if not tensors:
        raise BadCheckpoint(
            f"{path} should hold tensors by name, but holds {_kind(found)}: save the network's state_dict()."
        )
    return tensors


def _placed(path: Path) -> dict[str, Path]:
    """Which file beside an index holds which tensor."""
    try:
        with path.open("rb") as file:
            placed: Mapping[str, str] = json.loads(file.read(INDEX_SIZE))["weight_map"]
        found = {name: path.parent / Path(file).name for name, file in placed.items()}  # of its own folder only
        if any(one.name.endswith(INDEX) for one in found.values()):
            raise ValueError("an index that names an index")
        return found
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as problem:
        raise BadCheckpoint(
            f"{path} should name the file of each tensor, but has no readable weight_map: save the checkpoint again."
        ) from problem


def _tensors(found: object, path: Path) -> Iterator[tuple[str, str, Tensor]]:
    """Name, place and tensor of all that lie in dictionaries and lists; a dictionary inside itself is passed over."""
    waiting: deque[tuple[tuple[object, ...], Any, frozenset[int]]] = deque()
    if isinstance(found, Mapping | list | tuple):
        waiting.append(((), found, frozenset((id(found),))))
    count, named = len(waiting), 0
    while waiting:
        keys, one, above = waiting.popleft()
        for key, value in one.items() if isinstance(one, Mapping) else enumerate(one):
            tensor = _dense(value)
            if tensor is not None:
                named += 1
                yield _name((*keys, key), path), _name(keys, path), tensor
            elif _holds_more(value) and id(value) not in above:
                waiting.append(((*keys, key), value, above | {id(value)}))
                count += 1
            if named > TENSORS:
                raise BadCheckpoint(
                    f"{path} should hold at most {TENSORS:,} tensors, but holds more: save the network's state_dict() "
                    "alone."
                )
        if count > DICTIONARIES or len(keys) > DEPTH:
            raise BadCheckpoint(
                f"{path} should hold tensors by name, but its dictionaries lie in one another more than {DEPTH} deep, "
                f"or are more than {DICTIONARIES}: save the network's state_dict() alone."
            )


def _name(keys: tuple[object, ...], path: Path) -> str:
    """The keys that lead to a tensor, with dots between."""
    name = ".".join(map(str, keys)) if not any(isinstance(key, str) and len(key) > NAME for key in keys) else "." * NAME
    if len(name) >= NAME:
        raise BadCheckpoint(
            f"{path} should name each tensor in fewer than {NAME:,} letters, but one is longer: save the network's "
            "state_dict() alone."
        )
    return name


def _holds_more(value: object) -> bool:
    """Whether tensors may lie in a value: in a dictionary, or in a list that does not begin with numbers or texts."""
    import torch

    kinds = (Mapping, list, tuple, torch.Tensor)
    return isinstance(value, Mapping) or (
        isinstance(value, list | tuple) and any(isinstance(v, kinds) for v in value[:3])
    )


def _dense(value: object) -> Tensor | None:
    """A tensor as its numbers, one after another; None where it is no tensor."""
    import numpy as np
    import torch

    if isinstance(value, np.ndarray) and value.ndim and value.dtype.kind in "fiub":
        value = torch.from_numpy(np.ascontiguousarray(value.astype(value.dtype.newbyteorder("="))))
    if not isinstance(value, torch.Tensor):
        return None
    value = value.detach()
    if value.is_quantized:
        return value.dequantize()
    return value.to_dense() if value.layout is not torch.strided else value


def _kind(contents: object) -> str:
    if isinstance(contents, Mapping):
        return f"a dictionary of {', '.join(map(repr, list(contents)[:3])) or 'nothing'}"
    return f"one {type(contents).__name__}"
