"""Where tasks run: executors of concurrent.futures."""

import logging
import os
import pickle
import selectors
import socket
import threading
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from math import inf
from pathlib import Path
from types import MappingProxyType
from typing import Any

from compute.errors import LandscapeError
from compute.jobs.lost import WorkerLate, WorkerLost
from compute.jobs.process import Process, Watch
from compute.jobs.worker_main import ALIVE, DONE, MARKS, READY, unpacked

log = logging.getLogger(__name__)

TICK = 0.5
"""Seconds between two looks at a process."""
AHEAD = 2
"""Tasks that a process has at a time, so that it never waits for the next."""
SILENCE = 30.0
"""Seconds without a sign of life after which a process counts as lost."""
STARTING = 120.0
"""The same for one that has not started yet: libraries may be loaded from a slow disk without a sign of life."""
JOINED = 1.0
"""Seconds that `shutdown` waits."""

NONE: Mapping[str, Path] = MappingProxyType({})


class SequentialExecutor(Executor):
    """Runs a task in the calling thread, at once: for tests and for debugging.

    Example:
        >>> SequentialExecutor().submit(abs, -1).result()
        1
    """

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:  # noqa: ANN401 - as inherited
        """A future that is already done."""
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as problem:  # noqa: BLE001 - an executor hands every error to its caller
            future.set_exception(problem)
        return future


@dataclass(slots=True, eq=False)
class Task:
    """What a process is to do, within how many seconds without progress, and who waits for it."""

    content: bytes
    seconds: float
    future: Future[Any]


class ProcessExecutor(Executor):
    """One spawned process that runs one task after another.

    A thread of its own starts it, hands out tasks, takes results and watches. A process that ends, that gives no sign
    of life or that is late with its task is killed and replaced; the task in hand fails with `WorkerLost`, and those
    behind it go to the new process. It dies with its parent.
    """

    def __init__(self, prepare: Callable[[], None], output: Path | None = None, at_once: bool = True) -> None:
        """Starts the process, or leaves that to the first task.

        Args:
            prepare: called in the process before the first task.
            output: a file to which is added what it prints.
            at_once: loading torch takes seconds, so it begins before the first task comes.
        """
        self._begin = prepare, output
        self._lock = threading.Lock()
        self._waiting: deque[Task] = deque()
        self._sent: deque[Task] = deque()
        self._process: Process | None = None
        self._ready = self._closed = False
        self._marks = 0
        self._silent, self._busy = Watch(), Watch()
        self._wanted = at_once
        self._wake, self._woken = socket.socketpair()
        for end in (self._wake, self._woken):
            end.setblocking(False)
        self._thread = threading.Thread(target=self._run, name="worker", daemon=True)
        self._thread.start()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:  # noqa: ANN401 - as inherited
        """Hands a task to the process, which may take as long as it gives signs of life."""
        return self.submit_within(inf, fn, *args, **kwargs)

    def submit_within(self, seconds: float, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:  # noqa: ANN401
        """Hands a task to the process, which is killed if the task goes on for so many seconds without progress."""
        future: Future[Any] = Future()
        try:
            content = pickle.dumps((fn, args, kwargs), pickle.HIGHEST_PROTOCOL)
        except Exception as problem:  # noqa: BLE001 - an executor hands every error to its caller
            future.set_exception(problem)
            return future
        with self._lock:
            if self._closed:
                raise RuntimeError("cannot schedule new futures after shutdown")
            self._waiting.append(Task(content, seconds, future))
        self._notify()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Ends the process at once, even in the middle of a task or of loading torch: nobody waits for its answer."""
        self._closed = True
        process = self._process
        if process is not None:
            process.kill()
        self._notify()
        if wait and self._thread is not threading.current_thread():
            self._thread.join(JOINED)

    def _notify(self) -> None:
        with suppress(BlockingIOError, OSError):  # it is being woken already, or has ended
            self._wake.send(b"\0")

    def _run(self) -> None:
        """What the thread does until the end."""
        while not self._closed:
            try:
                self._look()
            except Exception as problem:  # the thread must live: everybody waits for it
                log.exception("worker lost")
                self._lose(WorkerLost(f"could not be used ({type(problem).__name__}: {problem})"))
        self._end()

    def _look(self) -> None:
        """One round: starts, hands out, waits for news, and judges."""
        if self._process is None and (self._wanted or self._waiting):
            self._start()
        self._hand_out()
        self._wait()
        if self._process is None:
            return
        for message in self._process.read():
            self._take(message[:1], message[1:])
        self._judge(self._process)

    def _start(self) -> None:
        self._ready, self._marks = False, 0
        self._silent, self._busy = Watch(), Watch()
        self._process = Process(*self._begin)
        if self._closed:  # while it was started
            self._process.kill()

    def _hand_out(self) -> None:
        while self._process is not None and len(self._sent) < AHEAD and self._waiting:
            task = self._waiting.popleft()
            if task.future.running() or task.future.set_running_or_notify_cancel():
                if not self._sent:
                    self._busy.restart()
                self._sent.append(task)
                self._process.send(task.content)

    def _wait(self) -> None:
        """Waits for bytes, for a task or for the next look."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._woken, selectors.EVENT_READ)
            if self._process is not None:
                wanted = selectors.EVENT_WRITE if self._process.unsent else 0
                selector.register(self._process.socket, selectors.EVENT_READ | wanted)
            selector.select(TICK)
        with suppress(BlockingIOError):
            self._woken.recv(4096)
        if self._process is not None:
            self._process.write()

    def _take(self, kind: bytes, content: bytes) -> None:
        """Takes a message of the process."""
        self._silent.restart()
        if kind == ALIVE:
            (marks,) = MARKS.unpack(content)
            if marks != self._marks:
                self._marks = marks
                self._busy.restart()
        elif kind == READY:
            self._ready = True
            self._busy.restart()
        elif self._sent:
            task = self._sent.popleft()
            self._busy.restart()
            self._hand_out()  # before anybody is told, which may take long
            settle(task.future, kind == DONE, content)

    def _judge(self, process: Process) -> None:
        """Replaces a process that has ended, is silent or is late."""
        limit = SILENCE if self._ready else STARTING
        allowed = self._sent[0].seconds if self._sent and self._ready else inf
        silent, busy, ended = self._silent.look(), self._busy.look(), process.ended()
        if ended is not None:
            for message in process.read():  # what it said just before
                self._take(message[:1], message[1:])
            self._lose(WorkerLost(ended))
        elif silent > limit:
            self._lose(WorkerLost(f"gave no sign of life for {limit:.0f} s"))
        elif busy > allowed:
            self._lose(WorkerLate(f"was busy with it for {allowed:.0f} s without progress"))

    def _lose(self, problem: WorkerLost) -> None:
        """Kills the process and fails the task that it was busy with; those behind it are not to blame."""
        if self._process is not None:
            self._process.close()
            log.info("worker lost: it %s", problem)  # who asked says more
        # One that ends before it is ready would end again and again.
        self._wanted = self._ready
        self._process = None
        failed = self._sent.popleft() if self._sent else None
        if failed is None and not self._ready and self._waiting:
            failed = self._waiting.popleft()
        self._waiting.extendleft(reversed(self._sent))
        self._sent.clear()
        if failed is not None:
            fail(failed.future, problem)

    def _end(self) -> None:
        if self._process is not None:
            self._process.close()
        with self._lock:
            left = [*self._sent, *self._waiting]
        for task in left:
            if not task.future.cancel():
                fail(task.future, WorkerLost("was ended"))
            else:
                task.future.set_running_or_notify_cancel()
        for end in (self._wake, self._woken):
            end.close()


class WorkerProcess(ProcessExecutor):
    """One spawned process that owns one device."""

    def __init__(
        self,
        device: str,
        threads: int,
        studies: Mapping[str, Path] = NONE,
        output: Path | None = None,
        kept_sizes: Path | None = None,
    ) -> None:
        """Starts the process.

        Of a user's own Python it runs these files, by their names, and no others. What it prints is added to the file
        `output`, if there is one; the sizes that suit a network are kept in a file, if there is one.
        """
        super().__init__(partial(begin, device, threads, dict(studies), kept_sizes), output)


def settle(future: Future[Any], done: bool, content: bytes) -> None:
    """Tells the result or the error of a task to whoever waits for it."""
    try:
        if done:
            future.set_result(pickle.loads(content))
        else:
            fail(future, unpacked(content))
    except Exception as problem:  # noqa: BLE001 - an executor hands every error to its caller
        fail(future, problem)


def fail(future: Future[Any], problem: Exception) -> None:
    """Tells an error, unless something was told before."""
    with suppress(InvalidStateError):
        future.set_exception(problem)


def begin(device: str, threads: int, studies: Mapping[str, Path] = NONE, kept_sizes: Path | None = None) -> None:
    """What a worker process does first."""
    from compute.jobs import sizes
    from compute.jobs.device import choose  # only now: the parent imports this module and must not load torch
    from compute.zoo.studies import allow

    allow(studies)
    sizes.keep_in(kept_sizes)
    with suppress(LandscapeError):  # an error here would end the process; the first task says it better
        choose(device, threads or max(1, (os.cpu_count() or 2) - 1))
