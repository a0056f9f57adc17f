"""From what the Trajectory page looks at to what stands on it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, cast
from urllib.parse import quote, urlencode

from compute.card import ModelCard
from compute.errors import BadReference, LandscapeError
from compute.formatting import brief_percent, number
from compute.specs import ModelRef, PlaneRef, Precision, Query, RandomPlane, Survey, ThroughPlane, TrajectoryPlane
from compute.trajectory import Trajectory
from viewer.address import spell
from viewer.course import watched
from viewer.data_names import surface_data
from viewer.planes import listed
from viewer.titles import NONE, Titles, card_titles, checkpoint, title_of, titles
from viewer.trajectory_state import TrajectoryState, named

if TYPE_CHECKING:
    from compute.service import LandscapeService

Steps = Mapping[str, tuple[ModelRef, ...]]
"""The checkpoints of runs."""

FEWEST = 2
"""Checkpoints that a run needs to have a trajectory."""
PANEL = ("contour", "surface")
CHARTS = ("losses", "distances", "lengths", "scree")


@dataclass(frozen=True, slots=True)
class Drawing:
    """A figure's title, where it is fetched, and the surveys that it is drawn from."""

    title: str = ""
    address: str = ""
    sources: str = ""


NOTHING = Drawing()


@dataclass(frozen=True, slots=True)
class TrajectoryScreen:
    """What is on the page: the figures of the shared plane by kind, or one map for each run; and what is computed.

    `counts` are the checkpoints of each run now, `seen` those that span the plane; `checkpoints` are the names that
    may be chosen for a plane through three.
    """

    titles: tuple[str, ...] = ()
    meta: str = ""
    survey: Survey | None = None
    available: int = 0
    figures: Mapping[str, Drawing] = field(default_factory=dict)
    apart: tuple[Drawing, ...] = ()
    epochs: str = "[]"
    surveys: tuple[Survey, ...] = ()
    problems: tuple[str, ...] = ()
    counts: tuple[int, ...] = ()
    seen: tuple[int, ...] = ()
    checkpoints: tuple[tuple[str, str], ...] = ()

    @property
    def grown(self) -> bool:
        """Whether there are checkpoints now that did not take part in spanning the plane."""
        return self.counts != self.seen


def walkers(service: "LandscapeService") -> tuple[ModelCard, ...]:
    """The runs that have a trajectory."""
    cards = [card for card in service.cards() if isinstance(card, ModelCard)]
    return tuple(card for card in cards if len(checkpoints(service, card.run)) >= FEWEST)


def checkpoints(service: "LandscapeService", run: str) -> tuple[ModelRef, ...]:
    """A run's checkpoints; none where it or a file of it is missing, which the page tells in words."""
    try:
        return service.steps(run)
    except LandscapeError:
        return ()


def trajectory_screen(service: "LandscapeService", state: TrajectoryState) -> TrajectoryScreen:
    """What a state puts on the page."""
    if not state.models:
        return TrajectoryScreen()
    try:
        steps = {run: reached(service, run) for run in state.models}
        counts = tuple(map(len, steps.values()))
        seen = spanned(state.seen, counts)
        shown = _apart(service, state, steps) if state.view == "apart" else _shared(service, state, steps, seen)
    except LandscapeError as problem:
        return TrajectoryScreen(problems=(str(problem),))
    epochs = [
        [index if model.step is None else model.step for index, model in enumerate(run)] for run in steps.values()
    ]
    called = card_titles(service)
    names = tuple((named(model), option(model, called)) for run in steps.values() for model in run)
    return replace(shown, counts=counts, seen=seen, epochs=json.dumps(epochs), checkpoints=names)


def reached(service: "LandscapeService", run: str) -> tuple[ModelRef, ...]:
    """A run's checkpoints, at least one.

    Raises:
        LandscapeError: there is no such run, or it has none yet.
    """
    found = service.steps(run)
    if not found:
        raise BadReference(
            f"A trajectory needs checkpoints, {title_of(service, run)} has none yet: wait for the first."
        )
    return found


def spanned(seen: Sequence[int], counts: Sequence[int]) -> tuple[int, ...]:
    """How many checkpoints of each run span the plane: as many as were seen, if there still are; all where none were.

    Example:
        >>> spanned((5, 40), (9, 20)), spanned((), (9, 20)), spanned((0, 3), (9, 20))
        ((5, 20), (9, 20), (9, 3))
    """
    if len(seen) != len(counts):
        return tuple(counts)
    return tuple(min(before or count, count) for before, count in zip(seen, counts, strict=True))


def _shared(service: "LandscapeService", state: TrajectoryState, steps: Steps, seen: Sequence[int]) -> TrajectoryScreen:
    """All runs on one plane."""
    origin = steps[state.models[0]][seen[0] - 1]
    spanning = [run[:count] for run, count in zip(steps.values(), seen, strict=True)]
    available = service.examples(origin.run, state.split)
    query = asked(service, state, origin, plane(state, origin, spanning, card_titles(service)), available)
    found = service.trajectory(query.plane, origin, state.models)
    survey = Survey(query, state.lattice(found), state.tolerance)
    besides = watched(query, found, list(steps.values()))
    tracks = ",".join(f"{run}:{len(models)}" for run, models in steps.items())
    all_sources = ",".join(each.id for each in (survey, *besides))
    named = quote(tracks, safe=",:")
    addressed = f"{survey.id}?{urlencode(looks(state))}&tracks={named}"
    names = dict.fromkeys((*PANEL, *CHARTS), all_sources) | {"scree": survey.id}
    figures = {kind: Drawing(TITLES[kind], f"{kind}/{addressed}", of) for kind, of in names.items()}
    figures["lengths"] = Drawing(TITLES["lengths"], f"lengths/{named}?{urlencode(looks(state))}")
    return TrajectoryScreen(
        titles=tuple(titles(service, state.models)),
        meta=f"{surface_data(survey)} · {summary(found)}",
        survey=survey,
        available=available,
        figures=figures,
        surveys=(survey, *besides),
    )


TITLES = {
    "contour": "Path on the plane",
    "surface": "Path on the surface",
    "losses": "Loss (dotted: on the plane)",
    "distances": "Distance from the plane",
    "lengths": "Norm of the weights",
    "scree": "Variance explained",
}


def _apart(service: "LandscapeService", state: TrajectoryState, steps: Steps) -> TrajectoryScreen:
    """Each run on the plane of its own principal components (Li et al. 2018, Figure 9)."""
    called = titles(service, list(steps))
    drawings, surveys, besides = [], [], []
    for place, (run, models) in enumerate(steps.items()):
        available = service.examples(run, state.split)
        query = asked(service, state, models[-1], components(state, [models]), available)
        found = service.trajectory(query.plane, models[-1], [run])
        survey = Survey(query, state.lattice(found), state.tolerance)
        address = f"contour/{survey.id}?{urlencode(looks(state))}&tracks={quote(run, safe='')}:{len(models)}"
        address += f"&place={place}&bar=0"
        surveys.append(survey)
        points = watched(query, found, [models])
        besides += points
        drawings.append(Drawing(called[place], address, ",".join(each.id for each in (survey, *points))))
    return TrajectoryScreen(apart=tuple(drawings), surveys=(*surveys, *besides), available=available)


def asked(
    service: "LandscapeService", state: TrajectoryState, origin: ModelRef, plane: PlaneRef, available: int
) -> Query:
    """The question of a plane through a checkpoint."""
    precision = cast(Precision, state.precision)
    return service.query(origin, state.split, state.examples(available), plane, precision)


def plane(
    state: TrajectoryState, origin: ModelRef, steps: Sequence[Sequence[ModelRef]], called: Titles = NONE
) -> PlaneRef:
    """The plane that a state names.

    Raises:
        BadReference: no plane goes through the chosen checkpoints.
    """
    match state.plane:
        case "random":
            return RandomPlane(seed=state.seed)
        case "through":
            return through(state, origin, [model for run in steps for model in run], called)
        case _:
            return components(state, steps)


def components(state: TrajectoryState, steps: Sequence[Sequence[ModelRef]]) -> TrajectoryPlane:
    """The plane of the principal components of some runs after their first epochs.

    Raises:
        BadReference: no more than one checkpoint of a run is left.
    """
    kept = [
        [model for index, model in enumerate(run) if (index if model.step is None else model.step) >= state.skip]
        for run in steps
    ]
    if any(len(run) < FEWEST for run in kept):
        raise BadReference(
            f"A trajectory needs {FEWEST} checkpoints at least, after the first {state.skip} epochs there are "
            f"{min(map(len, kept))}: skip fewer."
        )
    return TrajectoryPlane(tuple(model for run in kept for model in run), "biasbn" if state.ignore == "on" else "none")


def through(
    state: TrajectoryState, origin: ModelRef, models: Sequence[ModelRef], called: Titles = NONE
) -> ThroughPlane:
    """The plane through two more checkpoints; where they are not named, the first and one half way.

    Raises:
        BadReference: a checkpoint is named that there is not, or one of the three twice.
    """
    by_name = {named(model): model for model in models}
    second, third = state.second or named(models[0]), state.third or named(models[len(models) // 2])
    for name in (second, third):
        if name not in by_name:
            raise BadReference(
                f"A plane goes through checkpoints of the chosen runs, got {name!r}: choose another, such as "
                f"{named(models[0])}."
            )
    chosen = by_name[second], by_name[third]
    if len({origin.digest, *(model.digest for model in chosen)}) < 3:
        got = listed([checkpoint(model, called) for model in (origin, *chosen)])
        raise BadReference(f"A plane needs three different checkpoints, got {got}: choose others.")
    return ThroughPlane(*chosen)


def option(model: ModelRef, called: Titles) -> str:
    """What a checkpoint is called where it is chosen."""
    name = called.get(model.run, model.run)
    return name if model.step is None else f"{name} · epoch {model.step}"


def looks(state: TrajectoryState) -> dict[str, str]:
    """How the figures look, in the words of their address."""
    named = {name: str(getattr(state, name)) for name in ("height", "colours", "levels")}
    named |= {"cap": spell("cap", state.cap)} if state.height == "clipped" else {}
    if state.window is not None:
        low, high, bottom, top = state.window
        named |= {"x": f"{low:.8g}:{high:.8g}", "y": f"{bottom:.8g}:{top:.8g}"}
    return named


def summary(found: Trajectory) -> str:
    """How much of the runs a plane shows.

    Example:
        >>> import numpy as np
        >>> from compute.trajectory import Track
        >>> track = Track("mlp", (0, 1), np.array([1.0, 0]), np.array([0.0, 0]), np.array([2.0, 0]), np.array([0.6, 0]))
        >>> summary(Trajectory(RandomPlane(), None, (track,), (), (1.6, 1.0), 0.01))
        '64 % of the squared distances · cos(δ, η) = 0.01'
    """
    cosine = number(round(found.cosine, 6), 2)
    variance = f"{brief_percent(sum(found.scree[:2]))} of the variance · " if found.scree else ""
    return f"{variance}{brief_percent(found.seen)} of the squared distances · cos(δ, η) = {cosine}"
