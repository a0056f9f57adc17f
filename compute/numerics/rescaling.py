"""Other weights of the same function: layers multiplied and divided by a factor."""

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import fx, nn

from compute.errors import BadReference
from compute.numerics.copies import copied
from compute.numerics.folding import Linear, foldable
from compute.numerics.fusion import is_relu
from compute.numerics.statistics import norms
from compute.numerics.tracing import is_plain, tied, traced

HOMOGENEOUS = (nn.MaxPool2d, nn.AvgPool2d, nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d, nn.Flatten, nn.Dropout)
"""Modules, and below functions and methods, that a positive factor passes through, as it does through ReLU."""
FUNCTIONS = (torch.flatten, F.max_pool2d, F.avg_pool2d, F.adaptive_avg_pool2d, F.dropout)
METHODS = ("flatten", "view", "reshape")
PARTS = ("weight", "bias")
"""What the layers that can be rescaled hold."""


def rescaled(network: nn.Module, factor: float) -> nn.Module:
    r"""The same function with layers in turn multiplied and divided by a factor (Li et al. 2018, section 3).

    Where BatchNorm alone reads a layer, the layer's scale is free: $\mu \mapsto a \mu$ and
    $\sigma^2 + \epsilon \mapsto a^2 (\sigma^2 + \epsilon)$ undo it. Where a layer is followed by another and only by
    what is positively homogeneous between, as ReLU is, the next layer is divided by the factor. The factor is a for one
    such layer and 1/a for the next, so that norms differ from layer to layer. The argument is not changed.

    Args:
        network: in evaluation mode.
        factor: above 0.

    Raises:
        BadReference: the factor is not a positive number, or no layer's scale is free.

    Example:
        >>> network = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
        >>> other, x = rescaled(network, 10.0), torch.ones(1, 2)
        >>> torch.allclose(other(x), network(x), atol=1e-6), bool((other[0].weight == 10 * network[0].weight).all())
        (True, True)
    """
    if not 0 < factor < float("inf"):
        raise BadReference(f"Layers are rescaled by a factor above 0, got {factor:g}: choose another.")
    other = copied(network)
    normed, chained = free(network)
    with torch.no_grad():
        for place, (layer, norm) in enumerate(normed):
            scale(other.get_submodule(layer), norms(other)[norm], factor if place % 2 == 0 else 1 / factor)
        for first, second in chained:
            scale(other.get_submodule(first), None, factor)
            other.get_submodule(second).get_parameter("weight").div_(factor)
    return other


def scale(layer: nn.Module, norm: nn.BatchNorm2d | None, factor: float) -> None:
    """Multiplies a layer, and makes a BatchNorm that reads it undo that."""
    for parameter in layer.parameters(recurse=False):
        parameter.mul_(factor)
    if norm is not None:
        mean, variance = (norm.get_buffer(name) for name in ("running_mean", "running_var"))
        mean.mul_(factor)
        variance.add_(norm.eps).mul_(factor**2).sub_(norm.eps)


def free(network: nn.Module) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """The layers whose scale is free: with the BatchNorm that reads each, and with the layer that follows each.

    Raises:
        BadReference: there are none, or the network's graph cannot be traced.
    """
    try:
        graph = traced(network)
    except Exception as problem:
        raise BadReference(
            f"Layers are rescaled in a network that can be traced, {type(network).__name__} cannot ({problem}): choose "
            "another."
        ) from problem
    normed, chained = foldable(graph), []
    taken = {name for pair in normed for name in pair}
    for first, second in pairs(graph):
        if not taken & {first, second}:
            chained.append((first, second))
            taken |= {first, second}
    if not normed and not chained:
        raise BadReference(
            f"Layers are rescaled where BatchNorm or ReLU follows them, {type(network).__name__} has no such layer: "
            "choose another."
        )
    return normed, chained


def pairs(graph: fx.GraphModule) -> Iterator[tuple[str, str]]:
    """Each layer and the one that alone reads it through what a positive factor passes."""
    modules, shared = dict(graph.named_modules(remove_duplicate=False)), tied(graph)
    alone = {name: module for name, module in modules.items() if not any(f"{name}.{part}" in shared for part in PARTS)}
    for node in graph.graph.nodes:
        if not is_linear(node, alone):
            continue
        after = node
        while len(after.users) == 1:
            after = next(iter(after.users))
            if not passes(after, modules):
                break
        if after is not node and is_linear(after, alone):
            yield node.target, after.target


def is_linear(node: fx.Node, modules: dict[str, nn.Module]) -> bool:
    """Whether a node is a dense layer or a convolution, called once."""
    calls = sum(other.target == node.target for other in node.graph.nodes)
    plain = node.op == "call_module" and node.target in modules and is_plain(modules[str(node.target)], Linear)
    return plain and calls == 1


def passes(node: fx.Node, modules: dict[str, nn.Module]) -> bool:
    """Whether a node of a positive multiple is that multiple."""
    if node.op == "call_module" and is_plain(modules[str(node.target)], HOMOGENEOUS):
        return True
    known = node.target in FUNCTIONS if node.op == "call_function" else node.target in METHODS
    return is_relu(node, modules) or (node.op in {"call_function", "call_method"} and known)
