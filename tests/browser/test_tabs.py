"""Many tabs of one browser over waitress: they share one stream, wherever it runs."""

import threading
from contextlib import contextmanager

import pytest
import waitress

from compute.settings import Settings
from tests.browser.conftest import SETTLED
from tests.processes import until
from tests.viewer.fake_service import FakeService
from viewer import browsers
from viewer.app import build
from viewer.connections import OPTIONS
from viewer.gate import install

pytestmark = pytest.mark.browser

LINK = "?models=mlp&view=contour&points=9&samples=64"
SHARED = ""
LOCKED = "delete window.SharedWorker"
ALONE = "delete window.SharedWorker; Object.defineProperty(navigator, 'locks', { value: undefined })"
BROKEN = "window.SharedWorker = class { set onerror(failed) { setTimeout(failed) } }"
HIDDEN = """(hidden) => {
 Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
 document.dispatchEvent(new Event('visibilitychange'));
}"""


class Counting(FakeService):
    """Notes which tabs are open and on screen, as the server was told."""

    def __init__(self):
        super().__init__()
        self.shown = {}

    def show(self, tab, visible):
        self.shown[tab] = visible

    def leave(self, tab):
        super().leave(tab)
        self.shown.pop(tab, None)


class Served:
    """The application behind waitress, at the same port however often it starts."""

    def __init__(self):
        self.service, self.port, self.streams = Counting(), 0, 0
        self.start()

    def start(self):
        app = build(self.service, Settings()).server
        self.server = waitress.create_server(self.counted(app), host="127.0.0.1", port=self.port, **OPTIONS)
        install(self.server, app, 1024)
        self.port = int(self.server.effective_port)
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.thread.start()

    def counted(self, app):
        def counting(environ, start):
            self.streams += environ["PATH_INFO"] == "/api/stream"
            return app(environ, start)

        return counting

    def stop(self):
        self.service.dismiss()
        self.server.close()
        for channel in list(self.server.active_channels.values()):
            channel.handle_close()
        self.thread.join(10)
        self.service.close()


@pytest.fixture
def served():
    found = Served()
    yield found
    found.stop()


@contextmanager
def window(browser, script=""):
    """A browser window of its own in which a script runs before any page's."""
    context = browser.new_context(viewport={"width": 800, "height": 500})
    context.add_init_script(f"window.atlas = {{ pixelRatio: 1, webgl2: false }}; {script}")
    yield context
    context.close()


def tab(context, served, link=LINK):
    page = context.new_page()
    page.set_default_timeout(120_000)
    page.goto(f"http://127.0.0.1:{served.port}/{link}")
    return page


def drawn(page):
    page.wait_for_function(SETTLED, arg=1, timeout=180_000)


def open_tabs(context, served, count):
    pages = [tab(context, served, f"{LINK}&seed={number}") for number in range(count)]
    for page in pages:
        drawn(page)
    return pages


@pytest.mark.slow
@pytest.mark.parametrize(
    ("script", "streams"), [(SHARED, 1), (LOCKED, 1), (BROKEN, 8)], ids=["worker", "leader", "worker that fails"]
)
def test_eight_tabs_draw_wherever_the_stream_runs(browser, served, script, streams):
    with window(browser, script) as context:
        pages = open_tabs(context, served, 4 if streams > 1 else 8)
        assert served.streams <= streams
        until(lambda: len(served.service.shown) == len(pages))
        assert all(served.service.shown.values())
    until(lambda: not served.service.shown, seconds=30)


@pytest.mark.slow
def test_another_tab_takes_over_when_the_one_that_held_the_stream_is_closed(browser, served):
    with window(browser, LOCKED) as context:
        first, second, third = open_tabs(context, served, 3)
        first.close()
        until(lambda: len(served.service.shown) == 2, seconds=30)
        served.service.hold()
        second.goto(f"http://127.0.0.1:{served.port}/{LINK}&seed=77")
        third.wait_for_timeout(500)
        served.service.release()
        drawn(second)


@pytest.mark.slow
def test_tabs_without_any_way_to_share_let_go_of_their_stream_while_hidden(browser, served):
    with window(browser, ALONE) as context:
        pages = []
        for number in range(8):
            pages.append(tab(context, served, f"{LINK}&seed={number}"))
            drawn(pages[-1])
            pages[-1].evaluate(HIDDEN, True)
        assert served.streams == 8
        until(lambda: list(served.service.shown.values()) == [False] * 8, seconds=30)
        pages[0].evaluate(HIDDEN, False)
        until(lambda: sum(served.service.shown.values()) == 1)


@pytest.mark.slow
def test_a_hidden_tab_hears_nothing_until_it_is_looked_at(browser, served):
    heard = """() => {
     const report = atlas.report;
     window.heard = 0;
     atlas.report = () => { window.heard += 1; report(); };
    }"""
    with window(browser) as context:
        shown, hidden = open_tabs(context, served, 2)
        hidden.evaluate(HIDDEN, True)
        until(lambda: sorted(served.service.shown.values()) == [False, True])
        hidden.evaluate(heard)
        shown.goto(f"http://127.0.0.1:{served.port}/{LINK}&seed=55")
        drawn(shown)
        assert hidden.evaluate("() => window.heard") == 0
        known = shown.evaluate("() => [...atlas.news.keys()].sort()")
        hidden.evaluate(HIDDEN, False)
        hidden.wait_for_function("(known) => known.every((id) => atlas.news.has(id))", arg=known)


@pytest.mark.slow
def test_a_browser_that_is_refused_a_stream_polls_and_says_why(browser, served, monkeypatch):
    monkeypatch.setattr(browsers, "MOST_STREAMS", 0)
    with window(browser) as context:
        page = tab(context, served)
        drawn(page)
        page.get_by_text("Live updates go to at most").wait_for()
        monkeypatch.setattr(browsers, "MOST_STREAMS", 16)
        page.wait_for_function(
            "() => !document.querySelector('.job-trouble').textContent.includes('Live updates')", timeout=60_000
        )


@pytest.mark.slow
def test_all_tabs_go_on_when_the_server_is_back(browser, served):
    with window(browser) as context:
        pages = open_tabs(context, served, 3)
        served.stop()
        for page in pages:
            page.get_by_text("Server stopped.").wait_for()
        served.service = Counting()
        served.start()
        for page in pages:
            page.get_by_text("Server stopped.").wait_for(state="hidden")
            drawn(page)
        until(lambda: len(served.service.tabs) == len(served.service.shown) == 3)


@pytest.mark.slow
def test_forty_tabs_each_draw(browser, served):
    with window(browser) as context:
        pages = open_tabs(context, served, 40)
        assert served.streams == 1
        until(lambda: len(served.service.shown) == 40, seconds=60)
        pages[0].goto(f"http://127.0.0.1:{served.port}/{LINK}&seed=99")  # and the first still is answered
        drawn(pages[0])
