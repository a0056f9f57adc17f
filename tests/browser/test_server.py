"""The whole application: `run.py` in a process of its own, real networks, real Chromium."""

import io
import json
import re
import signal
import socket
import subprocess
import sys
import urllib.request

import pytest
from PIL import Image
from playwright.sync_api import expect

from compute.lattice import Lattice
from compute.settings import ROOT
from tests.browser.conftest import SETTLED
from tests.browser.test_trajectory import MARKED, SHOWN
from tests.processes import alive, children, stored_loss, stored_passes, until

pytestmark = pytest.mark.browser


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """`run.py` on a port and a cache of its own."""

    def __init__(self, port, cache, *more):
        self.address = f"http://127.0.0.1:{port}/"
        options = ["--port", str(port), "--cache-dir", str(cache), *map(str, more)]
        self.process = subprocess.Popen([sys.executable, str(ROOT / "run.py"), *options])
        until(self.answers)

    def answers(self):
        assert self.process.poll() is None
        try:
            return urllib.request.urlopen(self.address, timeout=5).status == 200
        except OSError:
            return False

    def progress(self):
        """What the stream says first: how far every survey is."""
        with urllib.request.urlopen(self.address + "api/stream?tab=test", timeout=10) as stream:
            line = next(line for line in stream if line.startswith(b"data: "))
        return json.loads(line.removeprefix(b"data: "))

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        self.process.wait(30)


@pytest.fixture
def start(tmp_path):
    """Starts servers on one port and one cache, and stops what is left of them."""
    port, servers = free_port(), []

    def begin(*more):
        servers.append(Server(port, tmp_path / "cache", *more))
        return servers[-1]

    yield begin
    for server in servers:
        if server.process.poll() is None:
            server.stop()


def done(page, count):
    page.wait_for_function(
        "count => document.querySelectorAll('.panel:not([hidden])[data-state=done]').length === count",
        arg=count,
        timeout=120_000,
    )


def test_clicking_two_cards_shows_two_real_landscapes_that_fill_in_and_finish(start, page):
    server = start()
    page.goto(server.address + "?seed=3&samples=64&points=17")
    for run in ("mlp", "vgg9-bs128"):
        page.locator(f'.card[data-run="{run}"]').click()
    done(page, 2)
    expect(page.locator(".panel:not([hidden])")).to_have_count(2)
    assert [(step["done"], step["evaluated"], step["state"]) for step in server.progress()] == [(289, 289, "done")] * 2
    assert "models=mlp,vgg9-bs128" in page.url


def test_a_bare_address_opens_on_finished_surfaces(start, page):
    server = start()
    page.goto(server.address)
    done(page, 2)
    expect(page.get_by_text("The same network with and without skip connections")).to_be_visible()
    counts = [(step["done"], step["reused"], step["evaluated"]) for step in server.progress()]
    assert counts == [(1089, 1089, 0)] * 2


LAST = """() => {
 const panel = document.querySelector('.panel:not([hidden])');
 return Number(panel.querySelector('.figure.contour').dataset.version) >= atlas.news.get(panel.dataset.survey).version;
}"""
"""Whether the map shows the last word: until then it tells, marked so, what lies between coarser points."""


def test_a_hover_tells_the_very_loss_in_the_store(start, page, tmp_path):
    server = start()
    page.goto(server.address + "?models=mlp&view=contour&points=17&samples=64&seed=5&tolerance=0")
    done(page, 1)
    shown = page.locator(".panel:not([hidden]) .figure.contour")
    page.wait_for_function(LAST)
    shown.evaluate(
        "(node) => node.on('plotly_hover', ({ points: [at] }) => { window.told = [at.x, at.y, at.customdata[0]]; })"
    )
    box = shown.locator(".nsewdrag").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.2, box["y"] + box["height"] * 0.7, steps=4)
    page.wait_for_function("() => window.told")
    alpha, beta, loss = page.evaluate("window.told")
    server.stop()
    assert loss == pytest.approx(
        stored_loss(tmp_path / "cache", Lattice.spanning(3, (-1, 1), (-1, 1)), 64, alpha, beta), rel=1e-6
    )


SIZES = [(1440, 900), (390, 844)]
SCHEMES = ["light", "dark"]
ADDRESSES = {"explore": "", "numbers": "?models=resnet56,resnet56-noshort&view=numbers"}
BARS = """() => [...document.querySelectorAll("#numbers .depths:not([hidden]) .figure")]
 .every(({ data }) => data && data.length)"""
"""Whether the bars of minima are drawn, where there are any."""


@pytest.mark.parametrize("name", ADDRESSES)
@pytest.mark.parametrize(("size", "scheme"), [(size, scheme) for size in SIZES for scheme in SCHEMES])
def test_pictures_of_the_gallery_for_the_readme(start, browser, request, size, scheme, name):
    folder = request.config.getoption("--screenshots")
    if folder is None:
        pytest.skip("pictures are taken with --screenshots DIR")
    server = start()
    viewport = {"width": size[0], "height": size[1]}
    page = browser.new_page(viewport=viewport, color_scheme=scheme)
    page.add_init_script("localStorage.setItem('atlas.hint', 'seen')")
    page.goto(server.address + ADDRESSES[name])
    done(page, 2)
    page.wait_for_function(SETTLED, arg=2)
    page.wait_for_function(BARS)
    shot = page.screenshot(path=f"{folder}/{name}-{scheme}-{size[0]}.png")
    assert Image.open(io.BytesIO(shot)).size == size
    assert len(Image.open(io.BytesIO(shot)).convert("RGB").getcolors(1_000_000)) > 500
    page.close()


def test_a_killed_server_goes_on_from_the_tiles_on_disk_and_computes_none_twice(start, page, tmp_path):
    lattice = Lattice.spanning(4, (-1, 1), (-1, 1))
    query = "?models=resnet20&seed=7&samples=64&tolerance=0"
    server = start()
    page.goto(server.address + query)
    until(lambda: stored_passes(tmp_path / "cache", lattice, 64) > 60 * 64)
    workers = children(server.process.pid)
    assert workers
    server.stop(signal.SIGKILL)
    kept = stored_passes(tmp_path / "cache", lattice, 64) // 64
    assert 60 < kept < lattice.size
    until(lambda: not any(alive(pid) for pid in workers), seconds=10)
    expect(page.get_by_text("Server stopped.")).to_be_visible()

    server = start()
    done(page, 1)
    expect(page.get_by_text("Server stopped.")).not_to_be_visible()
    page.wait_for_function("() => (document.querySelector('.figure.surface').data[0].meta || {}).heights === undefined")
    (step,) = server.progress()
    assert (step["reused"], step["evaluated"]) == (kept, lattice.size - kept)


def test_stopping_the_server_leaves_no_worker(start):
    server = start()
    workers = until(lambda: children(server.process.pid))
    with urllib.request.urlopen(server.address + "api/stream?tab=test") as stream:  # a tab that listens
        server.stop(signal.SIGINT)
        assert stream.read().startswith(b"retry")
    until(lambda: not any(alive(pid) for pid in workers), seconds=20)


def test_nobody_else_is_answered(start):
    server = start()
    request = urllib.request.Request(server.address, headers={"Host": "evil.example"})
    with pytest.raises(urllib.error.HTTPError, match=re.escape("400")):
        urllib.request.urlopen(request)


@pytest.mark.parametrize(
    ("taken", "sentence"),
    [
        (
            True,
            r"The application needs an address that is free, 127\.0\.0\.1:\d+ is not .*: choose another with --port or",
        ),
        (False, r"A port must be between 1 and 65535, got 80000: choose another with --port\."),
    ],
)
def test_an_address_that_cannot_be_is_a_sentence(start, tmp_path, taken, sentence):
    port = start().address.rstrip("/").rpartition(":")[2] if taken else "80000"
    options = ["--port", port, "--cache-dir", str(tmp_path / "other")]
    done = subprocess.run([sys.executable, str(ROOT / "run.py"), *options], capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert re.match(f"run.py: {sentence}", line)


def test_the_real_server_shows_the_training_of_the_gallerys_mlp(start, page):
    server = start()
    page.set_default_timeout(120_000)
    page.set_viewport_size({"width": 1440, "height": 900})  # a map with room for the whole names of its axes
    page.goto(f"{server.address}trajectory/?models=mlp&points=9&samples=64")
    page.wait_for_function(SHOWN)
    course = page.evaluate(MARKED, "losses")["all"]
    own, epochs = course["y"][0], course["epochs"][0]
    assert epochs == sorted(epochs)
    assert all(loss > 0 for loss in own)
    assert own[-1] < own[0] / 10
    assert "of the variance" in page.evaluate(
        "() => document.getElementById('drawing-contour')._fullLayout.xaxis.title.text"
    )
    beside = page.evaluate(MARKED, "distances")["all"]["y"][0]
    assert beside[-1] == 0  # the last checkpoint is the origin


DRAWN = """(points) => {
 const node = document.querySelector('.profile .panel:not([hidden]) .figure');
 return node && node.layout && node.layout.meta.state === 'done' && Number(node.data[0].x.shape) === points
   && node.layout.meta.columns[0].readings.map(({ value }) => value);
}"""


def test_a_line_begins_and_ends_at_the_networks_own_losses_and_a_finer_one_computes_only_what_is_new(start, page):
    server, manifest = start(), json.loads((ROOT / "data" / "gallery" / "mlp" / "manifest.json").read_text())
    link = "profile/?models=mlp@0,mlp&view=line&statistics=interpolated&split=train&samples=all&weights=off"
    counts = {}
    for points in (17, 33):
        page.goto(f"{server.address}{link}&points={points}")
        told = page.wait_for_function(DRAWN, arg=points, timeout=120_000).json_value()
        counts[points] = [(step["total"], step["evaluated"]) for step in server.progress()][-1]
    assert told[0] == pytest.approx(manifest["checkpoints"][0]["train_loss"], rel=1e-5)
    assert told[3] == pytest.approx(manifest["train_loss"], rel=1e-5)
    assert counts == {17: (17, 17), 33: (33, 16)}
