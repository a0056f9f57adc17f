"""Networks that a study loads itself, by its own `load(model, file)`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from compute.card import STUDY
from compute.errors import BadStudy
from compute.zoo.layouts import first

if TYPE_CHECKING:  # naming a checkpoint must not load torch
    from torch import Tensor, nn

SEEDS = 0, 1
"""Of the first values that a network is built with to see whether loading leaves any of them."""

_checked: set[tuple[str, Path]] = set()
"""Networks and files of which it is known that loading sets all weights."""


def defines_load(architecture: str) -> bool:
    """Whether an architecture is of a study that loads its weights itself.

    Raises:
        BadStudy: the study goes wrong.
    """
    if not architecture.startswith(STUDY):
        return False
    from compute.zoo import studies

    return studies.defines_load(architecture)


def load_by_study(architecture: str, file: Path) -> nn.Module:
    """A study's network with the weights that its `load` takes from a file.

    Raises:
        BadStudy: `load` goes wrong, or leaves parameters at the random values that they were built with.
    """
    network = _loaded(architecture, file, SEEDS[0])
    if (architecture, file) not in _checked:
        _check_all_is_loaded(network, architecture, file)
        _checked.add((architecture, file))
    return network


def _check_all_is_loaded(network: nn.Module, architecture: str, file: Path) -> None:
    """Compares a network with one that was built from other random values: whatever then differs was not loaded.

    Raises:
        BadStudy: some tensor differs.
    """
    import torch

    ours, other = _state(network), _state(_loaded(architecture, file, SEEDS[1]))
    left = [name for name, one in ours.items() if not torch.equal(one, other[name])]
    if left:
        raise BadStudy(
            f"load(model, file) of {architecture.partition('@')[0]} should set all weights from {file}, but left "
            f"{first(left)} at random values: load these too, or build them the same every time."
        )


def _loaded(architecture: str, file: Path, seed: int) -> nn.Module:
    import torch

    from compute.zoo import studies

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return studies.load(architecture, studies.network(architecture), file)


def _state(network: nn.Module) -> dict[str, Tensor]:
    """All its tensors, with NaN as a number, so that equal ones are equal."""
    import torch

    state = {name: one for name, one in network.state_dict().items() if isinstance(one, torch.Tensor)}
    return {name: torch.nan_to_num(one) if one.is_floating_point() else one for name, one in state.items()}
