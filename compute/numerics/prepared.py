"""A network made ready for many points of one plane."""

import logging
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import vmap

from compute.inputs import Inputs, call, map_tensors, tensors
from compute.numerics.arithmetic import arithmetic
from compute.numerics.calling import call_with
from compute.numerics.coordinates import Coordinates, Flat
from compute.numerics.evaluation import Examples, Judged, averaged, joined, judged
from compute.numerics.outputs import leaves, map_outputs, widened, with_leaves
from compute.numerics.statistics import recompute
from compute.numerics.steps import ALL, Step

log = logging.getLogger(__name__)

Answers = tuple[np.ndarray, np.ndarray | None, np.ndarray]
"""Losses and correctness (points, examples), the examples' labels (examples,); None where nothing is right or wrong."""


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """Inputs from which BatchNorm's statistics are recomputed at every point, `batch` at once."""

    inputs: Inputs
    batch: int


@dataclass(slots=True, eq=False)
class Prepared:
    r"""A network that answers at points of a plane, once its `coordinates` have moved it there.

    `batch`, the examples of a forward pass, is halved for good when the device runs out of memory. `stack` points are
    put through the network at once, which fills a device that one point of a small network would leave idle. Where
    BatchNorm's statistics are recomputed, from a `calibration`, one point goes at a time. `steps` says what was done
    to make the network ready, `left_out` what had to be left out for it to keep its loss. Where `clones` is true the
    network changes what it is given, so it is given copies.
    """

    network: nn.Module
    coordinates: Coordinates
    examples: Examples
    batch: int
    steps: frozenset[Step] = ALL
    stack: int = 1
    calibration: Calibration | None = None
    clones: bool = False
    left_out: tuple[str, ...] = ()

    @property
    def extent(self) -> tuple[int, int]:
        """How many tensors move, and how many examples there are."""
        return self.coordinates.count, len(self.examples)

    @property
    def device(self) -> torch.device:
        """Where it computes."""
        return self.coordinates.device

    @property
    def dtype(self) -> torch.dtype:
        """The arithmetic that it computes in."""
        return self.coordinates.dtype

    @property
    def size(self) -> int:
        """About how many bytes it takes on its device."""
        return self.coordinates.nbytes + sum(tensor.nbytes for tensor in tensors(self.examples.inputs))

    def move(self, alpha: float, beta: float) -> None:
        """Sets the network to a point."""
        self.coordinates.move(alpha, beta)
        if self.calibration is not None:
            recompute(self.network, self.calibration.inputs, self.calibration.batch)

    def per_example(self, alpha: float, beta: float, start: int = 0, stop: int | None = None) -> Judged:
        """Loss (float32 or wider) and correctness (bool) of each example from `start` to `stop` at a point.

        Raises:
            RuntimeError: not even one example fits into the device's memory, or the network fails.
        """
        part = self.examples.part(start, len(self.examples) if stop is None else stop)
        while True:
            try:
                return self._passed(alpha, beta, part)
            except RuntimeError as problem:
                if self.batch == 1 or not out_of_memory(problem):
                    raise
            self.batch = max(1, min(self.batch, len(part)) // 2)
            log.warning("out of memory, batch halved size=%d", self.batch)
            if self.device.type == "cuda":
                torch.cuda.empty_cache()

    def _passed(self, alpha: float, beta: float, part: Examples) -> Judged:
        with arithmetic(self.dtype, Step.INFERENCE not in self.steps):
            self.move(alpha, beta)
            return joined([self._judged(inputs, targets) for inputs, targets in part.batches(self.batch)])

    def _judged(self, inputs: Inputs, targets: Inputs) -> Judged:
        if self.clones:
            inputs, targets = (map_tensors(Tensor.clone, part) for part in (inputs, targets))
        losses, right = self.examples.judge(widened(call(self.network, inputs)), targets)
        return losses.detach(), right

    def losses(self, at: np.ndarray, start: int, stop: int) -> Answers:
        """Losses and correctness (points, examples) at points (points, 2), and the examples' labels.

        The device is asked for them only when all points are under way, so that it never waits.
        """
        found = [self._group(at[first : first + self.stack], start, stop) for first in range(0, len(at), self.stack)]
        losses, right = joined(found)
        correct = None if right is None else right.cpu().numpy()
        return losses.cpu().numpy(), correct, self.examples.labels[start:stop].cpu().numpy()

    def _group(self, at: np.ndarray, start: int, stop: int) -> Judged:
        """Losses and correctness (points, examples) at a few points: at once, or one by one."""
        try:
            if self.stack > 1:
                return self.together(at, self.examples.part(start, stop))
        except RuntimeError as problem:
            if not out_of_memory(problem):
                raise
            self.stack = 1
            log.warning("out of memory, one point at a time from now on")
        found = (self.per_example(alpha, beta, start, stop) for alpha, beta in at.tolist())
        return joined([(losses[None], None if right is None else right[None]) for losses, right in found])

    def together(self, at: np.ndarray, part: Examples) -> Judged:
        """Losses and correctness (points, examples) at points (points, 2), with one set of weights for each.

        Raises:
            RuntimeError: an operation of the network takes no stacked weights, or memory runs out.
        """
        flat, found = self.coordinates, []
        if not isinstance(flat, Flat):
            raise RuntimeError("only weights in one vector are stacked")
        with arithmetic(self.dtype, False):
            stacked = flat.stacked(torch.from_numpy(at).to(flat.origin))
            for inputs, targets in part.batches(self.batch):
                outputs = widened(self._stacked(flat, stacked, inputs))
                found.append(judged_together(part, outputs, targets, len(at)))
            return joined(found, dim=1)

    def _stacked(self, flat: Flat, weights: Tensor, inputs: Inputs) -> Any:  # noqa: ANN401 - whatever the network gives
        """The outputs for flat weights (points, numbers); each tensor among them has an axis of points first."""
        seen: Any = None

        def passed(one: Tensor) -> tuple[Tensor, ...]:  # vmap takes tensors alone
            nonlocal seen
            seen = call_with(self.network, flat.views(one), inputs)
            return tuple(leaves(seen))

        tensors_of_points = vmap(passed)(weights)
        return with_leaves(seen, tensors_of_points)

    def mean_loss(self, alpha: float, beta: float) -> tuple[float, float]:
        """Mean loss and accuracy (a share) at a point; the mean over examples, taken in float64."""
        return averaged(*self.per_example(alpha, beta))


def judged_together(examples: Examples, outputs: Any, targets: Inputs, points: int) -> Judged:  # noqa: ANN401
    """Losses and correctness (points, examples) of the outputs (points, ...) for the same examples at some points.

    Logits, which have a row for each example, are judged as if every point had examples of its own, at once; whatever
    else a network may give, point by point.
    """
    if examples.judge is judged and isinstance(outputs, Tensor) and isinstance(targets, Tensor):
        every = targets.expand(points, *targets.shape).flatten(0, 1)
        losses, right = examples.judge(outputs.flatten(0, 1), every)
        return losses.reshape(points, -1), None if right is None else right.reshape(points, -1)
    found = [examples.judge(map_outputs(itemgetter(point), outputs), targets) for point in range(points)]
    return joined([(losses[None], None if right is None else right[None]) for losses, right in found])


def out_of_memory(problem: RuntimeError) -> bool:
    """Whether an error says that memory ran out: a GPU's, or a CPU's whose allocator has no class of its own."""
    return isinstance(problem, torch.OutOfMemoryError) or "DefaultCPUAllocator: can't allocate memory" in str(problem)
