"""Sends requests to the application in this process, as a server would, and checks every answer."""

import io
import json
import logging
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_to_bytes

from werkzeug.test import EnvironBuilder, run_wsgi_app

from compute.errors import BadSurface
from compute.settings import Settings
from tests.measured import MEMORY, SECONDS, memory
from tests.processes import until
from tests.viewer.fake_service import FakeService
from viewer.app import Application, build
from viewer.faults import LONGEST
from viewer.screen import screen
from viewer.state import ViewState

HEADERS = {"Host": "127.0.0.1:8050", "Origin": "http://127.0.0.1:8050"}
JSON = {"Content-Type": "application/json"}
REFERENCE = "met an unexpected error"
"""What stands in the sentence about an error that nobody expected."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request: `address` is a path and query in the bytes' own spelling, Latin-1."""

    method: str
    address: str
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)

    def environ(self) -> dict[str, Any]:
        """What a WSGI server makes of it."""
        path, _, query = self.address.partition("?")
        headers = HEADERS | self.headers
        found = EnvironBuilder(method=self.method, input_stream=io.BytesIO(self.body)).get_environ()
        found |= {f"HTTP_{name.upper().replace('-', '_')}": text for name, text in headers.items()}
        found |= {"CONTENT_TYPE": headers.get("Content-Type", ""), "CONTENT_LENGTH": str(len(self.body))}
        return found | {"PATH_INFO": unquote_to_bytes(path.encode("latin-1")).decode("latin-1"), "QUERY_STRING": query}


@dataclass(slots=True)
class Answers:
    """What came of requests so far."""

    statuses: dict[int, int] = field(default_factory=dict)
    slowest: float = 0.0

    def row(self, kind: str, count: int, seconds: float, more: float) -> str:
        """The row of the table."""
        told = ", ".join(f"{number:,} × {status}" for status, number in sorted(self.statuses.items()))
        return (
            f"| malformed {kind} | an answer, or a refusal in a sentence; no 500 | {count:,} {kind} in "
            f"{seconds:,.0f} s ({told}); at most {self.slowest:.1f} s each, and {more:.0f} MiB more memory in all; no "
            "unexpected error |"
        )


class Service(FakeService):
    """The fake service, which takes no files: what is wrong within them is for the campaign `inputs`."""

    def receive(self, file, stream):
        stream.read()
        raise BadSurface(f"{file} should hold a surface, it holds none: export it again.")


class Site:
    """The application over a fake service with some finished surveys."""

    def __init__(self) -> None:
        """Computes the surveys."""
        self.service = Service()
        self.app: Application = build(self.service, Settings())  # type: ignore[arg-type]
        states = [
            ViewState(models=("resnet20", "vgg9", "holes"), points=9),
            ViewState(models=("mlp",), points=9, seed=1),
        ]
        self.surveys = [survey for state in states for survey in screen(self.service, state).surveys]  # type: ignore[arg-type]
        self.service.watch("campaign", self.surveys)
        until(
            lambda: all(self.service.snapshot(survey).progress.state == "done" for survey in self.surveys), seconds=30
        )
        self.answers = Answers()

    def get(self, address: str) -> Any:
        """The JSON at an address."""
        return json.loads(self.answer(Request("GET", address))[2])

    def post(self, address: str, body: object) -> Any:
        """What is answered to JSON."""
        return json.loads(self.answer(Request("POST", address, json.dumps(body).encode(), JSON))[2])

    def forget(self) -> None:
        """Drops the surveys that requests asked for: the fake service keeps all for ever."""
        with self.service._changed:
            kept = {survey.id for survey in self.surveys}
            self.service.jobs = {name: job for name, job in self.service.jobs.items() if name in kept}
            self.service.tabs.clear()

    def answer(self, request: Request) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body; of a stream its first piece alone."""
        pieces, status, headers = run_wsgi_app(self.app.server, request.environ())
        streamed = headers.get("Content-Type", "").startswith("text/event-stream")
        body = next(iter(pieces), b"") if streamed else b"".join(pieces)
        if hasattr(pieces, "close"):
            pieces.close()
        return int(status.split()[0]), dict(headers), body

    def check(self, request: Request) -> None:
        """Sends a request.

        Raises:
            AssertionError: the answer is an unexpected error, no sentence, took too long, or has broken headers.
        """
        began = time.monotonic()
        status, headers, body = self.answer(request)
        seconds = time.monotonic() - began
        self.answers.statuses[status] = self.answers.statuses.get(status, 0) + 1
        self.answers.slowest = max(self.answers.slowest, seconds)
        assert status < 500, (status, body[:300])
        assert seconds < SECONDS, seconds
        assert b"Traceback" not in body
        assert REFERENCE.encode() not in body, body[-600:]
        for name, text in headers.items():
            assert (name + text).encode("latin-1").isascii(), (name, text)
            assert (name + text).isprintable(), (name, text)
        if status >= 400 and request.method != "HEAD":
            said = json.loads(body)["error"]
            assert said.isprintable(), said
            assert 0 < len(said) <= LONGEST, said


def campaign(kind: str, count: int, requests: Callable[[Site, random.Random], Iterator[Request]], seed: int = 0) -> str:
    """Sends so many requests; gives the measured row.

    Raises:
        AssertionError: an answer is not as promised, or all together took too much memory.
    """
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory() as folder:
        tempfile.tempdir, before = folder, tempfile.tempdir
        site = Site()
        try:
            return attack(site, kind, count, requests(site, random.Random(seed)))
        finally:
            site.service.close()
            tempfile.tempdir = before
            logging.disable(logging.NOTSET)


def attack(site: Site, kind: str, count: int, requests: Iterator[Request]) -> str:
    """The row of so many requests to a site."""
    for _ in range(50):
        site.check(next(requests))
    site.answers, start, began = Answers(), memory("VmRSS"), time.monotonic()
    for number in range(count):
        request = next(requests)
        try:
            site.check(request)
        except Exception:
            sys.stderr.write(f"{kind} number {number}: {request!r}"[:3000] + "\n")
            raise
        if number % 20 == 0:
            site.forget()
    more = memory("VmRSS") - start
    assert more < MEMORY, more
    return site.answers.row(kind, count, time.monotonic() - began, more)
