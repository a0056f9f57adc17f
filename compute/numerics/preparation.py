"""Makes a network ready for a plane, step by step."""

import logging
from collections.abc import Collection
from dataclasses import replace

import torch
from torch import Tensor, nn

from compute.inputs import Inputs, map_tensors
from compute.numerics import fusion
from compute.numerics.arithmetic import cast
from compute.numerics.coordinates import Coordinates, flat, separate
from compute.numerics.copies import converted, copied
from compute.numerics.evaluation import Examples
from compute.numerics.folding import folded
from compute.numerics.planes import Plane
from compute.numerics.prepared import Calibration, Prepared
from compute.numerics.steps import ALL, Step
from compute.numerics.tracing import traced

log = logging.getLogger(__name__)


def prepared(
    network: nn.Module,
    plane: Plane,
    examples: Examples,
    dtype: torch.dtype = torch.float32,
    batch: int = 100,
    calibration: Calibration | None = None,
    steps: Collection[Step] = ALL,
    clones: bool = False,
) -> Prepared:
    """Makes a network ready, by the steps that are wanted and possible; without `COPY` its own weights will move.

    Args:
        network: in evaluation mode, on the device to compute on, as the plane and the examples are.
        plane: through the network's parameters, and BatchNorm's running statistics if they are to move, too.
        examples: what the loss is averaged over.
        dtype: the arithmetic: float64, float32, or bfloat16 (whose losses are still taken in float32).
        batch: examples a forward pass.
        calibration: what BatchNorm's statistics are recomputed from at every point, instead of keeping them.
        steps: what may be done.
        clones: whether the network changes its inputs, and so needs copies of them.
    """
    wanted = frozenset(steps) - (frozenset() if calibration is None else {Step.FOLD, Step.JOIN})
    light, straight = lightened(network, plane, dtype, wanted, examples.inputs)
    last = kernels(light) & set(straight.origin) if Step.LAST in wanted else frozenset[str]()
    point: Coordinates
    if light is not network and Step.FLAT in wanted and not any(w.is_complex() for w in straight.origin.values()):
        point = flat(light, straight, dtype, last)
    else:
        point = separate(light, straight, dtype)
    data = replace(examples, inputs=laid_out(examples.inputs, dtype, bool(last)))
    if calibration is not None:
        calibration = replace(calibration, inputs=laid_out(calibration.inputs, dtype, bool(last)))
    return Prepared(light, point, data, batch, wanted, calibration=calibration, clones=clones)


def lightened(
    network: nn.Module, plane: Plane, dtype: torch.dtype, steps: frozenset[Step], inputs: "Inputs | None" = None
) -> tuple[nn.Module, Plane]:
    """A private copy with fewer layers, and the plane through it; the network itself where it is not to be copied.

    The copy has the layers that a call with such `inputs` has, by default one tensor.
    """
    if Step.COPY not in steps:
        same = dtype == torch.promote_types(dtype, torch.float32)
        return (network if same else converted(copied(network), home(plane), dtype)), plane
    light, straight = network, plane
    if steps & {Step.FOLD, Step.JOIN}:
        try:
            light = traced(network, inputs)
        except Exception as problem:  # noqa: BLE001 - any module works, traceable or not
            log.info("not folded: %s cannot be traced (%s)", type(network).__name__, problem)
        else:
            light, straight = folded(light, plane) if Step.FOLD in steps else (light, plane)
            light = fusion.joined(light) if Step.JOIN in steps and fusion.joinable(light, dtype) else light
    return converted(copied(network) if light is network else light, home(plane), dtype), straight


def home(plane: Plane) -> torch.device:
    """The device that a plane is on."""
    return next(iter(plane.origin.values())).device


def kernels(network: nn.Module) -> frozenset[str]:
    """The names of all kernels of images."""
    convolutions = (nn.Conv2d, nn.ConvTranspose2d, fusion.ConvReLU)
    owners = {id(module.weight) for module in network.modules() if isinstance(module, convolutions)}
    return frozenset(name for name, part in network.named_parameters() if id(part) in owners and part.dim() == 4)


def laid_out(inputs: Inputs, dtype: torch.dtype, last: bool) -> Inputs:
    """Inputs as a network reads them fastest: numbers in its arithmetic, images with their channels last if wanted."""

    def one(tensor: Tensor) -> Tensor:
        found = cast(tensor, dtype)
        return found.contiguous(memory_format=torch.channels_last) if last and found.dim() == 4 else found

    return map_tensors(one, inputs)
