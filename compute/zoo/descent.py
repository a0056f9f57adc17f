"""Stochastic gradient descent from a drawn start, epoch by epoch."""

import logging
from collections.abc import Iterator
from math import isfinite

import torch
import torch.nn.functional as F
from torch import nn

from compute.errors import LandscapeError
from compute.zoo import datasets
from compute.zoo.datasets import Examples, data_ref
from compute.zoo.recipes import Recipe
from compute.zoo.registry import build

logger = logging.getLogger(__name__)


def fresh(recipe: Recipe) -> nn.Module:
    """The initial network, drawn by the recipe's seed; the caller's random numbers are left alone."""
    ref = data_ref(recipe.train)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        network = build(recipe.architecture, datasets.shape(ref), datasets.classes(ref))
    return network.to(memory_format=torch.channels_last)


def descent(network: nn.Module, data: Examples, recipe: Recipe) -> Iterator[int]:
    """Trains the network in place, stopping before the first epoch (0) and after each."""
    optimiser = chosen(recipe, network)
    generator = torch.Generator().manual_seed(recipe.seed)
    yield 0
    for epoch in range(recipe.epochs):
        loss = one_epoch(network, data, recipe, optimiser, generator, epoch)
        logger.info("epoch done architecture=%s epoch=%d loss=%.5f", recipe.architecture, epoch + 1, loss)
        if not isfinite(loss):
            raise LandscapeError(
                f"Training {recipe.architecture} should lower the loss, but it is {loss} after epoch {epoch + 1}: "
                "lower the learning rate, or warm up for longer."
            )
        yield epoch + 1


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


def one_epoch(
    network: nn.Module,
    data: Examples,
    recipe: Recipe,
    optimiser: torch.optim.Optimizer,
    generator: torch.Generator,
    epoch: int,
) -> float:
    """One pass in a drawn order; the mean loss on the way, in training mode."""
    network.train()
    batches = torch.split(torch.randperm(len(data), generator=generator), recipe.batch_size)
    total = 0.0
    for number, batch in enumerate(batches):
        optimiser.param_groups[0]["lr"] = recipe.rate(epoch + (number + 0.5) / len(batches))
        optimiser.zero_grad()
        loss = F.cross_entropy(network(data.inputs[batch]), data.targets[batch])
        loss.backward()  # type: ignore[no-untyped-call]
        if recipe.clip is not None:
            nn.utils.clip_grad_norm_(network.parameters(), recipe.clip)
        optimiser.step()
        total += loss.item() * len(batch)
    return total / len(data)
