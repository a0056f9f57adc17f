"""Folds BatchNorm into the layer before it, for a whole plane at once."""

from collections import Counter
from typing import cast

import torch
from torch import Tensor, fx, nn

from compute.numerics.planes import Plane
from compute.numerics.tracing import is_plain, tied

Linear = (nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.Linear)
Norm = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)


def folded(graph: fx.GraphModule, plane: Plane) -> tuple[fx.GraphModule, Plane]:
    r"""A network's graph without the BatchNorm that a plane leaves constant, and the same plane through it.

    In evaluation mode $\gamma (w x + b - \mu) / \sigma + \beta$ is one linear layer with $w \mapsto s w$ and
    $b \mapsto s (b - \mu) + \beta$, $s = \gamma / \sigma$. Both are affine in w and b, so a plane stays a plane, and
    folding its origin and its axes once serves every point. BatchNorm stays where the axes move $\gamma$ or $\beta$.

    Args:
        graph: as `traced` gives it; it is changed.
        plane: through the network's weights; it is not changed.
    """
    parts = {"origin": dict(plane.origin), "x": dict(plane.x), "y": dict(plane.y)}
    for linear, norm in foldable(graph):
        evaluates = not graph.get_submodule(norm).training
        if evaluates and f"{linear}.weight" in plane.origin and constant(plane, norm):
            fold(graph, linear, norm, parts)
    graph.delete_all_unused_submodules()
    graph.recompile()
    kept = [name for name, _ in (*graph.named_parameters(), *graph.named_buffers()) if name in parts["origin"]]
    return graph, Plane(*({name: part[name] for name in kept} for part in parts.values()))


def foldable(graph: fx.GraphModule) -> list[tuple[str, str]]:
    """The names of each layer and the BatchNorm that alone reads it, both called once and nothing but themselves."""
    calls = Counter(node.target for node in graph.graph.nodes if node.op == "call_module")
    modules, shared = dict(graph.named_modules(remove_duplicate=False)), tied(graph)
    pairs = []
    for node in graph.graph.nodes:
        if node.op != "call_module" or not is_plain(modules[node.target], Norm):
            continue
        norm, source = modules[node.target], node.args[0] if node.args else None
        if not isinstance(source, fx.Node) or source.op != "call_module" or len(source.users) > 1:
            continue
        once = calls[source.target] == calls[node.target] == 1
        own = not any(name.rpartition(".")[0] in {source.target, node.target} for name in shared)
        keeps = isinstance(norm.running_mean, Tensor)
        if once and own and keeps and is_plain(modules[source.target], Linear):
            pairs.append((str(source.target), str(node.target)))
    return pairs


def constant(plane: Plane, norm: str) -> bool:
    """Whether a plane leaves a BatchNorm alone: its scale and shift, and its statistics, should they move."""
    names = [name for name in plane.origin if name.rpartition(".")[0] == norm]
    return not any(axis[name].any() for axis in (plane.x, plane.y) for name in names)


def fold(graph: fx.GraphModule, linear: str, norm: str, parts: dict[str, dict[str, Tensor]]) -> None:
    """Replaces a layer and its BatchNorm by one layer with a bias, in the graph and in every part of a plane."""
    layer, batch_norm = graph.get_submodule(linear), graph.get_submodule(norm)
    scale, shift = scale_and_shift(cast(nn.BatchNorm2d, batch_norm), parts["origin"], norm)
    for name, part in parts.items():
        weight, bias = part[f"{linear}.weight"], part.get(f"{linear}.bias")
        spread = scale.reshape(-1, *[1] * (weight.dim() - 1))
        new_bias = torch.zeros_like(scale) if bias is None else scale * bias.double()
        part[f"{linear}.weight"] = (spread * weight.double()).to(weight)
        part[f"{linear}.bias"] = (new_bias + (shift if name == "origin" else 0)).to(weight)
    layer.bias = nn.Parameter(parts["origin"][f"{linear}.bias"].clone(), requires_grad=False)
    for node in list(graph.graph.nodes):
        if node.op == "call_module" and node.target == norm:
            node.replace_all_uses_with(node.args[0])
            graph.graph.erase_node(node)


def scale_and_shift(norm: nn.BatchNorm2d, origin: dict[str, Tensor], name: str) -> tuple[Tensor, Tensor]:
    r"""$s = \gamma / \sqrt{\sigma^2 + \epsilon}$ and $\beta - s \mu$ of a BatchNorm, float64."""
    mean, variance = (norm.get_buffer(buffer).double() for buffer in ("running_mean", "running_var"))
    scale = torch.rsqrt(variance + norm.eps)
    if f"{name}.weight" in origin:
        scale = scale * origin[f"{name}.weight"].double()
    shift = -scale * mean
    if f"{name}.bias" in origin:
        shift = shift + origin[f"{name}.bias"].double()
    return scale, shift
