"""Loss Atlas: reads the command line and hands over."""

import argparse
import json
import logging
import os
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import NoReturn

from compute.errors import BadReference, LandscapeError
from compute.settings import LOG, ROOT, Settings, check, described, option
from compute.stopping import stop_on_signals

log = logging.getLogger("run")

DATA = Path(os.environ.get("LOSS_ATLAS_TEST_DATA", ROOT.parent / "shared" / "data"))
"""Where images and weights of others lie, on machines that have them; only `bench` looks there."""

TOKEN = "LOSS_ATLAS_TOKEN"
"""The environment variable that may hold the token which browsers need; no option, for other users see those."""

LONGEST = 600
"""Characters of what is said of a command line's mistake."""
LOG_LIMIT = 8 * 2**20
"""Bytes of the log file above which it is begun anew."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; gives 0, or 2 after a sentence about what was wrong with the input."""
    try:
        options = parser().parse_args(arguments)
        start_logging(options.verbose, options.cache_dir / LOG)
        settings(options)  # also for commands that need few of them
        return options.run(options)
    except KeyboardInterrupt:
        sys.stderr.write("\nrun.py: stopped; what was computed is kept, and the same command goes on from there.\n")
        return 130
    except Exception as problem:  # no command ends in a traceback
        log.info("refused", exc_info=problem)
        sys.stderr.write(f"run.py: {sentence(problem)}\n")
        return 2


def sentence(problem: Exception) -> str:
    """What went wrong, in one line."""
    if isinstance(problem, LandscapeError):
        said = str(problem)
    elif isinstance(problem, OSError) and problem.filename is not None:
        said = f"{problem.filename} should be a file or folder that can be used, but is not ({problem.strerror}): "
        said += "choose another."
    else:
        said = (
            f"The command ended unexpectedly ({type(problem).__name__}: {problem}): run it with --verbose to see where."
        )
    return " ".join(said.split())


class Brief(logging.Formatter):
    """Log lines without tracebacks, which the log file has."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        bare = logging.makeLogRecord({**record.__dict__, "exc_info": None, "exc_text": None, "stack_info": None})
        return " ".join(super().format(bare).split())


class LogFile(logging.FileHandler):
    """A log file that is written where that is possible."""

    def emit(self, record: logging.LogRecord) -> None:
        """Writes a line, where the file can be opened."""
        with suppress(OSError):
            super().emit(record)

    def handleError(self, record: logging.LogRecord) -> None:
        """Nothing: a log that cannot be written is no reason to stop."""


def start_logging(verbose: bool, path: Path) -> None:
    """Warnings to stderr, more and with tracebacks to a file; with `verbose` everything to stderr."""
    line = "%(levelname)s %(name)s %(message)s"
    if verbose:
        logging.basicConfig(level=logging.DEBUG, format=line)
        return
    with suppress(OSError):
        if path.stat().st_size > LOG_LIMIT:
            path.unlink()
    shown, kept = logging.StreamHandler(), LogFile(path, encoding="utf-8", delay=True)
    shown.setLevel(logging.WARNING)
    shown.setFormatter(Brief(line))
    kept.setFormatter(logging.Formatter(f"%(asctime)s {line}"))
    logging.basicConfig(level=logging.INFO, handlers=[shown, kept])


class Parser(argparse.ArgumentParser):
    """A command line whose mistakes are told in one sentence."""

    def error(self, message: str) -> NoReturn:
        """Ends the program with code 2."""
        said = " ".join(message.split())
        said = said if len(said) <= LONGEST else f"{said[:LONGEST]}…"
        self.exit(2, f"run.py: {said[:1].upper()}{said[1:]}: see `python {self.prog} --help`.\n")


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = Parser(prog="run.py", description="Interactive loss landscapes of neural networks. Without a command: serve.")
    top.add_argument("--verbose", action="store_true", help="log everything")
    add_settings(top)
    add_studies(top, [])
    top.set_defaults(run=serve)
    commands = top.add_subparsers(title="commands", metavar="COMMAND")
    builders = (serve_parser, train_parser, fetch_parser, survey_parser, export_parser, import_parser, bench_parser)
    for build in (*builders, doctor_parser):
        build(commands)
    return top


Commands = "argparse._SubParsersAction[argparse.ArgumentParser]"


def add_settings(target: argparse.ArgumentParser, repeated: bool = False) -> None:
    """One option for each row of the settings table; `repeated` lets a command's own option override the first."""
    for name, default, text in described():
        unset = argparse.SUPPRESS if repeated else default
        kind = folder if isinstance(default, Path) else type(default)
        target.add_argument(option(name), type=kind, default=unset, help=f"{text} (default: {default})")


def folder(text: str) -> Path:
    """A folder that is named.

    Raises:
        argparse.ArgumentTypeError: it is not, which Python reads as the folder where one is.
    """
    if not text.strip():
        raise argparse.ArgumentTypeError("a folder should be named, got nothing")
    return Path(text)


def add_studies(target: argparse.ArgumentParser, unset: object) -> None:
    """The option that names a user's own Python files, the only ones that are ever run."""
    target.add_argument(
        "--study",
        type=Path,
        action="append",
        default=unset,
        metavar="FILE.py",
        help="a Python file of yours with model, data, loss and checkpoints; it is run. May be repeated",
    )


def settings(options: argparse.Namespace) -> Settings:
    """The settings that a command line gives.

    Raises:
        LandscapeError: one of them cannot be.
    """
    found = Settings(**{name: getattr(options, name) for name, _, _ in described()})
    check(found)
    return found


def command(
    commands: Commands, name: str, run: Callable[[argparse.Namespace], int], text: str
) -> argparse.ArgumentParser:
    """A new command that takes every setting too."""
    made: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text)
    made.set_defaults(run=run)
    made.add_argument("--verbose", action="store_true", default=argparse.SUPPRESS, help="log everything")
    add_settings(made, repeated=True)
    add_studies(made, argparse.SUPPRESS)
    return made


def serve_parser(commands: Commands) -> None:
    """`serve`."""
    command(commands, "serve", serve, "Open the application on localhost (the default).")


def train_parser(commands: Commands) -> None:
    """`train NAME...`."""
    made = command(
        commands, "train", train, "Train networks of the zoo; an interrupted training run goes on where it was."
    )
    made.add_argument("names", nargs="*", metavar="NAME", help="a recipe, such as resnet20 or mlp")
    made.add_argument("--list", action="store_true", help="show all recipes, and which are trained already")
    made.add_argument("--out", type=Path, help="folder for the runs (default: the checkpoint folder)")
    made.add_argument("--epochs", type=int, help="train this long instead of as long as the recipe says")
    made.add_argument("--seed", type=int, help="another seed than the recipe's")
    made.add_argument(
        "--precision",
        help="float32, or bfloat16 or float16 for what the forward pass computes in (default: the recipe's)",
    )
    made.add_argument("--storage", choices=["float32", "float16"], default="float32", help="how weights are stored")
    made.add_argument(
        "--keep",
        default="epochs",
        metavar="RULE",
        help="which weights: epochs (the default: after each), COUNT (so many, evenly spread; 1 keeps the last), "
        "steps:N (every N steps), log:COUNT (so many, each the same multiple of the one before)",
    )
    made.add_argument("--force", action="store_true", help="train anew what is already trained")
    made.add_argument(
        "--data",
        type=Path,
        metavar="FILE.npz",
        help="images to train on instead of the recipe's: x_train, y_train, x_test, y_test",
    )
    made.add_argument(
        "--together", action="store_true", help="train all side by side, in as many epochs as fit into --minutes"
    )
    made.add_argument("--minutes", type=float, metavar="M", help="how long --together may take, all in all")


def fetch_parser(commands: Commands) -> None:
    """`fetch NAME...`."""
    made = command(commands, "fetch", fetch, "Download data sets: cifar10, cifar100, mnist, fashion-mnist.")
    made.add_argument("names", nargs="+", metavar="NAME", help="a data set, such as cifar10")


def survey_parser(commands: Commands) -> None:
    """`survey MODEL`."""
    made = command(commands, "survey", survey, "Compute a surface without a browser; the last line is JSON.")
    made.add_argument(
        "model",
        nargs="?",
        metavar="MODEL",
        help="a run of the gallery or the checkpoint folder; RUN@EPOCH before its end",
    )
    made.add_argument("--checkpoint", type=Path, metavar="FILE", help="weights of your own instead of a MODEL")
    made.add_argument("--architecture", metavar="NAME", help="the zoo's name of the checkpoint's architecture")
    made.add_argument(
        "--data",
        action="append",
        metavar="NAME:SPLIT:SIZE",
        help="train:512 (the default: the first of the data that a MODEL was trained on; of a checkpoint "
        "digits:train:512); cifar10:train:512, once fetched; npz:FILE.npz:SPLIT:SIZE; "
        "folder:DIR:SPLIT:SIZE; text:FILE.txt:SPLIT:SIZE; with ,noise=0.2,noise_seed=3 a share of wrong labels; may be "
        "repeated",
    )
    made.add_argument("--mean", metavar="R,G,B", help="subtracted from npz pixels scaled to [0, 1]")
    made.add_argument("--std", metavar="R,G,B", help="divides them")
    made.add_argument(
        "--plane",
        default="random:seed=0,norm=filter",
        help="the default is %(default)s, with ignore=biasbn+frozen+PATTERN (parameters left alone) and "
        "only=PATTERN+PATTERN (no others move); file:DIRECTIONS.h5; trajectory:skip=EPOCHS,runs=RUN+RUN (where "
        "checkpoints vary most); through:RUN@EPOCH,RUN@EPOCH (one or two networks beside the model); or the line "
        "segment:RUN[@EPOCH],statistics=interpolated (frozen, recomputed), part=LAYER",
    )
    made.add_argument("--x", default="-1:1", metavar="LOW:HIGH", help="range of alpha (default: -1:1)")
    made.add_argument("--y", metavar="LOW:HIGH", help="range of beta (default: -1:1, or nothing for a line)")
    made.add_argument("--level", type=int, default=5, help="points are 2^-LEVEL apart (default: 5)")
    made.add_argument(
        "--precision",
        default="exact",
        help="exact (float32 without TF32), fast (bfloat16 where native) or reference (float64)",
    )
    made.add_argument(
        "--statistic",
        default="mean",
        help="mean (the default), class:LABEL, quantile:SHARE or tempered:TEMPERATURE of the examples' losses",
    )
    made.add_argument("--every-example", action="store_true", help="write the loss of each example, too")
    made.add_argument(
        "--track",
        type=Path,
        metavar="FILE.csv",
        help="write where the checkpoints lie, and the loss of each",
    )
    made.add_argument("--exact", action="store_true", help="compute every point, interpolate none")
    made.add_argument(
        "--out", type=Path, metavar="FILE.h5", help="where to write the surface (the paper's HDF5 layout)"
    )


def import_parser(commands: Commands) -> None:
    """`import FILE...`."""
    made = command(commands, "import", take_in, "Take in surfaces that others computed; a line of JSON for each.")
    made.add_argument(
        "files",
        nargs="+",
        type=Path,
        metavar="FILE",
        help="HDF5 in the layout of the paper's public code (a curve of its 1-D scripts, too), a NumPy archive or "
        "array, or a table",
    )
    made.add_argument("--x", metavar="LOW:HIGH", help="range of the columns of an array that has no axes")
    made.add_argument("--y", metavar="LOW:HIGH", help="range of its rows, the first row being LOW")
    made.add_argument(
        "--accuracy",
        choices=["percent", "share"],
        default="",
        help="the unit of accuracies (default: acc in percent, accuracy as a share, unless the numbers say otherwise)",
    )
    made.add_argument("--name", help="what to call them (default: after the file)")


def export_parser(commands: Commands) -> None:
    """`export LINK`."""
    made = command(commands, "export", export, "Write what a link shows to files; the last line is JSON.")
    made.add_argument(
        "link",
        metavar="LINK",
        help="a page's address, as in /profile/?models=vgg9-bs128 or /trajectory/?models=resnet20, or Explore's query, "
        "as in models=resnet56&view=both",
    )
    made.add_argument(
        "--out",
        type=Path,
        action="append",
        required=True,
        metavar="FILE",
        help="its ending chooses: png svg pdf webp html (all figures as one), txt (a caption), bib; h5 npz csv vtk glb "
        "obj ply stl (a file for each model, {run} in its name is the model's; of a trajectory the surface, and in "
        "another file the track); of a trajectory gif; may be repeated",
    )
    made.add_argument("--width", type=int, metavar="PIXELS", help="of the picture (default: 960 for each figure)")
    made.add_argument("--height", type=int, metavar="PIXELS", help="of the picture (default: 720 for each figure)")
    made.add_argument("--scale", type=float, default=2.0, help="multiplies the pixels of png and webp (default: 2)")
    made.add_argument(
        "--inches",
        type=float,
        metavar="W",
        help="width in print instead: 3.3 for a column, 6.9 for a page, 13.333 for a slide",
    )
    made.add_argument("--points", type=float, default=8.0, help="size of the type in print (default: 8)")
    made.add_argument("--letters", action="store_true", help="put (a), (b) ... before the titles")
    made.add_argument("--transparent", action="store_true", help="leave out the background")
    made.add_argument("--scheme", choices=["light", "dark"], default="light", help="colours (default: light)")


def bench_parser(commands: Commands) -> None:
    """`bench`."""
    made = command(commands, "bench", bench, "Time this machine beside the plain loop; the last line is JSON.")
    made.add_argument("--case", action="append", default=[], metavar="NAME", help="one of the cases; may be repeated")
    made.add_argument("--quick", action="store_true", help="less of everything, and no adaptive surface")
    made.add_argument("--repetitions", type=int, metavar="N", help="rounds of all contestants (default: 5)")
    made.add_argument("--whole", action="store_true", help="check every point of the adaptive surface, not 40")
    made.add_argument("--images", type=Path, default=DATA, help="folder of cifar10_clean.npz (default: %(default)s)")
    made.add_argument("--json", type=Path, metavar="FILE", help="where to write the JSON too")


def doctor_parser(commands: Commands) -> None:
    """`doctor`."""
    text = (
        "Say whether this machine has what the program needs; ends with 0 if all is well, 1 after a warning, 2 if not."
    )
    made = command(commands, "doctor", doctor, text)
    made.add_argument(
        "--repair", action="store_true", help="keep what can be read of a damaged cache, and remove the rest"
    )


def serve(options: argparse.Namespace) -> int:
    """Opens the application."""
    from compute.service import PATIENCE, open_service  # each command loads only what it needs
    from viewer import app

    chosen, token = settings(options), os.environ.pop(TOKEN, "")  # which what a worker runs need not know
    service = open_service(chosen, options.study, PATIENCE)
    try:
        stop_on_signals(service.dismiss)  # or the server would wait for the tabs that listen
        app.serve(app.build(service, chosen, token, options.study), chosen, announce)
    finally:
        service.close()
    return 0


def announce(addresses: Sequence[str], shared: bool) -> None:
    """Tells where the application is, and warns where other machines can connect."""
    sys.stdout.write(f"Loss Atlas is at {addresses[0]} (Ctrl-C stops it; what was computed is kept)\n")
    sys.stdout.writelines(f"and at {address}\n" for address in addresses[1:])
    if shared:
        sys.stdout.write(
            "Warning: other machines can connect, and whoever has the token of this address can do all that its pages "
            'can, over a connection that is not encrypted: see "From another machine" in README.md for a safer way.\n'
        )
    sys.stdout.flush()


def train(options: argparse.Namespace) -> int:
    """Trains runs of the zoo, or shows what there is to train."""
    if options.list or not options.names:
        from compute.zoo.listing import table
        from compute.zoo.recipes import RECIPES

        sys.stdout.write(table(RECIPES, [options.gallery_dir, options.out or options.checkpoint_dir]))
        return 0
    started = time.perf_counter()
    if options.together != (options.minutes is not None):
        raise BadReference("Training side by side needs --together and --minutes, but one of them came: give both.")
    from compute.jobs.device import available

    how = {
        "storage": options.storage,
        "keep": options.keep,
        "force": options.force,
        "device": available(options.device)[0],
        "datasets_dir": options.datasets_dir,
    }
    what = {"epochs": options.epochs, "seed": options.seed, "precision": options.precision, "archive": options.data}
    out_dir = options.out or options.checkpoint_dir
    if not options.together:
        from compute.zoo.training import train_named

        train_named(options.names, out_dir, **what, **how)
        return 0
    from compute.zoo.together import train_names_together

    train_names_together(options.names, out_dir, options.minutes, **what, **how, started=started)
    return 0


def fetch(options: argparse.Namespace) -> int:
    """Downloads data sets, and tells where they are."""
    from compute.zoo import downloads

    for name in options.names:
        sys.stdout.write(f"{name} is in {downloads.fetch(name, options.datasets_dir)}\n")
    return 0


def survey(options: argparse.Namespace) -> int:
    """Computes a surface and prints a line of JSON."""
    from compute import request as words
    from compute import survey as surveys
    from compute.lattice import Lattice
    from compute.service import open_service
    from compute.specs import Survey

    chosen = settings(options)
    breadth = words.interval(options.y or words.breadth(options.plane))
    lattice = Lattice.spanning(options.level, words.interval(options.x), breadth)
    asked = words.Request(**{field.name: getattr(options, field.name) for field in fields(words.Request)})
    folders = [chosen.gallery_dir, chosen.checkpoint_dir]
    tolerance = 0.0 if options.exact else chosen.tolerance
    data = options.data or ["train:512" if asked.of_run or asked.own else "digits:train:512"]
    there = chosen.datasets_dir
    queries = [] if asked.own else [asked.query(text, folders, there) for text in data]
    # No server needs a core.
    service = open_service(replace(chosen, threads=chosen.threads or os.cpu_count() or 1), options.study)
    try:
        queries = queries or [asked.query_of(service, text) for text in data]
        wanted = [Survey(query, lattice, tolerance, asked.said(query)) for query in queries]
        report = surveys.run(service, wanted, options.out, options.every_example, options.track)
    finally:
        service.close()
    sys.stdout.write(json.dumps(asdict(report)) + "\n")
    return 0


def take_in(options: argparse.Namespace) -> int:
    """Takes in surfaces, prints a line of JSON for each, and tells how to see them."""
    from compute import taking
    from compute.jobs.reading import read_alone
    from compute.request import interval
    from compute.store.found import Options
    from compute.store.shelf import Shelf
    from viewer.listening import resolve

    x, y = (interval(text) if text else None for text in (options.x, options.y))
    said = Options(x, y, options.accuracy)
    shelf, runs = Shelf(options.imports_dir, read_alone), []
    for file in options.files:
        report = taking.take_in(shelf, file, options.name, said)
        runs.append(report.run)
        sys.stdout.write(json.dumps(asdict(report)) + "\n")
        sys.stdout.flush()
    link = f"{resolve(options.host).urls(options.port)[0]}/?models={','.join(list(dict.fromkeys(runs))[:4])}"
    sys.stderr.write(f"To see it, run `python run.py` and open {link}\n")
    return 0


def export(options: argparse.Namespace) -> int:
    """Writes files of a view and prints a line of JSON that names them."""
    from compute import request as words
    from compute import survey as surveys
    from compute.service import open_service
    from viewer import export as exports

    chosen = settings(options)
    paper = exports.Paper(**{field.name: getattr(options, field.name) for field in fields(exports.Paper)})
    wished = exports.wish(options.link, options.out, paper)
    runs = (name.partition("@")[0] for name in wished.state.models)
    words.check_runs(runs, [chosen.gallery_dir, chosen.checkpoint_dir])
    service = open_service(replace(chosen, threads=chosen.threads or os.cpu_count() or 1), options.study)
    try:
        written = exports.export(service, wished, lambda survey: surveys.finished(service, survey))
    finally:
        service.close()
    sys.stdout.write(json.dumps({"files": [str(path) for path in written]}) + "\n")
    return 0


def bench(options: argparse.Namespace) -> int:
    """Times the engine and the plain loop, and prints tables and a line of JSON."""
    from compute.bench import benchmark

    effort = benchmark.effort(options.quick, options.repetitions, options.whole)
    benchmark.run(options.case, effort, options.device, options.images, sys.stdout.write, options.json)
    return 0


def doctor(options: argparse.Namespace) -> int:
    """Prints a line for each part, and gives how bad the worst one is."""
    from compute.doctor import Finding, Level, findings
    from viewer import printing

    path = printing.browser_path()
    browser = Finding(Level.GOOD, f"Pictures are drawn by {path}")
    if path is None:
        browser = Finding(
            Level.WARNING, "PDF, and pictures of `run.py export`, need Chromium or Chrome, none was found: install one."
        )
    worst = Level.GOOD
    for found in (*findings(settings(options), options.repair), browser):
        sys.stdout.write(f"{found.level.name.lower():8}{found.text}\n")
        worst = max(worst, found.level)
    return int(worst)


if __name__ == "__main__":
    stop_on_signals()
    sys.exit(main())
