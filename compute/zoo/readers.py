"""Checkpoints of which only the rows that are asked for come into memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from math import prod
from pathlib import Path
from tempfile import TemporaryDirectory
from types import EllipsisType
from typing import TYPE_CHECKING, Any, BinaryIO

from compute.errors import BadCheckpoint, BadReference, LandscapeError
from compute.specs import ModelRef
from compute.zoo import headers
from compute.zoo.checkpoints import load_weights
from compute.zoo.contents import digest
from compute.zoo.layouts import wanted
from compute.zoo.matching import Held
from compute.zoo.selecting import match_for
from compute.zoo.study_loading import defines_load

if TYPE_CHECKING:  # as the rest of the zoo, this must import without torch
    from torch import Tensor

Piece = tuple[str, slice | EllipsisType]
Reader = Callable[[Sequence[Piece]], "list[Tensor]"]
"""Gives some rows of tensors, each by its name in the network, as they are stored."""

KINDS = {
    "F64": ("float64", 8),
    "F32": ("float32", 4),
    "F16": ("float16", 2),
    "BF16": ("bfloat16", 2),
    "C64": ("complex64", 8),
}
"""What a safetensors file calls floating and complex numbers, what torch does, and their bytes."""


@contextmanager
def readers(models: Sequence[ModelRef]) -> Iterator[list[Reader]]:
    """Readers of checkpoints, for as long as they are needed.

    A safetensors file is read where it lies. Of any other, which can only be read whole, and of networks that a study
    loads itself, a copy in that format is laid on the disk, one after another.

    Raises:
        LandscapeError: as `load_weights`.
    """
    with TemporaryDirectory(prefix="loss-atlas-") as folder:
        yield [_reader(model, Path(folder) / str(number)) for number, model in enumerate(models)]


def _reader(model: ModelRef, copy: Path) -> Reader:
    if model.rescale != 1:
        raise BadReference(
            f"Checkpoints are read as they are stored, {model.run} should be rescaled: take it as it is."
        )
    path = Path(model.path)
    in_place = path.suffix == ".safetensors" and path.is_file() and not defines_load(model.architecture)
    if in_place and digest(path) == model.digest:
        found = _named(_stored(path), model)
        if found:
            return partial(_pieces, path, found)
    from safetensors.torch import save_file

    weights = load_weights(model)
    save_file(_apart(weights), copy)
    return partial(_pieces, copy, _stored(copy))


def _apart(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Tensors of which no two share their memory, as the format asks."""
    found: dict[str, Tensor] = {}
    seen = set[int]()
    for name, weight in weights.items():
        place = weight.untyped_storage().data_ptr()
        found[name] = weight.clone().contiguous() if place in seen else weight.contiguous()
        seen.add(place)
    return found


@dataclass(frozen=True, slots=True)
class Stored:
    """Where a tensor lies in a file: its numbers' type and size in bytes, its shape, its first byte.

    The type is as torch names it; nothing, and no size, where the numbers cannot be read in part.
    """

    kind: str
    size: int
    shape: tuple[int, ...]
    first: int
    floating: bool = True


def _stored(path: Path) -> dict[str, Stored]:
    """The tensors of a safetensors file, as its header tells; nothing where it tells none."""
    with suppress(ValueError, TypeError, KeyError, AttributeError, LandscapeError):
        start, rows = headers.rows(path)
        return {name: _placed(row, start) for name, row in rows.items() if "dtype" in row}
    return {}


def _placed(row: Mapping[str, Any], start: int) -> Stored:
    kind, size = KINDS.get(row["dtype"], ("", 0))
    floating = row["dtype"].startswith(("F", "BF", "C"))
    return Stored(kind, size, tuple(row["shape"]), start + row["data_offsets"][0], floating)


def _named(stored: Mapping[str, Stored], model: ModelRef) -> dict[str, Stored]:
    """The floating tensors under the network's own names.

    Nothing where they do not fit, or cannot be read in part, or two tensors stand for one of the network's.
    """
    needed = wanted(model.architecture, model.shape, model.classes)
    try:
        match = match_for(model, {name: Held(one.shape, "", one.floating) for name, one in stored.items()}, needed)
    except BadCheckpoint:  # reading it whole tells why
        return {}
    found = {ours: stored[theirs] for ours, theirs in match.names.items() if stored[theirs].floating}
    twice = any(len({match.names[name] for name in tie}) > 1 for tie in needed.ties)
    return {} if twice or not all(one.kind for one in found.values()) else found


def _pieces(path: Path, stored: Mapping[str, Stored], pieces: Sequence[Piece]) -> list[Tensor]:
    with path.open("rb") as file:  # read, not mapped: what was read before takes no memory
        return [_rows(file, stored[name], rows) for name, rows in pieces]


def _rows(file: BinaryIO, place: Stored, rows: slice | EllipsisType) -> Tensor:
    import torch

    start, stop, _ = (0, 1, 1) if isinstance(rows, EllipsisType) else rows.indices(place.shape[0])
    row = prod(place.shape[1:]) * place.size
    file.seek(place.first + start * row)
    numbers = torch.frombuffer(bytearray(file.read((stop - start) * row)), dtype=getattr(torch, place.kind))
    return numbers.reshape(() if isinstance(rows, EllipsisType) else (stop - start, *place.shape[1:]))
