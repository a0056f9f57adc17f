"""The folder that keeps imported surfaces, each once."""

import json
import logging
import re
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from threading import Lock

import numpy as np

from compute.card import SurfaceCard, thumbnail
from compute.digest import file_state
from compute.errors import BadSurface, LandscapeError
from compute.foreign import Reader, TooSlow, read_here
from compute.slugs import free_path, slug
from compute.snapshot import JobState, Progress, Snapshot
from compute.specs import CURVATURES, Imported
from compute.store.found import Options
from compute.store.imports import Numbers, read
from compute.store.paper import write_surface

log = logging.getLogger(__name__)

PREFIX = "import:"
"""Begins the run of every imported surface."""
ENDING = ".h5"


class Shelf:
    """Imported surfaces, as files of one form in a folder.

    A file comes whole or not at all. The same numbers are the same surface, whatever their file was called; other
    numbers under a name that is taken get a number behind it.
    """

    def __init__(self, folder: Path, reader: Reader = read_here) -> None:
        """The folder is made when the first surface comes; the reader reads files."""
        self._folder, self._reader, self._lock = folder, reader, Lock()
        # Every figure on screen asks again at every change of its style, every card at every change of the page.
        self._kept = lru_cache(maxsize=8)(self._read)
        self._card = lru_cache(maxsize=1024)(self._described)

    def take_in(self, file: str, content: bytes, name: str | None = None, options: Options = Options()) -> str:  # noqa: B008 - frozen
        """Keeps the surface in a file, and gives its run.

        Args:
            file: what the file is called.
            content: its bytes.
            name: what to call the surface, if not after the file.
            options: what the file does not say itself.

        Raises:
            LandscapeError: the file holds no surface that can be drawn, or the folder cannot be written.
        """
        file = re.split(r"[\\/]", file)[-1]
        return self.keep(file, self._reader(file, len(content), read, file, content, options), name)

    def keep(self, file: str, numbers: Numbers, name: str | None = None) -> str:
        """Keeps the surface that was read from a file, and gives its run; the name is as in `take_in`.

        Raises:
            LandscapeError: the folder cannot be written.
        """
        file = re.split(r"[\\/]", file)[-1]
        with self._lock:
            known = {self._digest(path): path for path in self._paths()}
            path = known.get(numbers.digest) or free_path(
                self._folder, slug(name or Path(file).stem, "surface"), ENDING
            )
            if numbers.digest not in known:
                self._write(path, numbers, file)
        return PREFIX + path.stem

    def remove(self, run: str) -> None:
        """Deletes a surface, so that its name is free again.

        Raises:
            BadSurface: there is none of this run, or its file cannot be deleted.
        """
        with self._lock:
            path = self._path(run)
            try:
                path.unlink(missing_ok=True)
            except OSError as problem:
                raise BadSurface(
                    f"Removing {run} should delete {path}, but cannot ({problem}): see who may write there."
                ) from problem

    def cards(self) -> tuple[SurfaceCard, ...]:
        """A card for every surface, by name; a file that cannot be read is logged and skipped."""
        found = []
        for path in self._paths():
            try:
                found.append(self._card(path, file_state(path))[0])
            except LandscapeError as problem:
                log.warning("import skipped file=%s reason=%s", path, problem)
        return tuple(found)

    def surface(self, run: str, split: str) -> Imported:
        """A surface by its run: of the split asked for, or of the first there is.

        Raises:
            LandscapeError: there is none of this run, or its file cannot be read.
        """
        numbers = self._numbers(run)
        shown = split if split in numbers.splits else numbers.splits[0]
        said = json.loads(numbers.origin) or {}
        file, quantities = str(said.get("imported", run)), numbers.part(shown).quantities
        return Imported(run, file, numbers.digest, shown, numbers.grid, numbers.origin, quantities)

    def snapshot(self, surface: Imported) -> Snapshot:
        """All that is known of a surface, and ever will be; the version is 0.

        Raises:
            LandscapeError: the file is gone, or is another.
        """
        numbers = self._numbers(surface.run)
        if numbers.digest != surface.digest:
            raise BadSurface(
                f"The surface {surface.run} has changed since it was opened: close its panel, and open it."
            )
        start = Progress(surface.id, JobState.DONE, 0, surface.lattice.size, share=1.0)
        shot = Snapshot.empty(surface, start)
        part = numbers.part(surface.split)
        shot.known[:], shot.interpolated[:] = part.computed, part.interpolated
        shot.loss[:] = part.values.get("loss", np.nan)
        shot.accuracy[:] = part.values.get("accuracy", np.nan)
        curvatures = {name: part.values[name] for name in CURVATURES if name in part.values}
        return replace(shot, curvatures=curvatures).measured()

    def _paths(self) -> list[Path]:
        return sorted(self._folder.glob(f"*{ENDING}"))

    def _numbers(self, run: str) -> Numbers:
        path = self._path(run)
        return opened(self._kept(path, file_state(path)))

    def _read(self, path: Path, _state: tuple[int, ...]) -> Numbers | TooSlow:
        """The numbers of a file; the error is remembered, too, where the file keeps its reader busy.

        Raises:
            LandscapeError: it holds none, or cannot be read.
        """
        try:
            content = path.read_bytes()
            numbers: Numbers = self._reader(path.name, len(content), read, path.name, content)
            return numbers
        except TooSlow as problem:
            return problem
        except OSError as problem:
            raise BadSurface(
                f"The surface {path.stem} should be at {path}, it cannot be read: import it again."
            ) from problem

    def _digest(self, path: Path) -> str:
        """The digest of a file's numbers, "" where it holds none."""
        try:
            return self._card(path, file_state(path))[1]
        except LandscapeError:
            return ""

    def _described(self, path: Path, state: tuple[int, ...]) -> tuple[SurfaceCard, str]:
        """The card of a file, and the digest of its numbers."""
        numbers = opened(self._kept(path, state))
        return card(path, numbers), numbers.digest

    def _path(self, run: str) -> Path:
        paths = {PREFIX + path.stem: path for path in self._paths()}
        if run not in paths:
            raise BadSurface(f"There is no imported surface {run!r}: import its file, or choose another.")
        return paths[run]

    def _write(self, path: Path, numbers: Numbers, file: str) -> None:
        said = {"imported": file, "origin": json.loads(numbers.origin), "notes": list(numbers.notes)}
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_surface(path, numbers.grid, numbers.arrays, said, numbers.digest)
        except (OSError, LandscapeError) as problem:
            raise BadSurface(
                f"Imports need a folder that can be written, {path.parent} cannot ({problem.__cause__ or problem}): "
                "choose another with --imports-dir."
            ) from problem


def opened(found: Numbers | TooSlow) -> Numbers:
    """The numbers of a file that could be read.

    Raises:
        TooSlow: it could not.
    """
    if isinstance(found, TooSlow):
        raise found
    return found


def card(path: Path, numbers: Numbers) -> SurfaceCard:
    """The card of a surface in a file."""
    said = json.loads(numbers.origin) or {}
    part = numbers.part(numbers.splits[0])
    file, notes = str(said.get("imported", path.name)), (*said.get("notes", ()), *numbers.notes)
    absent = int((~part.given).sum())
    return SurfaceCard(
        *(PREFIX + path.stem, path.stem, file, numbers.grid.shape, numbers.splits),
        thumbnail(part.first),
        part.quantities,
        absent,
        notes,
    )
