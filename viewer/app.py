"""Puts the application together."""

from collections.abc import Callable
from functools import reduce
from typing import TYPE_CHECKING

import waitress
from dash import Dash

from compute.errors import LandscapeError
from compute.settings import ROOT, Settings
from viewer import asking, drawing, saving, stream, taking
from viewer.guard import guard
from viewer.pages import adding, explore
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
    app.index_string = document(app.index_string)
    app.server.register_blueprint(stream.blueprint(service))
    app.server.register_blueprint(drawing.blueprint(service))
    app.server.register_blueprint(asking.blueprint(service))
    app.server.register_blueprint(taking.blueprint(service))
    app.server.register_blueprint(saving.blueprint(service))
    app.layout = lambda: shell(explore.layout(service))
    explore.register(app, service)
    adding.register(app, service)
    guard(app, settings.host)
    return app


def document(page: str) -> str:
    """Dash's own document, told to be English, and without a second footer around its scripts.

    Example:
        >>> document("<html><footer>{%scripts%}</footer></html>")
        '<html lang="en"><div hidden>{%scripts%}</div></html>'
    """
    words = {"<html>": '<html lang="en">', "<footer>": "<div hidden>", "</footer>": "</div>"}
    return reduce(lambda text, word: text.replace(word, words[word]), words, page)


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
