"""Single facts of a picture in words: what its numbers and looks depend on."""

from collections.abc import Mapping
from math import floor
from pathlib import Path
from types import MappingProxyType

from compute.card import Card, ModelCard
from compute.deviation import LIMIT
from compute.formatting import brief_percent, number, percent
from compute.grid import Grid
from compute.lattice import Lattice
from compute.snapshot import FLOOR, JobState, Progress, Snapshot
from compute.specs import Imported, Precision, Surface, Survey
from compute.trajectory import Trajectory
from viewer.data_names import data_name, examples_noun
from viewer.figures.finer import CELLS
from viewer.figures.style import NOUNS, Style, statistic_words
from viewer.planes import listed
from viewer.screen import split_words
from viewer.titles import NONE, Titles

PRECISIONS: Mapping[str, str] = MappingProxyType(
    {
        "exact": "float32",
        "fast": "bfloat16 where the device computes in it natively, else float32",
        "reference": "float64",
    }
)
QUANTITIES: Mapping[str, str] = MappingProxyType(
    {
        "slope": "norm of the gradient within the plane, by second-order differences of neighbours, one-sided at edges "
        "and gaps",
        "gradient": "norm of the gradient of the mean loss over all parameters, by backpropagation",
        "min_eig": "smallest eigenvalue of the Hessian of the loss, as the file has it",
        "max_eig": "largest eigenvalue of the Hessian of the loss, as the file has it",
    }
)
"""Quantities that need more than their name."""
LEVELS: Mapping[str, str] = MappingProxyType(
    {
        "even": "evenly spaced",
        "linear": "even in {noun}",
        "log": "eight to a decade of {noun}",
        "paper": "0.1, 0.6 ... 9.6 and powers of ten, as in the public code of Li et al.",
    }
)


def levels(style: Style) -> str:
    """Where the lines of a map lie: those of accuracies and of differences are always even."""
    even = style.quantity == "accuracy" or style.against
    return LEVELS["even" if even else style.levels].format(noun=style.noun)


def lined(snapshot: Snapshot) -> bool:
    """Whether the surface has lines of equal height."""
    return bool(snapshot.final.all())


def splined(snapshot: Snapshot) -> bool:
    """Whether the surface is drawn on a finer mesh than its own points."""
    return lined(snapshot) and min(snapshot.survey.lattice.shape) <= CELLS


SPLINE = "a natural cubic spline through them, for drawing only"
"""What such a surface is drawn as."""


def imported(surface: Surface, card: Card) -> str:
    """Which file a surface is from, and of which data its losses are."""
    file = surface.file if isinstance(surface, Imported) else card.title
    return f"imported from {file}, {split_words(surface.split)}"


def marked(snapshot: Snapshot) -> str:
    """What a file marks as interpolated; not told where it marks nothing, for it need not say."""
    share = snapshot.interpolated.mean()
    return f"{_about(share)} of the points, as the file marks them" if share else ""


def network(card: ModelCard) -> str:
    """What a network is, and how it does."""
    return (
        f"{card.architecture}, {card.parameters:,} parameters, {tested(card)}, trained on {card.data} by {card.recipe}"
    )


def tested(card: ModelCard) -> str:
    """Its test error, if that was measured."""
    if card.test_error is None:
        return "test error not measured"
    what = "" if card.answers == "classes" else f", answers are {card.answers}"
    return f"test error {percent(card.test_error)}{what}"


def data(survey: Survey, available: int, snapshot: Snapshot) -> str:
    """Which examples the loss is of, so far."""
    asked = survey.query.data
    order = "" if asked.seed is None else f" in the order of seed {asked.seed}"
    wrong = (
        f", {brief_percent(asked.noise, 3)} of the labels made wrong by seed {asked.noise_seed}" if asked.noise else ""
    )
    name = data_name(asked.name) if asked.path is None else f"{asked.name} {Path(asked.path).name}"
    return (
        f"{name}, {split_words(asked.split)}, {_first(survey, snapshot)} of "
        f"{available:,} {examples_noun(survey)}{order}{wrong}, not augmented, in evaluation mode{_places(survey)}"
    )


def _first(survey: Survey, snapshot: Snapshot) -> str:
    """How many examples the losses rest on; while those are fewer than was asked for, both numbers."""
    step = snapshot.progress
    if step.examples >= step.wanted:
        return f"the first {survey.examples:,}"
    more = " (some points on more)" if snapshot.examples.max() > step.examples else ""
    return f"so far the first {step.examples:,}{more} of the {step.wanted:,} asked for,"


def _places(survey: Survey) -> str:
    """What an example's loss and accuracy are where it has many answers."""
    shape = survey.query.model.shape
    return f"; the mean over the {shape[0]} places of a sequence, accuracy of its last" if len(shape) == 1 else ""


def paths(found: Trajectory | None, called: Titles = NONE) -> str:
    """Whose checkpoints are projected onto the plane, and how much of their way it shows.

    Example:
        >>> import numpy as np
        >>> from compute.specs import RandomPlane
        >>> from compute.trajectory import Track
        >>> track = Track("mlp", (0, 1), np.array([1.0, 0]), np.array([0.0, 0]), np.array([2.0, 0]), np.array([0.6, 0]))
        >>> paths(Trajectory(RandomPlane(), None, (track,), (), (1.6, 1.0), 0.01))
        '2 checkpoints of mlp, projected by least squares; the plane shows 64 % of their squared distances from θ*'
    """
    if found is None:
        return ""
    runs = listed([f"{len(track.steps)} checkpoints of {called.get(track.run, track.run)}" for track in found.tracks])
    shown = f"{brief_percent(found.seen)} of their squared distances from θ*"
    return f"{runs}, projected by least squares; the plane shows {shown}"


def height(style: Style, noun: str = "examples") -> str:
    """What is drawn upwards, or in colour; `noun` is what examples are called."""
    capped = style.height == "clipped" and style.quantity != "accuracy"
    linear = f"linear up to {number(style.cap, 6)}" if capped else "linear"
    words = [
        QUANTITIES.get(style.quantity, style.quantity),
        summarised(style.statistic, noun),
        "decimal logarithm" if style.logarithmic else linear,
        f"less that of {style.against}" if style.against else "",
        "smoothed by a Gaussian one point wide" if style.smooth else "",
    ]
    return ", ".join(filter(None, words))


def summarised(name: str, noun: str = "examples") -> str:
    """A statistic in words, with the weights of examples where these differ.

    Example:
        >>> summarised("tempered:0.1")
        'easy examples weighted up, T = 0.1 (weights ∝ exp(-loss / T))'
    """
    return statistic_words(name, noun) + (" (weights ∝ exp(-loss / T))" if name.startswith("tempered:") else "")


def points(lattice: Lattice | Grid) -> str:
    """Range, number and spacing.

    Example:
        >>> points(Lattice(1, (-2, 2), (-1, 1)))
        '5 × 3, α from −1 to 1, β from −0.5 to 0.5, 0.5 apart'
    """
    rows, cols = lattice.shape
    (left, right), (low, high) = (lattice.coordinates(axis)[[0, -1]] for axis in "xy")
    apart = f", {number(2.0**-lattice.level, 6)} apart" if isinstance(lattice, Lattice) else ""
    ends = (number(float(end), 6) for end in (left, right, low, high))
    return "{} × {}, α from {} to {}, β from {} to {}{}".format(cols, rows, *ends, apart)


def arithmetic(precision: Precision, step: Progress, style: Style) -> str:
    """In which numbers was computed, and how well that went, in the unit of what is drawn."""
    words = PRECISIONS[precision]
    if step.fell_back:
        return f"{words}; its error was above {brief_percent(LIMIT)}, so every point was computed in float32"
    if step.fast_error is None:
        return words
    largest, at_model = step.fast_error.at("log" if style.logarithmic else "linear")
    unit = "the range of log-loss" if style.logarithmic else "the loss (of 1 where it is lower)"
    model = "" if at_model is None else f", {brief_percent(at_model)} at the model"
    return f"{words}; compared with float32 it errs by up to {brief_percent(largest)} of {unit}{model}"


def interpolated(snapshot: Snapshot, tolerance: float) -> str:
    """What was predicted instead of computed."""
    if not tolerance:
        return "no point"
    share = float(snapshot.interpolated.mean())
    part = f"{_about(share)} of the points" if share else "no point"
    height = "loss" if (snapshot.loss[snapshot.known] < -FLOOR).any() else "log-loss"
    return f"{part}, within an estimated {brief_percent(tolerance)} of the range of {height}"


def error(snapshot: Snapshot) -> str:
    """The standard error, where it is known."""
    error = snapshot.progress.standard_error
    among = ", interpolated ones estimated from their neighbours" if snapshot.interpolated.any() else ""
    return "" if error is None else f"{number(error, 2)} at the median of all points{among}"


def left_out(snapshot: Snapshot) -> str:
    """What cannot be drawn: numbers that are not finite, and points that an imported file lacks."""
    count, absent, quantity = snapshot.progress.nonfinite, snapshot.absent, snapshot.survey.quantities[0]
    noun = NOUNS.get(quantity, quantity)
    parts = [
        f"{count:,} points whose {noun} is NaN or infinite" if count else "",
        f"{absent:,} of {snapshot.survey.lattice.size:,} points, of which the file has no value" if absent else "",
    ]
    return ", and ".join(filter(None, parts))


def unfinished(step: Progress) -> str:
    """How much of the work over all examples is done, unless all is.

    Example:
        >>> unfinished(Progress("", JobState.RUNNING, 81, 81, share=0.258))
        '25 % of the work is done'
    """
    return "" if step.state is JobState.DONE else f"{_percent(step.share)} of the work is done"


def coarser(snapshot: Snapshot) -> str:
    """What is drawn for points that are not known yet, if there are any."""
    if snapshot.final.all():
        return ""
    return f"{_percent(snapshot.given.mean())} of the points are known, the rest is drawn from coarser ones"


def _percent(share: float) -> str:
    """A share rounded down, so that only all there is are 100 %, and only nothing is 0 %.

    Example:
        >>> _percent(0.999), _percent(0.004), _percent(0)
        ('99 %', 'less than 1 %', '0 %')
    """
    return "less than 1 %" if 0 < share < 0.01 else percent(floor(100 * share + 1e-9) / 100, 0)


def _about(share: float) -> str:
    """A share rounded to the nearest per cent, but to neither nothing nor all.

    Example:
        >>> _about(0.634), _about(0.004), _about(0.998)
        ('63 %', 'less than 1 %', 'more than 99 %')
    """
    return "more than 99 %" if 0.99 < share < 1 else "less than 1 %" if 0 < share < 0.01 else percent(share, 0)
