"""What the Trajectory page looks at, as a frozen value that its address spells out."""

from collections.abc import Mapping
from dataclasses import dataclass

from compute.lattice import Lattice, nearest_level
from compute.specs import ModelRef
from compute.trajectory import Trajectory
from viewer import address
from viewer.address import ALL, SWITCH, Reader, Reading, Window
from viewer.state import CAPS, COLOURS, HEIGHTS, LEVELS, LOOKS, POINTS, PRECISIONS, SAMPLES, SPLITS, TOLERANCES

RUNS = 8
"""How many runs are shown at once."""
VIEWS = ("contour", "surface", "both", "apart")
PLANES = ("components", "through", "random")
MARGINS = (0.1, 0.25, 0.5, 1.0)


@dataclass(frozen=True, slots=True)
class TrajectoryState:
    """All that the page's address says.

    `models` are runs, the first one's final weights in the middle of the plane. `plane` is that of their principal
    components, less the first `skip` epochs; that through two more checkpoints, `second` and `third`, written
    RUN@EPOCH; or a random one of `seed`. `seen` are how many checkpoints of each run span the plane, where a run has
    grown since; `at` is the epoch that is marked, the last one where there is none; `window` the part in view.

    Example:
        >>> TrajectoryState(models=("mlp",), skip=2).query()
        'models=mlp&skip=2'
        >>> TrajectoryState.read("?models=mlp&plane=random").state.plane
        'random'
    """

    models: tuple[str, ...] = ()
    view: str = "contour"
    plane: str = "components"
    skip: int = 0
    ignore: str = "off"
    second: str = ""
    third: str = ""
    seed: int = 0
    margin: float = 0.25
    points: int = 33
    samples: int = 256
    split: str = "train"
    precision: str = "exact"
    tolerance: float = 0.01
    colours: str = "atlas"
    height: str = "log"
    cap: float = 10.0
    levels: str = "even"
    window: Window | None = None
    seen: tuple[int, ...] = ()
    at: str = ""
    camera: str = ""
    look: str = "relief"

    def query(self) -> str:
        """The address's query: what differs from the defaults, in a fixed order."""
        return address.spelled(self)

    @classmethod
    def read(cls, search: str) -> Reading["TrajectoryState"]:
        """The state that an address spells; whatever cannot be read keeps its default and is reported."""
        return address.read(cls(), search, READERS)

    def lattice(self, trajectory: Trajectory) -> Lattice:
        """The lattice over all checkpoints, or over the window, whose points per side come nearest to the wished."""
        if self.window is None:
            x, y = trajectory.extent(self.margin)
            return Lattice.spanning(nearest_level(max(x[1] - x[0], y[1] - y[0]), self.points), x, y)
        part = address.reachable(self.window)
        x, y = part[:2], part[2:]
        return Lattice.covering(nearest_level(max(x[1] - x[0], y[1] - y[0]), self.points), x, y)

    def examples(self, available: int) -> int:
        """How many examples to average over, of those there are."""
        return available if self.samples == ALL else min(self.samples, available)


def named(model: ModelRef) -> str:
    """A checkpoint as an address names it; the final weights of a run whose epochs are unknown by the run alone."""
    return model.run if model.step is None else f"{model.run}@{model.step:g}"


def _counts(name: str, text: str) -> tuple[int, ...]:
    return tuple(address.whole(name, part) for part in text.split(","))


READERS: Mapping[str, Reader] = {
    "models": address.runs(RUNS),
    "view": address.one_of(VIEWS),
    "plane": address.one_of(PLANES),
    "skip": address.whole,
    "ignore": address.one_of(SWITCH),
    "second": address.word,
    "third": address.word,
    "seed": address.whole,
    "margin": address.number(MARGINS, float),
    "points": address.number(POINTS, int),
    "samples": address.number(SAMPLES, int),
    "split": address.one_of(SPLITS),
    "precision": address.one_of(PRECISIONS),
    "tolerance": address.number(TOLERANCES, float),
    "colours": address.one_of(COLOURS),
    "height": address.one_of(HEIGHTS),
    "cap": address.number(CAPS, float),
    "levels": address.one_of(LEVELS),
    "window": address.ends,
    "seen": _counts,
    "at": address.epoch,
    "camera": address.camera,
    "look": address.one_of(LOOKS),
}
