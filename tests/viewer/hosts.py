"""Serves the application over a fake service at hosts, HOST or HOST=PORT, says where, and ends with its input."""

import json
import os
import socket
import sys
import threading
from contextlib import closing

from compute.errors import LandscapeError
from compute.settings import Settings
from tests.viewer.fake_service import FakeService
from viewer.app import build, serve


def free_port():
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def run(service, word):
    host, _, port = word.partition("=")
    settings = Settings(host=host, port=int(port or free_port()))
    try:
        serve(build(service, settings), settings, lambda urls, shared: tell(host, urls, shared))
    except LandscapeError as problem:
        tell(host, [], str(problem))


def tell(*words):
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    service = FakeService()
    for word in sys.argv[1:]:
        threading.Thread(target=run, args=(service, word), daemon=True).start()
    sys.stdin.read()
    os._exit(0)  # the servers would serve for ever
