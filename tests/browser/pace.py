"""How fast the page is, in a real browser: `python -m tests.browser.pace` prints the rows of docs/benchmark.md.

Times are told, not asserted, for machines are noisy; what must not happen (a lost WebGL context) is counted.
"""

import argparse
import json
import logging
import statistics
import sys
import tempfile
import threading
import time
from contextlib import contextmanager

from playwright.sync_api import sync_playwright
from werkzeug.serving import make_server

from compute.settings import Settings
from tests.browser.conftest import SETTLED
from tests.browser.test_server import Server, free_port
from tests.conftest import CHROMIUM, SOFTWARE_GL
from tests.viewer.fake_service import FakeService
from viewer.app import build

SIZE = {"width": 1440, "height": 900}
FOUR = ("resnet20", "resnet56", "vgg9", "mlp")
MORE = ("resnet56-noshort", "holes")
WATCH = """
  window.atlas = { pixelRatio: 1 };
  localStorage.setItem('atlas.hint', 'seen');
  window.lost = 0;
  addEventListener('webglcontextlost', () => { window.lost += 1; }, true);
"""
PAINTED = """(run) => { const figure = document.querySelector(`.panel[data-run="${run}"] .figure.surface`);
 return figure && figure.dataset.url && (figure.carved || figure._fullLayout) && figure.data[0].visible !== false
   && figure.closest('.panel').dataset.state === 'done'
   && !figure.data[0].surfacecolor && !(figure.data[0].meta || {}).heights; }"""


RUNS = "(cards) => cards.map((card) => card.dataset.run)"


@contextmanager
def page_of(address, ready="() => window.Plotly && document.querySelector('.card')"):
    """A page of a fresh browser, once `ready` if that is asked for, and what tells its numbers."""
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=CHROMIUM, args=[*SOFTWARE_GL, "--js-flags=--expose-gc"])
        page = browser.new_page(viewport=SIZE)
        page.add_init_script(WATCH)
        page.set_default_timeout(120_000)
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable")
        page.goto(address)
        if ready is not None:
            page.wait_for_function(ready)
        yield page, lambda: {row["name"]: row["value"] for row in session.send("Performance.getMetrics")["metrics"]}
        browser.close()


@contextmanager
def faked(delay=0.0):
    """The application over landscapes in closed form."""
    service = FakeService(delay=delay)
    server = make_server("127.0.0.1", 0, build(service, Settings()).server, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield service, f"http://127.0.0.1:{server.port}/"
    service.close()
    server.shutdown()


def per_tile(points=129, delay=0.02, view="surface"):
    """Main-thread time for each tile that arrives in one of four panels, in ms: the median over half seconds."""
    with faked(delay) as (service, address):
        service.hold()
        query = f"?models={','.join(FOUR)}&points={points}&view={view}&tolerance=0"
        with page_of(address + query) as (page, metrics):
            page.wait_for_function("() => document.querySelectorAll('.panel:not([hidden])').length === 4")
            service.step(60)
            page.wait_for_function(
                "() => document.querySelectorAll('.figure:is([data-carved], :has(.gl-container))').length === 4"
            )
            service.release()
            spent, before, done = [], metrics(), arrived(service)
            while any(progress.state != "done" for progress in service.progress()):
                time.sleep(0.5)
                now, tiles = metrics(), arrived(service)
                if tiles > done:
                    spent.append(1000 * (now["TaskDuration"] - before["TaskDuration"]) / (tiles - done))
                before, done = now, tiles
            drawings = page.evaluate("atlas.drawings")
    figures = {"points": points, "view": view, "tiles": done, "drawings": drawings, "windows": len(spent)}
    return figures | {"ms per tile": round(statistics.median(spent), 1)}


def arrived(service):
    return sum(job.next for job in service.jobs.values())


def cached(run="mlp", points=65, rounds=5):
    """Seconds from the click on a card to a complete surface that was computed before, and those of the next card."""
    with tempfile.TemporaryDirectory() as folder:
        server = Server(free_port(), folder)
        try:
            address = f"{server.address}?points={points}&tolerance=0"
            with page_of(address) as (page, _):
                page.locator(f'.card[data-run="{run}"]').click()
                page.wait_for_function(PAINTED, arg=run)
            times = []
            for _ in range(rounds):
                with page_of(address) as (page, _):
                    page.wait_for_timeout(4000)  # as long as one looks before one chooses
                    start = page.evaluate("performance.now()")
                    page.locator(f'.card[data-run="{run}"]').dispatch_event("click")
                    page.wait_for_function(PAINTED, arg=run, polling="raf")
                    times.append((page.evaluate("performance.now()") - start) / 1000)
        finally:
            server.stop()
    return {"points": points, "seconds": [round(value, 2) for value in times], "median": statistics.median(times)}


READY = f"(count) => window.store && window.atlas?.news && ({SETTLED})(count)"
"""SETTLED, for a page that has only begun to load."""


def first_visit(rounds=5):
    """Seconds from opening the bare address to the finished first picture: a new browser, a server that just started.

    The cache is empty, so the surfaces come from the gallery; `again` is for the same server a second time.
    """
    first, again = [], []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            server = Server(free_port(), folder)
            try:
                for times in (first, again):
                    times.append(opened(server.address))
            finally:
                server.stop()
    found = {"first": first, "again": again}
    return {
        name: {"seconds": [round(value, 2) for value in times], "median": round(statistics.median(times), 2)}
        for name, times in found.items()
    }


def opened(address):
    with page_of("about:blank", ready=None) as (page, _):
        page.goto(address, wait_until="commit")
        page.wait_for_function(READY, arg=2, polling="raf")
        return page.evaluate("performance.now()") / 1000


def endurance(switches=200):
    """Contexts lost, and the memory of the page in MiB after every tenth of so many switches of four panels."""
    with faked() as (_, address), page_of(f"{address}?models={','.join(FOUR)}&points=33") as (page, metrics):
        page.wait_for_function(SETTLED, arg=4)
        runs, memory = [*FOUR, *MORE], []
        for switch in range(switches):
            closed = page.locator('.card[aria-pressed="false"]')
            names = [
                name for name in closed.evaluate_all("(cards) => cards.map((card) => card.dataset.run)") if name in runs
            ]
            page.locator(f'.card[data-run="{names[switch % len(names)]}"]').click()
            page.locator(f'.panel[data-run="{names[switch % len(names)]}"]').wait_for()
            page.wait_for_function(SETTLED, arg=4)
            if switch % (switches // 10) == switches // 10 - 1:
                page.evaluate("gc()")
                memory.append(round(metrics()["JSHeapUsedSize"] / 2**20, 1))
        return {"switches": switches, "contexts lost": page.evaluate("window.lost"), "MiB": memory}


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--only", choices=["first", "tiles", "cached", "endurance"], action="append")
    options.add_argument("--switches", type=int, default=200)
    chosen = options.parse_args()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    asked = {
        "first": first_visit,
        "tiles": lambda: [per_tile(), per_tile(view="contour")],
        "cached": cached,
        "endurance": lambda: endurance(chosen.switches),
    }
    for name in chosen.only or asked:
        sys.stdout.write(f"{name}: {json.dumps(asked[name]())}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
