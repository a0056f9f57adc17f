"""What charts of lines and weights show, in sentences that name every parameter."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from compute.card import ModelCard
from compute.profile import readings
from compute.snapshot import Snapshot
from compute.specs import Segment, Survey
from viewer.caption import PROGRAM, Subject, origin
from viewer.citations import GARIPOV, GOODFELLOW, bibtex
from viewer.figures.pens import pens
from viewer.figures.style import Style

if TYPE_CHECKING:
    from compute.service import LandscapeService
    from viewer.sheet import Part

KINDS = ("line", "norms", "weights")
"""The figures that stand on the Profile page."""


def caption(service: "LandscapeService", parts: "Sequence[Part]") -> str:
    """A paragraph: what each chart shows and its numbers, then what the curves depend on, said once for equal words.

    Raises:
        LandscapeError: a survey or a run does not exist.
    """
    sentences = [_line(service, part) if part.kind == "line" else _weights(part) for part in parts]
    told = {name: facts for part in parts if part.kind == "line" for name, facts in _facts(service, part).items()}
    topics = dict.fromkeys(topic for facts in told.values() for topic in facts)
    common = [_merged(topic, {name: each[topic] for name, each in told.items() if topic in each}) for topic in topics]
    opening = "Losses along straight lines through weight space, θ(α) = θ* + α δ, as in Goodfellow et al. (2015)."
    return " ".join([opening, *sentences, *common, f"Drawn by {PROGRAM}."])


def literature(service: "LandscapeService", parts: "Sequence[Part]") -> str:
    """The BibTeX of what the charts rest on."""
    surveys = [one.survey for part in parts if part.kind == "line" for row in rows(service, part) for one in row]
    own = [survey for survey in surveys if isinstance(survey, Survey)]
    recomputed = any(isinstance(one.query.plane, Segment) and one.query.plane.statistics == "recomputed" for one in own)
    entries = bibtex([(survey.query.model.architecture, survey.query.data.name) for survey in own])
    return "\n\n".join([entries.rstrip("\n"), GOODFELLOW, *([GARIPOV] if recomputed else [])]) + "\n"


def rows(service: "LandscapeService", part: "Part") -> list[list[Snapshot]]:
    """The snapshots of a chart's curves."""
    return [[service.snapshot(service.survey(each)) for each in row.split(",")] for row in part.survey.split(";")]


def _line(service: "LandscapeService", part: "Part") -> str:
    """A chart's curves and the numbers of each."""
    found = rows(service, part)
    told = []
    for row, pen in zip(found, pens([row[0] for row in found]), strict=True):
        known = [one for one in readings(row[0]) if one.value is not None]
        numbers = [f"{one.name.lower()} {one.value:.3g} {one.unit}".strip() for one in known]
        over = f", mean of {len(row)} directions" if len(row) > 1 else ""
        told.append(f"{pen.name('loss')}{over} ({', '.join(numbers) or 'not computed yet'})")
    return f"{part.title}: {'; '.join(told)}."


def _weights(part: "Part") -> str:
    names = " and ".join(part.survey.split(","))
    if part.kind == "norms":
        return f"{part.title}: ‖θ‖₂ of all parameters of {names} after each checkpoint's epoch."
    return f"{part.title}: shares of the entries of all tensors of two or more dimensions of {names}, in equal bins."


def _facts(service: "LandscapeService", part: "Part") -> dict[str, Mapping[str, str]]:
    """What each curve of a chart depends on, by its name and topic."""
    cards = {card.run: card for card in service.cards() if isinstance(card, ModelCard)}
    found, several = rows(service, part), dict[str, Mapping[str, str]]()
    for row, pen in zip(found, pens([row[0] for row in found]), strict=True):
        shot, survey = row[0], row[0].survey
        available = service.examples(survey.run, survey.split)
        facts = origin(Subject(cards[survey.run], shot, Style.read(part.arguments), available))
        lost = sum(one.progress.nonfinite for one in row)
        alpha = survey.lattice.coordinates("x")
        facts |= {"Points": f"{len(alpha)} from α = {alpha[0]:g} to {alpha[-1]:g}"}
        facts |= {"Left out": f"{lost} losses that are NaN or infinite"} if lost else {}
        several[f"{part.title}, {pen.name('').strip()}"] = facts
    return several


def _merged(topic: str, told: Mapping[str, str]) -> str:
    """A topic's words, each said once with the names it is true of, or without where it is true of all."""
    names: dict[str, list[str]] = {}
    for name, words in told.items():
        names.setdefault(words, []).append(name)
    if len(names) == 1:
        return f"{topic}: {next(iter(names))}."
    parts = [f"{words} ({' / '.join(each)})" for words, each in names.items()]
    return f"{topic}: {'; '.join(parts)}."
