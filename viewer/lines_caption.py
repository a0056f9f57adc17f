"""What charts of lines and weights show, in sentences that name every parameter."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import fmean
from typing import TYPE_CHECKING

import numpy as np

from compute.deviation import joined
from compute.formatting import number
from compute.snapshot import JobState, Snapshot
from compute.specs import RandomPlane, Survey
from viewer.caption import PROGRAM, Subject, origin
from viewer.citations import GOODFELLOW, KESKAR, bibtex
from viewer.facts import unfinished
from viewer.figures.encode import Figure
from viewer.figures.line import numbers
from viewer.figures.pens import pens
from viewer.figures.style import Style
from viewer.methods import methods
from viewer.planes import FROZEN, NORMS, listed, moved
from viewer.titles import card_titles, titles

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
    sentences = [_line(service, part) if part.kind == "line" else _weights(service, part) for part in parts]
    told = {name: facts for part in parts if part.kind == "line" for name, facts in _facts(service, part).items()}
    topics = dict.fromkeys(topic for facts in told.values() for topic in facts)
    common = [_merged(topic, {name: each[topic] for name, each in told.items() if topic in each}) for topic in topics]
    opening = ["Losses along straight lines through weight space, θ(α) = θ* + α δ, as in Goodfellow et al. (2015)."]
    return " ".join([*(opening if told else []), *sentences, *common, f"Drawn by {PROGRAM}."])


def literature(service: "LandscapeService", parts: "Sequence[Part]") -> str:
    """The BibTeX of what the charts rest on.

    Raises:
        LandscapeError: a survey does not exist.
    """
    curves = [row for part in parts if part.kind == "line" for row in rows(service, part)]
    shots = [one for row in curves for one in row]
    own = [one.survey for one in shots if isinstance(one.survey, Survey)]
    told = [one["name"] for row in curves for one in numbers(row) if one["value"] is not None]
    used = {GOODFELLOW: curves, KESKAR: any(name.startswith("Sharpness") for name in told)}
    entries = [*(entry for entry, rests in used.items() if rests), *methods(shots)]
    return bibtex([(survey.query.model.architecture, survey.query.data.name) for survey in own], entries)


def rows(service: "LandscapeService", part: "Part") -> list[list[Snapshot]]:
    """The snapshots of a chart's curves."""
    return [[service.snapshot(service.survey(each)) for each in row.split(",")] for row in part.survey.split(";")]


def _line(service: "LandscapeService", part: "Part") -> str:
    """A chart's curves and the numbers of each."""
    found, style = rows(service, part), Style.read(part.arguments)
    told = []
    for row, pen in zip(found, pens([row[0] for row in found], card_titles(service)), strict=True):
        known = ", ".join(_number(one) for one in numbers(row) if one["value"] is not None)
        each = "mean ± standard deviation of what each direction tells: " if len(row) > 1 and known else ""
        told.append(f"{pen.name('loss')}{_drawn(row, style)} ({each}{known or 'not computed yet'})")
    return f"{part.title}: {'; '.join(told)}."


def _number(one: Figure) -> str:
    """A number with its name, unit and deviation.

    Example:
        >>> _number({"name": "Sharpness at 0", "value": 6.25, "deviation": 0.5, "unit": "%"})
        'sharpness at 0 6.25 ± 0.5 %'
    """
    spread = f" ± {number(one['deviation'], 2)}" if one["deviation"] else ""
    return f"{one['name'].lower()} {number(one['value'])}{spread} {one['unit']}".strip()


def _drawn(row: Sequence[Snapshot], style: Style) -> str:
    """What a curve is the mean of, and what its band is, where it is or has one."""
    if style.curves == "accuracy":
        return f", mean of {_seeds(row)}" if len(row) > 1 else ""
    if len(row) == 1:
        return ", in a band of one standard error to either side" if style.errors else ""
    what = " of log loss" if style.logarithmic else ""
    return f", mean{what} over {_seeds(row)}, in a band of one standard deviation to either side"


def _seeds(row: Sequence[Snapshot]) -> str:
    """How many directions a curve is over, and their seeds."""
    seeds = [plane.seed for plane in _random(row)]
    return f"{len(row)} directions" + (f" of seeds {seeds[0]} to {seeds[-1]}" if seeds else "")


def _random(row: Sequence[Snapshot]) -> list[RandomPlane]:
    """The planes of a curve whose directions were drawn."""
    planes = [one.survey.query.plane for one in row if isinstance(one.survey, Survey)]
    return [plane for plane in planes if isinstance(plane, RandomPlane)]


def _weights(service: "LandscapeService", part: "Part") -> str:
    names = listed(titles(service, part.survey.split(",")))
    if part.kind == "norms":
        return f"{part.title}: ‖θ‖₂ of all parameters of {names} after each checkpoint's epoch."
    return f"{part.title}: shares of the entries of all tensors of two or more dimensions of {names}, in equal bins."


def _facts(service: "LandscapeService", part: "Part") -> dict[str, Mapping[str, str]]:
    """What each curve of a chart depends on, by its name and topic."""
    cards, called = {card.run: card for card in service.cards()}, card_titles(service)
    found, several = rows(service, part), dict[str, Mapping[str, str]]()
    for row, pen in zip(found, pens([row[0] for row in found], called), strict=True):
        shot, survey = _joined(row), row[0].survey
        available = service.examples(survey.run, survey.split) if isinstance(survey, Survey) else None
        facts = origin(Subject(cards[survey.run], shot, Style.read(part.arguments), available, called=called))
        facts |= _directions(row)
        lost = sum(one.progress.nonfinite for one in row)
        alpha = survey.lattice.coordinates("x")
        facts |= {"Points": f"{len(alpha):,} from α = {number(alpha[0], 6)} to {number(alpha[-1], 6)}"}
        facts |= {"Left out": f"{lost:,} losses that are NaN or infinite"} if lost else {}
        absent = row[0].absent
        facts |= {"Absent": f"{absent:,} of {len(alpha):,} points, of which the file has no value"} if absent else {}
        going = unfinished(shot.progress)
        facts |= {"Unfinished": going} if going else {}
        several[f"{part.title}, {pen.name('').strip()}"] = facts
    return several


def _joined(row: Sequence[Snapshot]) -> Snapshot:
    """The first snapshot of a curve, with a progress that is true of all of them: the worst, or the mean of shares."""
    steps = [one.progress for one in row]
    last = min(steps, key=lambda step: step.state is JobState.DONE)
    progress = replace(
        last,
        examples=min(step.examples for step in steps),
        share=fmean(step.share for step in steps),
        fast_error=joined(step.fast_error for step in steps),
        fell_back=any(step.fell_back for step in steps),
        reused=sum(step.reused for step in steps),
    )
    return replace(row[0], progress=progress, examples=np.maximum.reduce([one.examples for one in row]))


def _directions(row: Sequence[Snapshot]) -> dict[str, str]:
    """How the directions of a curve were drawn, if they were: a line has but one axis, and a seed for each."""
    drawn = _random(row)
    if not drawn:
        return {}
    first, last = drawn[0].seed, drawn[-1].seed
    seeds = f"seed {first}" if first == last else f"seeds {first} to {last}, one for each direction"
    words = f"random Gaussian δ of {seeds}, {NORMS[drawn[0].norm]}; {moved(drawn[0].ignore, drawn[0].only)}; {FROZEN}"
    return {"Directions": words}


def _merged(topic: str, told: Mapping[str, str]) -> str:
    """A topic's words, each said once with the names it is true of, or without where it is true of all."""
    names: dict[str, list[str]] = {}
    for name, words in told.items():
        names.setdefault(words, []).append(name)
    if len(names) == 1:
        return f"{topic}: {next(iter(names))}."
    parts = [f"{words} ({' / '.join(each)})" for words, each in names.items()]
    return f"{topic}: {'; '.join(parts)}."
