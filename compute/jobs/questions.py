"""Questions to a worker for which a request waits, but not for ever."""

import logging
from collections.abc import Callable, Hashable
from concurrent.futures import Executor, Future
from functools import partial
from threading import Lock
from typing import Any

from compute.jobs.asking import FIRST, answer, ask

log = logging.getLogger(__name__)


class Questions:
    """Asks each question once, however many wait for its answer.

    Who has waited long enough goes away with a sentence; the answer is kept when it comes, for whoever asks again.
    """

    def __init__(self, executor: Executor, patience: float | None) -> None:
        """Asks an executor; each wait ends after `patience` seconds, where they are given."""
        self.patience = patience
        self._executor = executor
        self._open: dict[Hashable, Future[Any]] = {}
        self._lock = Lock()

    def answer(self, key: Hashable, keep: Callable[[Any], object], task: Callable[..., Any], *args: object) -> Any:  # noqa: ANN401 - whatever the task gives
        """What a task gives; `keep` is called with it first, and is what remembers it.

        Raises:
            LandscapeError: as the task, or its worker was lost too often, or the answer is not there in time.
        """
        with self._lock:
            known = self._open.get(key)
            future = self._open[key] = Future() if known is None else known
        if known is None:
            future.set_running_or_notify_cancel()
            ask(self._executor, FIRST, task, *args).add_done_callback(partial(self._settle, key, keep))
        return answer(future, self.patience)

    def _settle(self, key: Hashable, keep: Callable[[Any], object], asked: Future[Any]) -> None:
        with self._lock:
            future = self._open.pop(key)
        problem = asked.exception()
        if problem is not None:
            future.set_exception(problem)
            return
        try:
            keep(asked.result())
        except Exception:
            log.exception("an answer could not be kept")
        future.set_result(asked.result())
