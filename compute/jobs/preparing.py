"""Makes a query's network ready, checked and compared with itself, in the arithmetic that is asked for."""

import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import torch
from torch import nn

from compute.errors import BadNetwork, LandscapeError
from compute.jobs.tuning import as_before
from compute.numerics import assumptions
from compute.numerics.evaluation import Examples
from compute.numerics.planes import Plane
from compute.numerics.prepared import Calibration, Prepared, out_of_memory
from compute.numerics.proof import proved
from compute.specs import DataRef, ModelRef
from compute.zoo import checkpoints

log = logging.getLogger(__name__)

OURS = Path(checkpoints.__file__).parents[1]
"""The folder of this program."""

_overwriting: dict[tuple[object, ...], bool] = {}
"""Whether networks that were checked before overwrite what they are given."""


def examined(network: nn.Module, examples: Examples, dtype: torch.dtype, model: ModelRef, data: DataRef) -> bool:
    """Whether a network overwrites what it is given; each architecture is checked once for some data.

    Raises:
        BadNetwork: its loss is no function of its weights and of one example, or it fails.
    """
    name = model.architecture, model.shape, model.classes, data.name, data.digest, dtype
    assumptions.evaluate(network)
    if name not in _overwriting:
        with sentences(network, dtype):
            _overwriting[name] = assumptions.check(network, examples, dtype)
    return _overwriting[name]


def exact(
    network: nn.Module,
    plane: Plane,
    examples: Examples,
    dtype: torch.dtype,
    model: ModelRef,
    calibration: Calibration | None,
    clones: bool,
) -> Prepared:
    """A network ready in float32 or float64.

    Raises:
        BadNetwork: it fails.
    """
    with sentences(network, dtype):
        return as_before(proved(network, plane, examples, dtype, calibration, clones), model)


def fast(
    network: nn.Module,
    plane: Plane,
    examples: Examples,
    model: ModelRef,
    calibration: Calibration | None,
    clones: bool,
) -> Prepared | None:
    """A network ready in bfloat16, or nothing where it does not compute in it."""
    if any(weight.is_complex() for weight in plane.origin.values()):
        log.warning("left out, for there are no complex numbers in it: bfloat16")
        return None
    try:
        return as_before(proved(network, plane, examples, torch.bfloat16, calibration, clones), model)
    except LandscapeError:
        raise
    except Exception as problem:
        if isinstance(problem, RuntimeError) and out_of_memory(problem):
            raise
        log.warning("left out, for the network fails in it: bfloat16 (%s: %s)", type(problem).__name__, problem)
        return None


def without_fast(made: Prepared) -> Prepared:
    """The same, which tells that the fast arithmetic was left out."""
    return replace(made, left_out=("bfloat16", *made.left_out))


@contextmanager
def sentences(network: nn.Module, dtype: torch.dtype) -> Iterator[None]:
    """Says in one sentence what goes wrong in a network, and where; memory that runs out stays the error it is.

    Raises:
        BadNetwork: something does.
    """
    try:
        yield
    except LandscapeError:
        raise
    except Exception as problem:
        if isinstance(problem, RuntimeError) and out_of_memory(problem):
            raise
        said = " ".join(f"{type(problem).__name__}: {problem}".split()).rstrip(".")
        advice = "correct it"
        if dtype == torch.float64:
            advice = (
                "create tensors in the arithmetic of the weights, as torch.zeros(n, dtype=x.dtype) does, or choose the "
                "precision exact"
            )
        raise BadNetwork(
            f"{place(problem)}: {type(network).__name__} should compute in {str(dtype).removeprefix('torch.')}, but "
            f"raised {said}: {advice}."
        ) from problem


def place(problem: Exception) -> str:
    """The file and line of the network's own code at which something went wrong."""
    frames = traceback.extract_tb(problem.__traceback__)
    numerics = [str(OURS / part) for part in ("numerics", "jobs")]
    own = [frame for frame in frames if not library(frame.filename) and not frame.filename.startswith(tuple(numerics))]
    frame = own[-1] if own else frames[-1]
    return f"{frame.filename}, line {frame.lineno}"


def library(file: str) -> bool:
    """Whether a file is of an installed package, or of no file at all."""
    return "site-packages" in file or file.startswith("<") or file.startswith(str(Path(torch.__file__).parent))
