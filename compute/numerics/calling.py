"""Calls a network with other weights than its own."""

from collections import defaultdict
from typing import Any

from torch import Tensor, nn
from torch.func import functional_call

from compute.inputs import Inputs, arguments
from compute.numerics.planes import Weights


def call_with(network: nn.Module, weights: Weights, inputs: Inputs) -> Any:  # noqa: ANN401 - whatever the network gives
    """The outputs of a network with other weights, which take the place of all tensors that are one; it stays as it is.

    Where a module has several names, `torch.func.functional_call` puts a tensor in its place for each of them, and
    leaves the other weights there in the end (as of torch 2.14): here each place is named once.

    Example:
        >>> import torch
        >>> network = nn.Sequential(nn.Linear(1, 1, bias=False))
        >>> network.append(network[0])[0].weight.data.fill_(2)
        tensor([[2.]])
        >>> call_with(network, {"0.weight": torch.tensor([[3.0]])}, torch.ones(1, 1)), network[0].weight.item()
        (tensor([[9.]]), 2.0)
    """
    positional, named = arguments(inputs)
    return functional_call(network, spread(network, weights), positional, named, tie_weights=False)


def spread(network: nn.Module, weights: Weights) -> Weights:
    """Weights under one name for every place in a network that holds the tensor they stand for."""
    places = defaultdict(list)
    for path, module in network.named_modules():
        for leaf, tensor in (*module._parameters.items(), *module._buffers.items()):
            places[id(tensor)].append(f"{path}.{leaf}" if path else leaf)
    tensors: dict[str, Tensor] = dict(network.named_parameters(remove_duplicate=False))
    tensors |= network.named_buffers(remove_duplicate=False)
    return {place: weight for name, weight in weights.items() for place in places[id(tensors[name])]}
