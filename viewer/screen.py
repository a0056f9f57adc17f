"""From a view to what stands in each panel."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast
from urllib.parse import urlencode

from compute.card import ModelCard
from compute.errors import LandscapeError
from compute.specs import Precision, Survey, statistic
from viewer.state import ALL, PANELS, ViewState

if TYPE_CHECKING:
    from compute.service import LandscapeService


@dataclass(frozen=True, slots=True)
class Panel:
    """A model on screen: its names, its survey, and how its figures are asked for."""

    run: str = ""
    title: str = ""
    meta: str = ""
    survey: str = ""
    side: str = ""
    available: str = ""
    style: str = ""
    file: str = ""


EMPTY = Panel()


@dataclass(frozen=True, slots=True)
class Screen:
    """Every slot's panel, the surveys they show, and a sentence for each that cannot be shown."""

    panels: tuple[Panel, ...]
    surveys: tuple[Survey, ...]
    problems: tuple[str, ...]
    available: int | None


def screen(service: "LandscapeService", state: ViewState) -> Screen:
    """What a view puts on screen."""
    cards = {card.run: card for card in service.cards()}
    panels, surveys, problems, available = [], [], [], None
    for run in state.models:
        try:
            available = service.examples(run, state.split)
            survey = asked(service, state, run, available)
        except LandscapeError as problem:
            problems.append(str(problem))
            continue
        panels.append(panel(cards[run], survey, state, available))
        surveys.append(survey)
    slots = (*panels, *[EMPTY] * PANELS)[:PANELS]
    return Screen(tuple(slots), tuple(surveys), tuple(problems), available)


def asked(service: "LandscapeService", state: ViewState, run: str, available: int) -> Survey:
    """The survey of a run that a view asks for.

    Raises:
        LandscapeError: there is no such run, or it cannot be asked this.
    """
    size, precision = state.examples(available), cast(Precision, state.precision)
    query = service.query(run, state.split, size, state.plane(), precision)
    return Survey(query, state.lattice(), state.tolerance, statistic(state.statistic))


def panel(card: ModelCard, survey: Survey, state: ViewState, available: int) -> Panel:
    """A card's panel, over some of the `available` examples."""
    rows, cols = survey.lattice.shape
    return Panel(
        run=card.run,
        title=card.title,
        meta=summary(card),
        survey=survey.id,
        side=f"{cols} × {rows}",
        available=str(available),
        style=urlencode(
            {name: getattr(state, name) for name in ("quantity", "height", "statistic", "colours")}
            | ({"marks": 1} if state.marks == "on" else {})
        ),
        file=f"{card.run}_{state.quantity}_seed{state.seed}_{cols}x{rows}",
    )


def summary(card: ModelCard) -> str:
    """A card's second line: test error and size."""
    return f"{card.test_error:.1%} test error · {counted(card.parameters)} parameters".replace("%", " %")


def details(card: ModelCard) -> str:
    """All that a card's manifest tells, in one line."""
    return (
        f"{card.architecture} on {card.data} · {card.recipe} · train loss {card.train_loss:.3g} "
        f"({card.train_error:.1%} wrong) · test loss {card.test_loss:.3g} ({card.test_error:.1%} wrong)"
    )


def counted(number: int) -> str:
    """A number of parameters, in thousands or millions.

    Example:
        >>> counted(853018), counted(4321), counted(14_723_000)
        ('853 k', '4.3 k', '14.7 M')
    """
    value, unit = (number / 1e6, "M") if number >= 1e6 else (number / 1e3, "k")
    return f"{value:.0f} {unit}" if value >= 100 else f"{value:.1f} {unit}"


def hints(state: ViewState, shown: Screen) -> tuple[str, str, str]:
    """What the sliders really give: points, range, examples."""
    rows, cols = state.lattice().shape
    wanted = "all" if state.samples == ALL else str(state.samples)
    examples = wanted
    if shown.available is not None:
        examples = f"{state.examples(shown.available):,} of {shown.available:,}".replace(",", "\u2009")
    return f"{cols} × {rows} points", f"± {state.span:g}", examples
