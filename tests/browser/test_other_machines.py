"""A browser that reaches the server at an address other than loopback: let in once, it has everything."""

import json
import subprocess
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from compute.settings import ROOT
from tests.browser.conftest import SETTLED
from tests.viewer.hosts import free_port
from viewer.access import SENTENCE

pytestmark = pytest.mark.browser


@contextmanager
def served(word="0.0.0.0"):
    """The last address that is announced where every one is listened on: that of a network, where there is one."""
    command = [sys.executable, "-m", "tests.viewer.hosts", word]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    _, urls, shared = json.loads(process.stdout.readline())
    assert shared
    yield urls[-1]
    process.communicate(timeout=20)


@pytest.fixture(scope="module")
def address():
    with served() as found:
        yield found


@pytest.fixture
def visitor(browser):
    """A browser that was never here, and what it was refused."""
    context = browser.new_context()
    page, refused = context.new_page(), []
    page.set_default_timeout(60_000)
    page.on("response", lambda answer: refused.append(answer.url) if answer.status >= 400 else None)
    yield page, refused
    context.close()


def test_the_printed_address_opens_the_page_which_draws_and_keeps_the_token_to_itself(address, visitor):
    page, refused = visitor
    home = address.partition("?")[0]
    page.goto(f"{address}&models=resnet20&points=9")
    assert page.url.startswith(f"{home}?models=resnet20")
    page.wait_for_function(SETTLED, arg=1)
    assert page.evaluate("document.cookie") == ""
    assert [cookie["sameSite"] for cookie in page.context.cookies()] == ["Strict"]
    page.goto(f"{home}profile/?models=mlp")
    assert refused == []


@pytest.fixture
def elsewhere(address):
    """A page of another site, with links to the server."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            look = f'<a href="{address.partition("?")[0]}?models=mlp">look</a>'
            self.wfile.write(f'{look} <a href="{address}">enter</a>'.encode())

        def log_message(self, *_words):
            pass

    server = HTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://localhost:{server.server_port}/"
    server.shutdown()
    server.server_close()


def test_a_stranger_reads_where_the_address_is_and_a_friend_may_come_from_another_sites_link(
    address, visitor, elsewhere
):
    page, _ = visitor
    page.goto(elsewhere)
    page.get_by_text("look").click()
    page.get_by_text(SENTENCE).wait_for()
    page.goto(elsewhere)
    page.get_by_text("enter").click()  # to which the browser sends no cookie at first
    page.locator(".card").first.wait_for()
    page.goto(elsewhere)
    page.get_by_text("look").click()
    page.locator(".card").first.wait_for()
    assert page.url.endswith("?models=mlp")


def test_a_page_whose_server_asks_for_another_token_says_so_and_goes_on_once_it_was_opened(visitor):
    page, _ = visitor
    port = free_port()
    with served(f"0.0.0.0={port}") as address:
        page.goto(address)
        page.locator(".card").first.wait_for()
        page.wait_for_function("() => window.atlas && atlas.news")
    lost = page.locator("#job .lost")
    with served(f"0.0.0.0={port}") as address:
        lost.filter(has_text=SENTENCE).wait_for()
        page.context.new_page().goto(address)
        lost.wait_for(state="hidden")
