"""Puts the application together."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import waitress
from dash import Dash

from compute.errors import LandscapeError
from compute.settings import ROOT, Settings
from viewer import drawing, stream
from viewer.guard import guard
from viewer.pages import explore
from viewer.shell import shell

if TYPE_CHECKING:
    from compute.service import LandscapeService

THREADS = 16
"""Each open tab's stream holds one."""


def build(service: "LandscapeService", settings: Settings) -> Dash:
    """The application over a service; `build(...).server` is its WSGI application."""
    app = Dash(
        "viewer",
        title="Loss Atlas",
        update_title=None,  # type: ignore[arg-type]  # Dash reads None as: leave the title alone
        assets_folder=str(ROOT / "assets"),
        external_scripts=[{"src": drawing.LIBRARY_URL, "defer": "defer"}],
        serve_locally=True,
        enable_mcp=False,
    )
    app.index_string = app.index_string.replace("<html>", '<html lang="en">')
    app.server.register_blueprint(stream.blueprint(service))
    app.server.register_blueprint(drawing.blueprint(service))
    app.layout = lambda: shell(explore.layout(service))
    explore.register(app, service)
    guard(app, settings.host)
    return app


def serve(app: Dash, settings: Settings, announce: Callable[[str], object]) -> None:
    """Tells its address once it listens, and answers requests until interrupted.

    Raises:
        LandscapeError: the address cannot be listened on.
    """
    if not 0 < settings.port < 2**16:  # getaddrinfo would quietly wrap it round
        raise LandscapeError(f"A port must be between 1 and 65535, got {settings.port}: choose another with --port.")
    try:
        server = waitress.create_server(
            app.server, host=settings.host, port=settings.port, threads=THREADS, ident="loss-atlas"
        )
    except (OSError, ValueError) as problem:
        raise LandscapeError(
            f"The application needs an address that is free, {settings.host}:{settings.port} is not "
            f"({problem}): choose another with --port or --host."
        ) from problem
    announce(f"http://{settings.host}:{settings.port}")
    server.run()
