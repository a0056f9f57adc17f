"""What a picture shows, in sentences that name every parameter."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from compute.card import Card, SurfaceCard
from compute.snapshot import Snapshot
from compute.specs import Imported
from compute.trajectory import Trajectory
from viewer import facts
from viewer.data_names import examples_noun, not_comparable
from viewer.figures.minima import sentence
from viewer.figures.style import Style
from viewer.planes import directions, listed
from viewer.titles import Titles
from viewer.version import version


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """What figures are of: a card, its surface so far, the style it is drawn in, the examples there are if known.

    `trajectory` are the training runs whose paths are drawn over it, if any, `called` what runs are called; `kinds` are
    the kinds of figure that show it.
    """

    card: Card
    snapshot: Snapshot
    style: Style
    available: int | None
    trajectory: Trajectory | None = None
    called: Titles = field(default_factory=dict)
    kinds: tuple[str, ...] = ("surface", "contour")


def caption(subjects: Sequence[Subject]) -> str:
    """A paragraph for at least one subject; what is the same for all of them is said once.

    Every part of it is "Topic: words."; where the words differ, each network's come after its name.
    """
    titles = [subject.card.title for subject in subjects]
    found = [told(subject) for subject in subjects]
    topics = dict.fromkeys(topic for each in found for topic in each)
    parts = [_merged(topic, titles, [each.get(topic, "none") for each in found]) for topic in topics]
    surfaces = [subject.snapshot.survey for subject in subjects]
    if any(not_comparable(surface, surfaces)[0] for surface in surfaces):
        parts.append("Losses over different data do not compare.")
    opening = f"Loss landscape{'s' if len(subjects) > 1 else ''} around {listed(titles)}"
    return " ".join([f"{opening}: θ(α, β) = θ* + α δ + β η, as in Li et al. (2018).", *parts, f"Drawn by {PROGRAM}."])


PROGRAM = f"Loss Atlas {version()}"


def told(subject: Subject) -> dict[str, str]:
    """All that a figure's numbers and looks depend on, by topic."""
    snapshot, style = subject.snapshot, subject.style
    found = origin(subject) | {
        "Paths": facts.paths(subject.trajectory, subject.called),
        "Height": facts.height(style, examples_noun(snapshot.survey)),
        "Standard error of the loss": facts.error(snapshot),
        "Points": facts.points(snapshot.survey.lattice),
        "Left out": facts.left_out(snapshot),
        "Local minima of the loss": sentence(snapshot, style),
        "Unfinished": ", ".join(filter(None, [facts.unfinished(snapshot.progress), facts.coarser(snapshot)])),
        "Contour levels": facts.levels(style) if "contour" in subject.kinds else "",
        "Lines on the surface": facts.LEVELS["even"] if "surface" in subject.kinds and facts.lined(snapshot) else "",
        "Surface between its points": facts.SPLINE if "surface" in subject.kinds and facts.splined(snapshot) else "",
        "Colours": "blue to red" if style.against else style.colours,
    }
    return {topic: words for topic, words in found.items() if words}


def origin(subject: Subject) -> dict[str, str]:
    """How a figure's numbers came about, by topic."""
    card, snapshot = subject.card, subject.snapshot
    survey = snapshot.survey
    if isinstance(card, SurfaceCard) or isinstance(survey, Imported):
        return {"Surface": facts.imported(survey, card), "Interpolated": facts.marked(snapshot)}
    return {
        "Network": facts.network(card),
        "Data": facts.data(survey, subject.available or survey.examples, snapshot),
        "Directions": directions(survey.query.plane, subject.called, examples_noun(survey)),
        "Precision": facts.arithmetic(survey.query.precision, snapshot.progress, subject.style),
        "Interpolated": facts.interpolated(snapshot, survey.tolerance),
    }


def _merged(topic: str, titles: Sequence[str], words: Sequence[str]) -> str:
    """A topic's words, said once or for each title."""
    if len(set(words)) == 1:
        return f"{topic}: {words[0]}."
    return f"{topic}: {'; '.join(f'{title}: {word}' for title, word in zip(titles, words, strict=True))}."
