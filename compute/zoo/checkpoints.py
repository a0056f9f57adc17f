"""Weights from files: named without loading torch, loaded into the network that they are of."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from compute.card import STUDY
from compute.errors import BadCheckpoint, BadReference
from compute.shapes import InputShape, shape_text
from compute.specs import ModelRef
from compute.zoo.contents import digest, tensors, weights_file
from compute.zoo.layouts import Layout, layout, plain
from compute.zoo.registry import known
from compute.zoo.suggest import difference, paired, suggest

if TYPE_CHECKING:  # naming a checkpoint must not load torch
    from torch import Tensor, nn


def model_ref(
    path: Path, architecture: str, shape: InputShape, classes: int, run: str = "", step: float | None = None
) -> ModelRef:
    """Names a file of weights, or a checkpoint's folder; the run is called after it unless `run` says otherwise.

    Raises:
        UnknownName: there is no such architecture.
        BadCheckpoint: there is no such file.
    """
    known(architecture)
    file = weights_file(path)
    return ModelRef(run or path.stem, architecture, shape, classes, str(file.resolve()), digest(file), step)


def layout_in(path: Path) -> Layout:
    """The names and shapes of a checkpoint's tensors, as `suggest` takes them.

    Raises:
        BadCheckpoint: the file is missing, holds no weights or might run code.
    """
    return shapes(tensors(weights_file(path)))


def load_model(ref: ModelRef) -> nn.Module:
    """The network of a reference, in evaluation mode, float32, on the CPU.

    Raises:
        UnknownName: as `model_ref`.
        BadCheckpoint: as `load_weights`.
    """
    from compute.zoo.undrawn import undrawn

    network = undrawn(ref.architecture, ref.shape, ref.classes)
    network.load_state_dict(load_weights(ref))
    return network.eval()


def load_weights(ref: ModelRef) -> dict[str, Tensor]:
    """The tensors of a reference in the network's order, floating ones in float32, with every BatchNorm counter.

    Tensors that are called otherwise in the file are told as `suggest` tells them.

    Raises:
        UnknownName: there is no such architecture.
        BadCheckpoint: the file is missing, has changed since it was named, holds no weights or might run code, or its
            tensors are those of another architecture.
    """
    import torch

    from compute.zoo.undrawn import undrawn

    path = weights_file(Path(ref.path))
    if ref.digest != digest(path):
        raise BadCheckpoint(f"{path} should be as it was when it was named, but its content has changed: reopen it.")
    state = tensors(path)
    wanted = undrawn(ref.architecture, ref.shape, ref.classes).state_dict()
    names = paired(shapes(state), shapes(wanted))
    if not names:
        complaint = difference(shapes(state), shapes(wanted), names)
        raise BadCheckpoint(f"{path} should fit {ref.architecture}, but {complaint}: {_advice(shapes(state), ref)}.")
    counter = torch.zeros((), dtype=torch.int64)
    found = {name: state[names[name]] if name in names else state.get(name, counter) for name in wanted}
    return {name: tensor.float() if tensor.is_floating_point() else tensor for name, tensor in found.items()}


def shapes(state: Mapping[str, Tensor]) -> Layout:
    """The names and shapes of tensors, without prefixes and without BatchNorm's counters."""
    return plain({name: tensor.shape for name, tensor in state.items()})


def _advice(found: Layout, ref: ModelRef) -> str:
    """Which architecture would fit, if any."""
    if ref.architecture.startswith(STUDY):
        return "it should hold what model() builds, so correct one or the other"
    near = [one.architecture for one in suggest(found)]
    for name in near:
        with suppress(BadReference):  # it takes other examples
            if paired(found, layout(name, ref.shape, ref.classes)):
                return f"it fits {name}: pass --architecture {name}"
    return (
        f"none of those known fits {ref.classes} classes of examples shaped {shape_text(ref.shape)}, and the nearest "
        f"is {near[0]}"
    )
