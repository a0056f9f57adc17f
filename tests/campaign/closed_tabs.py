"""Opens and closes tabs of a real server, each with surveys of its own, and weighs the server's memory."""

import json
import tempfile
import urllib.request
from pathlib import Path

from compute.bench.responsiveness import Tabs
from tests.campaign.program import Server
from tests.processes import until

LINK = "?models=mlp&points=9&samples=64&seed="
SETTLING = 80
"""Tabs after which as many surveys are kept as ever will be."""
GROWTH = 48.0
"""MiB that the server may take more after all further tabs."""


def memory(pid):
    """The resident memory of a process, in MiB."""
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def post(port, path, body):
    """What the server answers to a report."""
    address = f"http://127.0.0.1:{port}{path}"
    headers = {"Origin": f"http://127.0.0.1:{port}"}
    with urllib.request.urlopen(urllib.request.Request(address, json.dumps(body).encode(), headers)) as answer:
        return answer.read()


def cycle(server, tabs, number):
    """A tab that is opened, looks at a survey and is closed."""
    name = f"tab{number}"
    post(server.port, "/api/tabs", {"browser": "b", "tabs": {name: True}})
    survey = tabs.look(name, f"{LINK}{number}")
    if number % 50 == 0:
        tabs.stream.until(survey, lambda found: found["state"] == "done")
    post(server.port, "/api/tabs/leave", {"tab": name})


def run(count):
    """The measured row of so many tabs."""
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder)).ready()
        try:
            tabs = Tabs.at(server.port)
            until(server.computing)
            for number in range(SETTLING):
                cycle(server, tabs, number)
            before = memory(server.process.pid)
            for number in range(SETTLING, SETTLING + count):
                cycle(server, tabs, number)
            after = memory(server.process.pid)
        finally:
            server.kill()
    assert after - before < GROWTH, (before, after)
    return f"{count} tabs opened and closed, each with a survey: {before:.0f} MiB before, {after:.0f} MiB after"
