"""How the directions of a plane were chosen, in words."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from compute.formatting import number
from compute.specs import (
    CALIBRATION,
    CALIBRATION_BATCH,
    Cut,
    PlaneRef,
    RandomPlane,
    Segment,
    Statistics,
    StoredPlane,
    ThroughPlane,
    TrajectoryPlane,
)
from viewer.titles import NONE, Titles, checkpoint

NORMS: Mapping[str, str] = MappingProxyType(
    {
        "filter": "each filter scaled to the norm of the network's own filter",
        "layer": "each layer scaled to the norm of the network's own layer",
        "weight": "each entry multiplied by the network's own weight",
        "dfilter": "each filter scaled to norm 1",
        "dlayer": "each layer scaled to norm 1",
        "none": "not scaled",
    }
)
RULES: Mapping[str, str] = MappingProxyType(
    {"biasbn": "biases and BatchNorm parameters", "frozen": "frozen parameters"}
)
"""Parameters that a plane may leave alone, beside those that it names."""


def moved(ignore: str, only: str) -> str:
    """Which parameters a plane moves.

    Example:
        >>> moved("biasbn+frozen+*.embed", "")
        'biases and BatchNorm parameters, frozen parameters and parameters named *.embed are not moved'
        >>> moved("none", "*lora_*+head")
        'biases and BatchNorm parameters are moved too; only parameters named *lora_* and head are moved'
    """
    names = [RULES.get(term, f"parameters named {term}") for term in ignore.split("+") if term != "none"]
    words = f"{listed(names)} are not moved" if names else f"{RULES['biasbn']} are moved too"
    return f"{words}; only parameters named {listed(only.split('+'))} are moved" if only else words


FROZEN = "BatchNorm statistics are those of θ* everywhere"
"""Running means and variances are no parameters, and no axis of a plane moves them."""

MOVED: Mapping[Statistics, str] = MappingProxyType(
    {
        "frozen": FROZEN,
        "interpolated": "BatchNorm statistics are interpolated like the weights",
        "recomputed": f"BatchNorm statistics are recomputed at each point on {CALIBRATION} training {{0}} in "
        f"batches of {CALIBRATION_BATCH}",
    }
)
"""What becomes of BatchNorm's statistics along a line between networks; {0} is what examples are called."""


def directions(plane: PlaneRef, called: Titles = NONE, noun: str = "examples") -> str:
    """How δ and η were chosen; `noun` is what examples are called."""
    match plane:
        case RandomPlane():
            drawn = f"random Gaussian δ and η of seed {plane.seed}, {NORMS[plane.norm]}"
            return f"{drawn}; {moved(plane.ignore, plane.only)}; {FROZEN}"
        case StoredPlane():
            return f"two directions read from a file (digest {plane.digest[:12]}); {FROZEN}"
        case TrajectoryPlane():
            runs = listed(list(dict.fromkeys(called.get(model.run, model.run) for model in plane.checkpoints)))
            return (
                f"the two principal components of {len(plane.checkpoints)} checkpoints of {runs}, whose variance is "
                "about their mean while the plane passes through θ*, each as long as the checkpoint farthest along it; "
                f"{moved(plane.ignore, plane.only)}; {FROZEN}"
            )
        case ThroughPlane():
            return f"δ from θ* to {checkpoint(plane.second, called)} at (1, 0), {_other_axis(plane, called)}; {FROZEN}"
        case Segment():
            part = f", of which only the layer {plane.part} moves" if plane.part else ""
            end, what = checkpoint(plane.end, called), MOVED[plane.statistics].format(noun)
            return f"the line from θ* at 0 to {end} at 1{part}; {what}"
        case Cut():
            ends = f"{point(*plane.start)} at 0 to {point(*plane.end)} at 1"
            return f"the line from {ends} of a plane: {directions(plane.plane, called, noun)}"


def point(alpha: float, beta: float) -> str:
    """A point of a plane.

    Example:
        >>> point(-0.5, 0.25)
        '(−0.5, 0.25)'
    """
    return f"({number(alpha, 6)}, {number(beta, 6)})"


def _other_axis(plane: ThroughPlane, called: Titles) -> str:
    """How the second axis of a plane through networks was chosen."""
    if plane.third is None:
        return f"η random of seed {plane.seed}, {NORMS['filter']}, made orthogonal to δ"
    return f"η to {checkpoint(plane.third, called)} at β = 1, made orthogonal to δ"


def listed(names: Sequence[str]) -> str:
    """Names in a sentence.

    Example:
        >>> listed(["A", "B", "C"])
        'A, B and C'
    """
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
