"""Checkpoints of which only the rows that are asked for come into memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from types import EllipsisType
from typing import TYPE_CHECKING

from compute.specs import ModelRef
from compute.zoo.checkpoints import load_weights
from compute.zoo.contents import digest
from compute.zoo.layouts import bare, layout, plain
from compute.zoo.suggest import paired

if TYPE_CHECKING:  # as the rest of the zoo, this must import without torch
    from torch import Tensor

Piece = tuple[str, slice | EllipsisType]
Reader = Callable[[Sequence[Piece]], "list[Tensor]"]
"""Gives some rows of tensors, each by its name in the network, as they are stored."""


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
    names = _names(model)
    if names is not None:
        return partial(_pieces, Path(model.path), names)
    from safetensors.torch import save_file

    weights = load_weights(model)
    save_file({name: weight.contiguous() for name, weight in weights.items()}, copy)
    return partial(_pieces, copy, {name: name for name in weights})


def _names(model: ModelRef) -> Mapping[str, str] | None:
    """What an unchanged safetensors file calls the network's tensors; None where it has to be read whole."""
    from safetensors import SafetensorError, safe_open

    path = Path(model.path)
    if path.suffix != ".safetensors" or not path.is_file() or digest(path) != model.digest:
        return None
    try:
        with safe_open(path, "pt") as file:
            shapes = {name: tuple(file.get_slice(name).get_shape()) for name in list(file.keys())}
    except SafetensorError:
        return None
    stored = {bare(name): name for name in shapes}
    names = paired(plain(shapes), layout(model.architecture, model.shape, model.classes))
    return {ours: stored[theirs] for ours, theirs in names.items()} or None


def _pieces(path: Path, names: Mapping[str, str], pieces: Sequence[Piece]) -> list[Tensor]:
    from safetensors import safe_open

    with safe_open(path, "pt") as file:  # closed each time, so that no page of it stays mapped
        return [file.get_slice(names[name])[rows] for name, rows in pieces]
