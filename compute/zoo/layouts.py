"""The names and shapes of a network's tensors, and what separates two such layouts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from compute.shapes import InputShape, Shape

if TYPE_CHECKING:  # comparing layouts must not load torch
    from torch import nn

Layout = Mapping[str, Shape]

WRAPPERS = frozenset(
    {
        "module",  # DataParallel, DistributedDataParallel, AveragedModel
        "_orig_mod",  # torch.compile
        "_forward_module",  # Lightning Fabric
        "_fsdp_wrapped_module",
        "_fpw_module",  # older versions of FSDP
        "_checkpoint_wrapped_module",
        "_module",  # Opacus
    }
)
"""Parts of names that wrappers of modules insert, at the front or in the middle."""

COUNTER = "num_batches_tracked"
"""Of BatchNorm; old files lack it, and no loss depends on it."""

ANY = (-1,)
"""The shape of a parameter of a lazy layer that has seen no batch yet: a file's tensor of any shape fits."""

NAMED = 3
"""How many tensors a complaint lists."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a network needs: its tensors' names and shapes, and which names are one tensor (tied weights).

    BatchNorm's counters are left out.
    """

    shapes: Layout
    ties: tuple[frozenset[str], ...] = ()

    def twins(self, name: str) -> frozenset[str]:
        """All names of the tensor that has this name, itself included."""
        return next((tie for tie in self.ties if name in tie), frozenset((name,)))


def wanted_by(network: nn.Module) -> Wanted:
    """What a network needs to be loaded.

    Example:
        >>> from torch import nn
        >>> network = nn.Sequential(nn.Linear(3, 3, bias=False), nn.Linear(3, 3, bias=False))
        >>> network[1].weight = network[0].weight
        >>> [sorted(tie) for tie in wanted_by(network).ties]
        [['0.weight', '1.weight']]
    """
    import torch
    from torch.nn.parameter import is_lazy

    state = network.state_dict(keep_vars=True)
    tensors = {name: one for name, one in state.items() if isinstance(one, torch.Tensor) and not name.endswith(COUNTER)}
    same: dict[object, set[str]] = {}
    for name, one in tensors.items():
        own = is_lazy(one) or not one.numel()
        place = id(one) if own else (one.untyped_storage()._cdata, one.storage_offset(), one.shape, one.stride())
        same.setdefault(place, set()).add(name)
    shapes = {name: ANY if is_lazy(one) else tuple(one.shape) for name, one in tensors.items()}
    return Wanted(shapes, tuple(frozenset(names) for names in same.values() if len(names) > 1))


@lru_cache(maxsize=256)
def wanted(architecture: str, shape: InputShape, classes: int) -> Wanted:
    """What an architecture needs to be loaded.

    Raises:
        UnknownName: there is no such architecture.
        BadReference: it takes no such examples.
    """
    from compute.zoo.undrawn import shapes_only

    return wanted_by(shapes_only(architecture, shape, classes))


def layout(architecture: str, shape: InputShape, classes: int) -> Layout:
    """What an architecture's tensors are called, and their shapes, in the network's order.

    Raises:
        UnknownName: there is no such architecture.
        BadReference: it takes no such examples.

    Example:
        >>> layout("mlp", (1, 8, 8), 10)["layers.2.weight"]
        (10, 64)
    """
    return wanted(architecture, shape, classes).shapes


def unwrapped(name: str) -> str:
    """A tensor's name without the parts that wrappers insert.

    Example:
        >>> unwrapped("_orig_mod.layer1.module.0.weight")
        'layer1.0.weight'
    """
    return ".".join(part for part in name.split(".") if part not in WRAPPERS)


def plain(shapes: Mapping[str, Sequence[int]]) -> dict[str, Shape]:
    """A layout without what wrappers insert and without BatchNorm's counters, in its order."""
    return {unwrapped(name): tuple(shape) for name, shape in shapes.items() if not name.endswith(COUNTER)}


def alike(found: Shape, shape: Shape) -> bool:
    """Whether a file's tensor has the shape that the network's has."""
    return found == shape or shape == ANY


def misfit(found: Layout, wanted: Layout) -> str:
    """What separates a file's tensors from an architecture's, in words; nothing where they fit.

    Example:
        >>> misfit({"a": (2, 3), "c": (1,)}, {"a": (2, 2), "b": (1,)})
        'it lacks b; it also has c; in it a is (2, 3) instead of (2, 2)'
    """
    kinds = {
        "it lacks": [name for name in wanted if name not in found],
        "it also has": [name for name in found if name not in wanted],
        "in it": [
            f"{name} is {found[name]} instead of {shape}"
            for name, shape in wanted.items()
            if name in found and not alike(found[name], shape)
        ],
    }
    return "; ".join(f"{words} {first(names)}" for words, names in kinds.items() if names)


def first(names: Iterable[str]) -> str:
    """The first few of some names, and how many more there are."""
    names = list(names)
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")
