"""What a landscape assumes of a network, checked on a few examples before it is computed."""

import logging

import numpy as np
import torch
from torch import Tensor, nn

from compute.errors import BadNetwork
from compute.inputs import Inputs, call, map_tensors, tensors
from compute.numerics.arithmetic import arithmetic
from compute.numerics.differing import Call, calls, first_differing, first_drawing, random_state
from compute.numerics.evaluation import Examples
from compute.numerics.folding import Norm
from compute.numerics.outputs import widened

log = logging.getLogger(__name__)

FEW = 8
"""Examples that are tried."""
MORE, AGAIN = 64, 4
"""Examples, and runs over them, where random numbers are drawn but changed nothing yet."""
ROUNDING = 1e-4
"""The share of the largest loss by which rounding may change one."""


def check(network: nn.Module, examples: Examples, dtype: torch.dtype = torch.float32) -> bool:
    """Whether a network, or its loss, overwrites what it is given, so that it needs copies.

    Checked is that the same examples have the same losses again, and that an example's loss does not depend on those
    beside it. Parts that are left in training mode, such as dropout, are set to evaluation, but for BatchNorm.

    Args:
        network: a private one, in evaluation mode.
        examples: of which the first few are tried.
        dtype: the arithmetic that the network is in.

    Raises:
        BadNetwork: it is random or keeps something between calls, or mixes examples.
    """
    evaluate(network)
    few = examples.part(0, FEW)
    with arithmetic(dtype, gradients=True):
        clones = overwrites(network, few)
        check_repeatable(network, few, examples.part(0, MORE))
        check_independent(network, few)
    return clones


def evaluate(network: nn.Module) -> None:
    """Sets what a network leaves in training mode to evaluation, but for BatchNorm, whose statistics may be wanted."""
    for name, module in network.named_modules():
        if module.training and type(module).__module__.startswith("torch.nn.") and not isinstance(module, Norm):
            log.warning("set to evaluation mode: %s (%s)", name, type(module).__name__)
            module.training = False


def losses(network: nn.Module, examples: Examples) -> np.ndarray:
    """Each example's loss (n,), by a network and a judge that are given copies."""
    inputs, targets = (copies(part) for part in (examples.inputs, examples.targets))
    return examples.judge(widened(call(network, inputs)), targets)[0].detach().double().cpu().numpy()


def copies(inputs: Inputs) -> Inputs:
    """Copies of all tensors."""
    return map_tensors(Tensor.clone, inputs)


def overwrites(network: nn.Module, examples: Examples) -> bool:
    """Whether a network or a judge changes the tensors that it is given."""
    given = [copies(part) for part in (examples.inputs, examples.targets)]
    outputs = widened(call(network, given[0]))
    examples.judge(outputs, given[1])
    before, after = ([*tensors(a), *tensors(b)] for a, b in ((examples.inputs, examples.targets), given))
    return any(part._version > 0 or not same(part, was) for part, was in zip(after, before, strict=True))


def same(one: Tensor, other: Tensor) -> bool:
    """Whether two tensors hold the same numbers, NaN among them."""
    return one.shape == other.shape and torch.equal(one.nan_to_num(), other.nan_to_num())


def check_repeatable(network: nn.Module, few: Examples, more: Examples) -> None:
    """Refuses a network that gives other losses for the same examples again.

    Raises:
        BadNetwork: it does.
    """
    start = random_state()
    one, other, examples = losses(network, few), losses(network, few), few
    drew = random_state() != start
    for _ in range(AGAIN if drew and np.array_equal(one, other, equal_nan=True) else 0):
        examples = more
        one, other = losses(network, more), losses(network, more)
        if not np.array_equal(one, other, equal_nan=True):
            break
    if close(one, other, 0.0 if drew else ROUNDING):
        return
    runs = [calls(network, copies(examples.inputs)) for _ in range(2)]
    place = int(np.argmax(one != other))
    said = (
        f"{kind(network)} should give an example the same loss every time, but gave example {place} "
        f"{one[place]:.6g} and then {other[place]:.6g}: "
    )
    raise BadNetwork(said + (randomness(first_drawing(runs[0])) if drew else memory(first_differing(*runs))))


def check_independent(network: nn.Module, few: Examples) -> None:
    """Refuses a network in which an example's loss depends on those beside it.

    Raises:
        BadNetwork: it does.
    """
    half = len(few) // 2
    if half < 2:
        return
    first, last = few.part(0, half), few.part(half, len(few))
    together, apart = losses(network, few), np.concatenate([losses(network, part) for part in (first, last)])
    if close(together, apart, ROUNDING):
        return
    place = int(np.argmax(np.abs(np.nan_to_num(together - apart))))
    found = first_differing(*(calls(network, copies(part.inputs)) for part in (few, last)))
    raise BadNetwork(
        f"{kind(network)} should give an example a loss that depends on it alone, but gave example {place} "
        f"{together[place]:.6g} beside {len(few) - 1} others and {apart[place]:.6g} beside {half - 1}: {mixing(found)}"
    )


def close(one: np.ndarray, other: np.ndarray, tolerance: float) -> bool:
    """Whether losses (n,) are the same but for a share of the largest."""
    largest = float(np.abs(np.nan_to_num(one, posinf=0, neginf=0)).max(initial=0))
    return np.allclose(one, other, rtol=tolerance, atol=tolerance * largest, equal_nan=True)


def kind(network: nn.Module) -> str:
    """A network by its class."""
    return f"The network ({type(network).__name__})"


def randomness(found: Call | None) -> str:
    """Which module draws, and what to do."""
    who = "its loss" if found is None else found.words
    return (
        f"{who} draws random numbers in evaluation, too; switch that off, as F.dropout(x, p, training=self.training) "
        "does, or draw from a generator with a fixed seed."
    )


def memory(found: Call | None) -> str:
    """Which module keeps something from call to call, and what to do."""
    who = "its loss" if found is None else found.words
    return f"{who} keeps something from one call to the next; let every call begin from the same state."


def mixing(found: Call | None) -> str:
    """Which module mixes examples, and what to do."""
    if found is None:
        return "its loss mixes examples; take reduction='none', and the mean over each example's parts."
    if isinstance(found.module, Norm):
        kept = "keep running statistics (track_running_stats=True) and stay in evaluation mode"
        return f"{found.words} normalises by the batch's own statistics; let it {kept}."
    return (
        f"{found.words} mixes the examples of a batch, as F.batch_norm(..., training=True) does; let it normalise by "
        "running statistics, or treat each example by itself."
    )
