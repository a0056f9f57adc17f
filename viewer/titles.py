"""What runs and their checkpoints are called on screen: by the titles of their cards."""

from collections import Counter
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from compute.specs import ModelRef

if TYPE_CHECKING:
    from compute.service import LandscapeService

Titles = Mapping[str, str]
"""Titles by the names of runs; a run that is not among them keeps its name."""
NONE: Titles = MappingProxyType({})


def card_titles(service: "LandscapeService") -> Titles:
    """The titles of all runs that have cards; those of several runs over the same data with their names, too."""
    cards = service.cards()
    kinds = {card.run: (card.title, getattr(card, "data", "")) for card in cards}
    count = Counter(kinds.values())
    return {
        run: title if count[title, data] == 1 else f"{title} ({short(run)})" for run, (title, data) in kinds.items()
    }


def short(run: str) -> str:
    """A run's name without where it comes from.

    Example:
        >>> short("study:mine"), short("mlp")
        ('mine', 'mlp')
    """
    return run.rpartition(":")[2]


def titles(service: "LandscapeService", names: Sequence[str]) -> list[str]:
    """The titles of runs, or of checkpoints RUN@EPOCH with their epochs; a run without a card keeps its name."""
    called = card_titles(service)
    parts = [name.partition("@") for name in names]
    return [called.get(run, run) + (f", epoch {epoch}" if at else "") for run, at, epoch in parts]


def title_of(service: "LandscapeService", name: str) -> str:
    """The title of one of them."""
    return titles(service, [name])[0]


def checkpoint(model: ModelRef, called: Titles) -> str:
    """A checkpoint in a sentence.

    Example:
        >>> model = ModelRef("mlp-1", "mlp", (1, 8, 8), 10, "mlp-1/5.safetensors", "digest", step=5)
        >>> checkpoint(model, {"mlp-1": "Two layers"}), checkpoint(model, {})
        ('Two layers after epoch 5', 'mlp-1 after epoch 5')
    """
    name = called.get(model.run, model.run)
    return name if model.step is None else f"{name} after epoch {model.step}"
