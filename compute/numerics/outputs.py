"""What a network gives: a tensor, or tensors in tuples, lists, dictionaries and dataclasses."""

from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from copy import copy
from dataclasses import fields, is_dataclass
from typing import Any

from torch import Tensor


def leaves(outputs: object) -> Iterator[Tensor]:
    """The tensors of a structure, in their order.

    Example:
        >>> import torch
        >>> list(leaves({"scores": torch.zeros(2), "hidden": (torch.ones(1), None)}))
        [tensor([0., 0.]), tensor([1.])]
    """
    if isinstance(outputs, Tensor):
        yield outputs
    for _, part in _parts(outputs):
        yield from leaves(part)


def map_outputs(function: Callable[[Tensor], Tensor], outputs: Any) -> Any:  # noqa: ANN401 - the user's own
    """A copy of a structure with a function of each tensor in the tensor's place; whatever else it holds stays.

    Example:
        >>> import torch
        >>> map_outputs(lambda tensor: tensor + 1, {"scores": torch.zeros(2), "hidden": (torch.ones(1), None)})
        {'scores': tensor([1., 1.]), 'hidden': (tensor([2.]), None)}
    """
    if isinstance(outputs, Tensor):
        return function(outputs)
    found = {name: map_outputs(function, part) for name, part in _parts(outputs)}
    return _with_parts(outputs, found) if found else outputs


def with_leaves(outputs: Any, tensors: Iterable[Tensor]) -> Any:  # noqa: ANN401 - the user's own
    """A copy of a structure with other tensors in the place of its own.

    Example:
        >>> import torch
        >>> with_leaves({"scores": torch.zeros(2), "name": "x"}, [torch.ones(1)])
        {'scores': tensor([1.]), 'name': 'x'}
    """
    rest = iter(tensors)
    return map_outputs(lambda _: next(rest), outputs)


def widened(outputs: Any) -> Any:  # noqa: ANN401 - the user's own
    """Outputs in float32 at least, so that losses are taken in it; classes and masks stay what they are."""
    if not any(map(_narrow, leaves(outputs))):
        return outputs
    return map_outputs(lambda tensor: tensor.float() if _narrow(tensor) else tensor, outputs)


def _narrow(tensor: Tensor) -> bool:
    return tensor.is_floating_point() and tensor.dtype.itemsize < 4


def _parts(outputs: object) -> Iterator[tuple[Any, Any]]:
    """What a structure holds, by field, key or place."""
    if is_dataclass(outputs) and not isinstance(outputs, type):  # first, for some of them are dictionaries, too
        yield from ((field.name, getattr(outputs, field.name)) for field in fields(outputs))
    elif isinstance(outputs, Mapping):
        yield from outputs.items()
    elif isinstance(outputs, tuple | list):
        yield from enumerate(outputs)


def _with_parts(outputs: Any, parts: Mapping[Any, Any]) -> Any:  # noqa: ANN401
    """A copy of a structure that holds other parts."""
    if isinstance(outputs, tuple | list):
        kind: Any = type(outputs)
        return kind(*parts.values()) if hasattr(outputs, "_fields") else kind(parts.values())
    if not is_dataclass(outputs) and not isinstance(outputs, MutableMapping):
        return dict(parts)
    found: Any = copy(outputs)
    for name, part in parts.items():
        if not is_dataclass(outputs):
            found[name] = part
        elif part is not getattr(outputs, name):
            _set_field(found, name, part)
    return found


def _set_field(made: Any, name: str, part: object) -> None:  # noqa: ANN401
    """Sets a field of a private copy, which may be frozen, or keep an entry of the same name in step."""
    if type(made).__dataclass_params__.frozen:
        object.__setattr__(made, name, part)
    else:
        setattr(made, name, part)
