"""One stream of progress per tab, as server-sent events."""

import json
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from threading import Lock
from typing import TYPE_CHECKING

from flask import Blueprint, Response, request

from compute.snapshot import Progress

if TYPE_CHECKING:
    from compute.service import LandscapeService

PACE = 0.2
"""Seconds between two messages at least."""
PATIENCE = 5.0
"""Seconds of silence after which a ping finds out whether the tab is still there."""


def blueprint(service: "LandscapeService") -> Blueprint:
    """The route of the stream."""
    routes, tabs = Blueprint("stream", __name__), Tabs(service)

    @routes.get("/api/stream")
    def stream() -> Response:
        body = tabs.stream(request.args.get("tab", ""))
        return Response(body, mimetype="text/event-stream", headers={"Cache-Control": "no-store"})

    return routes


class Tabs:
    """Which tabs listen; a tab that reconnects may listen twice for a while."""

    def __init__(self, service: "LandscapeService") -> None:
        self._service, self._listeners, self._lock = service, Counter[str](), Lock()

    def stream(self, tab: str) -> Iterator[str]:
        """The events of one tab, for as long as it listens."""
        with self._lock:
            self._listeners[tab] += 1
        try:
            yield from events(self._service)
        finally:
            self._leave(tab)

    def _leave(self, tab: str) -> None:
        with self._lock:
            self._listeners[tab] -= 1
            gone = self._listeners[tab] == 0
            if gone:
                del self._listeners[tab]
        if gone:
            self._service.leave(tab)


def events(service: "LandscapeService", pace: float = PACE, patience: float = PATIENCE) -> Iterator[str]:
    """First where every survey stands, then whatever changed; a ping where nothing did. Ends with the service."""
    told: dict[str, int] = {}
    version, problem = service.wait(-1, 0), service.store_problem
    yield "retry: 1000\n" + message(news(service, told)) + (store_message(problem) if problem else "")
    while not service.dismissed:
        version = service.wait(version, patience)
        changed, before, problem = news(service, told), problem, service.store_problem
        said = (message(changed) if changed else "") + (store_message(problem) if problem != before else "")
        yield said or ": ping\n\n"
        time.sleep(pace)


def news(service: "LandscapeService", told: dict[str, int]) -> list[Progress]:
    """The surveys whose version is not the one last told; notes that they are told now."""
    changed = [progress for progress in service.progress() if told.get(progress.survey) != progress.version]
    told.update({progress.survey: progress.version for progress in changed})
    return changed


def message(batch: list[Progress]) -> str:
    """Progress as one event."""
    return f"data: {json.dumps([asdict(progress) for progress in batch])}\n\n"


def store_message(problem: str | None) -> str:
    """What keeps results from being kept, or that nothing does any more, as an event of its own kind."""
    return f"event: store\ndata: {json.dumps(problem)}\n\n"
