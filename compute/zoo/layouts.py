"""The names and shapes of a network's tensors, and what separates two such layouts."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

from compute.shapes import Shape

Layout = Mapping[str, Shape]

PREFIXES = ("module.", "_orig_mod.")
"""What data-parallel and compiled networks put before every name."""

COUNTER = "num_batches_tracked"
"""Of BatchNorm; old files lack it, and no loss depends on it."""

NAMED = 3
"""How many tensors a complaint lists."""


def bare(name: str) -> str:
    """A tensor's name without prefixes.

    Example:
        >>> bare("_orig_mod.module.conv1.weight")
        'conv1.weight'
    """
    while name.startswith(PREFIXES):
        name = name.partition(".")[2]
    return name


def plain(shapes: Mapping[str, Sequence[int]]) -> dict[str, Shape]:
    """A layout without prefixes and without BatchNorm's counters, in its order."""
    return {bare(name): tuple(shape) for name, shape in shapes.items() if not name.endswith(COUNTER)}


@lru_cache(maxsize=256)
def layout(architecture: str, shape: Shape, classes: int) -> Layout:
    """What an architecture's tensors are called, and their shapes, in the network's order.

    Raises:
        UnknownName: there is no such architecture.
        BadReference: it takes no such examples.

    Example:
        >>> layout("mlp", (1, 8, 8), 10)["layers.2.weight"]
        (10, 64)
    """
    from compute.zoo.undrawn import undrawn  # comparing layouts must not load torch

    return plain({name: tensor.shape for name, tensor in undrawn(architecture, shape, classes).state_dict().items()})


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
            if name in found and found[name] != shape
        ],
    }
    return "; ".join(f"{words} {first(names)}" for words, names in kinds.items() if names)


def first(names: list[str]) -> str:
    """The first few of some names, and how many more there are."""
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")
