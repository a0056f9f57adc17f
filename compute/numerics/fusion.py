"""Joins a convolution with the addition and the ReLU that follow it, where the processor's library can."""

import copy
import operator
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, fx, nn

from compute.numerics.tracing import is_plain

ADDITIONS = (operator.add, operator.iadd, torch.add)
RELUS = (torch.relu, F.relu)


class ConvReLU(nn.Module):
    """ReLU(convolution(x)), or ReLU(convolution(x) + other), in one pass over memory."""

    def __init__(self, conv: nn.Conv2d) -> None:
        """Takes over a convolution's weights and geometry."""
        super().__init__()
        self.weight, self.bias = conv.weight, conv.bias
        self.geometry = (conv.padding, conv.stride, conv.dilation, conv.groups)

    def forward(self, x: Tensor, other: Tensor | None = None) -> Tensor:
        """The output, in x's layout."""
        if other is None:
            return torch.ops.mkldnn._convolution_pointwise(x, self.weight, self.bias, *self.geometry, "relu", [], "")
        return torch.ops.mkldnn._convolution_pointwise.binary(
            x, other, self.weight, self.bias, *self.geometry, "add", 1.0, "relu", [], ""
        )


def joinable(network: nn.Module, dtype: torch.dtype) -> bool:
    """Whether the processor's library computes joined layers: on a CPU, in a type it knows."""
    cpu = all(parameter.device.type == "cpu" for parameter in network.parameters())
    return cpu and dtype in {torch.float32, torch.bfloat16} and hasattr(torch.ops.mkldnn, "_convolution_pointwise")


def joined(graph: fx.GraphModule) -> fx.GraphModule:
    """The same network with joined layers; parameters keep their names. The argument is not changed."""
    graph = copy.deepcopy(graph)
    modules = dict(graph.named_modules(remove_duplicate=False))
    for relu in list(graph.graph.nodes):
        if relu.args and is_relu(relu, modules):
            join(graph, relu, modules)
    graph.graph.lint()
    graph.recompile()
    return graph


def join(graph: fx.GraphModule, relu: fx.Node, modules: dict[str, nn.Module]) -> None:
    """Joins what comes before a ReLU, if it is a convolution read by nothing else, perhaps plus something."""
    before = relu.args[0]
    added = isinstance(before, fx.Node) and is_addition(before) and len(before.users) == 1 and not overwrites(before)
    sides = before.args if isinstance(before, fx.Node) and added else (before,)
    order = list(graph.graph.nodes).index
    # The later of two convolutions joins: by then the other side is known.
    convs = sorted((side for side in sides if isinstance(side, fx.Node) and is_conv(side, modules)), key=order)
    if not convs:
        return
    others = [side for side in sides if side is not convs[-1]]
    if not all(isinstance(other, fx.Node) for other in others):
        return
    replace(graph, convs[-1], others, relu, modules)


def replace(
    graph: fx.GraphModule, conv: fx.Node, others: list[fx.node.Argument], relu: fx.Node, modules: dict[str, nn.Module]
) -> None:
    """Puts one joined layer in the place of a convolution, an addition, if any, and a ReLU."""
    name = str(conv.target)
    owner, _, leaf = name.rpartition(".")
    setattr(graph.get_submodule(owner), leaf, ConvReLU(cast(nn.Conv2d, modules[name])))
    with graph.graph.inserting_before(relu):
        whole = graph.graph.call_module(name, (conv.args[0], *others))
    addition = relu.args[0]
    relu.replace_all_uses_with(whole)
    graph.graph.erase_node(relu)
    if others:
        graph.graph.erase_node(cast(fx.Node, addition))
    graph.graph.erase_node(conv)


def is_conv(node: object, modules: dict[str, nn.Module]) -> bool:
    """Whether a node is a plain two-dimensional convolution, called once, that one other node reads."""
    if not isinstance(node, fx.Node) or node.op != "call_module" or len(node.users) != 1 or not node.args:
        return False
    if sum(other.op == node.op and other.target == node.target for other in node.graph.nodes) > 1:
        return False
    conv = modules[str(node.target)]
    return is_plain(conv, (nn.Conv2d,)) and conv.padding_mode == "zeros" and not isinstance(conv.padding, str)


def is_addition(node: object) -> bool:
    """Whether a node adds two others."""
    return isinstance(node, fx.Node) and node.target in ADDITIONS and len(node.args) == 2 and not node.kwargs


def overwrites(addition: fx.Node) -> bool:
    """Whether an addition in place changes what others read, too."""
    first = addition.args[0]
    return addition.target is operator.iadd and isinstance(first, fx.Node) and len(first.users) > 1


def is_relu(node: fx.Node, modules: dict[str, nn.Module]) -> bool:
    """Whether a node is a ReLU: a module, a function or a method."""
    if node.op == "call_module":
        return is_plain(modules[str(node.target)], (nn.ReLU,))
    return node.target in RELUS or (node.op == "call_method" and node.target == "relu")
