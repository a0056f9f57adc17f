"""Puts the application together."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING

import waitress
from dash import Dash
from flask import Flask

from compute.errors import LandscapeError
from compute.settings import ROOT, Settings, check_port
from viewer import asking, callbacks, commands, drawing, faults, health, saving, stream, taking
from viewer.access import TOKEN, Access, make_access
from viewer.connections import OPTIONS
from viewer.gate import install
from viewer.guard import guard
from viewer.listening import Listening, resolve
from viewer.pages import adding, adding_dialog, explore, profile, trajectory, working
from viewer.pages.exports import commands_dialog
from viewer.pages.print_dialog import print_dialog
from viewer.redaction import redact_answers
from viewer.shell import Page, shell

if TYPE_CHECKING:
    from compute.service import LandscapeService

PAGES = (explore.PAGE, trajectory.PAGE, profile.PAGE)
"""In the order of the header; the first is at the root."""

ROUTES = (stream, drawing, asking, taking, saving, health)
"""What every page asks."""


@dataclass(frozen=True, slots=True)
class Application:
    """A WSGI application, and the Dash application of each page by its path: no page loads another's callbacks.

    `listening` says where it is reached, `access` whether others need a token there.
    """

    server: Flask
    pages: Mapping[str, Dash]
    listening: Listening
    access: Access


def build(
    service: "LandscapeService", settings: Settings, token: str = "", studies: Sequence[Path] = ()
) -> Application:
    """The application over a service.

    Args:
        service: what computes.
        settings: the table.
        token: what browsers need to be let in; where none is given, a new one if other machines can connect.
        studies: the user's own files that the service knows.

    Raises:
        LandscapeError: there is no such host, or the token would be no good one.
    """
    listening = resolve(settings.host)
    access = make_access(listening.is_private, settings.port, token)
    server = Flask("viewer")
    server.register_blueprint(commands.blueprint(service, settings, studies))
    for routes in ROUTES:
        server.register_blueprint(routes.blueprint(service))
    pages = {page.path: opened(page, server, service) for page in PAGES}
    faults.install(server)
    guard(server, list(pages.values()), listening, access)
    server.before_request(faults.check_path)  # after the guard, which tells nobody else what paths there are
    callbacks.install(server, pages)
    if access.token is not None:
        redact_answers(server, service.folders)
    return Application(server, pages, listening, access)


def opened(page: Page, server: Flask, service: "LandscapeService") -> Dash:
    """A page of a server."""
    app = Dash(
        "viewer",
        server=server,  # type: ignore[arg-type]  # a Flask server, which Dash declares nowhere
        url_base_pathname=page.path,
        title="Loss Atlas" if page is PAGES[0] else f"{page.name} · Loss Atlas",
        update_title=None,  # type: ignore[arg-type]  # Dash reads None as: leave the title alone
        assets_folder=str(ROOT / "assets"),
        assets_path_ignore=["^vendor$"],  # which assets/carving.js loads when it is needed
        serve_locally=True,
        enable_mcp=False,
        on_error=working.tell,
    )
    app.index_string = document(app.index_string)
    app.layout = lambda: shell(
        page, PAGES, service, [adding_dialog.dialog(), commands_dialog(), print_dialog()], adding.MEMORY
    )
    page.register(app, service)
    adding.register(app, service)
    return app


def document(page: str) -> str:
    """Dash's own document, told to be English, without a second footer around its scripts, and naming plotly.js.

    The browser fetches plotly.js while it has nothing else to do; assets/library.js starts it.

    Example:
        >>> document("<html><footer>{%scripts%}</footer></html>")
        '<html lang="en"><div hidden>{%scripts%}</div></html>'
    """
    library = f'<link id="plotly" rel="prefetch" as="script" href="{drawing.LIBRARY_URL}"></head>'
    words = {"<html>": '<html lang="en">', "<footer>": "<div hidden>", "</footer>": "</div>", "</head>": library}
    return reduce(lambda text, word: text.replace(word, words[word]), words, page)


def serve(app: Application, settings: Settings, announce: Callable[[Sequence[str], bool], object]) -> None:
    """Tells its addresses once it listens, and whether other machines can connect; then answers until interrupted.

    Raises:
        LandscapeError: the address cannot be listened on.
    """
    check_port(settings.port)
    try:
        server = waitress.create_server(
            app.server,
            listen=" ".join(f"[{address}]:{settings.port}" for address in app.listening.addresses),
            ident="loss-atlas",
            max_request_body_size=(settings.upload_mib + 1) * 2**20,
            **OPTIONS,
        )
    except (OSError, ValueError) as problem:
        raise LandscapeError(
            f"The application needs an address that is free, {settings.host}:{settings.port} is not "
            f"({problem}): choose another with --port or --host."
        ) from problem
    install(server, app.server, settings.upload_mib)
    key = f"/?{TOKEN}={app.access.token}" if app.access.token else ""
    announce([f"{url}{key}" for url in app.listening.urls(settings.port)], not app.listening.is_private)
    server.run()
