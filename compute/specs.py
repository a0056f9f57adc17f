"""References: frozen values that name a model, data, a plane and a question about them."""

from contextlib import suppress
from dataclasses import asdict, dataclass
from math import inf, isfinite
from typing import ClassVar, Literal

from compute.digest import value_digest
from compute.errors import BadLattice, BadReference
from compute.grid import Grid
from compute.lattice import Lattice
from compute.shapes import InputShape, shape_text

SCHEMA = 2
"""Raised whenever a stored number changes its meaning; it is part of every key."""

KEPT = 8192
"""Examples of which each one's loss is kept; of those after them, sums for each class."""

Measure = Literal["losses", "gradient"]
CURVATURES = ("min_eig", "max_eig")
"""The smallest and the largest eigenvalue of the loss's Hessian: quantities of a surface beside loss and accuracy."""
Precision = Literal["exact", "fast", "reference"]
Norm = Literal["filter", "layer", "weight", "dfilter", "dlayer", "none"]
Statistics = Literal["frozen", "interpolated", "recomputed"]

PRECISIONS: tuple[Precision, ...] = ("exact", "fast", "reference")
NORMS: tuple[Norm, ...] = ("filter", "layer", "weight", "dfilter", "dlayer", "none")
STATISTICS: tuple[Statistics, ...] = ("frozen", "interpolated", "recomputed")

CALIBRATION, CALIBRATION_BATCH = 512, 128
"""Training examples from which BatchNorm's statistics are recomputed, fewer where there are fewer, and how many pass at
once."""


@dataclass(frozen=True, slots=True)
class ModelRef:
    """One set of trained weights. Its content counts, not where it lies.

    `shape` is one example's (channels, height, width), or (length,) where it is a sequence of symbols, of which there
    are `classes`, or one for each of several inputs; `step` is the epoch it was saved after, whole or not, if known. By
    `rescale` its layers are in turn multiplied and divided, which leaves the function as it is
    (`compute.numerics.rescaling`). `weights` names one of several sets of weights in the file; `match` is "order"
    where the user has said that tensors are to be paired by their order, else they are matched by name ("name", or
    nothing for the program's own trainings).
    """

    run: str
    architecture: str
    shape: InputShape
    classes: int
    path: str
    digest: str
    step: float | None = None
    rescale: float = 1.0
    weights: str = ""
    match: str = ""

    def identity(self) -> dict[str, object]:
        """What the loss depends on."""
        parts: dict[str, object] = {"architecture": self.architecture, "shape": self.shape}
        parts |= {"classes": self.classes, "digest": self.digest}
        other = {"rescale": self.rescale if self.rescale != 1 else None, "weights": self.weights, "match": self.match}
        return parts | {name: value for name, value in other.items() if value}


@dataclass(frozen=True, slots=True)
class DataRef:
    """The fixed, un-augmented examples a loss is averaged over.

    The first `size` examples of a split in its stored order, or in an order drawn by `seed`. `path` and `digest`
    name the file for data that come from one; `mean` and `std` are per channel, of pixels scaled to [0, 1]. A share of
    the split's labels, `noise`, drawn by `noise_seed`, is wrong on purpose. `labelled` says that each example is of one
    class, which symbols of a sequence, numbers or maps are not.
    """

    name: str
    split: str
    size: int
    seed: int | None = None
    path: str | None = None
    digest: str | None = None
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None
    noise: float = 0.0
    noise_seed: int = 0
    labelled: bool = True

    def identity(self) -> dict[str, object]:
        """What an example's loss depends on: not how many others there are."""
        parts = asdict(self)
        for name in ("path", "size", "labelled", *(() if self.noise else ("noise", "noise_seed"))):
            del parts[name]
        return parts


@dataclass(frozen=True, slots=True)
class RandomPlane:
    """Two Gaussian directions drawn by one seed, scaled to the weights (Li et al. 2018, section 4).

    `ignore` and `only` say which parameters it moves (`compute.numerics.moving`).
    """

    seed: int = 0
    norm: Norm = "filter"
    ignore: str = "biasbn"
    only: str = ""

    def identity(self) -> dict[str, object]:
        """What the axes depend on."""
        parts = {"kind": "random", "seed": self.seed, "norm": self.norm, "ignore": self.ignore}
        return parts | ({"only": self.only} if self.only else {})


@dataclass(frozen=True, slots=True)
class StoredPlane:
    """Two directions read from a file in the layout of the public code of Li et al. (2018)."""

    path: str
    digest: str

    def identity(self) -> dict[str, object]:
        """What the axes depend on."""
        return {"kind": "stored", "digest": self.digest}


@dataclass(frozen=True, slots=True)
class TrajectoryPlane:
    r"""The plane through the query's model along which some checkpoints vary most (Li et al. 2018, section 7).

    Its directions are the principal components of the rows $\theta_i - \theta^*$, whose variance is about their mean
    while the plane passes through $\theta^*$. Each axis reaches from the model to where the checkpoint farthest along
    it is projected, so that one checkpoint at least lies at 1 and none beyond ± 1. `ignore` and `only` say which
    parameters it moves (`compute.numerics.moving`), by default all.
    """

    checkpoints: tuple[ModelRef, ...]
    ignore: str = "none"
    only: str = ""

    @property
    def models(self) -> tuple[ModelRef, ...]:
        """The networks that span it, beside the query's own."""
        return self.checkpoints

    def identity(self) -> dict[str, object]:
        """What the axes depend on: not the order of the checkpoints."""
        digest = value_digest(sorted(value_digest(model.identity()) for model in self.checkpoints))
        count = len(self.checkpoints)
        parts = {"kind": "trajectory", "checkpoints": digest, "count": count, "ignore": self.ignore}
        return parts | ({"only": self.only} if self.only else {})


@dataclass(frozen=True, slots=True)
class ThroughPlane:
    r"""The plane through the query's model and one or two others, which differ from it in all parameters.

    The first axis is $\delta = \theta_2 - \theta^*$, so the second model lies at (1, 0). The other axis is what
    $\theta_3 - \theta^*$ has beside $\delta$, so the third model lies at $\beta = 1$ (Garipov et al. 2018, section 3);
    without a third model, a random filter-normalised direction of `seed` made orthogonal to $\delta$.
    """

    second: ModelRef
    third: ModelRef | None = None
    seed: int = 0

    @property
    def models(self) -> tuple[ModelRef, ...]:
        """The networks that span it, beside the query's own."""
        return (self.second,) if self.third is None else (self.second, self.third)

    def identity(self) -> dict[str, object]:
        """What the axes depend on."""
        other = {"seed": self.seed} if self.third is None else {"third": self.third.identity()}
        return {"kind": "through", "second": self.second.identity(), **other}


AreaRef = RandomPlane | StoredPlane | TrajectoryPlane | ThroughPlane


@dataclass(frozen=True, slots=True)
class Segment:
    r"""The line $\theta(\alpha) = (1 - \alpha)\,\theta^* + \alpha\,\theta_2$ from the query's model to another network.

    BatchNorm's running statistics are no weights, and `statistics` says what becomes of them: "frozen" keeps those of
    the query's model, so that the loss at 1 is not the other network's own; "interpolated" moves them along with the
    weights, so that both ends have their own losses, and a variance that falls below zero beyond an end gives NaN;
    "recomputed" takes them anew at each point from the first CALIBRATION training examples (Garipov et al. 2018), so
    both ends have the losses of the networks with their statistics recomputed. With a `part` only the layer of that
    name moves and the rest stays the query's model's.
    """

    end: ModelRef
    statistics: Statistics = "interpolated"
    part: str = ""

    @property
    def models(self) -> tuple[ModelRef, ...]:
        """The network it leads to."""
        return (self.end,)

    def identity(self) -> dict[str, object]:
        """What the numbers depend on."""
        parts: dict[str, object] = {"kind": "segment", "end": self.end.identity(), "statistics": self.statistics}
        if self.statistics == "recomputed":
            parts["calibration"] = [CALIBRATION, CALIBRATION_BATCH]
        return parts | ({"part": self.part} if self.part else {})


Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Cut:
    """The straight cut through a plane from one point (alpha, beta), which is its origin, to another, at 1.

    BatchNorm's running statistics are those of the query's model, as all over the plane.
    """

    plane: AreaRef
    start: Point
    end: Point

    def __post_init__(self) -> None:
        """Refuses what is no line.

        Raises:
            BadReference: the points are not finite, or the same.
        """
        if self.start == self.end or not all(map(isfinite, (*self.start, *self.end))):
            raise BadReference(
                f"A cut goes from one point of a plane to another, got {self.start} and {self.end}: choose two."
            )

    @property
    def models(self) -> tuple[ModelRef, ...]:
        """The networks that span the plane, beside the query's own."""
        return spanning(self.plane)

    def identity(self) -> dict[str, object]:
        """What the axis depends on."""
        return {"kind": "cut", "plane": self.plane.identity(), "start": self.start, "end": self.end}


LineRef = Segment | Cut
PlaneRef = AreaRef | LineRef


def spanning(plane: PlaneRef) -> tuple[ModelRef, ...]:
    """The networks that a plane goes through or along, beside the query's own."""
    return () if isinstance(plane, RandomPlane | StoredPlane) else plane.models


@dataclass(frozen=True, slots=True)
class Mean:
    """The mean loss and the accuracy over all examples."""


@dataclass(frozen=True, slots=True)
class OneClass:
    """The same over the examples of one class."""

    label: int


@dataclass(frozen=True, slots=True)
class Quantile:
    """The loss that a share of the examples stays below."""

    share: float


@dataclass(frozen=True, slots=True)
class Tempered:
    r"""The mean with weights $w_i \propto e^{-l_i / T}$ (Zancato 2019, importance sampling)."""

    temperature: float


Statistic = Mean | OneClass | Quantile | Tempered
"""What is said of the examples' losses at a point; all of them from the same forward pass."""


def statistic(text: str) -> Statistic:
    """The statistic that a text names: `mean`, `class:3`, `quantile:0.9` or `tempered:0.5`.

    Raises:
        BadReference: it names none.

    Example:
        >>> statistic("class:3"), statistic("quantile:0.9")
        (OneClass(label=3), Quantile(share=0.9))
    """
    kind, _, rest = text.partition(":")
    with suppress(ValueError):
        if text == "mean":
            return Mean()
        if kind == "class" and int(rest) >= 0:
            return OneClass(int(rest))
        if kind == "quantile" and 0 < float(rest) < 1:
            return Quantile(float(rest))
        if kind == "tempered" and 0 < float(rest) < inf:
            return Tempered(float(rest))
    raise BadReference(
        "A statistic should be mean, class:LABEL, quantile:SHARE with a share between 0 and 1, or "
        f"tempered:TEMPERATURE above 0, got {text!r}: choose one."
    )


def check_statistic(model: ModelRef, data: DataRef, said: Statistic) -> None:
    """Refuses one class where there is none, or no such one.

    Raises:
        BadReference: the examples are of no class each, or the network has none of that label.
    """
    if not isinstance(said, OneClass):
        return
    if not data.labelled:
        raise BadReference(
            "One class needs examples of one class each, but those of this network are not: choose another statistic."
        )
    if said.label >= model.classes:
        raise BadReference(
            f"A class should be a number from 0 to {model.classes - 1} for this network, got {said.label}: "
            "choose another."
        )


def check_alike(model: ModelRef, other: ModelRef) -> None:
    """Refuses two networks that share no weight space.

    Raises:
        BadReference: their architectures, or what these take and give, differ.
    """
    kinds = [
        f"{one.architecture} for {one.classes} classes of examples {shape_text(one.shape)}" for one in (model, other)
    ]
    if kinds[0] != kinds[1]:
        raise BadReference(
            f"Networks on one plane need one architecture, got {kinds[0]} and {kinds[1]}: choose networks of the same."
        )


@dataclass(frozen=True, slots=True)
class Query:
    """A question: the losses of a model, on some data, on a plane. Its key addresses each example's answer.

    Or, as `measure` says, how long the gradient of the mean loss is, over all parameters: one answer for all examples.
    """

    model: ModelRef
    data: DataRef
    plane: PlaneRef
    precision: Precision = "exact"
    measure: Measure = "losses"

    def __post_init__(self) -> None:
        """Refuses a plane through networks of which no point could be this one.

        Raises:
            BadReference: a network that spans the plane is of another architecture, or the gradient is asked for along
                a line, whose networks may differ in more than their parameters.
        """
        if self.measure == "gradient" and isinstance(self.plane, LineRef):
            raise BadReference("The gradient's length is that of points of a plane, got a line: ask for its losses.")
        for other in spanning(self.plane):
            check_alike(self.model, other)

    @property
    def key(self) -> str:
        """The answer's address: a digest of all that the numbers depend on, and of nothing else."""
        parts: dict[str, object] = {"schema": SCHEMA, "precision": self.precision}
        if self.measure == "gradient":
            parts |= {"measure": self.measure, "size": self.data.size}
        nouns: dict[str, ModelRef | DataRef | PlaneRef] = {"model": self.model, "data": self.data, "plane": self.plane}
        return value_digest(parts | {name: noun.identity() for name, noun in nouns.items()})[:32]


@dataclass(frozen=True, slots=True)
class Survey:
    """A query asked on a lattice, and what is said of the losses.

    `tolerance` is how wrong an interpolated point may be, as a share of the range of log-loss (of the
    loss where it falls below zero); 0 computes every point.
    """

    query: Query
    lattice: Lattice
    tolerance: float = 0.0
    statistic: Statistic = Mean()
    quantities: ClassVar[tuple[str, ...]] = ("loss", "accuracy")

    def __post_init__(self) -> None:
        """Refuses a line with any breadth, and a statistic that nothing can be said of.

        Raises:
            BadLattice: the query's plane is a line, and the lattice has another row than the line's own.
            BadReference: as `check_statistic`.
        """
        check_statistic(self.query.model, self.query.data, self.statistic)
        if isinstance(self.query.plane, LineRef) and self.lattice.y != (0, 0):
            raise BadLattice(
                f"A line is a lattice of one row at β = 0, got {self.lattice.shape[0]} rows: leave out the range of β."
            )

    @property
    def run(self) -> str:
        """The name of the network whose losses these are."""
        return self.query.model.run

    @property
    def split(self) -> str:
        """The split of the data whose losses these are."""
        return self.query.data.split

    @property
    def measure(self) -> Measure:
        """What its values are: the examples' losses, or how long the gradient is."""
        return self.query.measure

    @property
    def examples(self) -> int:
        """How many examples it rests on: where single losses count, those that are kept."""
        size = self.query.data.size
        return min(size, KEPT) if isinstance(self.statistic, Quantile | Tempered) else size

    @property
    def answers(self) -> int:
        """How many values a point has in the store: one for each example, or one for all."""
        return self.examples if self.query.measure == "losses" else 1

    @property
    def weight(self) -> int:
        """How many examples each of these values rests on."""
        return self.examples // self.answers

    @property
    def id(self) -> str:
        """A short name, the same for the same survey in every process."""
        told = [type(self.statistic).__name__, asdict(self.statistic)]
        return value_digest([self.query.key, self.query.data.size, asdict(self.lattice), self.tolerance, told])[:16]


@dataclass(frozen=True, slots=True)
class Imported:
    """A surface that others computed, as it was taken in: nothing about it can be asked anew.

    `run` is its name here and `file` that of the file it came in; `digest` addresses its numbers; `split` tells which
    of the file's losses are meant, "" where the file does not say of what data they are; `origin` is what the file
    tells of itself, as JSON; `quantities` are what was measured, the first being shown first.
    """

    run: str
    file: str
    digest: str
    split: str
    lattice: Grid
    origin: str = "null"
    quantities: tuple[str, ...] = ("loss", "accuracy")
    measure: ClassVar[Measure] = "losses"

    @property
    def id(self) -> str:
        """A short name, the same for the same numbers in every process."""
        return value_digest([self.digest, self.split])[:16]


Surface = Survey | Imported
"""What a snapshot is of: a survey under way, or a surface that came complete."""
