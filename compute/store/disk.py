"""A store that outlives its process, in a folder that several processes may share."""

import logging
import sqlite3
from contextlib import suppress
from pathlib import Path

from compute.blocks import Block
from compute.errors import CorruptTile, LandscapeError
from compute.lattice import Tile
from compute.losses import BlockValues
from compute.store.aside import set_aside
from compute.store.index import Index
from compute.store.payload import decoded, encoded
from compute.store.troubles import is_damage, sentence

log = logging.getLogger(__name__)

PATIENCE = 5
"""How many damaged databases one process sets aside: a disk that damages every one is left alone."""


class DiskStore:
    """Tiles in a folder, shared by every process that opens it.

    A damaged database is set aside, and a new one begun. Any other error is raised, as `sqlite3.Error` or `OSError`,
    and the next call tries again.
    """

    def __init__(self, folder: Path, gib: float = 10.0) -> None:
        """Opens or makes the folder.

        Raises:
            LandscapeError: there is a file where the folder should be.
            ImportError: diskcache is not installed.
        """
        try:
            with suppress(PermissionError):  # the first call meets it again
                folder.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError) as problem:
            raise LandscapeError(
                f"The cache needs a folder it can write, got {folder} ({problem}): choose another with --cache-dir."
            ) from problem
        except OSError as problem:
            log.debug("cache folder not made folder=%s reason=%s", folder, problem)
        self._cache, self._folder = Index(folder, int(gib * 2**30)), folder
        self._set_aside: list[str] = []

    @property
    def problem(self) -> str | None:
        """Why the folder is only read, or that its database was damaged; None if all is well."""
        if self._cache.refusal is not None:
            return sentence(self._cache.refusal, self._folder)
        if not self._set_aside:
            return None
        return (
            f"The cache was damaged and has been begun anew; the old one is kept as {self._set_aside[-1]}: "
            "`python run.py doctor --repair` takes over what can still be read of it."
        )

    def get(self, key: str, tile: Tile, block: Block) -> BlockValues | None:
        """What is known of a block at a tile's points, or None.

        Raises:
            CorruptTile: there is an entry that cannot be read; it has been removed.
        """
        name = address(key, tile, block)
        with self._cache.lock:
            try:
                return self._stored(name)
            except ValueError as problem:
                with suppress(OSError, sqlite3.Error):
                    self._cache.delete(name)
                raise CorruptTile(
                    f"The cache's entry {name} is damaged ({problem}): it was removed, ask again."
                ) from problem
            except sqlite3.Error as problem:
                self._begin_anew(problem)
                return None

    def put(self, key: str, tile: Tile, block: Block, values: BlockValues) -> None:
        """Adds to what is known of a block at a tile's points."""
        name = address(key, tile, block)
        with self._cache.lock:
            try:
                self._add(name, values)
            except sqlite3.Error as problem:
                self._begin_anew(problem)
                self._add(name, values)

    def close(self) -> None:
        """Closes the database."""
        self._cache.close()

    def _stored(self, name: str) -> BlockValues | None:
        payload = self._cache.get(name)
        return None if payload is None else decoded(payload)

    def _add(self, name: str, values: BlockValues) -> None:
        with self._cache.transaction():
            before = None
            with suppress(ValueError):  # a damaged entry is written over
                before = self._stored(name)
            self._cache.set(name, encoded(before.merged(values) if before else values))

    def _begin_anew(self, problem: sqlite3.Error) -> None:
        """Sets the database aside.

        Raises:
            sqlite3.Error: the problem is no damage, or there was too much of it.
            OSError: the folder cannot be written.
        """
        if self._cache.refusal is not None:  # read without its log, a sound database may look damaged
            raise self._cache.refusal from problem
        if not is_damage(problem) or len(self._set_aside) >= PATIENCE:
            raise problem
        self._cache.close()
        name = set_aside(self._folder)
        self._set_aside.append(name)
        log.warning("cache damaged, begun anew folder=%s kept=%s reason=%s", self._folder, name, problem)


def address(key: str, tile: Tile, block: Block) -> str:
    """The name of a block at a tile's points in the index.

    Example:
        >>> address("abc", Tile(3, -1, 2), Block(128, 256))
        'abc/3/-1/2/128-256'
    """
    return f"{key}/{tile.level}/{tile.row}/{tile.col}/{block.start}-{block.stop}"
