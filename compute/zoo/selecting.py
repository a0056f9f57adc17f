"""Which tensors of a file are a reference's: one set of weights that fits, or a sentence that says why none does."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from compute.card import STUDY
from compute.errors import BadCheckpoint, BadReference
from compute.shapes import shape_text
from compute.specs import ModelRef
from compute.zoo.contents import Entry
from compute.zoo.layouts import Wanted, first, layout, misfit
from compute.zoo.matching import BARE, Held, Match, chosen, listed, matches, named
from compute.zoo.suggest import by_order, called, relative, sets, suggest

if TYPE_CHECKING:  # naming a checkpoint must not load torch
    from torch import Tensor

ORDER = "order"
"""Pairs tensors by their order, which only a user may ask for."""


def match_for(
    ref: ModelRef, held: Mapping[str, Held], wanted: Wanted, found: Mapping[str, Entry] | None = None
) -> Match:
    """Which of a file's tensors are a reference's; `found` tells copies of tensors from others.

    Raises:
        BadCheckpoint: none, or the file holds several that fit and no rule tells which.
    """
    if ref.match == ORDER:
        return _ordered(ref, held, wanted)
    every = tuple(_without_copies(one, found) for one in matches(held, wanted)) if found else matches(held, wanted)
    match = named(every, ref.weights) if ref.weights else chosen(every)
    if match is not None:
        others = tuple(one.weights for one in every if one.names != match.names and not one.unknown)
        return replace(match, others=others)
    raise BadCheckpoint(_refusal(ref, held, wanted, every))


def _refusal(ref: ModelRef, held: Mapping[str, Held], wanted: Wanted, every: tuple[Match, ...]) -> str:
    """Why a file's tensors are not taken, and what to do."""
    clean = [one.weights for one in every if not one.unknown]
    if ref.weights:
        there = listed(one.weights for one in every) or listed(sets(held))
        return (
            f"{ref.path} should hold weights called {ref.weights!r} that fit, but has {there}: choose another with "
            "--weights."
        )
    if clean:
        return (
            f"{ref.path} should hold one set of weights that fits {ref.architecture}, but has {listed(clean)}: choose "
            f"one with --weights {clean[0]}."
        )
    if every:
        name = every[0].weights
        part = "" if name == BARE else f", or pass --weights {name} if the network is that part of it"
        also = first(every[0].unknown)
        return f"{ref.path} should fit {ref.architecture}, but it also has {also}: {_advice(held, ref)}{part}."
    return f"{ref.path} should fit {ref.architecture}, but {_nearest(held, wanted)}: {_advice(held, ref)}."


def _nearest(held: Mapping[str, Held], wanted: Wanted) -> str:
    """What separates a network from the weights in a file that are nearest to it."""
    complaints = []
    for each in sets(held).values():
        here, there = relative(each, wanted.shapes)
        shared = sum(there.get(name) == shape for name, shape in here.items())
        complaints.append((shared, misfit(here, there)))
    return max(complaints, key=lambda one: one[0])[1] or "its tensors are tied otherwise"


def _ordered(ref: ModelRef, held: Mapping[str, Held], wanted: Wanted) -> Match:
    """The match of tensors by their order, which the user has confirmed.

    Raises:
        BadCheckpoint: they do not pair.
    """
    for weights, shapes in sets(held).items():
        names = by_order(shapes, wanted.shapes) if ref.weights in {"", weights or BARE} else {}
        if names:
            return Match(weights or BARE, names, "by order")
    raise BadCheckpoint(
        f"{ref.path} should fit {ref.architecture} by the order of its tensors, but {_nearest(held, wanted)}: "
        f"{_advice(held, replace(ref, match=''))}."
    )


def _without_copies(match: Match, found: Mapping[str, Entry]) -> Match:
    """A match whose unknown tensors are no copies of those it takes, as a module with two names leaves them."""
    taken = [found[name].tensor for name in match.names.values()]
    copies = [name for name in match.unknown if _is_copy(found[name].tensor, taken)]
    unknown = tuple(name for name in match.unknown if name not in copies)
    return replace(match, unknown=unknown, aside=(*match.aside, *copies))


def _is_copy(tensor: Tensor, taken: list[Tensor]) -> bool:
    """Whether a tensor has the storage of another: torch.save keeps what is shared."""
    place = tensor.untyped_storage().data_ptr(), tensor.shape
    return tensor.numel() > 0 and any((one.untyped_storage().data_ptr(), one.shape) == place for one in taken)


def check_ties(path: Path, match: Match, found: Mapping[str, Entry], wanted: Wanted) -> None:
    """Refuses two tensors of a file that differ, of which the network has one.

    Raises:
        BadCheckpoint: there are such.
    """
    import torch

    for tie in wanted.ties:
        one, *others = sorted(match.names[name] for name in tie)
        for other in others:
            if one != other and not torch.equal(found[one].tensor, found[other].tensor):
                raise BadCheckpoint(
                    f"{path} should hold one tensor for {' and '.join(sorted(tie))}, which the network ties, but {one} "
                    f"and {other} differ: untie them in the network, or save them tied."
                )


def _advice(held: Mapping[str, Held], ref: ModelRef) -> str:
    """What to do about tensors that do not fit."""
    if ref.architecture.startswith(STUDY):
        return "it should hold what model() builds, so correct one or the other, or define load(model, file)"
    shapes = next(iter(sets(held).values()))
    near = [one.architecture for one in suggest(shapes)]
    for name in near:
        with suppress(BadReference):  # it takes other examples
            wanted = Wanted(layout(name, ref.shape, ref.classes))
            if chosen(matches(held, wanted)):
                return f"it fits {name}: pass --architecture {name}"
            pairs = by_order(shapes, wanted.shapes) if ref.match != ORDER else {}
            if pairs:
                told = first(f"{theirs} for {ours}" for ours, theirs in pairs.items() if not called(theirs, ours))
                also = "" if name == ref.architecture else f"--architecture {name} "
                return f"by their order they fit {name} ({told}), so pass {also}--match order if that is right"
    return (
        f"none of those known fits {ref.classes} classes of examples shaped {shape_text(ref.shape)}, and the nearest "
        f"is {near[0]}"
    )
