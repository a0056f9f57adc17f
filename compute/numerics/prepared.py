"""A network made ready for many points of one plane."""

import copy
import logging
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import Any

import numpy as np
import torch
from torch import Tensor, fx, nn
from torch.func import vmap

from compute.inputs import Inputs, call, map_tensors, tensors
from compute.numerics import fusion
from compute.numerics.calling import call_with
from compute.numerics.evaluation import Examples, Judged, averaged, joined, judged
from compute.numerics.folding import folded
from compute.numerics.outputs import leaves, map_outputs, widened, with_leaves
from compute.numerics.planes import Plane, Weights
from compute.numerics.statistics import recompute

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
    r"""A private copy of a network whose coordinates are views of one flat buffer, and a plane as three flat vectors.

    So a point costs two additions, $\theta^* + \alpha\,\delta + \beta\,\eta$ from the origin, one conversion where
    the arithmetic is narrower than float32, and the forward pass. `batch`, the examples of a forward pass, is halved
    for good when the device runs out of memory. `stack` points are put through the network at once, which fills a
    device that one point of a small network would leave idle. `shapes` are the coordinates', in the vectors' order:
    parameters, and BatchNorm's statistics where they move with them. Where they are recomputed instead, from a
    `calibration`, one point goes at a time.
    """

    network: nn.Module
    origin: Tensor
    x: Tensor
    y: Tensor
    master: Tensor
    weights: Tensor
    examples: Examples
    shapes: dict[str, torch.Size]
    batch: int
    stack: int = 1
    calibration: Calibration | None = None

    @property
    def extent(self) -> tuple[int, int]:
        """How many parameters are left after folding, and how many examples there are."""
        return len(self.shapes), len(self.examples)

    @property
    def size(self) -> int:
        """About how many bytes it takes on its device."""
        vectors = self.origin, self.x, self.y, self.master, self.weights
        return sum(tensor.nbytes for tensor in (*vectors, *tensors(self.examples.inputs)))

    def move(self, alpha: float, beta: float) -> None:
        """Sets the network to a point."""
        torch.add(self.y.mul(beta), self.x, alpha=alpha, out=self.master)
        self.master.add_(self.origin)
        if self.weights is not self.master:
            self.weights.copy_(self.master)
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
            if self.origin.is_cuda:
                torch.cuda.empty_cache()

    def _passed(self, alpha: float, beta: float, part: Examples) -> Judged:
        with torch.inference_mode():
            self.move(alpha, beta)
            return joined(
                [
                    part.judge(widened(call(self.network, inputs)), targets)
                    for inputs, targets in part.batches(self.batch)
                ]
            )

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
        found = []
        with torch.inference_mode():
            alpha, beta = torch.from_numpy(at).to(self.origin)[:, :, None].unbind(1)
            stacked = (self.origin + (beta * self.y + alpha * self.x)).to(self.weights.dtype)
            for inputs, targets in part.batches(self.batch):
                outputs = widened(self._stacked(stacked, inputs))
                found.append(judged_together(part, outputs, targets, len(at)))
            return joined(found, dim=1)

    def _stacked(self, weights: Tensor, inputs: Inputs) -> Any:  # noqa: ANN401 - whatever the network gives
        """The outputs for flat weights (points, parameters); each tensor among them has an axis of points first."""
        seen: Any = None

        def passed(flat: Tensor) -> tuple[Tensor, ...]:  # vmap takes tensors alone
            nonlocal seen
            seen = call_with(self.network, views(flat, self.shapes), inputs)
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


def prepared(
    network: nn.Module,
    plane: Plane,
    examples: Examples,
    dtype: torch.dtype = torch.float32,
    batch: int = 100,
    calibration: Calibration | None = None,
) -> Prepared:
    """Folds what can be folded, lays images out channels last, and flattens the plane; no argument is changed.

    Args:
        network: in evaluation mode, on the device to compute on, as the plane and the examples are.
        plane: through the network's parameters, and BatchNorm's running statistics if they are to move, too.
        examples: what the loss is averaged over.
        dtype: the arithmetic: float64, float32, or bfloat16 (whose losses are still taken in float32).
        batch: examples a forward pass.
        calibration: what BatchNorm's statistics are recomputed from at every point, instead of keeping them.
    """
    light, straight = (network, plane) if calibration else folded(network, plane, examples.inputs)
    if isinstance(light, fx.GraphModule) and fusion.joinable(light, dtype):
        light = fusion.joined(light)
    if light is network:
        light = copy.deepcopy(network)
    wide = torch.promote_types(dtype, torch.float32)
    origin, x, y = (flattened(part).to(wide) for part in (straight.origin, straight.x, straight.y))
    master = origin.clone()
    weights = master if dtype == wide else master.to(dtype)
    shapes = {name: part.shape for name, part in straight.origin.items()}
    point_at(light.to(dtype), weights, shapes)
    data = replace(examples, inputs=laid_out(examples.inputs, dtype))
    found = Prepared(light, origin, x, y, master, weights, data, shapes, batch)
    if calibration is not None:
        found.calibration = replace(calibration, inputs=laid_out(calibration.inputs, dtype))
    return found


def laid_out(inputs: Inputs, dtype: torch.dtype) -> Inputs:
    """Inputs as a network reads them fastest: numbers in its arithmetic, images with their channels last."""

    def one(tensor: Tensor) -> Tensor:
        found = tensor.to(dtype) if tensor.is_floating_point() else tensor
        return found.contiguous(memory_format=torch.channels_last) if found.dim() == 4 else found

    return map_tensors(one, inputs)


def flattened(weights: Weights) -> Tensor:
    """All coordinates as one vector; kernels of images with their channels last."""
    return torch.cat([(w.movedim(1, -1) if w.dim() == 4 else w).reshape(-1) for w in weights.values()])


def views(flat: Tensor, shapes: dict[str, torch.Size]) -> Weights:
    """The coordinates that a flat vector holds."""
    parts = torch.split(flat, [shape.numel() for shape in shapes.values()])
    return {
        name: part.view(shape[0], *shape[2:], shape[1]).movedim(-1, 1) if len(shape) == 4 else part.view(shape)
        for part, (name, shape) in zip(parts, shapes.items(), strict=True)
    }


def point_at(network: nn.Module, flat: Tensor, shapes: dict[str, torch.Size]) -> None:
    """Makes each parameter of a network, and each buffer that moves, a view of its part of a flat vector."""
    buffers = dict(network.named_buffers())
    for name, view in views(flat, shapes).items():
        path, _, leaf = name.rpartition(".")
        owner = network.get_submodule(path)
        if name in buffers:
            owner.register_buffer(leaf, view)
        else:
            owner.register_parameter(leaf, nn.Parameter(view, requires_grad=False))
