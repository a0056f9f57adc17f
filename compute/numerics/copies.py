"""Networks copied and converted with all the tensors that they hold, registered or not."""

import copy
from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_leaves, tree_map_only

from compute.numerics.arithmetic import cast

OWN = ("_parameters", "_buffers", "_modules")
"""Where a module keeps what is registered."""


def copied(network: nn.Module) -> nn.Module:
    """A copy of a network that shares no tensor with it; ties between its parameters stay.

    Tensors that were computed from others, as the weight of the older weight normalisation, are copied by value:
    `copy.deepcopy` alone refuses them.

    Raises:
        Exception: a part of the network cannot be copied.
    """
    computed = [tensor for module in network.modules() for tensor in held(module) if not tensor.is_leaf]
    return copy.deepcopy(network, {id(tensor): tensor.detach().clone() for tensor in computed})


def held(module: nn.Module) -> Iterator[Tensor]:
    """The tensors that a module itself holds: registered ones, and those in its attributes, lists and dictionaries."""
    for value in vars(module).values():
        yield from (leaf for leaf in tree_leaves(value) if isinstance(leaf, Tensor))


def converted(network: nn.Module, where: torch.device, dtype: torch.dtype) -> nn.Module:
    """The network itself, on a device and in an arithmetic, with the tensors that it holds as plain attributes.

    Complex parameters stay complex. Parts that would spread over several devices stay on this one.
    """

    def moved(tensor: Tensor) -> Tensor:
        return cast(tensor, dtype).to(where)

    if any(tensor.is_complex() for tensor in (*network.parameters(), *network.buffers())):
        network._apply(moved)  # type: ignore[no-untyped-call]  # `to` would drop the imaginary parts
    else:
        network.to(where, dtype)
    for module in network.modules():
        if isinstance(module, nn.DataParallel):
            module.device_ids = []
        move_attributes(module, moved)
    return network


def move_attributes(module: nn.Module, moved: Callable[[Tensor], Tensor]) -> None:
    """Replaces the tensors in a module's attributes, lists and dictionaries where they change."""
    for name, value in list(vars(module).items()):
        if name not in OWN and any(isinstance(leaf, Tensor) for leaf in tree_leaves(value)):
            vars(module)[name] = tree_map_only(Tensor, lambda one: replaced(one, moved), value)


def replaced(tensor: Tensor, moved: Callable[[Tensor], Tensor]) -> Tensor:
    """A moved tensor, the same object where nothing changes, a parameter where it was one."""
    found = moved(tensor)
    if found is tensor:
        return tensor
    found = found.detach()
    return nn.Parameter(found, tensor.requires_grad) if isinstance(tensor, nn.Parameter) else found
