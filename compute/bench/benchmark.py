"""The cases one after another, and what they say together."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from compute.bench.adaptive import LATTICE
from compute.bench.cases import CASES, Folders, case, known
from compute.bench.contestants import Processes, processes
from compute.bench.machine import machine
from compute.bench.race import QUICK, Effort, race
from compute.bench.report import Row, answers, row, table
from compute.bench.responsiveness import Answers, responsiveness
from compute.errors import LandscapeError
from compute.zoo.files import written

Report = dict[str, object]


def run(
    names: Sequence[str],
    effort: Effort,
    device: str,
    found: Path,
    write: Callable[[str], object],
    out: Path | None = None,
) -> Report:
    """Times cases, all of them if none is named, then the server; writes each when it is there, and a line of JSON.

    Args:
        names: of the cases.
        effort: how much is timed.
        device: "auto", "cpu", "cuda" or "cuda:1".
        found: the folder where others' images and weights may lie.
        write: takes text.
        out: a file for the JSON, too.

    Raises:
        UnknownName: there is no such case.
        LandscapeError: the machine has no such device, or the file cannot be written.
    """
    chosen = [known(name) for name in names] or list(CASES)
    if out is not None and not out.parent.is_dir():
        raise LandscapeError(f"The report needs a folder, there is none at {out.parent}: choose another with --json.")
    with TemporaryDirectory() as scratch:
        with processes(device) as where:
            told, rows = machine(where), []
            write(f"{told['cpu']}, {told['cores']} cores, {told['device']}, torch {told['torch']}\n\n")
            for name in chosen:
                rows.append(timed(name, effort, where, Folders(found, Path(scratch))))
                write(table(rows[-1], bool(told["bfloat16"])))
        answered = served(device, effort, Path(scratch), write)
    report: Report = {"machine": told, "cases": rows, "responsiveness": answered}
    write(json.dumps(report, allow_nan=False) + "\n")
    if out is not None:
        save(report, out)
    return report


def timed(name: str, effort: Effort, where: Processes, folders: Folders) -> Row:
    """The figures of a case, from a scratch folder of its own."""
    scratch = folders.scratch / name
    scratch.mkdir(exist_ok=True)
    return {"case": name, **row(race(case(name, replace(folders, scratch=scratch)), effort, where, scratch))}


def served(device: str, effort: Effort, scratch: Path, write: Callable[[str], object]) -> Answers | None:
    """How fast the server answers; None, and why, where that cannot be measured."""
    try:
        found = responsiveness(device, effort.requests, scratch)
    except LandscapeError as problem:
        write(f"How fast the server answers is left out: {problem}\n\n")
        return None
    write(answers(found))
    return found


def effort(quick: bool, repetitions: int | None, whole: bool) -> Effort:
    """How much is timed, in the words of the command line.

    Raises:
        LandscapeError: there are no repetitions.
    """
    chosen = QUICK if quick else Effort()
    if repetitions is not None and repetitions < 1:
        raise LandscapeError(f"A benchmark needs at least one repetition, got {repetitions}: name more.")
    if whole:
        chosen = replace(chosen, checked=LATTICE.size)
    return chosen if repetitions is None else replace(chosen, repetitions=repetitions)


def save(report: Report, path: Path) -> None:
    """Writes a report, the whole file or none.

    Raises:
        LandscapeError: the file cannot be written.
    """
    try:
        with written(path) as draft:
            draft.write_text(json.dumps(report, indent=1, allow_nan=False) + "\n")
    except OSError as problem:
        raise LandscapeError(
            f"The report needs a file it can write, got {path} ({problem}): choose another."
        ) from problem
