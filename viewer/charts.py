"""From the Profile page's view to the charts that stand on it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import log2, sqrt
from typing import TYPE_CHECKING, cast
from urllib.parse import quote, urlencode

from compute.card import ModelCard, SurfaceCard
from compute.errors import BadReference, LandscapeError
from compute.lattice import Lattice
from compute.specs import (
    Cut,
    ModelRef,
    Norm,
    PlaneRef,
    Precision,
    Query,
    RandomPlane,
    Segment,
    Statistics,
    Surface,
    Survey,
)
from viewer.data_names import surface_data
from viewer.planes import point
from viewer.profile import ProfileState
from viewer.titles import title_of, titles

if TYPE_CHECKING:
    from compute.service import LandscapeService

BATCHES = (
    ("Weight decay 0", "vgg9-sgd-bs128-wd0", "vgg9-sgd-bs1024-wd0"),
    ("Weight decay 5·10⁻⁴", "vgg9-sgd-bs128-wd0.0005", "vgg9-sgd-bs1024-wd0.0005"),
)
"""Small against large batches, as in Figure 2 of Li et al. (2018)."""
STATISTICS: tuple[Statistics, ...] = ("interpolated", "frozen", "recomputed")


@dataclass(frozen=True, slots=True)
class Chart:
    """A figure on the page: its kind, what it is drawn from, as its address says, its title, and its file's name.

    `rows` are its curves, each on one line or on those of several seeds; a chart of weights has none.
    """

    title: str
    kind: str
    names: str
    rows: "Rows" = ()
    file: str = ""
    note: str = ""

    @property
    def surveys(self) -> tuple[Surface, ...]:
        """All that it is drawn from."""
        return tuple(survey for row in self.rows for survey in row)

    def address(self, style: str) -> str:
        """Where it is fetched, after /api/figure/."""
        return f"{self.kind}/{quote(self.names, safe=',;:@')}?{style}"


@dataclass(frozen=True, slots=True)
class Charts:
    """Every chart of a view, `across` side by side where there is room (0 chooses); sentences on what is missing."""

    charts: tuple[Chart, ...] = ()
    problems: tuple[str, ...] = ()
    across: int = 0

    @property
    def surveys(self) -> tuple[Surface, ...]:
        """The surveys to compute, each once, the first charts' first; imported curves are complete."""
        return tuple(dict.fromkeys(survey for chart in self.charts for survey in chart.surveys))


def found(service: "LandscapeService", state: ProfileState) -> Charts:
    """What a view puts on the page."""
    files = {card.run: card for card in service.cards() if isinstance(card, SurfaceCard)}
    curves = [files[run] for run in state.models if run in files]
    models = tuple(run for run in state.models if run not in files)
    desk = Desk(service, replace(state, models=models))
    try:
        shown = [curve_of_file(desk, card) for card in curves]
        shown += VIEWS[state.view](desk) if models or not curves or state.view == "batches" else []
    except LandscapeError as problem:
        return Charts(problems=(str(problem),))
    return Charts(tuple(shown), (), 3 if state.view == "batches" and not curves else 0)


def style(state: ProfileState) -> str:
    """How a view's charts look, in the words of their address."""
    named = {"height": state.height, "curves": state.curves} | ({"errors": "1"} if state.errors == "on" else {})
    return urlencode(named)


@dataclass(frozen=True, slots=True)
class Desk:
    """A view and the service that answers it."""

    service: "LandscapeService"
    state: ProfileState

    def models(self) -> list[ModelRef]:
        """The view's networks.

        Raises:
            LandscapeError: there is none, or one does not exist.
        """
        if not self.state.models:
            raise BadReference("This view needs a model, got none: choose from the cards.")
        return [network(self.service, name) for name in self.state.models]

    def ends(self) -> tuple[str, str]:
        """The names of the networks at both ends of a line: the first two, or the first weights and the last of one.

        Raises:
            LandscapeError: there is no model, or only one that has a single checkpoint.
        """
        (model, *_), (name, *others) = self.models(), self.state.models
        if others:
            return name, others[0]
        first = self.service.steps(model.run)[0]
        if first.digest == model.digest:
            alone = title_of(self.service, name)
            raise BadReference(f"A line needs two networks, {alone} has one checkpoint alone: choose a second model.")
        return f"{model.run}@{first.step}", name

    def curves(self, lines: Sequence[tuple[ModelRef, Sequence[PlaneRef]]], lattice: Lattice) -> "Rows":
        """The rows of some lines, those of the training set first.

        Raises:
            LandscapeError: a model cannot be asked this.
        """
        asked = {(model, split): self.asked(model, split) for model, _ in lines for split in self.state.splits}
        return tuple(
            tuple(Survey(replace(asked[model, split], plane=plane), lattice) for plane in planes)
            for split in self.state.splits
            for model, planes in lines
        )

    def asked(self, model: ModelRef, split: str) -> Query:
        """The question about a model and a split, on any plane.

        Raises:
            LandscapeError: the model cannot be asked this.
        """
        size = self.state.examples(self.service.examples(model.run, split))
        return self.service.query(model, split, size, RandomPlane(), cast(Precision, self.state.precision))

    def reach(self, model: ModelRef, norm: str) -> Lattice:
        """The points along a random direction: a raw one is much longer than the weights, so its range is shortened.

        A Gaussian direction of n numbers is about √n long, a normalised one as long as the weights; so raw ranges are
        the nearest power of two times as wide, and both reach about equally far.

        Raises:
            LandscapeError: the norm of the weights, or how many there are, cannot be told.
        """
        if norm != "none":
            return self.state.along()
        parameters = {card.run: card.parameters for card in self.service.cards() if isinstance(card, ModelCard)}
        if model.run not in parameters:
            raise BadReference(
                f"How far raw directions reach is told from a model's size, {model.run} is still in training: choose "
                "another norm, or wait for its end."
            )
        share = self.service.norms(model.run).norms[-1] / sqrt(parameters[model.run])
        return replace(self.state, span=self.state.span * 2.0 ** round(log2(share))).along()

    def random(self, norm: str) -> list[PlaneRef]:
        """Random directions, one for each seed."""
        seeds = range(self.state.seed, self.state.seed + self.state.seeds)
        return [RandomPlane(seed, cast(Norm, norm)) for seed in seeds]

    def statistics(self) -> tuple[Statistics, ...]:
        """What becomes of BatchNorm's statistics: one choice, or all of them beside one another."""
        return STATISTICS if self.state.statistics == "all" else (cast(Statistics, self.state.statistics),)

    def line(self, start: ModelRef, end: ModelRef, part: str = "") -> "Rows":
        """The curves of a line between two networks."""
        lines = [(start, [Segment(end, each, part)]) for each in self.statistics()]
        return self.curves(lines, self.state.between())


Rows = tuple[tuple[Surface, ...], ...]
"""Curves, each on one line or on those of several seeds."""


def network(service: "LandscapeService", name: str) -> ModelRef:
    """The network of a run, or of RUN@EPOCH.

    Raises:
        LandscapeError: there is no such run or epoch, or no checkpoint yet.
    """
    run, at, epoch = name.partition("@")
    steps = service.steps(run)
    if not steps:
        raise BadReference(
            f"A network should have a checkpoint, {title_of(service, run)} has none yet: wait for the first."
        )
    found = [step for step in steps if str(step.step) == epoch] if at else [steps[-1]]
    if not found:
        known = ", ".join(str(step.step) for step in steps)
        raise BadReference(
            f"A checkpoint of {title_of(service, run)} should be of epoch {known}, got {epoch!r}: choose one."
        )
    return found[0]


def curves(title: str, rows: Rows, file: str, note: str = "") -> Chart:
    """A chart of curves; its note begins with the data that they are over."""
    data = ", ".join(dict.fromkeys(surface_data(one) for row in rows for one in row if isinstance(one, Survey)))
    names = ";".join(",".join(survey.id for survey in row) for row in rows)
    return Chart(title, "line", names, rows, file, " · ".join(filter(None, [data, note])))


def curve_of_file(desk: Desk, card: SurfaceCard) -> Chart:
    """The curve that a file holds, of the splits that the view shows or of what it has instead.

    Raises:
        BadReference: it holds a surface.
        LandscapeError: the file is gone.
    """
    if not card.curve:
        raise BadReference(
            f"A curve has one axis, {card.title} is a surface of {card.shape[1]} × {card.shape[0]} points: open it on "
            f"the page Explore (/?models={card.run})."
        )
    if not {"loss", "accuracy"} & set(card.quantities):
        raise BadReference(
            f"A curve here is of losses or accuracies, {card.title} has {' and '.join(card.quantities)} alone: import "
            "one of these."
        )
    rows = tuple((one,) for one in dict.fromkeys(desk.service.imported(card.run, each) for each in desk.state.splits))
    absent = [f"{card.absent:,} of {card.shape[1]:,} points are not in the file"] if card.absent else []
    return curves(card.title, rows, card.run.rpartition(":")[2], " · ".join(["imported", card.file, *absent]))


def weights(starts: Sequence[str], ends: Sequence[str]) -> Iterator[Chart]:
    """The norms of some runs' weights over training, and the histograms of the networks at both ends."""
    runs = list(dict.fromkeys(name.partition("@")[0] for name in (*starts, *ends)))
    yield Chart("Norm of the weights", "norms", ",".join(runs), file="norm_" + "_".join(runs))
    both = ",".join(dict.fromkeys((*starts, *ends)))
    yield Chart("Weights of both ends", "weights", both, file="weights_" + both.replace(",", "_").replace("@", "-"))


def directions(desk: Desk) -> Iterator[Chart]:
    """Along random directions; beside them along raw ones, if wished (Li et al. 2018, Figure 3)."""
    state = desk.state
    norms = [state.norm, *(["none"] if state.raw == "on" and state.norm != "none" else [])]
    for model, title in zip(desk.models(), titles(desk.service, state.models), strict=True):
        for norm in norms:
            rows = desk.curves([(model, desk.random(norm))], desk.reach(model, norm))
            yield curves(f"{title} · {WORDS[norm]}", rows, f"{model.run}_{norm}_seed{state.seed}")


def line(desk: Desk) -> Iterator[Chart]:
    """From the first model to the second; from the first weights of a single one."""
    names = desk.ends()
    start, end = (network(desk.service, name) for name in names)
    yield curves(" → ".join(titles(desk.service, names)), desk.line(start, end), f"{start.run}_{end.run}_line")
    if desk.state.weights == "on":
        yield from weights(names[:1], names[1:])


def training(desk: Desk) -> Iterator[Chart]:
    """From each model's first weights to its last (Goodfellow et al. 2015)."""
    models = desk.models()
    for model, title in zip(models, titles(desk.service, [model.run for model in models]), strict=True):
        first = desk.service.steps(model.run)[0]
        if first.digest == model.digest:
            raise BadReference(
                f"The way from initialisation needs a run that keeps its first weights, {title} has no other "
                "checkpoint: choose another."
            )
        ends = f"{title}: epoch {first.step} → {model.step}"
        yield curves(ends, desk.line(first, model), f"{model.run}_training")


def layers(desk: Desk) -> Iterator[Chart]:
    """From the first model to the second, each layer alone, the rest staying the first's."""
    names = desk.ends()
    start, end = (network(desk.service, name) for name in names)
    statistics, parts = desk.statistics()[0], desk.service.layers(start)
    few = replace(desk, state=replace(desk.state, split=desk.state.splits[0]))
    lines = [(start, [Segment(end, statistics, part)]) for part in ("", *parts)]
    rows = few.curves(lines, desk.state.between())
    note = f"{len(parts)} layers, one at a time; BatchNorm {statistics}"
    title = " → ".join(titles(desk.service, names)) + ", layer by layer"
    yield curves(title, rows, f"{start.run}_{end.run}_layers", note)


def rescaled(desk: Desk) -> Iterator[Chart]:
    """The same function with layers in turn multiplied and divided: along raw directions, and along normalised ones."""
    model, title = desk.models()[0], titles(desk.service, desk.state.models[:1])[0]
    other = replace(model, rescale=desk.state.factor)
    for norm in ("none", desk.state.norm if desk.state.norm != "none" else "filter"):
        rows = desk.curves([(one, desk.random(norm)) for one in (model, other)], desk.reach(model, norm))
        yield curves(f"{title} · {WORDS[norm]}", rows, f"{model.run}_rescaled_{norm}")


def batches(desk: Desk) -> Iterator[Chart]:
    """Small against large batches, without and with weight decay (Li et al. 2018, Figure 2)."""
    for title, small, large in BATCHES:
        start, end = (network(desk.service, name) for name in (small, large))
        yield curves(title, desk.line(start, end), f"{small}_{large}_line", "Small batches at 0, large ones at 1")
        yield from weights([small], [large])


def cut(desk: Desk) -> Iterator[Chart]:
    """Straight across a random plane of each model, as drawn on Explore's map."""
    state = desk.state
    if state.cut is None:
        raise BadReference("A cut needs two points of a plane: draw one on the map of Explore.")
    a, b, c, d = state.cut
    ends = f"{point(a, b)} → {point(c, d)}"
    for model, title in zip(desk.models(), titles(desk.service, state.models), strict=True):
        plane = Cut(RandomPlane(state.seed, cast(Norm, state.norm)), (a, b), (c, d))
        rows = desk.curves([(model, [plane])], state.between())
        yield curves(f"{title} · {ends}", rows, f"{model.run}_cut_seed{state.seed}")


VIEWS: Mapping[str, Callable[[Desk], Iterator[Chart]]] = {
    "direction": directions,
    "line": line,
    "training": training,
    "layers": layers,
    "rescaled": rescaled,
    "batches": batches,
    "cut": cut,
}

WORDS: Mapping[str, str] = {
    "filter": "filter-normalised",
    "layer": "layer-normalised",
    "weight": "weight-normalised",
    "none": "raw directions",
}


def epochs(service: "LandscapeService", name: str) -> tuple[str, str, list[dict[str, str]], str]:
    """A network's run, its title, the epochs it may be looked at, and the one it is.

    A network that does not exist has none, nor one without a checkpoint yet.
    """
    run, _, epoch = name.partition("@")
    called = title_of(service, run)
    try:
        steps = [str(step.step) for step in service.steps(run)]
    except LandscapeError:
        return run, called, [], epoch
    options = [{"value": step, "label": f"epoch {step}"} for step in steps]
    return run, called, options, epoch or (steps[-1] if steps else "")
