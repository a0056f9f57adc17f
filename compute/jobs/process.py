"""A process that runs tasks for this one, as far as the system knows it: started, written to, read from, killed."""

import os
import pickle
import signal
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from time import monotonic

from compute.jobs.frames import Frames, frame

ALLOCATOR = {"MALLOC_MMAP_THRESHOLD_": "536870912", "MALLOC_TRIM_THRESHOLD_": "1073741824"}
"""glibc hands large buffers back to the kernel after every layer, unless told before the process starts."""

LEAKED = "ignore:resource_tracker:UserWarning"
"""A worker is killed at the end, whatever semaphores it holds: they are cleaned up, which need not be said."""

CHUNK = 2**20
REAPED = 1.0
"""Seconds to wait for a killed process; one that the system cannot end yet is left to it."""

COMMAND = "import sys; sys.path[:] = {path!r}; from compute.jobs.worker_main import main; main({handle})"


class Process:
    """A spawned Python process in a session of its own, and this side of the socket between both.

    The other side of the socket is closed here and inherited by no other process, so the socket ends with the process.
    Nothing blocks: what cannot be written yet waits in a buffer.
    """

    def __init__(self, prepare: Callable[[], None], output: Path | None) -> None:
        """Starts it; it calls `prepare` first, and adds what it prints to the file `output`, if there is one."""
        self.socket, other = socket.socketpair()
        self.socket.setblocking(False)
        with other:
            command = [sys.executable, "-c", COMMAND.format(path=sys.path, handle=other.fileno())]
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                pass_fds=[other.fileno()],
                start_new_session=True,  # Ctrl-C does not reach it, and it is killed with all that it started
                env={**os.environ, **ALLOCATOR, "PYTHONWARNINGS": os.environ.get("PYTHONWARNINGS", LEAKED)},
            )
        self._unsent: deque[memoryview] = deque()
        self._frames = Frames()
        self.send(pickle.dumps((prepare, output)))

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid

    @property
    def unsent(self) -> bool:
        """Whether anything waits to be written."""
        return bool(self._unsent)

    def send(self, content: bytes) -> None:
        """Writes a message, as soon as the process reads."""
        self._unsent.append(memoryview(frame(content)))
        self.write()

    def write(self) -> None:
        """Writes what waits, as far as that can be done at once; to a process that is gone, nothing."""
        with suppress(BlockingIOError, ConnectionError):
            while self._unsent:
                sent = self.socket.send(self._unsent[0])
                self._unsent[0] = self._unsent[0][sent:]
                if not self._unsent[0]:
                    self._unsent.popleft()

    def read(self) -> Iterator[bytes]:
        """The messages that are there by now."""
        with suppress(BlockingIOError, ConnectionError):
            while received := self.socket.recv(CHUNK):
                yield from self._frames.messages(received)

    def ended(self) -> str | None:
        """How it ended, in words, None while it runs."""
        code = self._process.poll()
        if code is None:
            return None
        return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"

    def kill(self) -> None:
        """Ends it and what it started, at once, even if it is stopped."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)  # of which its session made it the leader

    def close(self) -> None:
        """Kills it, waits for its end a moment, and closes the socket."""
        self.kill()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(REAPED)
        self.socket.close()


class Watch:
    """How long something has gone on, counted only while it was watched.

    A parent that was stopped itself, or kept busy, must not take that time for its worker's.
    """

    MOST = 2.0
    """Seconds that count between two looks at most."""

    def __init__(self) -> None:
        """Begins at zero."""
        self.seconds, self._last = 0.0, monotonic()

    def restart(self) -> None:
        """Begins again at zero."""
        self.seconds = 0.0

    def look(self) -> float:
        """Counts the time since the last look; gives all seconds so far."""
        now = monotonic()
        self.seconds += min(now - self._last, self.MOST)
        self._last = now
        return self.seconds
