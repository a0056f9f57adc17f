"""What a view still lacks is computed without a page."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from compute.specs import Surface, Survey

if TYPE_CHECKING:
    from compute.service import LandscapeService

TAB = "export"
"""The name under which it is computed, as if a tab of that name looked at it."""


def complete(service: "LandscapeService", surveys: Sequence[Surface], finish: Callable[[Survey], object]) -> None:
    """Asks for surveys and has `finish` wait for each; an imported surface is complete.

    Raises:
        LandscapeError: one failed.
    """
    service.watch(TAB, surveys)
    for survey in surveys:
        if isinstance(survey, Survey):
            finish(survey)
