"""From a view to what stands in each panel."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast
from urllib.parse import urlencode

from compute.card import STUDY, Card, ModelCard, SurfaceCard
from compute.errors import BadReference, LandscapeError
from compute.formatting import fixed, number, percent
from compute.specs import Imported, Precision, Surface, Survey, statistic
from viewer.address import ALL, spell
from viewer.data_names import data_name, examples_noun, not_comparable, surface_data
from viewer.figures.style import LINEAR, NOUNS
from viewer.state import AUTO_HEIGHT, CLASSES, PANELS, ViewState

if TYPE_CHECKING:
    from compute.service import LandscapeService


@dataclass(frozen=True, slots=True)
class Panel:
    """A model on screen: its names, its survey, and how its figures are asked for.

    `data` is what its losses are over, `apart` a badge and its explanation where those of other panels are over others;
    `examples` is what the `available` examples are called.
    """

    run: str = ""
    title: str = ""
    meta: str = ""
    survey: str = ""
    side: str = ""
    available: str = ""
    examples: str = ""
    style: str = ""
    minus: str = ""
    file: str = ""
    data: str = ""
    apart: tuple[str, str] = ("", "")
    hidden: bool = False


EMPTY = Panel()
UNKNOWN = "not measured"


@dataclass(frozen=True, slots=True)
class Screen:
    """Every slot's panel, the surveys to compute, and a sentence for each model that cannot be shown.

    `solo` says that one panel has the stage to itself; `seeds` names the surveys of the small multiples: a row for each
    model, rows apart by semicolons, surveys by commas.
    """

    panels: tuple[Panel, ...]
    surveys: tuple[Surface, ...]
    problems: tuple[str, ...]
    available: int | None
    solo: bool = False
    seeds: str = ""


def screen(service: "LandscapeService", state: ViewState) -> Screen:
    """What a view puts on screen."""
    cards = {card.run: card for card in service.cards()}
    surveys, problems, sizes = dict[str, Surface](), [], dict[str, int]()
    for run in state.models:
        try:
            card = cards.get(run)
            if isinstance(card, SurfaceCard):
                surveys[run] = surface(service.imported(run, state.split), card)
            else:
                size = service.examples(run, state.split)
                surveys[run] = asked(service, state, finished(run, cards), size, stored(card, state.split))
                sizes[run] = size
        except LandscapeError as problem:
            problems.append(str(problem))
    panels = [panel(cards[run], cards[next(iter(surveys))], surveys, state, sizes.get(run)) for run in surveys]
    slots = (*panels, *[EMPTY] * PANELS)[:PANELS]
    available = next(reversed(sizes.values()), None)
    shown = Screen(slots, tuple(surveys.values()), tuple(problems), available, state.solo in surveys)
    return with_seeds(service, state, shown, sizes) if state.view == "seeds" else shown


def stored(card: Card | None, split: str) -> int | None:
    """Of how many examples the losses are known of a network whose data are missing; None where all can be computed."""
    if isinstance(card, ModelCard) and card.missing and split == "train":
        return card.stored or None
    return None


def surface(found: Imported, card: SurfaceCard) -> Imported:
    """An imported surface, if it is no curve.

    Raises:
        BadReference: it is one.
    """
    if card.curve:
        raise BadReference(
            f"A surface needs two axes, {card.title} is a curve of {card.shape[1]} points: open it on the page Profile "
            f"(/profile/?models={card.run})."
        )
    return found


def finished(run: str, cards: Mapping[str, Card]) -> str:
    """A run that there is, if it has a card.

    Raises:
        BadReference: it has none, for it is still being trained.
    """
    if run not in cards:
        raise BadReference(f"A model here should be trained to its end, {run} is still in training: wait for its end.")
    return run


def with_seeds(service: "LandscapeService", state: ViewState, shown: Screen, sizes: Mapping[str, int]) -> Screen:
    """The same with the surveys of several planes for each model, in place of those of the panels."""
    rows = [[asked(service, other, run, size) for other in state.neighbours()] for run, size in sizes.items()]
    names = ";".join(",".join(survey.id for survey in row) for row in rows)
    return replace(shown, surveys=tuple(survey for row in rows for survey in row), seeds=names)


def classes(shown: Screen) -> int:
    """How many classes can be looked at alone: the most that a network on screen tells apart."""
    told = [one.query.model.classes for one in shown.surveys if isinstance(one, Survey) and one.query.data.labelled]
    return max(told, default=0 if shown.surveys else CLASSES)


def asked(service: "LandscapeService", state: ViewState, run: str, available: int, most: int | None = None) -> Survey:
    """The survey of a run that a view asks for, over at most so many examples.

    Raises:
        LandscapeError: there is no such run, or it cannot be asked this.
    """
    size, precision = state.examples(available if most is None else most), cast(Precision, state.precision)
    query = service.query(run, state.split, size, state.plane(), precision)
    if state.quantity == "gradient" and state.view != "numbers":  # which are of losses
        return Survey(replace(query, measure="gradient"), state.lattice(), state.tolerance)
    return Survey(query, state.lattice(), state.tolerance, statistic(state.statistic))


def panel(card: Card, first: Card, surveys: Mapping[str, Surface], state: ViewState, available: int | None) -> Panel:
    """A card's panel, over some of the `available` examples, None for an imported surface: nobody knows how many.

    All but the first's may show how they differ from it.
    """
    survey, reference = surveys[card.run], surveys[first.run]
    differs = state.compare == "difference" and card.run != first.run and survey.lattice == reference.lattice
    rows, cols = survey.lattice.shape
    looks = style(state, len(surveys), drawn(survey, state.quantity)) | (
        {"minus": reference.id, "against": first.title} if differs else {}
    )
    meta, plane, quantity = described(card), f"_seed{state.seed}", drawn(survey, state.quantity)
    if isinstance(survey, Imported):
        looks, plane = looks | {"statistic": "mean", "quantity": quantity}, ""
        meta = origin(survey, state, quantity)
    elif survey.measure == "gradient":
        looks |= {"statistic": "mean"}
    elif quantity != state.quantity:
        looks, meta = looks | {"quantity": quantity}, f"{meta} · {instead(quantity, state.quantity)}"
    return Panel(
        run=card.run,
        title=card.title,
        meta=meta,
        survey=survey.id,
        side=f"{cols} × {rows}",
        available="" if available is None else str(available),
        examples=examples_noun(survey),
        style=urlencode(looks),
        minus=reference.id if differs else "",
        file=f"{card.run.rpartition(':')[2]}_{quantity}{plane}_{cols}x{rows}",
        data=surface_data(survey),
        apart=not_comparable(survey, list(surveys.values())),
        hidden=state.solo in surveys and state.solo != card.run,
    )


def style(state: ViewState, count: int, quantity: str) -> dict[str, str]:
    """How figures of a quantity look in a view of so many surfaces, in the words of their address."""
    named = {name: str(getattr(state, name)) for name in ("quantity", "statistic", "colours", "levels")}
    named |= scaling(state, count, quantity)
    named |= {"depth": f"{state.depth:g}"} if state.depth else {}
    switches = {"marks": state.marks, "smooth": state.smoothing, "wire": state.wireframe, "floor": state.floor}
    named |= {name: "1" for name, value in switches.items() if value == "on"}
    if state.window is not None:
        low, high, bottom, top = state.window
        named |= {"x": f"{low:.8g}:{high:.8g}", "y": f"{bottom:.8g}:{top:.8g}"}
    return named


def scaling(state: ViewState, count: int, quantity: str) -> dict[str, str]:
    """The height's scale and its cap: logarithmic for one surface, up to one cap for several, unless one was chosen.

    Example:
        >>> scaling(ViewState(), 1, "loss"), scaling(ViewState(), 2, "loss")
        ({'height': 'log'}, {'height': 'clipped', 'cap': 'auto'})
        >>> scaling(ViewState(height="log"), 2, "loss")
        {'height': 'log'}
    """
    if state.height != AUTO_HEIGHT:
        return {"height": state.height} | ({"cap": spell("cap", state.cap)} if state.height == "clipped" else {})
    if quantity in LINEAR:
        return {"height": "linear"}
    return {"height": "log"} if count == 1 else {"height": "clipped", "cap": "auto"}


def drawn(surface: Surface, wanted: str) -> str:
    """The quantity that is drawn: the one wanted, or the surface's first where it lacks that.

    Slopes are those of the loss; nothing but a network has a gradient.
    """
    able = set(surface.quantities) | ({"slope"} if "loss" in surface.quantities else set())
    able |= {"gradient"} if isinstance(surface, Survey) else set()
    return wanted if wanted in able else surface.quantities[0]


def instead(quantity: str, wanted: str) -> str:
    """Which quantity is drawn in place of the one wanted.

    Example:
        >>> instead("loss", "max_eig")
        'loss, for want of the largest eigenvalue'
    """
    shown, other = (NOUNS.get(name, name) for name in (quantity, wanted))
    return f"{shown}, for want of the {other}"


def origin(surface: Imported, state: ViewState, quantity: str) -> str:
    """The second line of an imported surface's panel: of which data its numbers are, and its file."""
    wanted = "" if surface.split in {"", state.split} else f", for want of the {split_words(state.split)}"
    other = "" if quantity == state.quantity else f" · {instead(quantity, state.quantity)}"
    return f"imported · {split_words(surface.split)}{wanted}{other} · {surface.file}"


def split_words(split: str) -> str:
    """A split as one reads it.

    Example:
        >>> split_words("train"), split_words("validation"), split_words("")
        ('training set', 'validation', 'data not named')
    """
    return {"train": "training set", "test": "test set", "": "data not named"}.get(split, split)


def summary(card: Card) -> str:
    """A card's second line: test error and size, or what is known of a surface."""
    if isinstance(card, SurfaceCard):
        size = f"curve of {card.shape[1]}" if card.curve else f"{card.shape[1]} × {card.shape[0]}"
        return f"{size} · imported"
    error = scored(card, "test error")
    told = f"{error} · {counted(card.parameters)} parameters"
    return f"{told} · {card.missing} is missing" if card.missing else told


def described(card: Card) -> str:
    """A panel's second line: the data of a network, and its summary."""
    return f"{data_name(card.data)} · {summary(card)}" if isinstance(card, ModelCard) else summary(card)


def brief(card: Card) -> str:
    """A card's summary and its data, as short as the gallery has room for; of a study, how many checkpoints it has."""
    if isinstance(card, SurfaceCard):
        return summary(card)
    size = card.recipe if card.run.startswith(STUDY) else counted(card.parameters)
    return f"{scored(card, 'error')} · {size} · {data_name(card.data)}"


def details(card: Card) -> str:
    """All that a card's manifest or file tells, in one line."""
    if isinstance(card, SurfaceCard):
        size = card.shape[0] * card.shape[1]
        parts = [f"Imported from {card.file}", ", ".join(map(split_words, card.splits)), *card.notes]
        parts += [f"{card.absent:,} of {size:,} points are not in the file"] if card.absent else []
        return " · ".join(parts)
    train = measured("train", card.train_loss, card.train_error)
    test = measured("test", card.test_loss, card.test_error)
    told = f"{card.architecture} on {card.data} · {card.recipe} · answers are {card.answers} · {train} · {test}"
    return f"{told} · {LACKING.format(card.missing)}" if card.missing else told


LACKING = (
    "{0} is not on this machine: what ships is shown; to compute other losses, put it into the folder of data sets "
    "(data/datasets, or --datasets-dir)."
)
"""What a card says of data that are missing."""


def scored(card: ModelCard, error: str) -> str:
    """How well a network does: its test error, or its test loss where nothing is right or wrong."""
    if card.test_error is not None:
        return f"{percent(card.test_error)} {error}"
    return UNKNOWN if card.test_loss is None else f"test loss {number(card.test_loss)}"


def measured(split: str, loss: float | None, error: float | None) -> str:
    """A loss and an error, as far as they are known.

    Example:
        >>> measured("train", 0.0123, 0.004), measured("test", None, None)
        ('train loss 0.0123 (error 0.4 %)', 'test loss not measured')
    """
    if loss is None:
        return f"{split} loss {UNKNOWN}"
    return f"{split} loss {number(loss)}" + ("" if error is None else f" (error {percent(error)})")


def counted(parameters: int) -> str:
    """A number of parameters, in thousands or millions.

    Example:
        >>> counted(853018), counted(4321), counted(14_723_000)
        ('853 k', '4.3 k', '14.7 M')
    """
    value, unit = (parameters / 1e6, "M") if parameters >= 1e6 else (parameters / 1e3, "k")
    return f"{fixed(value, 0 if value >= 100 else 1)} {unit}"


def hints(state: ViewState, shown: Screen) -> tuple[str, str, str]:
    """What the sliders really give: points, range or the part of it in view, examples."""
    rows, cols = state.lattice().shape
    wanted = "all" if state.samples == ALL else f"{state.samples:,}"
    examples = wanted
    sizes = [survey.query.data.size for survey in shown.surveys if isinstance(survey, Survey)]
    if shown.available is not None and sizes:
        examples = f"{sizes[-1]:,} of {shown.available:,}"
    part = f"± {number(state.span)}"
    if state.window is not None:
        low, high, bottom, top = state.window
        part = f"α {number(low)} … {number(high)}  β {number(bottom)} … {number(top)}"
    return f"{cols} × {rows} points", part, examples
