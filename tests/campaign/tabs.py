"""Opens many pages in one window of Chromium, over `run.py` and real networks; each has to draw."""

import tempfile
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser.conftest import SETTLED
from tests.campaign.program import Server

LINK = "?models=mlp&view=contour&points=9&samples=64&seed="
PATIENCE = 600_000
"""Milliseconds in which all have to draw."""
LAUNCH = {"executable_path": "/usr/bin/chromium", "args": ["--no-sandbox", "--no-first-run"]}


def run(count):
    """The measured row of so many pages."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        server = Server(Path(folder)).ready()
        browser = playwright.chromium.launch(**LAUNCH)
        try:
            context = browser.new_context(viewport={"width": 800, "height": 500})
            context.add_init_script("window.atlas = { pixelRatio: 1, webgl2: false };")
            context.set_default_timeout(PATIENCE)
            began = time.monotonic()
            pages = [context.new_page() for _ in range(count)]
            for number, page in enumerate(pages):
                page.goto(f"http://127.0.0.1:{server.port}/{LINK}{number}")
            for page in pages:
                page.wait_for_function(SETTLED, arg=1)
            seconds = time.monotonic() - began
            workers = sum(bool(page.evaluate("() => Boolean(window.SharedWorker)")) for page in pages)
            assert workers == count
        finally:
            browser.close()
            server.kill()
    return f"{count} pages of one window of Chromium, each another survey of a network: all drawn in {seconds:.0f} s"
