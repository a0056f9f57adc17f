"""Takes in a surface from a file, without a browser, and says what it is."""

from dataclasses import dataclass
from pathlib import Path

from compute.errors import BadSurface
from compute.indicators import minima
from compute.settings import IMPORT_LIMIT
from compute.store.shelf import Shelf


@dataclass(frozen=True, slots=True)
class Report:
    """What was taken in: the line of JSON of `run.py import`.

    `shape` is rows and columns; `splits` the data that there are losses of, "" where the file does not say; `minima`
    counts the strict local minima of the first.
    """

    run: str
    file: str
    shape: tuple[int, int]
    splits: tuple[str, ...]
    minima: int


def take_in(shelf: Shelf, path: Path, name: str | None = None) -> Report:
    """Keeps the surface in a file.

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
    run = shelf.take_in(path.name, content, name)
    card = next(card for card in shelf.cards() if card.run == run)
    shot = shelf.snapshot(shelf.surface(run, card.splits[0]))
    return Report(run, str(path), card.shape, card.splits, len(minima(shot)[0]))
