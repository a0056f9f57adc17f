"""What the pictures of a presentation show, in a few sentences."""

from typing import TYPE_CHECKING

from compute.specs import Survey
from viewer import lines_caption
from viewer.caption import Subject, told
from viewer.figures.style import Style
from viewer.planes import listed
from viewer.sheet import Part, Sheet, subjects

if TYPE_CHECKING:
    from compute.service import LandscapeService

TOPICS = ("Data", "Directions", "Height")
"""What is said of a landscape; its full caption says the rest."""
LINE_TOPICS = ("Data",)
"""What is said of curves: their charts' titles name the directions."""


def brief_caption(service: "LandscapeService", sheet: Sheet) -> str:
    """The first clause of what the full caption says of each of TOPICS.

    Raises:
        LandscapeError: there is no such survey or run.
    """
    if all(part.kind in lines_caption.KINDS for part in sheet.parts):
        lines = [part for part in sheet.parts if part.kind == "line"]
        found = [subject for part in lines for subject in _curves(service, part)]
        line = "Losses along straight lines through weight space, θ(α) = θ* + α δ." if found else ""
        return " ".join(filter(None, [line, *_topics(found, LINE_TOPICS)]))
    found = subjects(service, sheet)
    titles = listed([subject.card.title for subject in found])
    around = f"Loss landscape{'s' if len(found) > 1 else ''} around {titles}: θ(α, β) = θ* + α δ + β η."
    return " ".join([around, *_topics(found, TOPICS)])


def _curves(service: "LandscapeService", part: Part) -> list[Subject]:
    """What the curves of a chart are of."""
    cards, style, found = {card.run: card for card in service.cards()}, Style.read(part.arguments), []
    for first, *_ in lines_caption.rows(service, part):
        survey = first.survey
        available = service.examples(survey.run, survey.split) if isinstance(survey, Survey) else None
        found.append(Subject(cards[survey.run], first, style, available))
    return found


def _topics(found: list[Subject], topics: tuple[str, ...]) -> list[str]:
    """A sentence for each topic, with every wording of it once."""
    said = [told(subject) for subject in found]
    words = {topic: dict.fromkeys(_clause(each[topic]) for each in said if topic in each) for topic in topics}
    return [f"{topic}: {'; '.join(ways)}." for topic, ways in words.items() if ways]


def _clause(words: str) -> str:
    """What stands before the first semicolon.

    Example:
        >>> _clause("random Gaussian δ and η of seed 0; biases are not moved")
        'random Gaussian δ and η of seed 0'
    """
    return words.partition(";")[0]
