"""What the Profile page looks at, as a frozen value that its address spells out."""

from dataclasses import dataclass, replace

from compute.formatting import number
from compute.lattice import MAX_REACH, Lattice, nearest_level
from viewer import address
from viewer.address import ALL, SWITCH, Reader, Reading, Window
from viewer.figures.style import CURVES
from viewer.state import NORMS, PRECISIONS, SAMPLES, SPANS

MODELS = 4
"""How many models are compared, or chosen as ends of a line."""
VIEWS = ("direction", "line", "training", "layers", "rescaled", "batches", "cut")
STATISTICS = ("recomputed", "interpolated", "frozen", "all")
POINTS = (17, 33, 65, 129, 257, 513)
SEEDS = (1, 3, 6, 12)
BEYOND = (0.0, 0.25, 0.5, 1.0)
FACTORS = (2.0, 5.0, 10.0)
SPLITS = ("both", "train", "test")
HEIGHTS = ("log", "linear")


@dataclass(frozen=True, slots=True)
class ProfileState:
    """All that the page's address says; `models` are runs as they ended, or RUN@EPOCH.

    `view` tells what the curves are along: random directions, the line between the first two models, each model's way
    from its first weights, single layers of that line, a rescaled network's directions, small against large batches, or
    a cut through a plane from the point `cut[:2]` to `cut[2:]`.

    Example:
        >>> ProfileState(models=("vgg@0", "vgg"), view="line").query()
        'models=vgg@0,vgg&view=line'
        >>> ProfileState.read("?view=line&statistics=all").state.statistics
        'all'
    """

    models: tuple[str, ...] = ()
    view: str = "direction"
    points: int = 65
    span: float = 1.0
    beyond: float = 0.5
    samples: int = 512
    split: str = "both"
    statistics: str = "recomputed"
    norm: str = "filter"
    seed: int = 0
    seeds: int = 1
    raw: str = "off"
    factor: float = 10.0
    precision: str = "exact"
    curves: str = "both"
    height: str = "log"
    errors: str = "off"
    weights: str = "on"
    cut: Window | None = None

    def query(self) -> str:
        """The address's query: what differs from the defaults, in a fixed order."""
        return address.spelled(self, NAMES)

    @classmethod
    def read(cls, search: str) -> Reading["ProfileState"]:
        """The state that an address spells; whatever cannot be read keeps its default and is reported."""
        return address.read(cls(), search, READERS, NAMES)

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits that are drawn."""
        return ("train", "test") if self.split == "both" else (self.split,)

    def along(self) -> Lattice:
        """The points of a direction: as far to either side of the model as the range says."""
        return self._points(-self.span, self.span)

    def between(self) -> Lattice:
        """The points of a line from 0 to 1, and beyond its ends."""
        return self._points(-self.beyond, 1 + self.beyond)

    def resolutions(self) -> tuple[int, ...]:
        """How many points each of POINTS gives on the view's lines.

        Example:
            >>> ProfileState(span=0.75).resolutions(), ProfileState(view="line", beyond=0.25).resolutions()[:2]
            ((13, 25, 49, 97, 193, 385), (13, 25))
        """
        shown = (replace(self, points=points) for points in POINTS)
        directed = self.view in {"direction", "rescaled"}
        return tuple((one.along() if directed else one.between()).shape[1] for one in shown)

    def _points(self, low: float, high: float) -> Lattice:
        return Lattice.spanning(nearest_level(high - low, self.points), (low, high))

    def examples(self, available: int) -> int:
        """How many examples to average over, of those there are."""
        return available if self.samples == ALL else min(self.samples, available)


def cut(name: str, text: str) -> Window:
    """Reads two points of a plane.

    Raises:
        BadLink: they are not four numbers within reach, or the same point twice.
    """
    try:
        a, b, c, d = map(float, text.split(","))
    except ValueError:
        a = b = c = d = float("nan")
    if not all(abs(end) <= MAX_REACH for end in (a, b, c, d)) or (a, b) == (c, d):
        raise address.BadLink(
            f"The link's {name} should be two points as in 0,0,0.5,-0.25, up to ±{number(MAX_REACH)}, got {text!r}: "
            "draw one on Explore's map."
        )
    return a, b, c, d


NAMES = {"span": "range"}
"""Fields whose name in an address is another."""

READERS: dict[str, Reader] = {
    "models": address.runs(MODELS),
    "view": address.one_of(VIEWS),
    "points": address.number(POINTS, int),
    "range": address.number(SPANS, float),
    "beyond": address.number(BEYOND, float),
    "samples": address.number(SAMPLES, int),
    "split": address.one_of(SPLITS),
    "statistics": address.one_of(STATISTICS),
    "norm": address.one_of(NORMS),
    "seed": address.whole,
    "seeds": address.number(SEEDS, int),
    "raw": address.one_of(SWITCH),
    "factor": address.number(FACTORS, float),
    "precision": address.one_of(PRECISIONS),
    "curves": address.one_of(CURVES),
    "height": address.one_of(HEIGHTS),
    "errors": address.one_of(SWITCH),
    "weights": address.one_of(SWITCH),
    "cut": cut,
}
