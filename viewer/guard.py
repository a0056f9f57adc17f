"""Who may talk to the server: pages it served itself, on this machine."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from dash import Dash
from flask import Flask, Response, abort, request
from werkzeug.datastructures import Headers

MAX_BODY = 2**20
"""Bytes; a callback sends a few thousand."""
LOOPBACK = ["127.0.0.1", "localhost", "[::1]"]
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def guard(server: Flask, apps: Sequence[Dash], host: str) -> None:
    """Refuses foreign hosts and origins, and tells the browser to refuse the rest."""
    server.config["TRUSTED_HOSTS"] = trusted(host)
    server.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    server.before_request(_refuse_strangers)
    policy = _policy(apps)

    def harden(response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", policy)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    server.after_request(harden)


def trusted(host: str) -> list[str]:
    """The names under which the server may be called: loopback, and what it was told to listen on.

    Example:
        >>> trusted("192.168.1.7")
        ['127.0.0.1', 'localhost', '[::1]', '192.168.1.7']
    """
    bare = host.strip("[]")
    named = f"[{bare}]" if ":" in bare else bare
    return [*LOOPBACK, *([] if named in LOOPBACK else [named])]


def _refuse_strangers() -> None:
    """Answers 403 to a request that another site's page sent."""
    if foreign(request.method, request.host, request.headers):
        abort(403)


def foreign(method: str, host: str, headers: Headers) -> bool:
    """Whether another site's page sent a request, by what the browser says in its headers."""
    site, mode = headers.get("Sec-Fetch-Site", "none"), headers.get("Sec-Fetch-Mode")
    reading = method in {"GET", "HEAD", "OPTIONS"}
    if site in {"cross-site", "same-site"} and not (reading and mode == "navigate"):
        return True
    origin = headers.get("Origin")
    return origin is not None and urlsplit(origin).netloc != host


def _policy(apps: Sequence[Dash]) -> str:
    """Content only from here; the inline scripts that Dash writes are named by their hashes."""
    digests = dict.fromkeys(digest.strip("'") for app in apps for digest in app.csp_hashes())
    hashes = " ".join(f"'{digest}'" for digest in digests)
    return "; ".join(
        [
            "default-src 'self'",
            f"script-src 'self' 'unsafe-eval' {hashes}".strip(),
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
