"""Asks one question without a browser, with a progress bar, and writes the answer to a file."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter

import numpy as np
from tqdm import tqdm

from compute.card import Taken
from compute.deviation import Deviation, joined
from compute.errors import LandscapeError
from compute.lattice import Lattice
from compute.service import LandscapeService
from compute.snapshot import Progress, Snapshot
from compute.specs import DataRef, Precision, Query, RandomPlane, Survey, ThroughPlane, TrajectoryPlane
from compute.store import tracks
from compute.store.exports import columns, counts, evidence, provenance
from compute.store.paper import write_surface
from compute.trajectory import Trajectory

log = logging.getLogger(__name__)

BAR = "{desc}: {percentage:3.0f}%|{bar}| {n:.0f}/{total} [{elapsed}<{remaining}, {rate_fmt}]"
"""The progress bar, whose points may be done in part."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a survey did: the line of JSON at the end of standard output.

    `points` counts every point of every data set asked for; of them `evaluated` were computed now, by `passes` of an
    example through the network, `reused` came from the cache, `interpolated` were predicted; `nonfinite` losses are NaN
    or infinite. `standard_errors` holds for each data set, called as `named` does, what half of its points exceed, and
    `standard_error` is the largest of them. `precision` is the arithmetic that was used: "exact" where "fast" was asked
    for but is the same on this device, or was too wrong; `fast_error` is how far the fast one was found to stray, as
    `Deviation` says, None where that was not measured now. `minima` holds for each data set how
    many local minima its surface has, and how many of them are above sampling noise.
    Of a checkpoint of one's own `weights` names the set of weights that was taken, `other_weights` those that fit too,
    and `left_aside` the tensors beside it that are no parameters.
    """

    points: int
    evaluated: int
    reused: int
    interpolated: int
    nonfinite: int
    passes: int
    standard_error: float | None
    standard_errors: Mapping[str, float | None]
    seconds: float
    device: str
    precision: str
    fast_error: Deviation | None
    minima: Mapping[str, Mapping[str, object]]
    out: str | None
    weights: str = ""
    other_weights: tuple[str, ...] = ()
    left_aside: tuple[str, ...] = ()


def run(
    service: LandscapeService,
    surveys: Sequence[Survey],
    out: Path | None = None,
    every_example: bool = False,
    track: Path | None = None,
) -> Report:
    """Computes surveys of one lattice one after another, and writes each when it is complete.

    Args:
        service: computes.
        surveys: at least one.
        out: a file for all of them, if any; of a plane through checkpoints it says where these lie, too.
        every_example: writes the loss of each example, too.
        track: a table of where the checkpoints lie, and of the loss of each, if any.

    Raises:
        LandscapeError: a query cannot be answered; what was computed stays in the cache.
    """
    start, done = perf_counter(), dict[Survey, Snapshot]()
    path = trajectory(service, surveys[0].query, always=track is not None)
    for survey in dict.fromkeys(surveys):
        done[survey] = finished(service, survey)
        if out is not None:
            arrays = columns(done[survey]) | (single(service, survey) if every_example else {})
            arrays |= tracks.arrays(path) if path else {}
            told = provenance(survey), survey.query.key, survey.split, evidence(done[survey])
            write_surface(out, survey.lattice, arrays, *told, reader=service.read_apart)
    if track is not None and path is not None:
        own = {f"{survey.split}_loss": own_losses(service, survey.query, path) for survey in surveys}
        written(track, service.export_tracks(path, "csv", own))
    model = surveys[0].query.model
    found = report(done, surveys[0].query.precision, perf_counter() - start, out, service.device)
    return with_taken(found, service.taken(model)) if model.match else found


def with_taken(found: Report, taken: Taken) -> Report:
    """A report that says which weights of a checkpoint of one's own were taken; a choice is told in the log, too."""
    if taken.others:
        log.warning(
            "took the weights %s; %s would fit too: choose with --weights", taken.weights, ", ".join(taken.others)
        )
    return replace(found, weights=taken.weights, other_weights=taken.others, left_aside=taken.aside)


def finished(service: LandscapeService, survey: Survey) -> Snapshot:
    """The complete snapshot of a survey, after as long as it takes.

    Raises:
        LandscapeError: it failed.
    """
    title, total = f"{survey.run} {survey.split}", survey.lattice.size
    with tqdm(total=total, desc=title, unit="point", smoothing=0.1, bar_format=BAR, disable=total == 1 or None) as bar:
        for snapshot in service.unfolding(survey):
            progress = snapshot.progress
            bar.initial = progress.reused
            bar.update(progress.share * progress.total - bar.n)
    return snapshot


def trajectory(service: LandscapeService, query: Query, always: bool) -> Trajectory | None:
    """Where the checkpoints of a plane's runs lie on it: of a plane that is through checkpoints, or always.

    Raises:
        LandscapeError: a checkpoint cannot be read, or the model is of no run.
    """
    plane = query.plane
    spanning = plane.models if isinstance(plane, TrajectoryPlane | ThroughPlane) else ()
    if not spanning and not always:
        return None
    known = {card.run for card in service.cards()}
    runs = dict.fromkeys(model.run for model in (query.model, *spanning) if model.run in known)
    return service.trajectory(plane, query.model, list(runs))


def own_losses(service: LandscapeService, query: Query, path: Trajectory) -> np.ndarray:
    """The loss of every checkpoint itself, with its own BatchNorm statistics, run after run.

    Raises:
        LandscapeError: one of them cannot be computed.
    """
    models = [model for track in path.tracks for model in service.steps(track.run)[: len(track.steps)]]
    surveys = [Survey(replace(query, model=model, plane=RandomPlane()), Lattice(0, (0, 0))) for model in models]
    for survey in surveys:
        service.open(survey)
    found = []
    for survey in tqdm(
        surveys, desc=f"{query.model.run} {query.data.split} checkpoints", unit="checkpoint", disable=None
    ):
        *_, last = service.unfolding(survey)
        found.append(last.loss.item())
    return np.array(found)


def written(path: Path, content: bytes) -> None:
    """Writes a file.

    Raises:
        LandscapeError: it cannot be written.
    """
    try:
        path.write_bytes(content)
    except OSError as problem:
        raise LandscapeError(
            f"The track needs a file that can be written, {path} cannot ({problem.strerror or problem}): choose "
            "another with --track."
        ) from problem


def single(service: LandscapeService, survey: Survey) -> dict[str, np.ndarray]:
    """The arrays of a surface file that have an axis of examples; named after the data's split."""
    names = (f"{survey.query.data.split}_{name}" for name in ("losses", "correct", "labels"))
    told = zip(names, service.losses(survey), strict=True)
    return {name: array for name, array in told if array is not None}


def report(done: Mapping[Survey, Snapshot], asked: Precision, seconds: float, out: Path | None, device: str) -> Report:
    """The sums over all surveys, which `asked` for an arithmetic, by their complete snapshots."""
    steps = [snapshot.progress for snapshot in done.values()]
    errors = {named(survey.query.data): snapshot.progress.standard_error for survey, snapshot in done.items()}
    return Report(
        points=sum(step.total for step in steps),
        evaluated=sum(step.evaluated for step in steps),
        reused=sum(step.reused for step in steps),
        interpolated=sum(int(snapshot.interpolated.sum()) for snapshot in done.values()),
        nonfinite=sum(step.nonfinite for step in steps),
        passes=sum(step.passes for step in steps),
        standard_error=max((error for error in errors.values() if error is not None), default=None),
        standard_errors=errors,
        seconds=round(seconds, 3),
        device=next((step.device for step in steps if step.device), device),
        precision=used(asked, steps),
        fast_error=joined(step.fast_error for step in steps),
        minima={named(survey.query.data): counts(snapshot) for survey, snapshot in done.items()},
        out=None if out is None else str(out),
    )


def named(data: DataRef) -> str:
    """Data as one asks for them.

    Example:
        >>> named(DataRef("digits", "train", 64)), named(DataRef("npz", "test", 8, path="/home/me/ours.npz"))
        ('digits:train:64', 'npz:ours.npz:test:8')
    """
    file = [Path(data.path).name] if data.path else []
    return ":".join([data.name, *file, data.split, str(data.size)])


def used(asked: Precision, steps: Sequence[Progress]) -> Precision:
    """The arithmetic in which points were computed now; where none was, that asked for, as it addresses the cache.

    Example:
        >>> from compute.snapshot import JobState
        >>> used("fast", [Progress("", JobState.DONE, 9, 9, passes=9)])  # on a device where it is the same as exact
        'exact'
    """
    computed = [step for step in steps if step.passes]
    if asked != "fast" or not computed:
        return asked
    right = [step for step in computed if step.fast_error is not None and not step.fell_back]
    return "fast" if right else "exact"
