"""Where tasks run: executors of concurrent.futures."""

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import Any

from compute.errors import LandscapeError

ALLOCATOR = {"MALLOC_MMAP_THRESHOLD_": "536870912", "MALLOC_TRIM_THRESHOLD_": "1073741824"}
"""glibc hands large buffers back to the kernel after every layer, unless told before the process starts."""

LEAKED = "ignore:resource_tracker:UserWarning"
"""A worker is killed at the end, whatever semaphores it holds: they are cleaned up, which need not be said."""

PATIENCE = 10.0
"""Seconds to wait for a killed process."""

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


class WorkerProcess(Executor):
    """One spawned process that owns one device. It dies with its parent, and is started anew if it dies alone."""

    def __init__(
        self, device: str, threads: int, studies: Mapping[str, Path] = NONE, output: Path | None = None
    ) -> None:
        """Starts the process: loading torch takes seconds, so it begins before the first task comes.

        Of a user's own Python it runs these files, by their names, and no others. What it prints is added to the file
        `output`, if there is one.
        """
        self._begin = device, threads, dict(studies), output
        os.environ.update(ALLOCATOR)  # inherited by the process to come; harmless here
        os.environ.setdefault("PYTHONWARNINGS", LEAKED)
        self._lock = threading.Lock()
        self._pool = self._started()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:  # noqa: ANN401 - as inherited
        """Hands a task to the process, to a new one if the old one died."""
        with self._lock:
            try:
                return self._pool.submit(fn, *args, **kwargs)
            except BrokenProcessPool:
                self._pool = self._started()
                return self._pool.submit(fn, *args, **kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Ends the process at once, even in the middle of a task or of loading torch: nobody waits for its answer."""
        with self._lock:
            manager = getattr(self._pool, "_executor_manager_thread", None)
            self._pool.shutdown(wait=False, cancel_futures=True)
            for process in self._processes:
                process.kill()
        if manager is not None and manager is not threading.current_thread():
            manager.join(PATIENCE)  # or the interpreter, if it ends now, may wake it by a pipe that it is closing

    def ending(self) -> str:
        """How the process ended, in words, once it has."""
        manager = getattr(self._pool, "_executor_manager_thread", None)
        if manager is not None:
            manager.join(PATIENCE)  # its last act is to collect the code
        (code,) = {process.exitcode for process in self._processes} or {None}
        if code is not None and code < 0:
            return f"was ended by {signal.Signals(-code).name}"
        return "ended" if code is None else f"ended with code {code}"

    def _started(self) -> ProcessPoolExecutor:
        context = multiprocessing.get_context("spawn")
        pool = ProcessPoolExecutor(1, context, begin, self._begin)
        before = set(multiprocessing.active_children())
        pool.submit(os.getpid)  # the process starts with the first task
        self._processes = set(multiprocessing.active_children()) - before
        return pool


def answer(future: Future[Any]) -> Any:  # noqa: ANN401 - whatever the task gives
    """What a task gives, waited for.

    Raises:
        LandscapeError: as the task, or its worker process died.
    """
    try:
        return future.result()
    except BrokenProcessPool as problem:
        raise LandscapeError(
            "A worker process should have answered, but died (out of memory?): ask again."
        ) from problem


def begin(device: str, threads: int, studies: Mapping[str, Path] = NONE, output: Path | None = None) -> None:
    """What a worker process does first."""
    redirect(output)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's business
    threading.Thread(target=die_with_parent, daemon=True).start()
    from compute.jobs.device import choose  # only now: the parent imports this module and must not load torch
    from compute.zoo.studies import allow

    allow(studies)
    with suppress(LandscapeError):  # an error here would break the pool; the first task says it better
        choose(device, threads or max(1, (os.cpu_count() or 2) - 1))


def redirect(output: Path | None) -> None:
    """Adds to a file whatever this process, its libraries and its children print from now on."""
    if output is None:
        return
    with suppress(OSError), open(output, "ab") as file:
        for stream in (sys.stdout, sys.stderr):
            os.dup2(file.fileno(), stream.fileno())
            stream.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # a killed process writes nothing more


def die_with_parent() -> None:
    """Waits for the parent's end, however it came, and ends this process: no orphan may hold a device."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
