"""What is refused by its header alone, before a byte of its body is read."""

import json
from typing import Any
from urllib.parse import unquote

from flask import Flask
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.utilities import BadRequest, Error, RequestEntityTooLarge
from werkzeug.datastructures import EnvironHeaders

from viewer.access import READING, SENTENCE, Access
from viewer.connections import Channel, set_channel
from viewer.guard import MAX_BODY, foreign
from viewer.listening import Listening
from viewer.saving import FILM_LIMIT

MIB = 2**20


class Forbidden(Error):  # type: ignore[misc]  # waitress declares no types
    """The answer to a request of another site's page, or of a machine that was not let in."""

    code = 403
    reason = "Forbidden"

    def to_response(self, ident: str | None = None) -> tuple[str, list[tuple[str, str]], bytes]:
        """The sentence as the routes give it, whose errors the page reads."""
        return "403 Forbidden", [("Content-Type", "application/json")], json.dumps({"error": self.body}).encode()


class Discarded:
    """Takes in a body and keeps nothing of it, so that whoever sends it also reads the answer."""

    error = None

    def __init__(self, length: int) -> None:
        """A body of some bytes."""
        self._left = length

    @property
    def completed(self) -> bool:
        """Whether all of it has come."""
        return not self._left

    def received(self, data: bytes) -> int:
        """Lets a piece pass, and says how many bytes of it were the body's."""
        taken = min(len(data), self._left)
        self._left -= taken
        return taken


def parser(server: Flask, upload_mib: int) -> type[HTTPRequestParser]:
    """A parser of requests that ends at the header of one that the guard would refuse, or whose body is too long.

    Args:
        server: guarded; its addresses and its token are asked at each request.
        upload_mib: the size of files that come from the page.
    """
    limits = {"/api/import": (upload_mib + 1) * MIB, "/api/film": FILM_LIMIT}

    class Gate(HTTPRequestParser):  # type: ignore[misc]  # as above
        limit = MAX_BODY
        completed: bool

        def parse_header(self, header_plus: bytes) -> None:
            try:
                super().parse_header(header_plus)
            except ValueError as problem:  # of an address such as http://[
                raise ParsingError("The address of a request should be one of this application's.") from problem
            self.limit = limits.get(unquote(self.path), MAX_BODY) if self.command == "POST" else MAX_BODY
            refused = refusal(self.command, self.headers, server.config["LISTENING"], server.config["ACCESS"])
            if refused is not None:
                self.error, self.expect_continue = refused, False
                self.body_rcv, self.content_length, self.chunked = None, 0, False
            elif self.content_length > self.limit and not self.expect_continue:
                self.error, self.body_rcv = too_long(self.limit), Discarded(self.content_length)
            elif self.content_length > self.limit:
                self.error, self.expect_continue = too_long(self.limit), False
                self.body_rcv, self.content_length = None, 0

        def received(self, data: bytes) -> int:
            consumed: int = super().received(data)
            if self.chunked and self.body_bytes_received > self.limit and not self.completed:
                self.error, self.completed = too_long(self.limit), True
            return consumed

    return Gate


def too_long(limit: int) -> Error:
    """The answer to a body that is too long."""
    return RequestEntityTooLarge(f"A request to this address should have at most {limit:,} bytes.")


def refusal(method: str, headers: dict[str, str], listening: Listening, access: Access) -> Error | None:
    """The answer to a request that comes from elsewhere, by its header; None where it may go on.

    Whoever only reads sends no body, and is let in or sent away by the guard.
    """
    if "HOST" in headers and not listening.knows(headers["HOST"]):
        return BadRequest("The application answers under its own address alone: open the one that it printed.")
    named = EnvironHeaders({f"HTTP_{name}": text for name, text in headers.items()})
    if foreign(method, headers.get("HOST", ""), named):
        return Forbidden("Another site's page may not send this: open the application's own.")
    return None if method in READING or access.admits(headers.get("COOKIE", "")) else Forbidden(SENTENCE)


def install(listening: Any, server: Flask, upload_mib: int) -> None:  # noqa: ANN401 - waitress declares no type
    """Puts the gate before a server that listens, on one address or several."""
    gate = parser(server, upload_mib)

    class Gated(Channel):
        parser_class = gate

    set_channel(listening, Gated)
