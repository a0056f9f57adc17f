"""What a GPU can do at most, and how much of it a forward pass reaches. Not yet run on a GPU."""

from collections.abc import Callable
from functools import cache
from time import perf_counter

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import FlopCounterMode

from compute.bench.contestants import REACH
from compute.inputs import Inputs, call
from compute.jobs import device
from compute.jobs.build import ready
from compute.specs import Query

SIDE = 8192


def card() -> dict[str, object] | None:
    """Name and ceilings of this process's GPU; None on a CPU."""
    if device.chosen().type != "cuda":
        return None
    return {
        "name": torch.cuda.get_device_name(device.chosen()),
        "bfloat16_tflops": multiplications(torch.bfloat16) / 1e12,
        "float32_tflops": multiplications(torch.float32) / 1e12,
        "copy_gb_per_second": copied() / 1e9,
    }


@cache
def multiplications(dtype: torch.dtype) -> float:
    """Operations per second of a large matrix product, a multiply-add counted as two."""
    a, b = (torch.randn(SIDE, SIDE, device=device.chosen()).to(dtype) for _ in range(2))
    return 2 * SIDE**3 / fastest(lambda: a @ b)


@cache
def copied() -> float:
    """Bytes per second read and written by a copy of a gibibyte."""
    source = torch.empty(2**30, dtype=torch.uint8, device=device.chosen())
    target = torch.empty_like(source)
    return 2 * 2**30 / fastest(lambda: target.copy_(source))


def fastest(work: Callable[[], object]) -> float:
    """Seconds of the best of ten, after one that does not count."""
    times = []
    for _ in range(11):
        start = perf_counter()
        work()
        torch.cuda.synchronize()
        times.append(perf_counter() - start)
    return min(times[1:])


def shares(query: Query, pps: float) -> tuple[float, float] | None:
    """Of the matrix-product and of the copy ceiling, at so many points per second; None on a CPU."""
    if device.chosen().type != "cuda":
        return None
    made = ready(query).within(REACH)
    operations = bytes_ = 0
    for inputs, _ in made.examples.batches(made.batch):
        some, more = cost(made.network, inputs)
        operations, bytes_ = operations + some, bytes_ + more
    return operations * pps / multiplications(made.dtype), bytes_ * pps / copied()


def cost(network: nn.Module, inputs: Inputs) -> tuple[int, int]:
    """Operations of convolutions and dense layers, and bytes that all layers read and write, of a forward pass."""
    # Inference mode would hide the convolutions from the counter.
    with torch.no_grad(), FlopCounterMode(display=False) as counter, Traffic() as traffic:
        call(network, inputs)
    return counter.get_total_flops(), traffic.bytes


class Traffic(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch leaves it untyped
    """Counts the bytes of every operation's arguments and results, but of views, which move nothing."""

    def __init__(self) -> None:
        """Has seen none."""
        super().__init__()  # type: ignore[no-untyped-call]
        self.bytes = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN204 - as inherited
        """Runs the operation as it is."""
        result = func(*args, **(kwargs or {}))
        if not func.is_view:
            tensors = [leaf for leaf in tree_leaves((args, kwargs, result)) if isinstance(leaf, Tensor)]
            self.bytes += sum(tensor.numel() * tensor.element_size() for tensor in tensors)
        return result
