"""What a network gives: a tensor, or tensors in tuples, lists, dictionaries and dataclasses."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

from torch import Tensor


def map_outputs(function: Callable[[Tensor], Tensor], outputs: Any) -> Any:  # noqa: ANN401 - the user's own
    """The same structure with a function of each tensor in the tensor's place; whatever else it holds stays.

    Example:
        >>> import torch
        >>> map_outputs(lambda tensor: tensor + 1, {"scores": torch.zeros(2), "hidden": (torch.ones(1), None)})
        {'scores': tensor([1., 1.]), 'hidden': (tensor([2.]), None)}
    """
    if isinstance(outputs, Tensor):
        return function(outputs)
    if is_dataclass(outputs) and not isinstance(outputs, type):  # first, for some of them are dictionaries, too
        names = [field.name for field in fields(outputs) if field.init]
        return replace(outputs, **{name: map_outputs(function, getattr(outputs, name)) for name in names})
    if isinstance(outputs, tuple | list):
        parts = [map_outputs(function, part) for part in outputs]
        return type(outputs)(*parts) if hasattr(outputs, "_fields") else type(outputs)(parts)
    if isinstance(outputs, Mapping):
        return type(outputs)({name: map_outputs(function, part) for name, part in outputs.items()})  # type: ignore[call-arg]
    return outputs


def leaves(outputs: Any) -> tuple[Tensor, ...]:  # noqa: ANN401 - the user's own
    """The tensors of a structure, in their order."""
    found: list[Tensor] = []

    def kept(tensor: Tensor) -> Tensor:
        found.append(tensor)
        return tensor

    map_outputs(kept, outputs)
    return tuple(found)


def with_leaves(outputs: Any, tensors: Iterable[Tensor]) -> Any:  # noqa: ANN401 - the user's own
    """The same structure with other tensors in the place of its own.

    Example:
        >>> import torch
        >>> with_leaves({"scores": torch.zeros(2), "name": "x"}, [torch.ones(1)])
        {'scores': tensor([1.]), 'name': 'x'}
    """
    rest = iter(tensors)
    return map_outputs(lambda _: next(rest), outputs)


def widened(outputs: Any) -> Any:  # noqa: ANN401 - the user's own
    """Outputs in float32 at least, so that losses are taken in it; classes and masks stay what they are."""
    return map_outputs(_wide, outputs)


def _wide(tensor: Tensor) -> Tensor:
    return tensor.float() if tensor.is_floating_point() and tensor.dtype.itemsize < 4 else tensor
