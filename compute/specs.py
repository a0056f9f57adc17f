"""References: frozen values that name a model, data, a plane and a question about them."""

from dataclasses import asdict, dataclass
from typing import Literal

from compute.digest import value_digest
from compute.lattice import Lattice

SCHEMA = 1
"""Raised whenever a stored number changes its meaning; it is part of every key."""

Precision = Literal["exact", "fast", "reference"]
Norm = Literal["filter", "layer", "weight", "dfilter", "dlayer", "none"]
Ignore = Literal["biasbn", "none"]

PRECISIONS: tuple[Precision, ...] = ("exact", "fast", "reference")
NORMS: tuple[Norm, ...] = ("filter", "layer", "weight", "dfilter", "dlayer", "none")
IGNORES: tuple[Ignore, ...] = ("biasbn", "none")


@dataclass(frozen=True, slots=True)
class ModelRef:
    """One set of trained weights. Its content counts, not where it lies.

    `shape` is one example's (channels, height, width); `step` the epoch it was saved after, if known.
    """

    run: str
    architecture: str
    shape: tuple[int, int, int]
    classes: int
    path: str
    digest: str
    step: int | None = None

    def identity(self) -> dict[str, object]:
        """What the loss depends on."""
        return {"architecture": self.architecture, "shape": self.shape, "classes": self.classes, "digest": self.digest}


@dataclass(frozen=True, slots=True)
class DataRef:
    """The fixed, un-augmented examples a loss is averaged over.

    The first `size` examples of a split in its stored order, or in an order drawn by `seed`. `path` and `digest`
    name the file for data that come from one; `mean` and `std` are per channel, of pixels scaled to [0, 1].
    """

    name: str
    split: str
    size: int
    seed: int | None = None
    path: str | None = None
    digest: str | None = None
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None

    def identity(self) -> dict[str, object]:
        """What the loss depends on."""
        parts = asdict(self)
        del parts["path"]
        return parts


@dataclass(frozen=True, slots=True)
class RandomPlane:
    """Two Gaussian directions drawn by one seed, scaled to the weights (Li et al. 2018, section 4)."""

    seed: int = 0
    norm: Norm = "filter"
    ignore: Ignore = "biasbn"

    def identity(self) -> dict[str, object]:
        """What the axes depend on."""
        return {"kind": "random", **asdict(self)}


@dataclass(frozen=True, slots=True)
class StoredPlane:
    """Two directions read from a file in the layout of the public code of Li et al. (2018)."""

    path: str
    digest: str

    def identity(self) -> dict[str, object]:
        """What the axes depend on."""
        return {"kind": "stored", "digest": self.digest}


PlaneRef = RandomPlane | StoredPlane


@dataclass(frozen=True, slots=True)
class Query:
    """A question: loss and accuracy of a model, over some data, on a plane. Its key addresses the answer."""

    model: ModelRef
    data: DataRef
    plane: PlaneRef
    precision: Precision = "exact"

    @property
    def key(self) -> str:
        """The answer's address: a digest of all that the numbers depend on, and of nothing else."""
        parts = {"schema": SCHEMA, "precision": self.precision}
        nouns: dict[str, ModelRef | DataRef | PlaneRef] = {"model": self.model, "data": self.data, "plane": self.plane}
        return value_digest(parts | {name: noun.identity() for name, noun in nouns.items()})[:32]


@dataclass(frozen=True, slots=True)
class Survey:
    """A query asked on a lattice.

    `tolerance` is how wrong an interpolated point may be, as a share of the range of log-loss; 0 computes every point.
    """

    query: Query
    lattice: Lattice
    tolerance: float = 0.0

    @property
    def id(self) -> str:
        """A short name, the same for the same survey in every process."""
        return value_digest([self.query.key, asdict(self.lattice), self.tolerance])[:16]
