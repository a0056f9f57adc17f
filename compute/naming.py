"""The plane that a text names."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from compute.digest import file_digest
from compute.errors import BadReference, UnknownName
from compute.specs import (
    NORMS,
    STATISTICS,
    ModelRef,
    PlaneRef,
    RandomPlane,
    Segment,
    StoredPlane,
    ThroughPlane,
    TrajectoryPlane,
)
from compute.trajectory import since

Choice = TypeVar("Choice", bound=str)
Steps = Callable[[str], Sequence[ModelRef]]
"""Gives the checkpoints of a run."""


def plane(text: str, model: ModelRef, steps_of: Steps) -> PlaneRef:
    """The plane that a text names, through a model; `steps_of` finds the runs that it may name.

    `random:seed=0,norm=filter,ignore=biasbn`, where `ignore=biasbn+frozen+PATTERN` leaves parameters alone and
    `only=PATTERN+PATTERN` leaves alone all others; `file:DIRECTIONS.h5`; `trajectory:skip=EPOCHS,ignore=none,
    runs=RUN+RUN`, by default of the model's own run, with `only` as well; `through:RUN[@EPOCH][,RUN[@EPOCH]][,seed=0]`;
    or a line, `segment:RUN[@EPOCH],statistics=interpolated,part=LAYER`.

    Raises:
        LandscapeError: it names none, or something it names does not exist.
    """
    kind, _, rest = text.partition(":")
    if kind not in KINDS:
        raise UnknownName("plane", kind, KINDS)
    return KINDS[kind](rest, model, steps_of)


def random_plane(rest: str, _model: ModelRef, _steps_of: Steps) -> RandomPlane:
    """The random plane of some options.

    Raises:
        LandscapeError: an option or its value does not exist.
    """
    given = options(rest, "a random plane", ("seed", "norm", "ignore", "only"))
    return RandomPlane(
        whole("A plane's seed", given.get("seed", "0")),
        chosen("norm", given.get("norm", "filter"), NORMS),
        given.get("ignore", "biasbn"),
        given.get("only", ""),
    )


def stored_plane(rest: str, _model: ModelRef, _steps_of: Steps) -> StoredPlane:
    """The plane of directions in a file.

    Raises:
        BadReference: there is no such file.
    """
    if not Path(rest).is_file():
        raise BadReference(f"A plane's directions need a file, there is none at {rest!r}: check the path.")
    return StoredPlane(rest, file_digest(Path(rest)))


def trajectory_plane(rest: str, model: ModelRef, steps_of: Steps) -> TrajectoryPlane:
    """The plane of largest variance of some runs' checkpoints, from an epoch on.

    Raises:
        LandscapeError: an option or a run does not exist.
    """
    given = options(rest, "a trajectory's plane", ("skip", "ignore", "only", "runs"))
    runs = given.get("runs", model.run).split("+")
    steps = [step for run in runs for step in steps_of(run)]
    skip = whole("The epochs to skip", given.get("skip", "0"))
    return TrajectoryPlane(since(steps, skip), given.get("ignore", "none"), given.get("only", ""))


def through_plane(rest: str, _model: ModelRef, steps_of: Steps) -> ThroughPlane:
    """The plane through one or two named checkpoints.

    Raises:
        LandscapeError: it names none or too many, or one that does not exist.
    """
    names = [part for part in rest.split(",") if part and "=" not in part]
    given = options(",".join(part for part in rest.split(",") if "=" in part), "a plane through networks", ("seed",))
    if len(names) not in {1, 2}:
        raise BadReference(
            f"A plane through networks needs one or two beside the model, as in through:RUN@EPOCH,RUN, got {rest!r}."
        )
    second, third = checkpoint(names[0], steps_of), checkpoint(names[1], steps_of) if len(names) > 1 else None
    return ThroughPlane(second, third, whole("A plane's seed", given.get("seed", "0")))


def segment(rest: str, _model: ModelRef, steps_of: Steps) -> Segment:
    """The line to a named checkpoint.

    Raises:
        LandscapeError: there is no such checkpoint, or an option or its value does not exist.
    """
    end, _, rest = rest.partition(",")
    given = options(rest, "a segment", ("statistics", "part"))
    statistics = chosen("kind of statistics", given.get("statistics", "interpolated"), STATISTICS)
    return Segment(checkpoint(end, steps_of), statistics, given.get("part", ""))


KINDS: Mapping[str, Callable[[str, ModelRef, Steps], PlaneRef]] = {
    "random": random_plane,
    "file": stored_plane,
    "trajectory": trajectory_plane,
    "through": through_plane,
    "segment": segment,
}
"""What stands before the colon, and who reads the rest."""


def checkpoint(text: str, steps_of: Steps) -> ModelRef:
    """The checkpoint that `RUN` or `RUN@EPOCH` names; without an epoch the last.

    Raises:
        LandscapeError: there is no such run, or it has no checkpoint of that epoch.
    """
    run, at, epoch = text.partition("@")
    steps = steps_of(run)
    found = {str(model.step): model for model in steps}
    if at and epoch not in found:
        raise BadReference(f"A checkpoint of {run} should be of epoch {', '.join(found)}, got {epoch!r}: choose one.")
    return found[epoch] if at else steps[-1]


def options(text: str, kind: str, known: Sequence[str]) -> dict[str, str]:
    """The options of a text such as `seed=3,norm=layer`.

    Raises:
        UnknownName: one does not exist.

    Example:
        >>> options("seed=3,norm=layer", "a random plane", ("seed", "norm"))
        {'seed': '3', 'norm': 'layer'}
    """
    found = dict(part.partition("=")[::2] for part in text.split(",") if part)
    for name in found:
        if name not in known:
            raise UnknownName(f"option of {kind}", name, known)
    return found


def whole(what: str, text: str) -> int:
    """A whole number from 0 up, of at most 18 digits: generators of random numbers take no more than 64 bits.

    Raises:
        BadReference: it is none.
    """
    if not text.isdecimal():
        raise BadReference(f"{what} must be a whole number from 0 up, got {text!r}.")
    if len(text) > 18:
        raise BadReference(f"{what} must have at most 18 digits, got {text[:40]!r}: choose a smaller one.")
    return int(text)


def chosen(kind: str, name: str, known: tuple[Choice, ...]) -> Choice:
    """The name itself, if it is known."""
    for other in known:
        if other == name:
            return other
    raise UnknownName(kind, name, known)
