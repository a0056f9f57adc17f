"""Stochastic gradient descent from a drawn start, step by step."""

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import isfinite

from torch import nn

from compute.errors import LandscapeError
from compute.zoo.learner import Learner, matrices
from compute.zoo.manifests import Epoch
from compute.zoo.recipe import Recipe
from compute.zoo.resident import Resident
from compute.zoo.steps import Steps, make_steps

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Moment:
    """The training after `step` steps, which are `epoch` epochs; `row` tells of an epoch that has just ended."""

    step: int
    epoch: float
    row: Epoch | None = None


def batches(examples: int, recipe: Recipe) -> int:
    """How many steps an epoch has; the last may be over fewer examples.

    Example:
        >>> batches(1437, Recipe("", "mlp", epochs=1))
        12
    """
    return -(-examples // recipe.batch_size)


def descent(
    learner: Learner,
    data: Resident,
    recipe: Recipe,
    epochs: Iterable[int],
    kept: frozenset[int] = frozenset(),
    steps: Steps | None = None,
) -> Iterator[Moment | None]:
    """Trains in place, one pass over the data for each of `epochs`; stops before the first of all, and after each step.

    None comes instead of a moment while the device still has enough to do.

    Args:
        learner: what is trained.
        data: on what.
        recipe: how.
        epochs: counted from 0.
        kept: steps, of the whole training, whose weights will be looked at.
        steps: what takes the steps; made for the device if not given.

    Raises:
        LandscapeError: the loss has become infinite.
    """
    count, steps = batches(len(data), recipe), steps or make_steps(learner, data, recipe)
    for epoch in epochs:
        if epoch == 0:
            yield Moment(0, 0, row(learner.network, 0, recipe.rate(0)))
        done, mean = 0, 0.0
        for total in steps.epoch(epoch, {step - epoch * count for step in kept}):
            if total is None:
                yield None
                continue
            done += 1
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
        rate = recipe.rate(epoch + (count - 0.5) / count)
        yield Moment((epoch + 1) * count, epoch + 1, row(learner.network, epoch + 1, rate, mean))


def row(network: nn.Module, epoch: int, rate: float, loss: float | None = None) -> Epoch:
    """What is noted of an epoch."""
    norms = (nn.utils.get_total_norm(tensors).item() for tensors in (matrices(network), [*network.parameters()]))
    return Epoch(epoch, rate, loss, *norms)
