"""Finds the module at which two runs of a network begin to differ, or that draws random numbers."""

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_leaves

from compute.inputs import Inputs, call


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """A module's forward pass: what it took and gave, and whether random numbers were drawn meanwhile."""

    module: nn.Module
    name: str
    taken: tuple[Tensor, ...]
    given: tuple[Tensor, ...]
    drew: bool

    @property
    def words(self) -> str:
        """The module as one would name it."""
        kind = type(self.module).__name__
        return f"{self.name} ({kind})" if self.name else f"the forward function of {kind}"


def random_state() -> tuple[object, ...]:
    """The state of the random number generators that a network draws from unless it has its own."""
    cards = torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []
    states = [state.numpy().tobytes() for state in (torch.get_rng_state(), *cards)]
    state = np.random.get_state(legacy=False)
    return *states, state["state"]["key"].tobytes(), state["state"]["pos"], state["gauss"], random.getstate()


def calls(network: nn.Module, inputs: Inputs) -> list[Call]:
    """The forward passes of all modules in one run, in the order in which they end: parts before the whole."""
    found: list[Call] = []
    with listening(network, found):
        call(network, inputs)
    return found


@contextmanager
def listening(network: nn.Module, found: list[Call]) -> Iterator[None]:
    """Inside, what every module takes and gives is noted."""
    began: list[tuple[tuple[Tensor, ...], tuple[object, ...]]] = []
    handles = []
    for name, module in network.named_modules():

        def before(_: nn.Module, args: object, kwargs: object) -> None:
            began.append((kept((args, kwargs)), random_state()))

        def after(module: nn.Module, _: object, given: object, name: str = name) -> None:
            taken, state = began.pop()
            found.append(Call(module, name, taken, kept(given), state != random_state()))

        with suppress(RuntimeError, AttributeError):  # compiled modules take no hooks
            handles += [module.register_forward_pre_hook(before, with_kwargs=True), module.register_forward_hook(after)]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def kept(values: object) -> tuple[Tensor, ...]:
    """Copies of all tensors in some values."""
    return tuple(leaf.detach().clone() for leaf in tree_leaves(values) if isinstance(leaf, Tensor))


def first_drawing(runs: Sequence[Call]) -> Call | None:
    """The innermost of the modules that draw random numbers, the first if there are many."""
    return next((one for one in runs if one.drew), None)


def first_differing(runs: Sequence[Call], others: Sequence[Call]) -> Call | None:
    """The first module that gives something else for the same in another run, in the last rows that both have."""
    for one, other in zip(runs, others, strict=False):
        if one.name != other.name:
            return None
        if differ(one.given, other.given) and not differ(one.taken, other.taken):
            return one
    return None


def differ(some: Sequence[Tensor], others: Sequence[Tensor]) -> bool:
    """Whether tensors differ beyond rounding in the last rows, as many as both have."""
    return len(some) == len(others) and any(map(apart, some, others))


def apart(one: Tensor, other: Tensor) -> bool:
    """Whether two tensors of the same shape, but for their numbers of rows, differ beyond rounding."""
    if one.dim() != other.dim() or one.dtype != other.dtype or one.shape[1:] != other.shape[1:]:
        return False
    if one.dim():
        count = min(len(one), len(other))
        one, other = one[len(one) - count :], other[len(other) - count :]
    if not (one.is_floating_point() or one.is_complex()):
        return not torch.equal(one, other)
    largest = one.abs().nan_to_num(posinf=0).max().item() if one.numel() else 0.0
    return not torch.allclose(one, other, rtol=1e-4, atol=1e-4 * largest, equal_nan=True)
