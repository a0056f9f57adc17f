"""A browser without a screen: requests over a connection that stays open, and the stream of events."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPResponse
from time import monotonic
from typing import Any

from compute.bench.page import Page
from compute.errors import LandscapeError

HOST, CALLBACKS = "127.0.0.1", "/_dash-update-component"
PATIENCE = 60.0
"""Seconds that a survey may take to get where it is awaited, and an answer to come."""


@contextmanager
def answering(method: str, path: str) -> Iterator[None]:
    """Whatever goes wrong with a connection is one sentence.

    Raises:
        LandscapeError: the server does not answer.
    """
    try:
        yield
    except (OSError, HTTPException) as problem:
        raise LandscapeError(f"The server should answer {method} {path}, but does not ({problem!r}).") from problem


@dataclass(frozen=True, slots=True, eq=False)
class Visitor:
    """A connection that stays open, as a browser's does."""

    connection: HTTPConnection

    @classmethod
    def at(cls, port: int) -> "Visitor":
        """Of the server on a port of this machine."""
        return cls(HTTPConnection(HOST, port, timeout=PATIENCE))

    def get(self, path: str) -> bytes:
        """An answer's body.

        Raises:
            LandscapeError: the server does not answer, or refuses.
        """
        with answering("GET", path):
            return self.answered("GET", path).read()

    def post(self, body: bytes) -> bytes:
        """A callback's answer.

        Raises:
            LandscapeError: the server does not answer, or refuses.
        """
        origin = f"http://{self.connection.host}:{self.connection.port}"
        headers = {"Content-Type": "application/json", "Origin": origin}
        with answering("POST", CALLBACKS):
            return self.answered("POST", CALLBACKS, body, headers).read()

    def answered(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> HTTPResponse:
        """An answer whose body is still to be read.

        Raises:
            LandscapeError: the server does not answer, or refuses.
        """
        with answering(method, path):
            self.connection.request(method, path, body, headers or {})
            answer = self.connection.getresponse()
        if answer.status != 200:
            raise LandscapeError(f"The server should answer {method} {path}, but refuses: {answer.status}.")
        return answer

    def page(self) -> Page:
        """What the server's page is made of.

        Raises:
            LandscapeError: the server does not answer, or refuses.
        """
        return Page.of(json.loads(self.get("/_dash-layout")), json.loads(self.get("/_dash-dependencies")))


@dataclass(frozen=True, slots=True, eq=False)
class Stream:
    """How every survey stands, as far as the server's stream of events was read."""

    events: HTTPResponse
    standing: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def until(self, survey: str, arrived: Callable[[Mapping[str, Any]], bool]) -> Mapping[str, Any]:
        """Reads on until a survey is where it is awaited.

        Raises:
            LandscapeError: it has failed, or takes too long.
        """
        end = monotonic() + PATIENCE
        while not (survey in self.standing and arrived(self.standing[survey])):
            if monotonic() > end:
                raise LandscapeError(f"A survey should get on within {PATIENCE:g} s, but stands at {self.standing}.")
            self.read(survey)
        return self.standing[survey]

    def read(self, survey: str) -> None:
        """Takes the next line in, and refuses a failure of the survey.

        Raises:
            LandscapeError: the survey has failed, or the stream has ended.
        """
        with answering("GET", "/api/stream"):
            line = self.events.readline()
        if not line:
            raise LandscapeError("The server should tell how a survey gets on, but its stream has ended.")
        if line.startswith(b"data: "):
            self.standing.update({each["survey"]: each for each in json.loads(line.removeprefix(b"data: "))})
        failure = self.standing.get(survey, {}).get("error")
        if failure:
            raise LandscapeError(failure)
