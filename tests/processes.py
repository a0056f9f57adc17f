"""Real processes for tests: waiting for them, and looking into what they leave."""

import subprocess
import time
from pathlib import Path

import numpy as np

from compute.blocks import blocks
from compute.lattice import points
from compute.store.disk import DiskStore


def until(condition, seconds=120):
    """Waits for another process; gives the first true answer."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.02)
    return found


def alive(pid):
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


def marked(mark):
    """The processes that have inherited an environment variable of this name, zombies left out."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if f"\0{mark}=".encode() in b"\0" + (folder / "environ").read_bytes() and alive(int(folder.name)):
                found.append(int(folder.name))
        except (OSError, ValueError):  # it has just ended, or is somebody else's
            continue
    return found


def children(pid):
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    return [int(child) for child in found.stdout.split()]


def stored_passes(cache, lattice, size):
    """How often one of the first `size` examples has passed at a point of a lattice, by a cache, whatever the query."""
    if not (cache / "cache.db").exists():
        return 0
    store = DiskStore(cache)
    try:
        keys = {name.split("/")[0] for name in store._cache.iterkeys()}
        entries = [(t, b, store.get(key, t, b)) for key in keys for t in lattice.tiles() for b in blocks(size)]
        return sum(int((lattice.mask(t) & found.known).sum()) * len(b) for t, b, found in entries if found)
    finally:
        store.close()


def stored_loss(cache, lattice, size, alpha, beta):
    """The mean loss at a point of a lattice, over so many examples, by a cache that answers one query."""
    store = DiskStore(cache)
    try:
        (key,) = {name.split("/")[0] for name in store._cache.iterkeys()}
        for tile in lattice.tiles():
            mask = lattice.mask(tile)
            (at,) = np.nonzero((points(tile, mask) == (alpha, beta)).all(axis=1))
            if at.size:
                found = [store.get(key, tile, block).loss[mask][at[0]] for block in blocks(size)]
                return float(np.concatenate(found).astype(float).mean())
        raise AssertionError(f"({alpha}, {beta}) is no point of the lattice")
    finally:
        store.close()
