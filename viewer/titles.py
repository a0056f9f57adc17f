"""What runs and their checkpoints are called on screen: by the titles of their cards."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from compute.service import LandscapeService


def titles(service: "LandscapeService", names: Sequence[str]) -> list[str]:
    """The titles of runs, or of checkpoints RUN@EPOCH with their epochs; a run without a card keeps its name."""
    cards = {card.run: card.title for card in service.cards()}
    parts = [name.partition("@") for name in names]
    return [cards.get(run, run) + (f", epoch {epoch}" if at else "") for run, at, epoch in parts]
