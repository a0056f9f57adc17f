"""A served application over the fake service, and what a test asks of its page."""

import threading
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect
from werkzeug.serving import make_server

from compute.settings import Settings
from tests.viewer.fake_service import FakeService
from viewer.app import build

expect.set_options(timeout=30_000)  # a busy machine needs longer than the usual 5 s
SIZE = {"width": 1200, "height": 640}
SETTLED = """(count) => {
 const { stored, completed, callbacks, ...waiting } = window.store.getState().callbacks;
 if (Object.values(waiting).some((some) => some.length)) return false;
 if (document.querySelector('#add-model[aria-busy="true"]')) return false;
 const panels = [...document.querySelectorAll('.panel:not([hidden])')];
 return panels.length === count && panels.every((panel) => {
  const progress = atlas.news.get(panel.dataset.survey);
  const shown = [...panel.querySelectorAll('.figure')].filter((figure) => figure.clientWidth);
  return progress && panel.dataset.state === progress.state && ['done', 'failed', 'cancelled'].includes(progress.state)
    && (progress.state === 'failed' || shown.every((figure) => Number(figure.dataset.version) >= progress.version
    && decodeURI(figure.dataset.url) === decodeURI(atlas.figureUrl(figure))));
})}"""
"""Whether no file is being read, no callback under way, and every figure on screen tells the last of its survey."""


@dataclass
class Atlas:
    """The page under test and the service behind it."""

    page: Page
    service: FakeService
    address: str
    complaints: list[str] = field(default_factory=list)

    def open(self, query: str = "?models=") -> None:
        """Opens an address, that of the empty stage if none is given."""
        self.page.goto(self.address + query)
        self.page.wait_for_function("() => window.Plotly && window.atlas && document.querySelector('.card')")

    def choose(self, run: str) -> None:
        self.page.locator(f'.card[data-run="{run}"]').click()
        self.page.locator(f'.panel[data-run="{run}"]').wait_for()

    def settle(self, panels: int = 1) -> None:
        self.page.wait_for_function(SETTLED, arg=panels)

    def figure(self, kind: str = "surface", slot: int = 0):
        return self.page.locator(f'.panel[data-slot="{slot}"] .figure.{kind}')

    def ask(self, script: str, kind: str = "surface", slot: int = 0):
        """Evaluates a script of one argument, the figure's element."""
        return self.figure(kind, slot).evaluate(script)

    def wait(self, script: str) -> None:
        self.page.wait_for_function(script)


@pytest.fixture(scope="session")
def served():
    service = FakeService()
    server = make_server("127.0.0.1", 0, build(service, Settings()).server, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield service, f"http://127.0.0.1:{server.port}/"
    service.close()
    server.shutdown()


@pytest.fixture(scope="session")
def context(browser):
    """One for all tests, so that scripts of ten megabytes are read once."""
    context = browser.new_context(viewport=SIZE, accept_downloads=True)
    seen = "try { localStorage.setItem('atlas.hint', 'seen') } catch { /* a document without an origin */ }"
    context.add_init_script(f"window.atlas = {{ pixelRatio: 1, webgl2: false }}; {seen}")
    yield context
    context.close()


@pytest.fixture
def atlas(served, context):
    service, address = served
    service.forget()
    page = context.new_page()
    page.set_viewport_size(SIZE)
    page.set_default_timeout(60_000)  # WebGL in software draws slowly
    found = Atlas(page, service, address)
    page.on("console", lambda message: found.complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: found.complaints.append(str(error)))
    page.on("request", lambda request: _foreign(found, request.url))
    yield found
    if page.url != "about:blank":
        page.evaluate("localStorage.clear()")
    page.close()
    assert found.complaints == []


@pytest.fixture
def blocks(atlas):
    """An atlas in whose browser surfaces are blocks, as they are wherever there is WebGL 2."""
    atlas.page.add_init_script("window.atlas.webgl2 = true")
    return atlas


def _foreign(found: Atlas, url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme.startswith("http") and parts.hostname != "127.0.0.1":
        found.complaints.append(f"a request left this machine: {url}")
