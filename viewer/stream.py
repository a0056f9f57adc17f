"""Progress for the open pages: one stream of server-sent events for each browser, or answers to polls."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING
from uuid import uuid4

from flask import Blueprint, Response, current_app, jsonify, request

from compute.errors import LandscapeError
from compute.snapshot import Progress
from viewer.access import Access
from viewer.bodies import json_object
from viewer.browsers import FULL, Browsers, TooManyStreams
from viewer.faults import sentence

if TYPE_CHECKING:
    from compute.service import LandscapeService

Own = Callable[[], frozenset[str]]
"""The surveys that a browser may hear of."""
PACE = 0.2
"""Seconds between two messages at least."""
PATIENCE = 5.0
"""Seconds of silence after which a ping finds out whether the browser is still there."""


def blueprint(service: "LandscapeService") -> Blueprint:
    """The routes by which a browser hears of progress and says which tabs it has open."""
    routes, browsers = Blueprint("stream", __name__), Browsers(service)

    @routes.errorhandler(LandscapeError)
    def refused(problem: LandscapeError) -> tuple[Response, int]:
        return jsonify(error=sentence(problem)), 503 if isinstance(problem, TooManyStreams) else 400

    @routes.get("/api/stream")
    def stream() -> Response:
        name = request.args.get("browser") or uuid4().hex
        browsers.connect(name)
        own = partial(watched, service, browsers, name) if is_shared() else None
        response = Response(
            connected(service, browsers, own), mimetype="text/event-stream", headers={"Cache-Control": "no-store"}
        )
        response.call_on_close(lambda: browsers.disconnect(name))  # also where nothing of the body was asked for
        return response

    @routes.post("/api/tabs")
    def tabs() -> Response:
        told = report()
        known = browsers.report(told.get("browser"), told.get("tabs"))
        browsers.expire()
        slow = FULL if browsers.full and told.get("since") is not None else None
        own = partial(watched, service, browsers, told.get("browser")) if is_shared() else None
        return jsonify(known=known, slow=slow, store=service.store_problem, **poll(service, told.get("since"), own))

    @routes.post("/api/tabs/leave")
    def leave() -> Response:
        browsers.leave(report().get("tab"))
        return Response(status=204)

    return routes


def report() -> dict[str, object]:
    """What the request's body says, whatever its type: a page that is being closed can only send text.

    Raises:
        BadBody: it is no JSON object.
    """
    return json_object(any_type=True)


def is_shared() -> bool:
    """Whether browsers may be those of several people: then each hears of what its own tabs look at, and no more."""
    access: Access | None = current_app.config.get("ACCESS")
    return access is not None and access.token is not None


def watched(service: "LandscapeService", browsers: Browsers, name: object) -> frozenset[str]:
    """The surveys that the tabs of a browser look at."""
    return service.watched(browsers.tabs_of(name))


def connected(service: "LandscapeService", browsers: Browsers, own: Own | None = None) -> Iterator[str]:
    """The events of a browser; each also looks for browsers that are gone."""
    for event in events(service, patience=PATIENCE if own is None else PACE, own=own):
        browsers.expire()
        yield event


def poll(service: "LandscapeService", since: object, own: Own | None = None) -> dict[str, object]:
    """The newest version, and what changed after `since`: everything if that is of another process, nothing if None.

    `own` gives the surveys to tell of, then all of them, for a tab may have come to look at one that stands still.
    """
    version = service.wait(-1, 0)
    if isinstance(since, bool) or not isinstance(since, int):
        return {"version": version, "news": []}
    least = since if since <= version and own is None else -1
    return {"version": version, "news": [asdict(each) for each in standing(service, own) if each.version > least]}


def standing(service: "LandscapeService", own: Own | None) -> list[Progress]:
    """How far every survey is, or each of one's own."""
    found = service.progress()
    names = {each.survey for each in found} if own is None else own()
    return [each for each in found if each.survey in names]


def events(
    service: "LandscapeService", pace: float = PACE, patience: float = PATIENCE, own: Own | None = None
) -> Iterator[str]:
    """First where every survey stands, then whatever changed; a ping where nothing did. Ends with the service.

    `own` gives the surveys to tell of, where these are not all.
    """
    told: dict[str, int] = {}
    version, problem = service.wait(-1, 0), service.store_problem
    yield "retry: 1000\n" + message(news(service, told, own)) + (store_message(problem) if problem else "")
    while not service.dismissed:
        version = service.wait(version, patience)
        changed, before, problem = news(service, told, own), problem, service.store_problem
        said = (message(changed) if changed else "") + (store_message(problem) if problem != before else "")
        yield said or ": ping\n\n"
        time.sleep(pace)


def news(service: "LandscapeService", told: dict[str, int], own: Own | None = None) -> list[Progress]:
    """The surveys whose version is not the one last told; notes that they are told now."""
    found = standing(service, own)
    changed = [progress for progress in found if told.get(progress.survey) != progress.version]
    told.clear()  # a long stream must not remember what the service has forgotten
    told.update({progress.survey: progress.version for progress in found})
    return changed


def message(batch: list[Progress]) -> str:
    """Progress as one event."""
    return f"data: {json.dumps([asdict(progress) for progress in batch])}\n\n"


def store_message(problem: str | None) -> str:
    """What keeps results from being kept, or that nothing does any more, as an event of its own kind."""
    return f"event: store\ndata: {json.dumps(problem)}\n\n"
