"""Compares a prepared network with the network as it was written, and leaves out what changes its loss."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch
from torch import nn

from compute.inputs import select_rows
from compute.numerics.coordinates import Perturbed
from compute.numerics.evaluation import Examples
from compute.numerics.planes import Plane
from compute.numerics.preparation import prepared
from compute.numerics.prepared import Calibration, Prepared, out_of_memory
from compute.numerics.steps import ALL, NONE, Step, in_order

log = logging.getLogger(__name__)

POINTS = np.array([(0.0, 0.0), (0.5, -0.25), (-0.75, 0.5)])
"""Where the two are compared: at the origin and away from it."""
FEW = 8
"""Examples on which they are compared."""
ROUNDING = 16.0
"""Units in the last place of the largest loss that are rounding in any network."""
FACTOR = 8.0
"""How many times as far as losses move where each weight is rounded anew, rounding elsewhere may move them."""


@dataclass(eq=False)
class Reference:
    """A network's losses on a few examples at a few points as it was written, and what rounding does to them."""

    plain: Prepared

    @cached_property
    def losses(self) -> np.ndarray:
        """The losses (points, examples)."""
        return self.plain.losses(POINTS, 0, FEW)[0]

    @cached_property
    def spread(self) -> np.ndarray:
        """How far the losses (points, 1) move where each weight is rounded anew; infinite where one gets infinite.

        Far from the origin a deep network magnifies rounding beyond any fixed tolerance.
        """
        other = replace(self.plain, coordinates=Perturbed(self.plain.coordinates))
        return distance(other.losses(POINTS, 0, FEW)[0], self.losses)

    def agrees(self, losses: np.ndarray) -> bool:
        """Whether losses (points, examples) are these but for rounding; NaN and infinity must stand where they do.

        That is 16 units in the last place of the largest loss at a point, 2e-6 of it in float32 and 0.12 in bfloat16,
        or eight times the `spread`.
        """
        if losses.shape != self.losses.shape:
            return False
        apart, largest = distance(losses, self.losses), np.abs(np.nan_to_num(self.losses, posinf=0, neginf=0)).max(1)
        rounding = ROUNDING * torch.finfo(self.plain.dtype).eps * largest[:, None]
        return bool((apart <= rounding).all() or (apart <= np.maximum(rounding, FACTOR * self.spread)).all())


def distance(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The largest difference (points, 1) of losses (points, examples); infinite where only one is finite.

    Example:
        >>> distance(np.array([[1.0, np.nan], [1.0, np.inf]]), np.array([[1.5, np.nan], [1.0, 1.0]])).tolist()
        [[0.5], [inf]]
    """
    finite = np.isfinite(one), np.isfinite(other)
    both = np.where(finite[0] & finite[1], one, 0) - np.where(finite[0] & finite[1], other, 0)
    return np.where(finite[0] == finite[1], np.abs(both), np.inf).max(1, keepdims=True)


def proved(
    network: nn.Module,
    plane: Plane,
    examples: Examples,
    dtype: torch.dtype = torch.float32,
    calibration: Calibration | None = None,
    clones: bool = False,
) -> Prepared:
    """A network made ready by all steps that leave its loss as it is, found by comparison with the network itself.

    Where all steps together change a loss beyond rounding, or fail, they are tried one by one in their order, and each
    is kept where the loss stays. What is left out is logged, and told by `left_out`.

    Args:
        network: a private one in evaluation mode, whose weights may be overwritten from now on.
        plane: as `prepared` takes it, and so are the others.
        examples: what the loss is averaged over; the first few are compared.
        dtype: the arithmetic.
        calibration: what BatchNorm's statistics are recomputed from; a few of them while comparing.
        clones: whether the network changes its inputs.

    Raises:
        Exception: the network itself fails.
    """

    def made(steps: frozenset[Step], examples: Examples = examples) -> Prepared:
        return prepared(network, plane, examples, dtype, calibration=calibration, steps=steps, clones=clones)

    reference = Reference(briefly(made(NONE, examples.part(0, FEW))))
    reference.losses  # noqa: B018 - what is wrong with the network itself is raised here
    return attempt(made, reference, ALL) or largest(made, reference)


def largest(made: Callable[[frozenset[Step]], Prepared], reference: Reference) -> Prepared:
    """The network made ready by every step that, one after another, leaves its loss as it is."""
    kept, best = NONE, made(NONE)
    for step in in_order(ALL - {Step.STACK}):
        if step not in {Step.INFERENCE, Step.COPY} and Step.COPY not in kept:
            continue
        found = attempt(made, reference, kept | {step})
        if found is not None:
            kept, best = kept | {step}, found
    left_out = tuple(str(step) for step in in_order(ALL - {Step.STACK} - kept))
    log.warning("left out, for the loss would change: %s", ", ".join(left_out))
    return replace(best, left_out=left_out)


def attempt(
    made: Callable[[frozenset[Step]], Prepared], reference: Reference, steps: frozenset[Step]
) -> Prepared | None:
    """A network made ready by some steps, or nothing where it fails or its loss is another."""
    try:
        found = made(steps)
        losses = briefly(found).losses(POINTS, 0, FEW)[0]
    except Exception as problem:
        if isinstance(problem, RuntimeError) and out_of_memory(problem):
            raise
        log.info("step fails steps=%s (%s: %s)", ", ".join(in_order(steps)), type(problem).__name__, problem)
        return None
    return found if reference.agrees(losses) else None


def stacks(made: Prepared) -> bool:
    """Whether several points at once have the losses that they have one by one.

    Raises:
        RuntimeError: memory runs out.
    """
    reference = Reference(replace(made, stack=1))
    try:
        together = made.together(POINTS, made.examples.part(0, FEW))[0].cpu().numpy()
    except Exception as problem:
        if isinstance(problem, RuntimeError) and out_of_memory(problem):
            raise
        log.info("not stacked: %s", problem)
        return False
    return reference.agrees(together)


def briefly(made: Prepared) -> Prepared:
    """The same, calibrated by a few inputs alone."""
    if made.calibration is None:
        return made
    return replace(made, calibration=replace(made.calibration, inputs=select_rows(made.calibration.inputs, 0, FEW)))
