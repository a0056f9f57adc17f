"""`run.py` where other machines can connect: what it prints, and whom it lets in."""

import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import contextmanager
from http.cookiejar import CookieJar

import pytest

from compute.settings import ROOT
from tests.viewer.hosts import free_port


@contextmanager
def started(tmp_path, host, environment=None):
    """A server, and the lines that it prints at its start."""
    port = free_port()
    words = ["--host", host, "--port", str(port), "--cache-dir", str(tmp_path / "cache"), "--device", "cpu"]
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "run.py"), *words],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | (environment or {}),
    )
    try:
        lines = [process.stdout.readline()]
        while host == "0.0.0.0" and "Warning" not in lines[-1] and lines[-1]:
            lines.append(process.stdout.readline())
        yield [line.strip() for line in lines]
    finally:
        process.terminate()
        process.wait(20)


def test_the_start_prints_a_token_and_a_warning_and_the_token_opens_every_printed_address(tmp_path):
    with started(tmp_path, "0.0.0.0") as lines:
        *where, warning = lines
        addresses = [re.search(r"http://[^ ]+", line)[0] for line in where]
        assert where[0].endswith("(Ctrl-C stops it; what was computed is kept)")
        assert warning.startswith("Warning: other machines can connect, and whoever has the token")
        assert len({address.partition("?token=")[2] for address in addresses}) == 1
        for address in addresses:
            browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
            with pytest.raises(urllib.error.HTTPError, match="403"):
                browser.open(address.partition("?")[0], timeout=60)
            with browser.open(address, timeout=60) as page:
                assert (page.status, page.url) == (200, address.partition("?")[0])
            with browser.open(address.partition("?")[0] + "healthz", timeout=60) as answer:
                assert b"ok" in answer.read()


def test_a_token_of_ones_own_is_asked_for_on_loopback_too_and_workers_do_not_know_it(tmp_path):
    token = "a-token-of-ones-own-1234"
    with started(tmp_path, "::1", {"LOSS_ATLAS_TOKEN": token}) as (line,):
        if "[::1]" not in line:
            pytest.skip("this machine has no IPv6")
        assert line.split()[4].endswith(f"/?token={token}")


def test_a_token_that_is_no_good_one_is_a_sentence(tmp_path):
    words = ["--cache-dir", str(tmp_path), "--port", str(free_port())]
    done = subprocess.run(
        [sys.executable, str(ROOT / "run.py"), *words],
        capture_output=True, text=True, timeout=120, env=os.environ | {"LOSS_ATLAS_TOKEN": "short"},
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.startswith("run.py: LOSS_ATLAS_TOKEN should be 16 to 256 letters")
