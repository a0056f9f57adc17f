"""Work done in order beside the work that asks for it."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

Job = Callable[[], None]

AHEAD = 2
"""So many jobs may be unfinished; more would fill memory with what they hold."""


@contextmanager
def background() -> Iterator[Callable[[Job], None]]:
    """Takes jobs, does one after another in a thread, and has done all of them at the end.

    Who hands in a job waits while `AHEAD` are unfinished. After a job that failed none is done; its error comes when
    the next job is handed in, or at the end.

    Example:
        >>> done = []
        >>> with background() as later:
        ...     for number in range(4):
        ...         later(lambda number=number: done.append(number))
        >>> done
        [0, 1, 2, 3]
    """
    jobs: list[Future[None]] = []
    with ThreadPoolExecutor(1, thread_name_prefix="background") as thread:

        def later(job: Job) -> None:
            while jobs and (jobs[0].done() or len(jobs) >= AHEAD):
                jobs.pop(0).result()
            jobs.append(thread.submit(_after, jobs[-1] if jobs else None, job))

        yield later
    for job in jobs:
        job.result()


def _after(before: Future[None] | None, job: Job) -> None:
    if before is not None:
        before.result()
    job()
