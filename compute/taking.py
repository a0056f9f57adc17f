"""Takes in a surface from a file, without a browser, and says what it is."""

from dataclasses import dataclass
from pathlib import Path

from compute.errors import BadSurface
from compute.minima import minima
from compute.settings import IMPORT_LIMIT
from compute.store.found import Options
from compute.store.shelf import Shelf


@dataclass(frozen=True, slots=True)
class Report:
    """What was taken in: the line of JSON of `run.py import`.

    `shape` is rows and columns, a single row being a curve; `splits` the data that was measured on, "" where the file
    does not say; `quantities` what was measured on the first; `absent` how many of its points the file lacks, and
    `nonfinite` how many are NaN or infinite; `minima` counts the local minima of its loss, None where there is
    none; `notes` are sentences on what was made of the file.
    """

    run: str
    file: str
    shape: tuple[int, int]
    splits: tuple[str, ...]
    quantities: tuple[str, ...]
    absent: int
    nonfinite: int
    minima: int | None
    notes: tuple[str, ...]


def take_in(shelf: Shelf, path: Path, name: str | None = None, options: Options = Options()) -> Report:  # noqa: B008
    """Keeps the surface in a file; the options are what it does not say itself.

    Raises:
        LandscapeError: the file is missing or holds no surface that can be drawn, or it cannot be kept.
    """
    try:
        with path.open("rb") as file:
            content = file.read(IMPORT_LIMIT + 1)
    except OSError as problem:
        raise BadSurface(
            f"An import needs a file that can be read, {path} cannot ({problem.strerror or problem}): check the path."
        ) from problem
    run = shelf.take_in(path.name, content, name, options)
    card = next(card for card in shelf.cards() if card.run == run)
    shot = shelf.snapshot(shelf.surface(run, card.splits[0]))
    lows = len(minima(shot)) if "loss" in card.quantities and not card.curve else None
    return Report(
        *(run, str(path), card.shape, card.splits, card.quantities, card.absent, shot.progress.nonfinite, lows),
        notes=card.notes,
    )
