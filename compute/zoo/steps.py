"""The steps of an epoch: driven by the host, or lying on the device as CUDA graphs."""

import logging
from collections import deque
from collections.abc import Container, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from compute.zoo.augmentation import draw_moves, move
from compute.zoo.learner import Learner, on_device, rewind, state_of
from compute.zoo.recipe import Recipe
from compute.zoo.resident import Resident

logger = logging.getLogger(__name__)

AHEAD = 8
"""So many steps of a network may wait on the device; more would hold up networks that train beside it."""

WARM_UP = 3
"""Steps before a capture: kernels are chosen and the optimiser's memory is made in them."""

SMALL = 512
"""Batches up to this size have many short kernels, which go before the long ones of networks beside them."""


class Steps(Protocol):
    """What takes a learner through an epoch, at the rates of a recipe that may be exchanged for a longer one."""

    recipe: Recipe

    def epoch(self, number: int, stops: Container[int] = ()) -> Iterator[Tensor | None]:
        """After each step the sum of the examples' losses so far; None while the device has enough to do.

        After the last step, and after the `stops`, counted from 1 within the epoch, the device is done with it.
        """


def make_steps(learner: Learner, data: Resident, recipe: Recipe) -> Steps:
    """The fastest way of taking steps on the device of the data."""
    kind = DeviceSteps if on_device(recipe, data.targets.device) else HostSteps
    return kind(learner, data, recipe)


class HostSteps:
    """Steps one operation after another."""

    def __init__(self, learner: Learner, data: Resident, recipe: Recipe) -> None:
        self._learner, self._data, self.recipe = learner, data, recipe

    def epoch(self, number: int, stops: Container[int] = ()) -> Iterator[Tensor | None]:
        """As `Steps.epoch`; there is nothing to wait for."""
        learner, data, recipe = self._learner, self._data, self.recipe
        device = data.targets.device
        network, optimiser, scaler = learner.network.train(), learner.optimiser, learner.scaler
        order, moves = draw_epoch(len(data), recipe, learner.generator)
        orders = torch.split(order, recipe.batch_size)
        moved = None if moves is None else torch.split(moves, recipe.batch_size, dim=1)
        total = torch.zeros((), dtype=torch.float64, device=device)
        for step, batch in enumerate(orders):
            optimiser.param_groups[0]["lr"] = recipe.rate(number + (step + 0.5) / len(orders))
            optimiser.zero_grad()
            inputs, targets = data.batch(batch.to(device))
            if moved is not None:
                inputs = move(inputs, moved[step].to(device), recipe.augmentation)
            with arithmetic(recipe, device):
                loss = F.cross_entropy(network(inputs), targets)
            scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
            if recipe.clip is not None:
                scaler.unscale_(optimiser)
                nn.utils.clip_grad_norm_(network.parameters(), recipe.clip)
            scaler.step(optimiser)
            scaler.update()
            total += loss.detach() * len(batch)
            yield total


def draw_epoch(examples: int, recipe: Recipe, generator: torch.Generator) -> tuple[Tensor, Tensor | None]:
    """The order (n,) of an epoch's examples, and how each in it is moved, (3, n), if at all."""
    order = torch.randperm(examples, generator=generator)
    return order, draw_moves(recipe.augmentation, examples, generator)


def arithmetic(recipe: Recipe, device: torch.device) -> AbstractContextManager[object]:
    """What the forward pass computes in."""
    if recipe.precision == "float32":
        return nullcontext()
    # A cast kept from a capture would be that of other weights at the next replay.
    return torch.autocast(device.type, dtype=getattr(torch, recipe.precision), cache_enabled=device.type != "cuda")


def _make_stream(device: torch.device, priority: int) -> torch.cuda.Stream:
    return torch.cuda.Stream(device, priority)  # type: ignore[no-untyped-call]


class DeviceSteps:
    """Steps that take all they need from the device's memory, so that CUDA replays each as one graph.

    What an epoch draws goes to the device at its start; a counter there says which step comes next. Where a capture
    fails the same steps run one operation after another, and the log says why.
    """

    def __init__(self, learner: Learner, data: Resident, recipe: Recipe) -> None:
        self._learner, self._data, self.recipe = learner, data, recipe
        device, count = data.targets.device, len(data)
        self._cuda = device.type == "cuda"
        self._sizes = [len(part) for part in torch.split(torch.empty(count), recipe.batch_size)]
        steps, widest = len(self._sizes), self._sizes[0]
        self._drawn = torch.zeros(steps, 4, widest, dtype=torch.int64, pin_memory=self._cuda)
        self._plan = torch.zeros(steps, 4, widest, dtype=torch.int64, device=device)
        self._wanted = torch.zeros(steps, pin_memory=self._cuda)
        self._rates = torch.zeros(steps, device=device)
        self._counter = torch.zeros(1, dtype=torch.int64, device=device)
        self._total = torch.zeros((), dtype=torch.float64, device=device)
        self._rate: Tensor = learner.optimiser.param_groups[0]["lr"]
        self._stream = _make_stream(device, -1 if widest <= SMALL else 0) if self._cuda else None
        self._waiting: deque[torch.cuda.Event] = deque()
        self.graphs: dict[int, torch.cuda.CUDAGraph] = {}
        learner.network.train()
        if self._cuda:
            self._capture()

    def epoch(self, number: int, stops: Container[int] = ()) -> Iterator[Tensor | None]:
        """As `Steps.epoch`."""
        self._load(number)
        for done, size in enumerate(self._sizes, 1):
            while self._behind(AHEAD):
                yield None
            self._launch(size)
            while (done == len(self._sizes) or done in stops) and self._behind(1):
                yield None
            yield self._total

    def _load(self, number: int) -> None:
        """Draws an epoch and puts it where the steps look for it."""
        self._learner.network.train()
        count, steps = len(self._data), len(self._sizes)
        order, moves = draw_epoch(count, self.recipe, self._learner.generator)
        rows = torch.zeros(4, steps * self._sizes[0], dtype=torch.int64)
        rows[0, :count] = order
        if moves is not None:
            rows[1:, :count] = moves
        self._drawn.copy_(rows.reshape(4, steps, -1).transpose(0, 1))
        self._wanted.copy_(torch.tensor([self.recipe.rate(number + (step + 0.5) / steps) for step in range(steps)]))
        with self._queue():
            self._plan.copy_(self._drawn, non_blocking=True)
            self._rates.copy_(self._wanted, non_blocking=True)
            self._counter.zero_()
            self._total.zero_()

    def _launch(self, size: int) -> None:
        with self._queue():
            if size in self.graphs:
                self.graphs[size].replay()
            else:
                self._step(size)
            if self._stream is not None:
                self._waiting.append(self._stream.record_event())

    def _step(self, size: int) -> None:
        """One step over `size` examples, without a look at any number from the host."""
        learner, recipe = self._learner, self.recipe
        drawn = self._plan.index_select(0, self._counter)[0, :, :size]
        self._rate.copy_(self._rates.index_select(0, self._counter)[0])
        inputs, targets = self._data.batch(drawn[0])
        if recipe.augmentation != "none":
            inputs = move(inputs, drawn[1:], recipe.augmentation)
        learner.optimiser.zero_grad(set_to_none=True)
        with arithmetic(recipe, targets.device):
            loss = F.cross_entropy(learner.network(inputs), targets)
        loss.backward()  # type: ignore[no-untyped-call]
        if recipe.clip is not None:
            nn.utils.clip_grad_norm_(learner.network.parameters(), recipe.clip)
        learner.optimiser.step()
        self._total.add_(loss.detach().double(), alpha=size)
        self._counter.add_(1)

    def _capture(self) -> None:
        """Captures a step of each size; the learner is afterwards as it was."""
        state = state_of(self._learner, 0)
        torch.backends.cudnn.benchmark = True
        default, pool = torch.cuda.current_stream(), torch.cuda.graph_pool_handle()
        try:
            self._rehearse()
            for size in sorted(set(self._sizes), reverse=True):
                graph = torch.cuda.CUDAGraph()
                with torch.cuda.graph(graph, pool=pool, stream=self._stream):
                    self._step(size)
                self.graphs[size] = graph
        except RuntimeError as problem:
            self.graphs = {}
            architecture = self.recipe.architecture
            logger.warning("no CUDA graph, steps run singly architecture=%s reason=%s", architecture, problem)
            torch.cuda.set_stream(default)  # a failed capture leaves its own stream current
        torch.cuda.synchronize()
        rewind(self._learner, state)
        torch.cuda.synchronize()

    def _rehearse(self) -> None:
        """Some steps of each size on the stream of the capture."""
        torch.cuda.synchronize()
        with self._queue():
            for size in sorted(set(self._sizes), reverse=True):
                for _ in range(WARM_UP):
                    self._counter.zero_()
                    self._step(size)
        torch.cuda.synchronize()

    def _behind(self, steps: int) -> bool:
        """Whether so many steps still wait on the device."""
        while self._waiting and self._waiting[0].query():  # type: ignore[no-untyped-call]
            self._waiting.popleft()
        return len(self._waiting) >= steps

    def _queue(self) -> AbstractContextManager[object]:
        return nullcontext() if self._stream is None else torch.cuda.stream(self._stream)
