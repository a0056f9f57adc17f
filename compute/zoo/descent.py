"""Stochastic gradient descent from a drawn start, step by step."""

import io
import logging
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from math import isfinite
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from compute.errors import LandscapeError
from compute.specs import DataRef
from compute.zoo import datasets
from compute.zoo.augmentation import cropped_and_flipped
from compute.zoo.datasets import Examples
from compute.zoo.manifests import Epoch
from compute.zoo.recipes import Recipe
from compute.zoo.registry import build

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Learner:
    """All that training changes: weights, what the optimiser remembers, and the random numbers still to be drawn."""

    network: nn.Module
    optimiser: torch.optim.Optimizer
    scaler: torch.amp.GradScaler
    generator: torch.Generator


@dataclass(frozen=True, slots=True)
class Moment:
    """The training after `step` steps, which are `epoch` epochs; `row` tells of an epoch that has just ended."""

    step: int
    epoch: float
    row: Epoch | None = None


def fresh(recipe: Recipe, ref: DataRef) -> nn.Module:
    """The initial network for some data, drawn by the recipe's seed; the caller's random numbers are left alone."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        network = build(recipe.architecture, datasets.shape(ref), datasets.classes(ref))
    if recipe.variance != 1:
        with torch.no_grad():
            for weight in _weights(network):
                weight.mul_(recipe.variance**0.5)
    return network.to(memory_format=torch.channels_last)


def learner(recipe: Recipe, ref: DataRef, device: torch.device) -> Learner:
    """The start of a run on some data."""
    network = fresh(recipe, ref).to(device)
    scaler = torch.amp.GradScaler(device.type, enabled=recipe.precision == "float16")
    return Learner(network, chosen(recipe, network), scaler, torch.Generator().manual_seed(recipe.seed))


def packed(learner: Learner, epochs: int) -> bytes:
    """Everything that going on after `epochs` epochs takes, as a file's content."""
    state = {
        "epochs": epochs,
        "network": learner.network.state_dict(),
        "optimiser": learner.optimiser.state_dict(),
        "scaler": learner.scaler.state_dict(),
        "generator": learner.generator.get_state(),
    }
    buffer = io.BytesIO()
    torch.save(state, buffer)
    return buffer.getvalue()


def unpack(learner: Learner, content: bytes) -> int:
    """Puts the learner where `packed` found another of the same recipe; how many epochs that run had done."""
    state: dict[str, Any] = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    learner.network.load_state_dict(state["network"])
    learner.optimiser.load_state_dict(state["optimiser"])
    learner.scaler.load_state_dict(state["scaler"])
    learner.generator.set_state(state["generator"])
    return int(state["epochs"])


def batches(examples: int, recipe: Recipe) -> int:
    """How many steps an epoch has; the last may be over fewer examples.

    Example:
        >>> batches(1437, Recipe("", "mlp", epochs=1))
        12
    """
    return -(-examples // recipe.batch_size)


def descent(learner: Learner, data: Examples, recipe: Recipe, epochs: Iterable[int]) -> Iterator[Moment]:
    """Trains in place, one pass over the data for each of `epochs`; stops before the first of all, and after each step.

    Raises:
        LandscapeError: the loss has become infinite.
    """
    count = batches(len(data), recipe)
    for epoch in epochs:
        if epoch == 0:
            yield Moment(0, 0, row(learner.network, 0, recipe.rate(0)))
        mean = 0.0
        for done, total in enumerate(one_epoch(learner, data, recipe, epoch), 1):
            if done < count:
                yield Moment(epoch * count + done, round(epoch + done / count, 4))
            else:
                mean = total.item() / len(data)
        logger.info("epoch done architecture=%s epoch=%d loss=%.5f", recipe.architecture, epoch + 1, mean)
        if not isfinite(mean):
            raise LandscapeError(
                f"Training {recipe.architecture} should lower the loss, but it is {mean} after epoch {epoch + 1}: "
                "lower the learning rate, or warm up for longer."
            )
        rate = learner.optimiser.param_groups[0]["lr"]
        yield Moment((epoch + 1) * count, epoch + 1, row(learner.network, epoch + 1, rate, mean))


def row(network: nn.Module, epoch: int, rate: float, loss: float | None = None) -> Epoch:
    """What is noted of an epoch."""
    norms = (nn.utils.get_total_norm(tensors).item() for tensors in (_weights(network), [*network.parameters()]))
    return Epoch(epoch, rate, loss, *norms)


def _weights(network: nn.Module) -> list[nn.Parameter]:
    """The parameters of two or more dimensions."""
    return [parameter for parameter in network.parameters() if parameter.dim() > 1]


def chosen(recipe: Recipe, network: nn.Module) -> torch.optim.Optimizer:
    """The recipe's optimiser; Adam with weight decay as part of the gradient, as Li et al. (2018) have it."""
    if recipe.optimiser == "adam":
        return torch.optim.Adam(
            network.parameters(), lr=recipe.learning_rate, weight_decay=recipe.weight_decay, foreach=True
        )
    return torch.optim.SGD(
        network.parameters(),
        lr=recipe.learning_rate,
        momentum=recipe.momentum,
        nesterov=recipe.nesterov,
        weight_decay=recipe.weight_decay,
        foreach=True,
    )


def one_epoch(learner: Learner, data: Examples, recipe: Recipe, epoch: int) -> Iterator[Tensor]:
    """One pass in a drawn order, in training mode; after each step the sum of the examples' losses so far."""
    network, optimiser, scaler = learner.network.train(), learner.optimiser, learner.scaler
    order = torch.split(torch.randperm(len(data), generator=learner.generator), recipe.batch_size)
    all_inputs, all_targets = data.single()
    total = torch.zeros((), dtype=torch.float64, device=all_targets.device)
    for number, batch in enumerate(order):
        optimiser.param_groups[0]["lr"] = recipe.rate(epoch + (number + 0.5) / len(order))
        optimiser.zero_grad()
        inputs, targets = all_inputs[batch], all_targets[batch]
        if recipe.augmentation == "crop-flip":
            inputs = cropped_and_flipped(inputs, learner.generator)
        with _arithmetic(recipe, inputs.device):
            loss = F.cross_entropy(network(inputs), targets)
        scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
        if recipe.clip is not None:
            scaler.unscale_(optimiser)
            nn.utils.clip_grad_norm_(network.parameters(), recipe.clip)
        scaler.step(optimiser)
        scaler.update()
        total += loss.detach() * len(batch)
        yield total


def _arithmetic(recipe: Recipe, device: torch.device) -> AbstractContextManager[object]:
    if recipe.precision == "float32":
        return nullcontext()
    return torch.autocast(device.type, dtype=getattr(torch, recipe.precision))
