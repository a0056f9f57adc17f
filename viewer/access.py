"""Who is let in where other machines can connect: browsers that opened the address with the token."""

import hmac
import re
from dataclasses import dataclass
from html import escape
from secrets import token_urlsafe
from urllib.parse import quote, unquote_plus

from flask import Response, jsonify, request

from compute.errors import LandscapeError

TOKEN = "token"
"""The part of an address that carries it."""
READING = {"GET", "HEAD", "OPTIONS"}
SENTENCE = (
    "This server answers only browsers that have opened the address which it printed at its start and which ends in "
    "?token=...: open that address."
)
AGAIN = "/api/again.js"
"""A script that opens a page again."""
PAGE = f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Loss Atlas</title></head>
<body><p>{escape(SENTENCE)}</p><script src="{AGAIN}"></script></body></html>
"""
"""What a browser shows. Where another site's link led here, it kept its cookie back, but sends it with the request for
the script: so that comes, and opens the page again, exactly where there is a cookie.
"""


class BadToken(LandscapeError):
    """A token that is too short, or would not stand in an address as it is."""


@dataclass(frozen=True, slots=True)
class Access:
    """The token that is asked for, and the port that names its cookie, for cookies of all ports of a host lie together.

    Without a token everybody is let in.
    """

    token: str | None
    port: int

    @property
    def cookie(self) -> str:
        """The name of the cookie."""
        return f"loss-atlas-{self.port}"

    def is_token(self, text: str) -> bool:
        """Whether a text is the token; takes as long for every text of a length."""
        return self.token is not None and hmac.compare_digest(text.encode(errors="replace"), self.token.encode())

    def admits(self, cookies: str) -> bool:
        """Whether a request with this `Cookie` header is let in."""
        named = [each.strip().partition("=") for each in cookies.split(";")]  # others' need not even be text
        return self.token is None or any(self.is_token(value) for name, _, value in named if name == self.cookie)


def make_access(private: bool, port: int, token: str = "") -> Access:
    """Asks for a token: for the one that is given, else for a new one where other machines can connect.

    Raises:
        BadToken: the one that is given would be no good one.

    Example:
        >>> make_access(True, 8050).token, len(make_access(False, 8050).token)
        (None, 43)
    """
    if token and not re.fullmatch(r"[\w.~-]{16,256}", token, re.ASCII):
        raise BadToken(
            "LOSS_ATLAS_TOKEN should be 16 to 256 letters, digits and any of - . _ ~, but is not: choose another, or "
            "unset it for a new one at each start."
        )
    return Access(token or (None if private else token_urlsafe(32)), port)


def check_access(access: Access) -> Response | None:
    """What a request gets instead of its answer, None where it gets that.

    Who opens an address with the token gets the cookie, and goes on to the same address without it.
    """
    given = request.args.get(TOKEN) if request.method in READING else None
    entering = given is not None and access.is_token(given)
    if not entering and not access.admits(request.headers.get("Cookie", "")):
        return refused()
    if access.token is None or given is None:
        return None
    response = Response(status=303, headers={"Location": tokenless(), "Cache-Control": "no-store"})
    response.headers["Referrer-Policy"] = "no-referrer"
    if entering:
        response.set_cookie(access.cookie, given, httponly=True, samesite="Strict", secure=request.is_secure)
    return response


def refused() -> Response:
    """One sentence, as a page for who asks for one."""
    response = Response(PAGE) if "text/html" in request.headers.get("Accept", "") else jsonify(error=SENTENCE)
    response.status_code = 403
    response.headers["Cache-Control"] = "no-store"
    return response


def again() -> Response:
    """The script; only who is let in gets it."""
    return Response(
        "location.replace(location.href);", mimetype="text/javascript", headers={"Cache-Control": "no-store"}
    )


def tokenless() -> str:
    """The address that was asked for, without a token; always one of this server."""
    parts = request.query_string.decode("latin-1").split("&")
    parts = [part for part in parts if unquote_plus(part.partition("=")[0]) != TOKEN]
    path, query = quote("/" + request.path.lstrip("/\\")), "&".join(parts)
    return f"{path}?{query}" if query else path
