"""Asking executors so that every wait has an end."""

from collections.abc import Callable
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future
from functools import partial
from typing import Any

from compute.errors import LandscapeError, TooLate
from compute.jobs.lost import WorkerLate, WorkerLost

TIMES = 3
"""How often a task may be asked for whose worker process is lost."""
FIRST = 600.0
"""Seconds without progress that a task may take which loads networks and data, or compiles."""


def submit(executor: Executor, seconds: float, fn: Callable[..., Any], /, *args: Any) -> Future[Any]:  # noqa: ANN401
    """Hands over a task that may take so many seconds without progress, where the executor can see to that."""
    within = getattr(executor, "submit_within", None)
    if within is not None:
        return within(seconds, fn, *args)
    return executor.submit(fn, *args)


def ask(executor: Executor, seconds: float, fn: Callable[..., Any], /, *args: Any) -> Future[Any]:  # noqa: ANN401
    """As `submit`, but a task whose worker is lost is asked for again, `TIMES` times in all, then fails."""
    outer: Future[Any] = Future()
    outer.set_running_or_notify_cancel()
    _attempt(outer, partial(submit, executor, seconds, fn, *args), 1)
    return outer


def _attempt(outer: Future[Any], submitting: Callable[[], Future[Any]], number: int) -> None:
    def settled(inner: Future[Any]) -> None:
        problem = CancelledError() if inner.cancelled() else inner.exception()
        if isinstance(problem, BrokenExecutor) and number < TIMES:
            _attempt(outer, submitting, number + 1)
        elif problem is not None:
            outer.set_exception(problem)
        else:
            outer.set_result(inner.result())

    try:
        submitting().add_done_callback(settled)
    except RuntimeError:  # it was shut down
        outer.set_exception(WorkerLost("was ended"))


def answer(future: Future[Any], patience: float | None = None) -> Any:  # noqa: ANN401 - whatever the task gives
    """What a task gives, waited for, at most so many seconds where they are given.

    Raises:
        LandscapeError: as the task, or its worker process was lost, or the program ends.
        TooLate: it takes longer; it goes on.
    """
    try:
        return future.result(patience)
    except TimeoutError as problem:
        if future.done():  # the task's own error
            raise
        raise TooLate(
            f"The answer should have come within {patience:.0f} s, but is still being computed: ask again later."
        ) from problem
    except WorkerLate as problem:
        raise LandscapeError(f"A worker process should have answered, but {problem}: see the log.") from problem
    except BrokenExecutor as problem:
        raise LandscapeError(
            f"A worker process should have answered, but {str(problem) or 'died'} (out of memory?): ask again."
        ) from problem
    except CancelledError as problem:
        raise LandscapeError(
            "A worker process should have answered, but the program ends: start it again."
        ) from problem
