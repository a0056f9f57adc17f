"""Setting a damaged database aside, so that a new one can take its place."""

from itertools import count
from pathlib import Path

from compute.store.database import NAME, SHARED, WAL

ASIDE = f"{NAME}.damaged-"


def set_aside(folder: Path) -> str:
    """Renames the database of a folder and what lies beside it, and gives the new name; values' files stay.

    Raises:
        OSError: the folder cannot be written.
    """
    name = next(f"{ASIDE}{number}" for number in count(1) if not (folder / f"{ASIDE}{number}").exists())
    for ending in ("", WAL, SHARED):
        path = folder / f"{NAME}{ending}"
        if path.exists():
            path.rename(folder / f"{name}{ending}")
    return name


def set_aside_before(folder: Path) -> list[str]:
    """The names of the damaged databases in a folder, in order."""
    found = [path.name for path in folder.glob(f"{ASIDE}*") if path.name.removeprefix(ASIDE).isdecimal()]
    return sorted(found, key=lambda name: int(name.removeprefix(ASIDE)))
