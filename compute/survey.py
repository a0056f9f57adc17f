"""Asks one question without a browser, with a progress bar, and writes the answer to a file."""

from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import numpy as np
from tqdm import tqdm

from compute.errors import LandscapeError
from compute.lattice import Lattice
from compute.service import LandscapeService
from compute.snapshot import JobState, Snapshot
from compute.specs import SCHEMA, Query, Survey
from compute.store.paper import ABSENT, write_surface


@dataclass(frozen=True, slots=True)
class Report:
    """What a survey did: the line of JSON at the end of standard output.

    `points` counts every point of every data set asked for; of them `evaluated` were computed now, `reused` came from
    the cache, `interpolated` were predicted; `nonfinite` losses are NaN or infinite.
    """

    points: int
    evaluated: int
    reused: int
    interpolated: int
    nonfinite: int
    seconds: float
    device: str
    precision: str
    out: str | None


def run(
    service: LandscapeService, queries: list[Query], lattice: Lattice, out: Path | None, tolerance: float = 0.0
) -> Report:
    """Computes every query on a lattice, one after another, and writes each when it is complete.

    Raises:
        LandscapeError: a query cannot be answered; what was computed stays in the cache.
    """
    start, done = perf_counter(), []
    for query in queries:
        done.append(finished(service, Survey(query, lattice, tolerance)))
        if out is not None:
            write_surface(out, lattice, columns(done[-1]), provenance(query), query.key)
    return report(done, perf_counter() - start, out, service.device)


def finished(service: LandscapeService, survey: Survey) -> Snapshot:
    """The complete snapshot of a survey, after as long as it takes.

    Raises:
        LandscapeError: it failed.
    """
    query = survey.query
    service.open(survey)
    title = f"{query.model.run} {query.data.split}"
    with tqdm(total=survey.lattice.size, desc=title, unit="point", smoothing=0.1) as bar:
        version = 0
        while True:
            version = service.wait(version, timeout=1.0)
            progress = service.snapshot(survey).progress
            bar.initial = progress.reused
            bar.update(progress.done - bar.n)
            if progress.state is JobState.FAILED:
                raise LandscapeError(progress.error or "The survey failed.")
            if progress.state is JobState.DONE:
                return service.snapshot(survey)


def columns(snapshot: Snapshot) -> dict[str, np.ndarray]:
    """The arrays of a surface file: loss, accuracy in percent, what is interpolated; named after the data's split."""
    split = snapshot.survey.query.data.split
    arrays = {f"{split}_loss": snapshot.loss, f"{split}_acc": snapshot.accuracy * 100}
    settled = snapshot.known | snapshot.interpolated
    columns = {name: np.where(settled, array, ABSENT) for name, array in arrays.items()}
    return columns | {f"{split}_interpolated": snapshot.interpolated}


def provenance(query: Query) -> dict[str, object]:
    """What a surface file's numbers depend on, but for the data, of which one file may hold several splits."""
    model = query.model.identity() | {"run": query.model.run, "step": query.model.step}
    return {"model": model, "plane": query.plane.identity(), "precision": query.precision, "schema": SCHEMA}


def report(done: list[Snapshot], seconds: float, out: Path | None, device: str) -> Report:
    """The sums over all queries."""
    steps = [snapshot.progress for snapshot in done]
    return Report(
        points=sum(step.total for step in steps),
        evaluated=sum(step.evaluated for step in steps),
        reused=sum(step.reused for step in steps),
        interpolated=sum(int(snapshot.interpolated.sum()) for snapshot in done),
        nonfinite=sum(step.nonfinite for step in steps),
        seconds=round(seconds, 3),
        device=next((step.device for step in steps if step.device), device),
        precision=done[0].survey.query.precision,
        out=None if out is None else str(out),
    )
