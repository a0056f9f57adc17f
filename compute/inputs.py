"""What a network is called with: a tensor, or a tuple or dictionary of tensors with as many rows each."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from compute.shapes import InputShape

if TYPE_CHECKING:  # references and the web server use the functions below without loading torch
    from torch import Tensor, nn

Inputs: TypeAlias = "Tensor | tuple[Tensor, ...] | dict[str, Tensor]"
Result = TypeVar("Result")


def tensors(inputs: Inputs) -> tuple[Tensor, ...]:
    """All tensors, in their order."""
    if isinstance(inputs, tuple):
        return inputs
    return tuple(inputs.values()) if isinstance(inputs, dict) else (inputs,)


def rows(inputs: Inputs) -> int:
    """The number of examples: the length of each tensor's first dimension."""
    return len(tensors(inputs)[0])


def map_tensors(
    function: Callable[[Tensor], Result], inputs: Inputs
) -> Result | tuple[Result, ...] | dict[str, Result]:
    """The results of a function of each tensor, arranged as the tensors are.

    Example:
        >>> map_tensors(len, {"ids": [1, 2], "mask": [0, 1]})
        {'ids': 2, 'mask': 2}
    """
    if isinstance(inputs, tuple):
        return tuple(map(function, inputs))
    if isinstance(inputs, dict):
        return {name: function(tensor) for name, tensor in inputs.items()}
    return function(inputs)


def select_rows(inputs: Inputs, start: int, stop: int) -> Inputs:
    """The examples from `start` up to, not including, `stop`.

    Example:
        >>> select_rows(([1, 2, 3], [4, 5, 6]), 1, 3)
        ([2, 3], [5, 6])
    """
    return map_tensors(lambda tensor: tensor[start:stop], inputs)


def arguments(inputs: Inputs) -> tuple[tuple[Tensor, ...], dict[str, Tensor]]:
    """Positional and keyword arguments that a network takes its inputs as.

    Example:
        >>> arguments(("ids", "mask")), arguments({"input_ids": "ids"})
        ((('ids', 'mask'), {}), ((), {'input_ids': 'ids'}))
    """
    return ((), inputs) if isinstance(inputs, dict) else (tensors(inputs), {})


def call(network: nn.Module, inputs: Inputs) -> Any:  # noqa: ANN401 - outputs are whatever the network gives
    """The outputs of a network: `network(x)`, `network(*tuple)` or `network(**dictionary)`."""
    positional, named = arguments(inputs)
    return network(*positional, **named)


def input_shape(inputs: Inputs) -> InputShape:
    """The shape of one example; entries of a dictionary by name, whatever their order.

    Example:
        >>> import torch
        >>> input_shape(torch.zeros(5, 3, 8, 8)), input_shape((torch.zeros(5, 12), torch.zeros(5)))
        ((3, 8, 8), (('0', (12,)), ('1', ())))
    """
    if isinstance(inputs, dict):
        return tuple((name, tuple(inputs[name].shape[1:])) for name in sorted(inputs))
    if isinstance(inputs, tuple):
        return tuple((str(place), tuple(tensor.shape[1:])) for place, tensor in enumerate(inputs))
    return tuple(inputs.shape[1:])
