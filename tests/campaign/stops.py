"""Sends SIGTERM or Ctrl-C to a server at random moments: from its start to the middle of a survey and an upload."""

import contextlib
import random
import signal
import tempfile
import threading
import time
from pathlib import Path

from compute.errors import LandscapeError
from tests.campaign.program import LIMIT, Server
from tests.campaign.workers import MLP
from tests.test_stopping import post

WAYS = ((signal.SIGTERM,), (signal.SIGINT,), (signal.SIGINT, signal.SIGINT), (signal.SIGTERM, signal.SIGINT))


def load(server):
    """A survey, a tab that listens, and an upload, as soon as the server answers."""
    with contextlib.suppress(Exception):  # it ends in the middle of any of this
        while server.process.poll() is None:
            with contextlib.suppress(LandscapeError):
                server.kept = server.busy()
                break
            time.sleep(0.1)
        post(server.port, "net.safetensors", MLP.read_bytes())


def run(count):
    """Stops so many; gives the row of what was measured, or AssertionError."""
    random.seed(count)
    times = []
    for number in range(count):
        with tempfile.TemporaryDirectory() as name:
            server = Server(Path(name))
            threading.Thread(target=load, args=(server,), daemon=True).start()
            time.sleep(random.uniform(0, 12))
            try:
                times.append(server.stop(*WAYS[number % len(WAYS)]))
            finally:
                server.kill()
    return f"{count} of {count} ended, all processes within {max(times):.1f} s (limit {LIMIT:g} s)"
