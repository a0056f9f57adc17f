"""What a checkpoint's files hold: tensors by name, read without running code."""

from __future__ import annotations

import json
import pickle
import pickletools
import re
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from compute.digest import file_digest, value_digest
from compute.errors import BadCheckpoint
from compute.zoo.layouts import bare

if TYPE_CHECKING:  # naming a checkpoint must not load torch
    from torch import Tensor

WRAPPERS = ("state_dict", "model_state_dict", "model")
"""Keys under which training scripts put the weights."""

INDEX = ".index.json"
"""Ends the file that tells which of several files holds which tensor."""

IN_FOLDERS = tuple(name + end for end in ("", INDEX) for name in ("model.safetensors", "pytorch_model.bin"))
"""What the trainer of Hugging Face calls the weights in a checkpoint's folder, the first found counts."""


def holds_weights(path: Path) -> bool:
    """Whether a file is, or is meant to be, one of weights, told by its first bytes, by its name only if they do not.

    HDF5, NumPy archives and tables are not.
    """
    with path.open("rb") as file:
        start = file.read(9)
    if start.startswith(b"PK") and zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            return any(name.endswith("data.pkl") for name in archive.namelist())
    named = path.suffix in {".safetensors", ".ckpt", ".pt", ".pth", ".th", ".bin"}
    return start.startswith(b"\x80") or start[8:] == b"{" or (named and not start.startswith(b"\x89HDF"))


def weights_file(path: Path) -> Path:
    """The file of a checkpoint's weights: itself, or the one in a folder of the trainer of Hugging Face.

    Raises:
        BadCheckpoint: there is no such file, or none in the folder.
    """
    if path.is_file():
        return path
    if not path.is_dir():
        raise BadCheckpoint(f"Weights should come from {path}, but there is no such file: check the path.")
    found = next((path / name for name in IN_FOLDERS if (path / name).is_file()), None)
    if found is None:
        raise BadCheckpoint(
            f"{path} should hold {IN_FOLDERS[0]} or {IN_FOLDERS[1]}, but no such file is there: name a file of weights."
        )
    return found


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


def tensors(path: Path) -> dict[str, Tensor]:
    """The tensors by name in their file's order, without wrappers and without what stands before every name.

    Raises:
        BadCheckpoint: a file is missing, holds no weights or might run code.
    """
    if path.name.endswith(INDEX):
        files = [tensors(weights_file(part)) for part in parts(path)[1:]]
        return {name: tensor for file in files for name, tensor in file.items()}
    return _plain(_contents(path), path)


def _placed(path: Path) -> dict[str, Path]:
    """Which file beside an index holds which tensor."""
    try:
        placed: Mapping[str, str] = json.loads(path.read_bytes())["weight_map"]
        return {name: path.parent / Path(file).name for name, file in placed.items()}  # of its own folder only
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as problem:
        raise BadCheckpoint(
            f"{path} should name the file of each tensor, but has no readable weight_map: save the checkpoint again."
        ) from problem


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
    which = re.search(r"GLOBAL ([\w.]+)", problem)
    kind = f" ({which[1]}" + (", among its hyper-parameters)" if path.suffix == ".ckpt" else ")") if which else ""
    return (
        f"{path} should hold tensors only, but also holds objects that could run code{kind}, and was not opened: where "
        "you trust it, load it yourself with torch.load(..., weights_only=False) and save its state_dict() alone."
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
