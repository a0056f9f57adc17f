"""The commands that compute what stands on a page without it."""

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import Blueprint, Response, jsonify, request

from compute.errors import LandscapeError
from compute.lattice import Lattice
from compute.settings import Settings, option
from compute.specs import (
    Imported,
    Mean,
    ModelRef,
    OneClass,
    PlaneRef,
    Quantile,
    RandomPlane,
    Segment,
    Statistic,
    StoredPlane,
    Surface,
    Survey,
    ThroughPlane,
    TrajectoryPlane,
)
from compute.trajectory import since
from viewer.charts import found
from viewer.drawing import problem
from viewer.profile import ProfileState
from viewer.screen import screen
from viewer.state import ViewState
from viewer.titles import title_of
from viewer.trajectory_screen import trajectory_screen
from viewer.trajectory_state import TrajectoryState

if TYPE_CHECKING:
    from compute.service import LandscapeService

LEFT_OUT = frozenset({"host", "port", "cache_gib", "upload_mib", "tolerance", "threads", "in_flight"})
"""Settings on which no number depends, and the tolerance, which each surface has of its own."""


@dataclass(frozen=True, slots=True)
class Command:
    """What a line computes, in words, and the line; a sentence in its place where no command does that."""

    title: str
    line: str = ""
    sentence: str = ""


def blueprint(service: "LandscapeService", settings: Settings, studies: Sequence[Path]) -> Blueprint:
    """The routes: a page's address in, its commands out, or the one that prints its figure."""
    routes = Blueprint("commands", __name__)
    routes.register_error_handler(LandscapeError, problem)
    common = options(settings, studies)

    @routes.get("/api/commands")
    def commands() -> Response:
        found = page_commands(service, request.args.get("link", ""), common)
        return jsonify([{"title": one.title, "line": one.line, "sentence": one.sentence} for one in found])

    @routes.get("/api/commands/print")
    def print_command() -> Response:
        asked = request.args
        more = [part for name in ("inches", "points") if name in asked for part in (f"--{name}", asked[name])]
        more += [f"--{name}" for name in ("letters", "transparent") if name in asked]
        return jsonify(line=export_line(asked.get("link", ""), asked.get("out", "figure.pdf"), more, common))

    return routes


def export_line(link: str, out: str, more: Sequence[str], common: Sequence[str]) -> str:
    """The line that writes what stands at a link into a file.

    Example:
        >>> export_line("/?models=mlp", "a.pdf", ["--inches", "3.3"], [])
        "python run.py export '/?models=mlp' --inches 3.3 --out a.pdf"
    """
    return written(["export", link, *more, "--out", out, *common])


def page_commands(service: "LandscapeService", link: str, common: Sequence[str]) -> list[Command]:
    """The command that draws a page's figure, and one for the numbers of each of its surfaces or lines."""
    try:
        parts = urlsplit(link)
    except ValueError:
        return []
    surveys = dict.fromkeys(SURVEYS.get(parts.path, explored)(service, parts.query))
    if not surveys:
        return []
    figure = export_line(f"{parts.path}?{parts.query}", "figure.png", (), common)
    return [Command("The figure", figure), *(numbers(service, survey, common) for survey in surveys)]


def numbers(service: "LandscapeService", survey: Surface, common: Sequence[str]) -> Command:
    """The command that computes a survey."""
    heading = f"The numbers of {title_of(service, survey.run)}"
    if isinstance(survey, Imported):
        return Command(heading, sentence=f"They were imported from {survey.file}: nothing is computed.")
    try:
        return Command(heading, written([*survey_arguments(service, survey), *common]))
    except LandscapeError as reason:
        return Command(heading, sentence=str(reason))


def survey_arguments(service: "LandscapeService", survey: Survey) -> list[str]:
    """What follows `run.py` where a survey is computed.

    Raises:
        LandscapeError: no command computes it.
    """
    query, model = survey.query, survey.query.model
    if query.measure == "gradient":
        raise LandscapeError("The gradient norm is computed on the page alone: save its numbers with Export, HDF5.")
    if model.rescale != 1:
        raise LandscapeError("Rescaled layers are computed on the page alone: save the numbers with Export, HDF5.")
    said = statistic(survey.statistic)
    return [
        *("survey", named(service, model)),
        *("--data", f"{query.data.split}:{query.data.size}"),
        *("--plane", plane(service, query.plane)),
        *ranges(survey.lattice),
        *(["--tolerance", f"{survey.tolerance!r}"] if survey.tolerance else []),
        *(["--precision", query.precision] if query.precision != "exact" else []),
        *(["--statistic", said] if said != "mean" else []),
        *("--out", f"{model.run.rpartition(':')[2]}.h5"),
    ]


def ranges(lattice: Lattice) -> list[str]:
    """Range and level of a lattice.

    Example:
        >>> ranges(Lattice.spanning(4, (-1, 1), (-0.5, 1))), ranges(Lattice.spanning(7, (-0.25, 1.25)))
        (['--x=-1.0:1.0', '--y=-0.5:1.0', '--level', '4'], ['--x=-0.25:1.25', '--y=0.0:0.0', '--level', '7'])
    """
    step = 2.0**-lattice.level
    sides = {"x": lattice.x, "y": lattice.y}
    return [
        *(f"--{axis}={low * step!r}:{high * step!r}" for axis, (low, high) in sides.items()),
        "--level",
        f"{lattice.level}",
    ]


def named(service: "LandscapeService", model: ModelRef) -> str:
    """A network as a command names it: its run, with its epoch if others came later."""
    steps = service.steps(model.run)
    if model.digest == steps[-1].digest:
        return model.run
    if model.step is None:
        raise LandscapeError(f"A checkpoint is named by its epoch, which {Path(model.path).name} does not tell.")
    return f"{model.run}@{model.step}"


def statistic(said: Statistic) -> str:
    """A statistic as a command names it.

    Example:
        >>> statistic(Mean()), statistic(OneClass(3)), statistic(Quantile(0.9))
        ('mean', 'class:3', 'quantile:0.9')
    """
    if isinstance(said, Mean):
        return "mean"
    if isinstance(said, OneClass):
        return f"class:{said.label}"
    return f"quantile:{said.share:g}" if isinstance(said, Quantile) else f"tempered:{said.temperature:g}"


def plane(service: "LandscapeService", ref: PlaneRef) -> str:
    """A plane or a line as a command names it.

    Raises:
        LandscapeError: no command does.
    """
    if isinstance(ref, RandomPlane):
        ignored = f",ignore={ref.ignore}" if ref.ignore != "biasbn" else ""
        return f"random:seed={ref.seed},norm={ref.norm}{ignored}{only(ref.only)}"
    if isinstance(ref, StoredPlane):
        return f"file:{ref.path}"
    if isinstance(ref, ThroughPlane):
        others = ",".join(named(service, model) for model in ref.models)
        return f"through:{others}" + (f",seed={ref.seed}" if ref.third is None else "")
    if isinstance(ref, Segment):
        part = f",part={ref.part}" if ref.part else ""
        return f"segment:{named(service, ref.end)},statistics={ref.statistics}{part}"
    if isinstance(ref, TrajectoryPlane):
        return trajectory(service, ref)
    raise LandscapeError("A cut is computed on the page alone: save its numbers with Export, HDF5.")


def trajectory(service: "LandscapeService", ref: TrajectoryPlane) -> str:
    """The plane of some runs' checkpoints from an epoch on, if it is one.

    Raises:
        LandscapeError: the plane leaves out others.
    """
    runs = list(dict.fromkeys(model.run for model in ref.checkpoints))
    skip = int(min((model.step or 0) for model in ref.checkpoints))
    if set(since([step for run in runs for step in service.steps(run)], skip)) != set(ref.checkpoints):
        raise LandscapeError("The plane was fitted before further checkpoints came: fit it again for a command.")
    ignored = f",ignore={ref.ignore}" if ref.ignore != "none" else ""
    return f"trajectory:skip={skip},runs={'+'.join(runs)}{ignored}{only(ref.only)}"


def only(patterns: str) -> str:
    """The option that names the only parameters to move, where there are such."""
    return f",only={patterns}" if patterns else ""


def options(settings: Settings, studies: Sequence[Path]) -> list[str]:
    """The settings that differ from their defaults and on which numbers depend, and the studies.

    Example:
        >>> options(Settings(port=9000, datasets_dir=Path("/data")), [Path("/me/mine.py")])
        ['--datasets-dir', '/data', '--study', '/me/mine.py']
    """
    found: list[str] = []
    for row in fields(Settings):
        value = getattr(settings, row.name)
        if row.name not in LEFT_OUT and value != row.default:
            found += [option(row.name), str(value.absolute() if isinstance(value, Path) else value)]
    return found + [part for path in studies for part in ("--study", str(path.absolute()))]


def written(arguments: Sequence[str]) -> str:
    """A line for a shell."""
    return "python run.py " + shlex.join(arguments)


def explored(service: "LandscapeService", query: str) -> Sequence[Surface]:
    """What stands on Explore."""
    return screen(service, ViewState.read(query).state).surveys


def walked(service: "LandscapeService", query: str) -> Sequence[Surface]:
    """The surfaces on Trajectory, without the losses of single checkpoints."""
    shown = trajectory_screen(service, TrajectoryState.read(query).state)
    return [shown.survey] if shown.survey else [one for one in shown.surveys if one.lattice.size > 1]


def profiled(service: "LandscapeService", query: str) -> Sequence[Surface]:
    """The lines on Profile."""
    return found(service, ProfileState.read(query).state).surveys


SURVEYS: Mapping[str, Callable[["LandscapeService", str], Sequence[Surface]]] = {
    "/": explored,
    "/trajectory/": walked,
    "/profile/": profiled,
}
"""What is computed on a page, by its path."""
