"""Who may talk to the server: pages that it served itself, and of other machines whoever has the token."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from dash import Dash
from flask import Flask, Response, abort, request
from werkzeug.datastructures import Headers

from viewer.access import AGAIN, Access, again, check_access
from viewer.listening import Listening

MAX_BODY = 2**20
"""Bytes; a callback sends a few thousand."""
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def guard(server: Flask, apps: Sequence[Dash], listening: Listening, access: Access) -> None:
    """Refuses foreign hosts, origins and machines, and tells the browser to refuse the rest."""
    server.config["LISTENING"], server.config["ACCESS"] = listening, access
    server.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    policy = _policy(apps)
    server.add_url_rule(AGAIN, view_func=again)

    @server.before_request
    def check() -> Response | None:
        host = request.headers.get("Host")
        if host is not None and not listening.knows(host):
            abort(400)
        if foreign(request.method, request.host, request.headers):
            abort(403)
        return check_access(access)

    @server.after_request
    def harden(response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", policy)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response


def foreign(method: str, host: str, headers: Headers) -> bool:
    """Whether another site's page sent a request, by what the browser says in its headers."""
    site, mode = headers.get("Sec-Fetch-Site", "none"), headers.get("Sec-Fetch-Mode")
    reading = method in {"GET", "HEAD", "OPTIONS"}
    if site in {"cross-site", "same-site"} and not (reading and mode == "navigate"):
        return True
    origin = headers.get("Origin")
    return origin is not None and _place(origin) != host


def _place(origin: str) -> str:
    """The host and port of an origin; nothing where it is none."""
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return ""


def _policy(apps: Sequence[Dash]) -> str:
    """Content only from here; the inline scripts that Dash writes are named by their hashes."""
    digests = dict.fromkeys(digest.strip("'") for app in apps for digest in app.csp_hashes())
    hashes = " ".join(f"'{digest}'" for digest in digests)
    return "; ".join(
        [
            "default-src 'self'",
            f"script-src 'self' {hashes}".strip(),
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self' data: blob:",
            "worker-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        ]
    )
