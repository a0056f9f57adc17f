"""A store that keeps in memory what another one cannot."""

import logging
from contextlib import suppress
from pathlib import Path
from threading import Lock, Timer

from compute.blocks import Block
from compute.errors import CorruptTile
from compute.lattice import Tile
from compute.losses import BlockValues
from compute.store.memory import MemoryStore
from compute.store.protocol import Store
from compute.store.troubles import is_locked, sentence

log = logging.getLogger(__name__)

ROOM = 2**29
"""Bytes that are kept in memory; beyond them the blocks used longest ago go, and are computed again when needed."""
PAUSE = 15.0
"""Seconds after which a store that failed is tried again."""
NOWHERE = "", Tile(0, 0, 0), Block(0, 1)


class SpillingStore:
    """Another store whose errors are misses.

    What it cannot keep stays in memory until it can; `problem` says so meanwhile, and the log once. Of errors only that
    an entry is damaged reaches the caller.
    """

    def __init__(self, store: Store, folder: Path, room: int = ROOM, pause: float = PAUSE) -> None:
        """Tries the store, which keeps its files in a folder, at once, so that `problem` tells from the start."""
        self._store, self._folder, self._pause = store, folder, pause
        self._spilled = MemoryStore(room)
        self._lock, self._retrying = Lock(), Lock()
        self._trouble: str | None = None
        self._told: str | None = None
        self._cause: Exception | None = None
        self._readable = True
        self._timer: Timer | None = None
        self._closed = False
        with suppress(CorruptTile):
            self._read(*NOWHERE)
        if store.problem and store.problem != self._told:
            self._told = store.problem
            log.warning("%s (folder=%s)", store.problem, folder)

    @property
    def problem(self) -> str | None:
        """What keeps the store from keeping, or what it says itself."""
        return self._trouble or self._store.problem

    def get(self, key: str, tile: Tile, block: Block) -> BlockValues | None:
        """What is known of a block at a tile's points, or None.

        Raises:
            CorruptTile: there is an entry that cannot be read; it has been removed.
        """
        spilled = self._spilled.get(key, tile, block)
        try:
            stored = self._read(key, tile, block)
        except CorruptTile:
            if spilled is None:
                raise
            stored = None
        return stored.merged(spilled) if stored and spilled else stored or spilled

    def put(self, key: str, tile: Tile, block: Block, values: BlockValues) -> None:
        """Adds to what is known of a block at a tile's points, in the store, or else in memory."""
        if self._trouble is None:
            try:
                self._store.put(key, tile, block, values)
                return
            except Exception as problem:  # noqa: BLE001 - whatever fails, computing goes on
                self._note(problem)
        with self._lock:
            self._spilled.put(key, tile, block, values)

    def retry(self) -> None:
        """Writes what is in memory to the store, if that works again; else the next try comes after a pause."""
        if not self._retrying.acquire(blocking=False):
            return
        try:
            self._stop_timer()
            self._store.get(*NOWHERE)
            while not self._emptied():
                self._write_oldest()
        except Exception as problem:  # noqa: BLE001 - as in put
            self._note(problem)
        finally:
            self._retrying.release()

    def close(self) -> None:
        """Tries once more to write what is in memory, and closes the store."""
        self._closed = True
        self._stop_timer()
        if self._cause is not None and not is_locked(self._cause):  # a lock would be waited for
            self.retry()
        with suppress(Exception):  # all that can be kept is kept
            self._store.close()

    def _read(self, key: str, tile: Tile, block: Block) -> BlockValues | None:
        """What the store knows; nothing from when it fails until it is tried again."""
        if not self._readable:
            return None
        try:
            return self._store.get(key, tile, block)
        except CorruptTile:
            raise
        except Exception as problem:  # noqa: BLE001 - as in put
            self._readable = False
            self._note(problem)
            return None

    def _write_oldest(self) -> None:
        found = self._spilled.oldest()
        if found is not None:
            place, values = found
            self._store.put(*place, values)
            self._spilled.drop(place, values)

    def _emptied(self) -> bool:
        """Whether nothing is left in memory, so that the store takes over again."""
        with self._lock:
            if self._spilled.oldest() is not None:
                return False
            if self._trouble is not None:
                log.warning("the cache works again folder=%s", self._folder)
            self._trouble, self._told, self._cause, self._readable = None, None, None, True
            return True

    def _note(self, problem: Exception) -> None:
        """Says what is wrong, each thing once, and tries again later."""
        with self._lock:
            text = sentence(problem, self._folder)
            if text != self._told:
                log.warning("%s (folder=%s error=%r)", text, self._folder, problem)
            self._trouble, self._told, self._cause = text, text, problem
            if not self._closed and self._timer is None:
                self._timer = Timer(self._pause, self.retry)
                self._timer.daemon = True
                self._timer.start()

    def _stop_timer(self) -> None:
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = None
