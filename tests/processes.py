"""Real processes for tests: waiting for them, and looking into what they leave."""

import subprocess
import time
from pathlib import Path

from compute.blocks import blocks
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
