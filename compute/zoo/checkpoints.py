"""Weights from files: named without loading torch, loaded by name into the network that they are of."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from compute.card import Taken
from compute.errors import BadCheckpoint, UnknownName
from compute.shapes import InputShape
from compute.specs import ModelRef
from compute.zoo.contents import Entry, digest, entries, weights_file
from compute.zoo.layouts import COUNTER, Layout, Wanted, wanted, wanted_by
from compute.zoo.matching import Held, Match
from compute.zoo.registry import known
from compute.zoo.selecting import ORDER, check_ties, match_for
from compute.zoo.suggest import sets

if TYPE_CHECKING:  # naming a checkpoint must not load torch
    from torch import Tensor, nn

log = logging.getLogger(__name__)

AUTO = "auto"
"""Instead of the name of a set of weights: whichever `chosen` takes."""

MATCHES = ("name", ORDER)


def model_ref(
    path: Path,
    architecture: str,
    shape: InputShape,
    classes: int,
    run: str = "",
    step: float | None = None,
    weights: str = AUTO,
    match: str = "",
) -> ModelRef:
    """Names a file of weights, or a checkpoint's folder; the run is called after it unless `run` says otherwise.

    `weights` and `match` are as the settings of that name.

    Raises:
        UnknownName: there is no such architecture, or no such way to match tensors.
        BadCheckpoint: there is no such file.
    """
    known(architecture)
    if match not in {"", *MATCHES}:
        raise UnknownName("way to match tensors", match, MATCHES)
    file = weights_file(path)
    return ModelRef(
        run or path.stem,
        architecture,
        shape,
        classes,
        str(file.resolve()),
        digest(file),
        step,
        weights="" if weights == AUTO else weights,
        match=match,
    )


def held_in(path: Path) -> dict[str, Held]:
    """The names and shapes of a checkpoint's tensors, and where in the file they stand.

    Raises:
        BadCheckpoint: the file is missing, holds no weights or might run code.
    """
    return {name: one.held for name, one in entries(weights_file(path)).items()}


def layout_in(path: Path) -> Layout:
    """The names and shapes of the weights in a checkpoint that an architecture can be told from.

    Raises:
        BadCheckpoint: as `held_in`.
    """
    return next(iter(sets(held_in(path)).values()))


def load_model(ref: ModelRef) -> nn.Module:
    """The network of a reference, in evaluation mode, float32, on the CPU.

    Raises:
        UnknownName: as `model_ref`.
        BadCheckpoint: as `load_weights`.
        BadStudy: its study's own `load` goes wrong.
    """
    from compute.zoo.study_loading import defines_load, load_by_study
    from compute.zoo.undrawn import undrawn

    if defines_load(ref.architecture):
        network = load_by_study(ref.architecture, unchanged(ref))
    else:
        network = undrawn(ref.architecture, ref.shape, ref.classes)
        network.load_state_dict(network.state_dict() | _weights(ref, wanted_by(network)))
    unchanged(ref)  # the bytes that were hashed are those that were loaded
    return network.eval()


def load_weights(ref: ModelRef) -> dict[str, Tensor]:
    """The tensors of a reference in the network's order, floating ones in float32, with every BatchNorm counter.

    Names match as `compute.zoo.matching.matches` says; by order only where the reference says so.

    Raises:
        UnknownName: there is no such architecture.
        BadCheckpoint: the file is missing, has changed since it was named, holds no weights or might run code, or its
            tensors are those of another architecture.
        BadStudy: its study's own `load` goes wrong.
    """
    import torch

    state = load_model(ref).state_dict()
    tensors = {name: one for name, one in state.items() if isinstance(one, torch.Tensor)}
    return {name: one.float() if one.is_floating_point() else one for name, one in tensors.items()}


def unchanged(ref: ModelRef) -> Path:
    """The file of a reference, as it was when it was named.

    Raises:
        BadCheckpoint: it is missing, or has changed.
    """
    path = weights_file(Path(ref.path))
    if ref.digest != digest(path):
        raise BadCheckpoint(f"{path} should be as it was when it was named, but its content has changed: reopen it.")
    return path


def taken(ref: ModelRef) -> Taken:
    """Which weights of its file a reference takes.

    Raises:
        LandscapeError: as `load_weights`.
    """
    from compute.zoo.study_loading import defines_load

    if defines_load(ref.architecture):
        return Taken()
    match, _ = _matched(ref, wanted(ref.architecture, ref.shape, ref.classes))
    return Taken(match.weights, match.others, match.aside)


def _weights(ref: ModelRef, needed: Wanted) -> dict[str, Tensor]:
    """A file's tensors under the network's names."""
    match, found = _matched(ref, needed)
    weights = {ours: found[theirs].tensor for ours, theirs in match.names.items()}
    counters = {ours + COUNTER: theirs + COUNTER for ours, theirs in _beside_means(match.names).items()}
    return weights | {ours: found[theirs].tensor for ours, theirs in counters.items() if theirs in found}


def _matched(ref: ModelRef, needed: Wanted) -> tuple[Match, dict[str, Entry]]:
    """Which of a file's tensors are the network's, and all of them."""
    path = unchanged(ref)
    found = entries(path)
    match = match_for(ref, {name: one.held for name, one in found.items()}, needed, found)
    check_ties(path, match, found, needed)
    _tell(path, match, found)
    return match, found


def _beside_means(names: Mapping[str, str]) -> dict[str, str]:
    """What stands before `running_mean`, in the network and in the file: there BatchNorm's counter stands too."""
    end = "running_mean"
    return {
        ours.removesuffix(end): theirs.removesuffix(end)
        for ours, theirs in names.items()
        if ours.endswith(end) and theirs.endswith(end)
    }


def _tell(path: Path, match: Match, found: Mapping[str, Entry]) -> None:
    """Says in the log how names were matched, and what was left aside."""
    log.info(
        "weights matched file=%s weights=%s rule=%s others=%s",
        path,
        match.weights,
        match.rule or "names",
        ", ".join(match.others),
    )
    taken = {found[name].place for name in match.names.values()}
    others = dict.fromkeys(one.place.partition(".")[0] for one in found.values() if one.place not in taken)
    if match.aside or others:
        log.info("left aside file=%s tensors=%s entries=%s", path, ", ".join(match.aside), ", ".join(others))
