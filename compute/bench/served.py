"""`run.py` in a process of its own, which ends with whoever started it."""

import os
import runpy
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep

from compute.bench.browser import HOST, PATIENCE, Visitor
from compute.errors import LandscapeError
from compute.jobs.process import ALLOCATOR
from compute.settings import ROOT


@contextmanager
def server(device: str, folder: Path) -> Iterator[int]:
    """Starts `run.py serve` with an empty cache in a folder, gives its port once it answers, and ends it.

    Raises:
        LandscapeError: it does not answer, or whoever asked it says so, with its last words.
    """
    port, log = free_port(), folder / "server.log"
    words = ["serve", "--host", HOST, "--port", str(port), "--device", device, "--cache-dir", str(folder / "cache")]
    process = started(words, log)
    try:
        await_answer(process, port)
        yield port
    except LandscapeError as problem:
        raise LandscapeError(f"{problem} Its last words: {last_words(log)}") from problem
    finally:
        process.kill()  # at once: its worker ends with it, and nobody needs its cache
        process.wait()


def started(words: Sequence[str], log: Path) -> "subprocess.Popen[bytes]":
    """`run.py` with arguments; it ends when the pipe to it does, which the system closes even for the killed."""
    own = {name: value for name, value in os.environ.items() if name not in ALLOCATOR}
    command = [sys.executable, "-m", "compute.bench.served", *words]
    with log.open("wb") as told:
        return subprocess.Popen(
            command, cwd=ROOT, env=own, stdin=subprocess.PIPE, stdout=told, stderr=subprocess.STDOUT
        )


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def await_answer(process: "subprocess.Popen[bytes]", port: int) -> None:
    """Asks until the server answers.

    Raises:
        LandscapeError: it has ended, or is silent for too long.
    """
    end = monotonic() + PATIENCE
    while process.poll() is None and monotonic() < end:
        with suppress(LandscapeError):
            Visitor.at(port).get("/")
            return
        sleep(0.1)
    raise LandscapeError(f"The server should answer within {PATIENCE:g} s, but does not.")


def last_words(log: Path) -> str:
    """The last line that a process wrote."""
    return ["none", *log.read_text(errors="replace").strip().splitlines()][-1]


def end_with_input() -> None:
    """Waits for the end of the standard input, which is the parent's, and ends this process: no orphan may stay."""
    os.read(0, 1)  # nobody writes; sys.stdin would keep a lock that this process needs at its end
    os._exit(1)


if __name__ == "__main__":
    threading.Thread(target=end_with_input, daemon=True).start()
    runpy.run_path(str(ROOT / "run.py"), run_name="__main__")
