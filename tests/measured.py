"""What reading a file takes in time and memory, measured in a process of its own."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

from compute.errors import LandscapeError

MEMORY, SECONDS = 300, 10
"""MiB and seconds that a file may take."""


def surface(path: Path) -> None:
    """Reads an import."""
    from compute.store.imports import read

    read(path.name, path.read_bytes())


def checkpoint(path: Path) -> None:
    """Reads what a checkpoint holds, and tells its architecture."""
    from compute.zoo import suggest
    from compute.zoo.checkpoints import held_in

    suggest.suggestions(held_in(path))


def weights(path: Path) -> None:
    """Reads a checkpoint's numbers."""
    from compute.zoo.contents import entries

    for one in entries(path).values():
        one.tensor.float()


def picture(path: Path) -> None:
    """Puts a picture into a film."""
    from viewer.film import film

    film([path.read_bytes()] * 2, 2.0)


READERS: dict[str, Callable[[Path], None]] = {one.__name__: one for one in (surface, checkpoint, weights, picture)}


def taken(reader: str, path: Path) -> tuple[str, float, float]:
    """What a reader says of a file, the MiB that it takes beyond what was taken before, and the seconds of CPU."""
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    before, start = memory("VmRSS"), time.process_time()
    try:
        READERS[reader](path)
        said = "read"
    except LandscapeError as problem:
        said = str(problem)
    seconds, more = time.process_time() - start, memory("VmHWM") - before
    return said, more, seconds


def memory(row: str) -> float:
    """MiB of this process by a row of its status."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{row}:"))


def measured(reader: str, *paths: Path) -> list[tuple[str, float, float]]:
    """`taken` of some files, in a process of their own that has read a harmless file before."""
    command = [sys.executable, "-m", "tests.measured", reader, *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stderr[-2000:]
    return [tuple(row) for row in json.loads(done.stdout.splitlines()[-1])]


def warm(reader: str) -> None:
    """Imports whatever a reader needs, so that it counts for no file."""
    with NamedTemporaryFile(suffix=".pt") as file:
        if reader in {"checkpoint", "weights"}:
            import torch

            torch.save({"layers.0.weight": torch.ones(64, 64)}, file.name)
        with suppress(Exception):
            READERS[reader](Path(file.name))


if __name__ == "__main__":
    warm(sys.argv[1])
    found = [taken(sys.argv[1], Path(path)) for path in sys.argv[2:]]
    sys.stdout.write("\n" + json.dumps(found) + "\n")
