"""Puts the application together."""

import logging
from typing import TYPE_CHECKING

import waitress
from dash import Dash

from compute.settings import ROOT, Settings
from viewer import drawing, stream
from viewer.guard import guard
from viewer.pages import explore
from viewer.shell import shell

if TYPE_CHECKING:
    from compute.service import LandscapeService

log = logging.getLogger(__name__)

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


def serve(app: Dash, settings: Settings) -> None:
    """Answers requests until interrupted."""
    log.info("serving host=%s port=%d", settings.host, settings.port)
    waitress.serve(app.server, host=settings.host, port=settings.port, threads=THREADS, ident="loss-atlas")
