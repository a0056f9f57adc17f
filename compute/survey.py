"""Asks one question without a browser, with a progress bar, and writes the answer to a file."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import numpy as np
from tqdm import tqdm

from compute.service import LandscapeService
from compute.snapshot import Snapshot
from compute.specs import Precision, Survey
from compute.store.exports import columns, provenance
from compute.store.paper import write_surface

BAR = "{desc}: {percentage:3.0f}%|{bar}| {n:.0f}/{total} [{elapsed}<{remaining}, {rate_fmt}]"
"""The progress bar, whose points may be done in part."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a survey did: the line of JSON at the end of standard output.

    `points` counts every point of every data set asked for; of them `evaluated` were computed now, by `passes` of an
    example through the network, `reused` came from the cache, `interpolated` were predicted; `nonfinite` losses are NaN
    or infinite. Half of the points have a larger `standard_error`.
    """

    points: int
    evaluated: int
    reused: int
    interpolated: int
    nonfinite: int
    passes: int
    standard_error: float | None
    seconds: float
    device: str
    precision: str
    out: str | None


def run(
    service: LandscapeService, surveys: Sequence[Survey], out: Path | None = None, every_example: bool = False
) -> Report:
    """Computes surveys of one lattice one after another, and writes each when it is complete.

    Args:
        service: computes.
        surveys: at least one.
        out: a file for all of them, if any.
        every_example: writes the loss of each example, too.

    Raises:
        LandscapeError: a query cannot be answered; what was computed stays in the cache.
    """
    start, done = perf_counter(), []
    for survey in surveys:
        done.append(finished(service, survey))
        if out is not None:
            arrays = columns(done[-1]) | (single(service, survey) if every_example else {})
            write_surface(out, survey.lattice, arrays, provenance(survey), survey.query.key)
    return report(done, surveys[0].query.precision, perf_counter() - start, out, service.device)


def finished(service: LandscapeService, survey: Survey) -> Snapshot:
    """The complete snapshot of a survey, after as long as it takes.

    Raises:
        LandscapeError: it failed.
    """
    title = f"{survey.run} {survey.split}"
    with tqdm(total=survey.lattice.size, desc=title, unit="point", smoothing=0.1, bar_format=BAR) as bar:
        for snapshot in service.unfolding(survey):
            progress = snapshot.progress
            bar.initial = progress.reused
            bar.update(progress.share * progress.total - bar.n)
    return snapshot


def single(service: LandscapeService, survey: Survey) -> dict[str, np.ndarray]:
    """The arrays of a surface file that have an axis of examples; named after the data's split."""
    names = (f"{survey.query.data.split}_{name}" for name in ("losses", "correct", "labels"))
    return dict(zip(names, service.losses(survey), strict=True))


def report(done: list[Snapshot], precision: Precision, seconds: float, out: Path | None, device: str) -> Report:
    """The sums over all queries."""
    steps = [snapshot.progress for snapshot in done]
    return Report(
        points=sum(step.total for step in steps),
        evaluated=sum(step.evaluated for step in steps),
        reused=sum(step.reused for step in steps),
        interpolated=sum(int(snapshot.interpolated.sum()) for snapshot in done),
        nonfinite=sum(step.nonfinite for step in steps),
        passes=sum(step.passes for step in steps),
        standard_error=steps[-1].standard_error,
        seconds=round(seconds, 3),
        device=next((step.device for step in steps if step.device), device),
        precision=precision,
        out=None if out is None else str(out),
    )
