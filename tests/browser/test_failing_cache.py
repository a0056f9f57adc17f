"""The page says what became of the cache folder, and goes on."""

import json
import urllib.request

import pytest
from playwright.sync_api import expect

from tests.browser.test_server import done, start  # noqa: F401 - a fixture
from tests.compute.store.test_failing import DAMAGES

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_the_job_strip_says_that_a_damaged_cache_was_begun_anew(page, start, tmp_path):  # noqa: F811 - the fixture
    server = start("--device", "cpu", "--threads", "1")
    page.goto(f"{server.address}?models=mlp")
    done(page, 1)
    strip = page.locator("#job .job-store")
    expect(strip).to_be_hidden()
    DAMAGES["all garbled"](tmp_path / "cache" / "cache.db")
    page.goto(f"{server.address}?models=resnet20")
    expect(strip).to_contain_text("The cache was damaged and has been begun anew", timeout=60_000)
    box = strip.bounding_box()
    assert box["width"] > 250
    assert strip.evaluate("node => node.scrollHeight <= node.clientHeight + 1")
    done(page, 1)
    told = json.load(urllib.request.urlopen(server.address + "healthz"))
    assert told["status"] == "degraded"
    assert told["store"] == strip.text_content()
