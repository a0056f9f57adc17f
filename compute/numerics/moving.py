"""Which parameters a plane moves: chosen by rule, or by name."""

from collections.abc import Collection, Iterator
from fnmatch import fnmatchcase

from compute.errors import BadReference
from compute.numerics.planes import Weights

SHOWN = 12
"""Names that a message lists at most."""


def moved(weights: Weights, ignore: str = "biasbn", only: str = "", frozen: Collection[str] = ()) -> frozenset[str]:
    """The names of the parameters that a plane moves.

    Args:
        weights: all parameters.
        ignore: what is left alone, with + between: `biasbn` (tensors of one dimension), `frozen`, `none`, or patterns
            of names. A pattern such as `encoder.*.bias` is a parameter's name, or that of a module that holds it.
        only: patterns with + between; what matches none of them is left alone, too.
        frozen: the parameters that do not require a gradient.

    Raises:
        BadReference: a pattern matches nothing, or nothing is left to move.

    Example:
        >>> import torch
        >>> weights = {"base.weight": torch.ones(2, 2), "base.lora_A": torch.ones(1, 2), "head.bias": torch.ones(2)}
        >>> sorted(moved(weights, "none", only="*lora_*+head"))
        ['base.lora_A', 'head.bias']
        >>> sorted(moved(weights, "biasbn+*lora_*"))
        ['base.weight']
    """
    left = {name for term in ignore.split("+") for name in _named(term, weights, frozen)}
    chosen = {name for term in only.split("+") for name in matching(term, weights)} if only else set(weights)
    found = frozenset(chosen - left)
    if not found:
        options = f"ignore={ignore}" + (f",only={only}" if only else "")
        raise BadReference(
            f"A plane should move some parameters, but {options} leaves none of {len(weights)}: ignore fewer."
        )
    return found


def _named(term: str, weights: Weights, frozen: Collection[str]) -> Iterator[str]:
    """The parameters that a term of `ignore` stands for."""
    match term:
        case "none":
            pass
        case "biasbn":
            yield from (name for name, weight in weights.items() if weight.dim() <= 1)
        case "frozen":
            yield from frozen
        case _:
            yield from matching(term, weights)


def matching(pattern: str, weights: Weights) -> list[str]:
    """The parameters whose name, or the name of a module that holds them, matches a pattern.

    Raises:
        BadReference: there are none.
    """
    found = [name for name in weights if any(fnmatchcase(part, pattern) for part in _prefixes(name))]
    if not found:
        raise BadReference(
            f"ignore= and only= should name biasbn, frozen, none or parameters, but no parameter matches {pattern!r}: "
            f"there are {', '.join(_outline(weights))}; * stands for any characters."
        )
    return found


def _outline(weights: Weights) -> list[str]:
    """The modules by which parameters are told apart, and in very many the first of them.

    Example:
        >>> _outline(dict.fromkeys(["net.stem.weight", "net.head.weight", "net.head.bias"]))
        ['net.stem', 'net.head']
    """
    found: list[str] = []
    for depth in range(1, 2 + max((name.count(".") for name in weights), default=0)):
        found = list(dict.fromkeys(".".join(name.split(".")[:depth]) for name in weights))
        if len(found) > 1:
            break
    return found if len(found) <= SHOWN else [*found[:SHOWN], "..."]


def _prefixes(name: str) -> Iterator[str]:
    """A parameter's name and those of the modules around it.

    Example:
        >>> list(_prefixes("net.head.bias"))
        ['net', 'net.head', 'net.head.bias']
    """
    parts = name.split(".")
    yield from (".".join(parts[: count + 1]) for count in range(len(parts)))
