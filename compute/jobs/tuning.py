"""How many examples, and how many points, a network takes at once."""

import logging
from dataclasses import replace
from time import perf_counter

import numpy as np

from compute.jobs import sizes
from compute.numerics.fusion import ConvReLU
from compute.numerics.prepared import Prepared
from compute.numerics.proof import stacks
from compute.numerics.steps import Step
from compute.specs import ModelRef

log = logging.getLogger(__name__)

BATCHES = (32, 64, 128, 256, 512, 1024)
"""Sizes of a forward pass among which the fastest is chosen."""

STACKS = (4, 16)
"""Numbers of points put through a small network at once, among which and one the fastest is chosen."""
SMALL = 0.005
"""Seconds of a forward pass below which a network may be too small to fill the device."""
GAIN = 0.9
"""Stacking must save a tenth to be chosen."""

_tuned: dict[tuple[object, ...], tuple[int, int]] = {}


def as_before(made: Prepared, model: ModelRef) -> Prepared:
    """The same with the sizes that were fastest for a network of its kind: a training's checkpoints are tuned once."""
    arithmetic = made.dtype, made.device, made.calibration is None, made.left_out
    kind = model.architecture, model.shape, model.classes, *arithmetic, *made.extent
    if kind not in _tuned:
        _tuned[kind] = sizes.read(kind) or chosen(made)
        sizes.keep(kind, _tuned[kind])
    batch, stack = _tuned[kind]
    found = replace(made, batch=batch, stack=stack)
    return found if stack == 1 or stacks(found) else replace(found, stack=1, left_out=(*made.left_out, Step.STACK))


def chosen(made: Prepared) -> tuple[int, int]:
    """The batch and the stack that are fastest here and now."""
    found = tuned(made)
    return found.batch, found.stack


def tuned(made: Prepared) -> Prepared:
    """The same with the batch size that takes the least time per example here and now."""
    batches = [size for size in BATCHES if size < len(made.examples)] + [len(made.examples)]
    best = min(batches[: len(BATCHES)], key=lambda size: seconds_per_example(made, size))
    log.info("batch chosen size=%d", best)
    return stacked(replace(made, batch=best))


def stacked(made: Prepared) -> Prepared:
    """The same with several points at once, where the network is small, its operations allow it, and it is faster."""
    if made.calibration is not None or any(isinstance(module, ConvReLU) for module in made.network.modules()):
        return made  # computed one set of weights at a time, whatever is asked
    if made.clones or not {Step.FLAT, Step.INFERENCE} <= made.steps:
        return made
    if made.batch * seconds_per_example(made, made.batch) > SMALL:
        return made
    best, least = made, seconds_per_point(made)
    try:
        for stack in STACKS if stacks(made) else ():
            tried = replace(made, stack=stack)
            seconds = seconds_per_point(tried)
            if seconds < GAIN * least:
                best, least = tried, seconds
    except RuntimeError as problem:  # out of memory, above all
        log.info("not stacked: %s", problem)
    log.info("stack chosen size=%d", best.stack)
    return best


def seconds_per_point(made: Prepared) -> float:
    """The time of a point over a batch of examples, the best of three."""
    at, times = np.zeros((max(STACKS), 2)), []
    for _ in range(3):
        start = perf_counter()
        made.losses(at, 0, made.batch)
        times.append(perf_counter() - start)
    return min(times) / len(at)


def seconds_per_example(made: Prepared, size: int) -> float:
    """The time of one forward pass over a batch, the better of two, by its size."""
    batch = replace(made, examples=made.examples.part(0, size), batch=size)
    times = []
    for _ in range(2):
        start = perf_counter()
        batch.mean_loss(0.0, 0.0)
        times.append(perf_counter() - start)
    return min(times) / size
