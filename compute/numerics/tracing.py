"""The graph of a network, where tracing loses nothing of what it computes."""

import inspect
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, fx, nn
from torch.nn.modules import module as registry
from torch.nn.parameter import is_lazy

from compute.inputs import Inputs, arguments
from compute.numerics.copies import copied

HOOKS = ("_forward_hooks", "_forward_pre_hooks")
EVERYWHERE = ("_global_forward_hooks", "_global_forward_pre_hooks")


class Untraceable(Exception):
    """A graph would not say all that a network does."""


class Tracer(fx.Tracer):
    """Refuses what happens inside a `with` block, which a graph would run without the block."""

    def create_node(self, *args: object, **kwargs: object) -> fx.Node:
        """A node, created outside of any block that was entered since tracing began."""
        if not hasattr(self, "outside"):
            self.outside = surroundings()
        if surroundings() != self.outside:
            raise Untraceable("it computes inside a `with` block such as torch.no_grad() or torch.autocast()")
        return super().create_node(*args, **kwargs)  # type: ignore[arg-type]


def surroundings() -> tuple[object, ...]:
    """What the blocks that one is in have set."""
    autocast = tuple((torch.is_autocast_enabled(kind), torch.get_autocast_dtype(kind)) for kind in ("cpu", "cuda"))
    modes = torch.is_grad_enabled(), torch.is_inference_mode_enabled(), torch.get_default_dtype()
    return *modes, *autocast, torch._C._len_torch_function_stack()


def traced(network: nn.Module, inputs: "Inputs | None" = None) -> fx.GraphModule:
    """The graph of a copy of a network, for a call with such inputs, by default one tensor.

    Raises:
        Exception: the network cannot be copied or traced, or its graph would leave something out.
    """
    if hooked(network) or any(getattr(registry, name) for name in EVERYWHERE):
        raise Untraceable("it has hooks around the whole of it")
    whole = copied(network)
    return fx.GraphModule(whole, Tracer().trace(whole, defaults(network, inputs)), type(network).__name__)


def defaults(network: nn.Module, inputs: "Inputs | None") -> dict[str, Any]:
    """The arguments that a call leaves at their defaults, which branches may depend on, by name."""
    parameters = inspect.signature(network.forward).parameters
    positional, named = ((None,), {}) if inputs is None else arguments(inputs)
    given = {*list(parameters)[: len(positional)], *named}
    return {
        name: parameter.default
        for name, parameter in parameters.items()
        if name not in given and parameter.default is not parameter.empty
    }


def hooked(module: nn.Module) -> bool:
    """Whether something runs before or after a module's own forward pass, or instead of it."""
    return any(getattr(module, name) for name in HOOKS) or "forward" in vars(module)


def is_plain(module: nn.Module, kinds: tuple[type[nn.Module], ...]) -> bool:
    """Whether a module is just one of some kinds: no subclass, no hooks, and its parameters are its own tensors.

    A parametrised layer is a subclass; the older weight normalisation and pruning keep hooks and other parameters.

    Example:
        >>> layer = nn.Linear(2, 2)
        >>> is_plain(layer, (nn.Linear,)), is_plain(nn.utils.parametrizations.weight_norm(layer), (nn.Linear,))
        (True, False)
    """
    known = set(module._parameters) <= {"weight", "bias"}
    return type(module) in kinds and not hooked(module) and known


def tied(network: nn.Module) -> set[str]:
    """The names of all parameters that are one with another, or overlap another's memory.

    Example:
        >>> pair = nn.Sequential(nn.Linear(2, 2, bias=False), nn.Linear(2, 2, bias=False))
        >>> pair[1].weight = pair[0].weight
        >>> sorted(tied(pair))
        ['0.weight', '1.weight']
    """
    found = dict(network.named_parameters(remove_duplicate=False))
    spans = sorted((*span(part), name) for name, part in found.items() if part.numel() and not is_lazy(part))
    pairs = [(one, other) for (_, end, one), (start, _, other) in pairwise(spans) if start < end]
    return {name for pair in pairs for name in pair}


def span(tensor: Tensor) -> tuple[int, int]:
    """The first byte of a tensor's numbers, and the one behind its last."""
    last = sum((size - 1) * stride for size, stride in zip(tensor.shape, tensor.stride(), strict=True))
    return tensor.data_ptr(), tensor.data_ptr() + (last + 1) * tensor.element_size()
