"""Real processes for tests: waiting for them, and looking into what they leave."""

import subprocess
import time
from pathlib import Path

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


def stored_points(cache, lattice):
    """How many points of a lattice lie in a cache, whatever the query."""
    if not (cache / "cache.db").exists():
        return 0
    store = DiskStore(cache)
    try:
        keys = {name.split("/")[0] for name in store._cache.iterkeys()}
        tiles = [(tile, store.get(key, tile)) for key in keys for tile in lattice.tiles()]
        return sum(int((lattice.mask(tile) & found.known).sum()) for tile, found in tiles if found)
    finally:
        store.close()
