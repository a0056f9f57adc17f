"""Reads what torch.save and safetensors wrote without running any code that a file names."""

from __future__ import annotations

import io
import pickle
import pickletools
import re
import warnings
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from compute.archives import BadArchive, opened
from compute.errors import BadCheckpoint
from compute.zoo import claims, headers

SAVE = "torch.save(model.state_dict(), FILE)"
"""How to save a network's weights."""

PATHS = tuple(
    f"{module}.{kind}"
    for module in ("pathlib", "pathlib._local")
    for kind in ("PosixPath", "WindowsPath", "PurePosixPath", "PureWindowsPath", "Path")
)
MAPPINGS = (
    "collections.defaultdict",
    "pytorch_lightning.utilities.parsing.AttributeDict",
    "lightning.pytorch.utilities.parsing.AttributeDict",
    "lightning_fabric.utilities.data.AttributeDict",
    "lightning.fabric.utilities.data.AttributeDict",
)
PICKLES = 4
"""In torch's older format the contents are the fourth pickle of a file."""

NUMPY = ("numpy.core.multiarray", "numpy._core.multiarray")
"""Where NumPy 1 and 2 keep what rebuilds arrays."""


class Dictionary:
    """A plain dictionary in the place of one of its kinds."""

    def __new__(cls, *_given: object) -> dict[object, object]:  # type: ignore[misc]  # what is read needs no kind
        """An empty one: what it holds comes afterwards."""
        return {}


def path_text(*parts: str) -> str:
    """A path's text, in the place of a path of any system."""
    return "/".join(map(str, parts))


def contents(path: Path) -> object:
    """Whatever a file holds.

    Beside tensors and plain Python values it may hold `argparse.Namespace` and the like, dates, paths, NumPy's scalars
    and arrays: types of which none runs code of the file.

    Raises:
        BadCheckpoint: it cannot be read, or holds objects of any other type.
    """
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        if path.suffix == ".safetensors" or _starts(path)[8:] == b"{":
            headers.check(path)
            return load_file(path)
        claims.check(path)
        allowed = torch.serialization.safe_globals(harmless())
        with warnings.catch_warnings(action="ignore"), allowed:  # torch comments on pickles that it then refuses
            return torch.load(path, map_location="cpu", weights_only=True)
    except SafetensorError as problem:
        raise BadCheckpoint(f"{path} should be a safetensors file, but is damaged or none: save it again.") from problem
    except claims.TooMuch as problem:
        raise BadCheckpoint(f"{path} {problem}: save the network's state_dict() alone.") from problem
    except BadArchive as problem:
        raise BadCheckpoint(f"{path}: {problem}") from problem
    except Exception as problem:
        raise BadCheckpoint(refusal(path, problem)) from problem


def harmless() -> list[Any]:
    """The types that may stand beside tensors, each with the name that files give it where that is another."""
    import argparse
    import datetime
    import types

    import numpy as np

    letters = "?bhilqBHILQefdgFDSUMm"  # every kind of number and text, no objects
    arrays = [np.ndarray, np.dtype, *dict.fromkeys(type(np.dtype(letter)) for letter in letters)]
    plain = [dict, list, tuple, frozenset, int, float, bool, str, slice, range]
    dates = [datetime.datetime, datetime.date, datetime.time, datetime.timedelta, datetime.timezone]
    rebuilt = {"scalar": np.float64(0).__reduce__()[0], "_reconstruct": np.zeros(1).__reduce__()[0]}
    made = [(function, f"{where}.{name}") for where in NUMPY for name, function in rebuilt.items()]
    stood = [(path_text, name) for name in PATHS] + [(Dictionary, name) for name in MAPPINGS]
    version = (str, "torch.torch_version.TorchVersion")
    return [argparse.Namespace, types.SimpleNamespace, *arrays, *plain, *dates, *made, *stood, version]


def refusal(path: Path, problem: Exception) -> str:
    """Why a file was not opened, what it is, and how to save what is needed instead."""
    if is_script(path):
        return (
            f"{path} should hold tensors by name, but is a TorchScript program, which is code: where you trust it, "
            f"save its weights alone with torch.save(torch.jit.load({path.name!r}).state_dict(), FILE)."
        )
    if is_archive(path, "serialized_exported_program.json") or is_archive(path, "archive_format"):
        return (
            f"{path} should hold tensors by name, but is a program written by torch.export: save the network's weights "
            f"instead, {SAVE}."
        )
    names = globals_named(path)
    if any(name.startswith("torch.nn.modules.") for name in names):
        return (
            f"{path} should hold tensors by name, but is a whole network, pickled, which are objects that could run "
            f"code when it is opened: where you trust it, load it yourself with torch.load({path.name!r}, "
            "weights_only=False) and save its state_dict() alone: torch.save(model.state_dict(), FILE)."
        )
    newer = "Unsupported operand" in str(problem) and _starts(path)[:2] in {b"PK", b"\x80\x04", b"\x80\x05"}
    if newer and all(name.startswith(("torch.", "collections.")) for name in names):
        return (
            f"{path} should be written by torch.save as it is, but has a newer pickle protocol, which cannot be read "
            f"safely: save it again without pickle_protocol, {SAVE}."
        )
    if isinstance(problem, pickle.UnpicklingError) and (names or _names_code(str(problem))):
        return _unsafe(path, str(problem))
    return (
        f"{path} should be a checkpoint, but is neither safetensors nor a file written by torch.save, or is damaged: "
        "save the network's state_dict() again."
    )


def _starts(path: Path) -> bytes:
    """The first bytes of a file: of a safetensors file the length of its header, then the header."""
    with path.open("rb") as file:
        return file.read(9)


def _names_code(problem: str) -> bool:
    return any(word in problem for word in ("Unsupported global", "Unsupported class", "GLOBAL"))


def _unsafe(path: Path, problem: str) -> str:
    which = re.search(r"GLOBAL ([\w.]+)", problem)
    kind = f" ({which[1]}" + (", among its hyper-parameters)" if path.suffix == ".ckpt" else ")") if which else ""
    return (
        f"{path} should hold tensors only, but also holds objects that could run code{kind}, and was not opened: where "
        "you trust it, load it yourself with torch.load(..., weights_only=False) and save its state_dict() alone."
    )


def is_script(path: Path) -> bool:
    """Whether a file was written by torch.jit.save."""
    return is_archive(path, "constants.pkl")


def is_archive(path: Path, ending: str) -> bool:
    """Whether a file is a zip archive with a member whose name ends so."""
    with suppress(OSError, zipfile.BadZipFile, ValueError, BadArchive), opened(path) as archive:
        return any(name.endswith(ending) for name in archive.namelist())
    return False


def globals_named(path: Path) -> set[str]:
    """What a file's pickle names to call, in an archive or by itself, as far as it can be read."""
    with suppress(Exception):  # damaged files fail in many ways, and tell nothing
        if zipfile.is_zipfile(path):
            with opened(path) as archive:
                inside = next(name for name in archive.namelist() if name.endswith("data.pkl"))
                return _globals_in(io.BytesIO(archive.open(inside).read(claims.PICKLE)))
        with path.open("rb") as file:
            return set().union(*(_globals_in(file) for _ in range(PICKLES)))
    return set()


def _globals_in(file: IO[bytes]) -> set[str]:
    found, texts = set[str](), ["", ""]
    with suppress(ValueError):
        for operation, argument, _ in pickletools.genops(file):
            if operation.name == "GLOBAL":
                found.add(str(argument).replace(" ", "."))
            elif operation.name == "STACK_GLOBAL":
                found.add(".".join(texts[-2:]))
            elif isinstance(argument, str):
                texts.append(argument)
    return found
