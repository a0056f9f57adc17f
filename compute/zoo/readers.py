"""Checkpoints of which only the rows that are asked for come into memory."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from math import prod
from pathlib import Path
from tempfile import TemporaryDirectory
from types import EllipsisType
from typing import TYPE_CHECKING, BinaryIO

from compute.errors import BadReference
from compute.specs import ModelRef
from compute.zoo.checkpoints import load_weights
from compute.zoo.contents import digest
from compute.zoo.layouts import bare, layout, plain
from compute.zoo.suggest import paired
from compute.zoo.whole import HEADER

if TYPE_CHECKING:  # as the rest of the zoo, this must import without torch
    from torch import Tensor

Piece = tuple[str, slice | EllipsisType]
Reader = Callable[[Sequence[Piece]], "list[Tensor]"]
"""Gives some rows of tensors, each by its name in the network, as they are stored."""

KINDS = {"F64": ("float64", 8), "F32": ("float32", 4), "F16": ("float16", 2), "BF16": ("bfloat16", 2)}
"""What a safetensors file calls floating numbers, what torch does, and their bytes."""


@contextmanager
def readers(models: Sequence[ModelRef]) -> Iterator[list[Reader]]:
    """Readers of checkpoints, for as long as they are needed.

    A safetensors file is read where it lies. Of any other, which can only be read whole, a copy in that format is laid
    on the disk, one after another.

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
    if path.suffix == ".safetensors" and path.is_file() and digest(path) == model.digest:
        found = _named(_stored(path), model)
        if found:
            return partial(_pieces, path, found)
    from safetensors.torch import save_file

    weights = load_weights(model)
    save_file({name: weight.contiguous() for name, weight in weights.items()}, copy)
    return partial(_pieces, copy, _stored(copy))


@dataclass(frozen=True, slots=True)
class Stored:
    """Where a tensor lies in a file: its numbers' type and size in bytes, its shape, its first byte."""

    kind: str
    size: int
    shape: tuple[int, ...]
    first: int


def _stored(path: Path) -> dict[str, Stored]:
    """The floating tensors of a safetensors file, as its header tells; nothing where it tells none."""
    with suppress(ValueError, TypeError, KeyError, AttributeError), path.open("rb") as file:
        length = int.from_bytes(file.read(HEADER), "little")
        if length <= path.stat().st_size:
            rows = {name: row for name, row in json.loads(file.read(length)).items() if row.get("dtype") in KINDS}
            return {
                name: Stored(*KINDS[row["dtype"]], tuple(row["shape"]), HEADER + length + row["data_offsets"][0])
                for name, row in rows.items()
            }
    return {}


def _named(stored: Mapping[str, Stored], model: ModelRef) -> dict[str, Stored]:
    """The tensors under the network's own names; nothing where they do not fit."""
    called = {bare(name): place for name, place in stored.items()}
    shapes = plain({name: place.shape for name, place in stored.items()})
    names = paired(shapes, layout(model.architecture, model.shape, model.classes))
    return {ours: called[theirs] for ours, theirs in names.items()}


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
