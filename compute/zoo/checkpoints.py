"""Weights from files: named without loading torch, loaded without running code."""

from __future__ import annotations

import pickle
import pickletools
import warnings
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from compute.digest import file_digest
from compute.errors import BadCheckpoint, BadReference
from compute.specs import ModelRef
from compute.zoo.layouts import Layout, bare, layout, misfit, plain
from compute.zoo.registry import Shape, known
from compute.zoo.suggest import suggest

if TYPE_CHECKING:  # naming a checkpoint must not load torch
    from torch import Tensor, nn

WRAPPERS = ("state_dict", "model_state_dict", "model")
"""Keys under which training scripts put the weights."""


def model_ref(
    path: Path, architecture: str, shape: Shape, classes: int, run: str = "", step: int | None = None
) -> ModelRef:
    """Names a file of weights; the run is called after the file unless `run` says otherwise.

    Raises:
        UnknownName: there is no such architecture.
        BadCheckpoint: there is no such file.
    """
    known(architecture)
    digest = file_digest(_there(path))
    return ModelRef(run or path.stem, architecture, shape, classes, str(path.resolve()), digest, step)


def layout_in(path: Path) -> Layout:
    """The names and shapes of a file's tensors, as `suggest` takes them.

    Raises:
        BadCheckpoint: the file is missing, holds no weights or might run code.
    """
    return shapes(_plain(_contents(_there(path)), path))


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

    Raises:
        UnknownName: there is no such architecture.
        BadCheckpoint: the file is missing, has changed since it was named, holds no weights or might run code, or its
            tensors are those of another architecture.
    """
    import torch

    from compute.zoo.undrawn import undrawn

    path = _there(Path(ref.path))
    if ref.digest != file_digest(path):
        raise BadCheckpoint(f"{path} should be as it was when it was named, but its content has changed: reopen it.")
    state = _plain(_contents(path), path)
    wanted = undrawn(ref.architecture, ref.shape, ref.classes).state_dict()
    if complaint := misfit(shapes(state), shapes(wanted)):
        raise BadCheckpoint(f"{path} should fit {ref.architecture}, but {complaint}: {_advice(shapes(state), ref)}.")
    found = {name: state.get(name, torch.zeros((), dtype=torch.int64)) for name in wanted}
    return {name: tensor.float() if tensor.is_floating_point() else tensor for name, tensor in found.items()}


def _there(path: Path) -> Path:
    if not path.is_file():
        raise BadCheckpoint(f"Weights should come from {path}, but there is no such file: check the path.")
    return path


def _contents(path: Path) -> object:
    """Whatever a file holds, read without running anything in it."""
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        with warnings.catch_warnings(action="ignore"):  # torch comments on pickles that it then refuses
            return torch.load(path, map_location="cpu", weights_only=True)
    except SafetensorError as problem:
        raise BadCheckpoint(f"{path} should be a safetensors file, but is damaged or none: save it again.") from problem
    except pickle.UnpicklingError as problem:
        raise BadCheckpoint(_unsafe(path, str(problem))) from problem
    except Exception as problem:
        raise BadCheckpoint(_unreadable(path)) from problem


def _unsafe(path: Path, problem: str) -> str:
    """Code and noise fail alike in an unpickler, but only code is named."""
    named = any(word in problem for word in ("Unsupported global", "Unsupported class", "GLOBAL"))
    if not named and not _calls(path):
        return _unreadable(path)
    return (
        f"{path} should hold tensors only, but also holds objects that could run code, and was not opened: where you "
        "trust it, load it yourself and save its state_dict() alone."
    )


def _calls(path: Path) -> bool:
    """Whether a file is a plain pickle that names something to call."""
    try:
        with open(path, "rb") as file:
            return any(operation.name in {"GLOBAL", "STACK_GLOBAL"} for operation, _, _ in pickletools.genops(file))
    except ValueError:
        return False


def _unreadable(path: Path) -> str:
    return (
        f"{path} should be a checkpoint, but is neither safetensors nor a file written by torch.save, or is damaged: "
        "save the network's state_dict() again."
    )


def _plain(contents: object, path: Path) -> dict[str, Tensor]:
    """The tensors by name, without wrappers and prefixes."""
    import torch

    while isinstance(contents, Mapping):
        inner = next((contents[key] for key in WRAPPERS if isinstance(contents.get(key), Mapping)), None)
        if inner is None:
            break
        contents = inner
    if not isinstance(contents, Mapping) or not any(isinstance(value, torch.Tensor) for value in contents.values()):
        raise BadCheckpoint(
            f"{path} should hold tensors by name, but holds {_kind(contents)}: save the network's state_dict()."
        )
    return {bare(str(name)): value for name, value in contents.items() if isinstance(value, torch.Tensor)}


def _kind(contents: object) -> str:
    if isinstance(contents, Mapping):
        return f"a dictionary of {', '.join(map(repr, list(contents)[:3])) or 'nothing'}"
    return f"one {type(contents).__name__}"


def shapes(state: Mapping[str, Tensor]) -> Layout:
    """The names and shapes of tensors, without prefixes and without BatchNorm's counters."""
    return plain({name: tensor.shape for name, tensor in state.items()})


def _advice(found: Layout, ref: ModelRef) -> str:
    """Which architecture would fit, if any."""
    near = [one.architecture for one in suggest(found)]
    for name in near:
        with suppress(BadReference):  # it takes other examples
            if not misfit(found, layout(name, ref.shape, ref.classes)):
                return f"it fits {name}: pass --architecture {name}"
    return (
        f"none of those known fits {ref.classes} classes of examples shaped {ref.shape}, and the nearest is {near[0]}"
    )
