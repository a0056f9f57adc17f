"""What a tab looks at, as a frozen value that the page's address spells out."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from compute.lattice import Lattice, nearest_level
from compute.specs import RandomPlane
from viewer import address
from viewer.address import ALL, MAX_SEED, SWITCH, Reader, Reading, Window
from viewer.figures.style import AUTO, QUANTITIES
from viewer.theme import PALETTES

PANELS = 4
"""How many models stand side by side."""
SEEDS, SEEDS_POINTS = 6, 33
"""How many planes show whether a picture depends on its directions, and their points per side at most."""
POINTS = (9, 17, 33, 65, 129, 257)
SPANS = (0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0)
SAMPLES = (64, 128, 256, 512, 1024, ALL)
VIEWS = ("surface", "contour", "both", "numbers", "seeds")
SPLITS = ("train", "test")
NORMS = ("filter", "layer", "weight", "none")
STATISTICS = (
    "mean",
    *("quantile:0.5", "quantile:0.9"),
    *("tempered:1", "tempered:0.1"),
)
"""What is said of the examples' losses, in the words of `compute.specs.statistic`; one class alone besides."""
CLASSES = 10
"""How many classes are offered before a network says how many it has."""
PRECISIONS = ("exact", "fast")
TOLERANCES = (0.0, 0.005, 0.01, 0.02)
AUTO_HEIGHT = "auto"
"""The height that is logarithmic for one surface, and linear up to a cap for several."""
HEIGHTS = ("log", "linear", "clipped")
CAPS = (AUTO, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)
DEPTHS = (0.0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
"""How deep a minimum has to be to be marked, in units of the loss."""
LEVELS = ("even", "linear", "log", "paper")
SCALES = ("shared", "own")
COMPARISONS = ("side", "difference")
COLOURS = tuple(PALETTES)
LOOKS = ("relief", "plotly")
"""How surfaces are drawn: as blocks of stone where the browser has WebGL 2, or by Plotly."""


@dataclass(frozen=True, slots=True)
class ViewState:
    """All that the page's address says; `models` are runs, in the order of their panels.

    Example:
        >>> ViewState(models=("vgg",), span=0.5).query()
        'models=vgg&range=0.5'
        >>> ViewState.read("?models=vgg&range=0.5").state.span
        0.5
    """

    models: tuple[str, ...] = ()
    view: str = "surface"
    points: int = 33
    span: float = 1.0
    samples: int = 256
    split: str = "train"
    seed: int = 0
    norm: str = "filter"
    precision: str = "exact"
    tolerance: float = 0.01
    statistic: str = "mean"
    marks: str = "off"
    colours: str = "atlas"
    quantity: str = "loss"
    height: str = AUTO_HEIGHT
    cap: float = 10.0
    levels: str = "even"
    smoothing: str = "off"
    wireframe: str = "off"
    floor: str = "off"
    scale: str = "shared"
    compare: str = "side"
    depth: float = 0.0
    window: Window | None = None
    solo: str = ""
    camera: str = ""
    look: str = "relief"

    def query(self) -> str:
        """The address's query: what differs from the defaults, in a fixed order."""
        return address.spelled(self, NAMES)

    @classmethod
    def read(cls, search: str) -> Reading["ViewState"]:
        """The state that an address spells; whatever cannot be read keeps its default and is reported."""
        return address.read(cls(), search, READERS, NAMES)

    def lattice(self) -> Lattice:
        """The lattice over the range or the window whose points per side come nearest to the wished."""
        if self.window is None:
            return Lattice.spanning(
                nearest_level(2 * self.span, self.points), (-self.span, self.span), (-self.span, self.span)
            )
        part = address.reachable(self.window)
        x, y = part[:2], part[2:]
        return Lattice.covering(nearest_level(max(x[1] - x[0], y[1] - y[0]), self.points), x, y)

    def resolutions(self) -> tuple[int, ...]:
        """How many points along α each of POINTS gives in this range or window: lattice spacings are powers of two.

        Example:
            >>> ViewState().resolutions(), ViewState(span=0.75).resolutions()
            ((9, 17, 33, 65, 129, 257), (7, 13, 25, 49, 97, 193))
        """
        return tuple(replace(self, points=points).lattice().shape[1] for points in POINTS)

    def neighbours(self) -> "tuple[ViewState, ...]":
        """The same view of SEEDS planes, this one's seed the first, over the whole range and not too fine."""
        coarse = replace(self, points=min(self.points, SEEDS_POINTS), window=None)
        return tuple(replace(coarse, seed=(self.seed + step) % (MAX_SEED + 1)) for step in range(SEEDS))

    def plane(self) -> RandomPlane:
        """The plane that seed and normalisation name."""
        return RandomPlane(seed=self.seed, norm=self.norm)  # type: ignore[arg-type]

    def examples(self, available: int) -> int:
        """How many examples to average over, of those there are."""
        return available if self.samples == ALL else min(self.samples, available)


NAMES = {"span": "range"}
"""Fields whose name in an address is another."""


def _statistic(name: str, text: str) -> str:
    """Reads a statistic; whether a network has the class is for its panel to say."""
    return text if re.fullmatch("class:[0-9]{1,9}", text) else address.one_of((*STATISTICS, "class:LABEL"))(name, text)


READERS: Mapping[str, Reader] = {
    "models": address.runs(PANELS),
    "view": address.one_of(VIEWS),
    "points": address.number(POINTS, int),
    "range": address.number(SPANS, float),
    "samples": address.number(SAMPLES, int),
    "split": address.one_of(SPLITS),
    "seed": address.whole,
    "norm": address.one_of(NORMS),
    "precision": address.one_of(PRECISIONS),
    "tolerance": address.number(TOLERANCES, float),
    "statistic": _statistic,
    "marks": address.one_of(SWITCH),
    "colours": address.one_of(COLOURS),
    "quantity": address.one_of(QUANTITIES),
    "height": address.one_of((AUTO_HEIGHT, *HEIGHTS)),
    "cap": address.number(CAPS, float),
    "levels": address.one_of(LEVELS),
    "smoothing": address.one_of(SWITCH),
    "wireframe": address.one_of(SWITCH),
    "floor": address.one_of(SWITCH),
    "scale": address.one_of(SCALES),
    "compare": address.one_of(COMPARISONS),
    "depth": address.number(DEPTHS, float),
    "window": address.ends,
    "solo": address.word,
    "camera": address.camera,
    "look": address.one_of(LOOKS),
}
