"""SIGTERM and Ctrl-C end every process of a command soon, whatever is under way."""

import http.client
import os
import signal
import socket
import threading
import time

import numpy as np
import pytest

from compute.settings import ROOT
from tests.campaign.program import Program, Server
from tests.processes import until

ONCE, TWICE, TERM = (signal.SIGINT,), (signal.SIGINT, signal.SIGINT), (signal.SIGTERM,)
MLP = ROOT / "data" / "gallery" / "mlp" / "epoch-000.safetensors"

STUDY = """
import time
import torch
from torch import nn

title = "Mine"
checkpoints = {"mine": {}}
CHECKPOINTS = None

def model():
    while True:
        pass

def data(split):
    return torch.zeros(8, 3), torch.zeros(8)

def loss(outputs, targets):
    return (outputs[:, 0] - targets).square()
"""


@pytest.fixture
def started(tmp_path):
    programs = []

    def start(kind, *arguments):
        made = kind(tmp_path, *arguments) if kind is Server else kind(*arguments, folder=tmp_path)
        programs.append(made)
        return made

    yield start
    for program in programs:
        program.kill()


@pytest.mark.parametrize("signals", [ONCE, TWICE, TERM])
@pytest.mark.parametrize("after", [0.0, 0.4, 1.5])
def test_a_server_that_starts_ends(started, signals, after):
    server = started(Server)
    time.sleep(after)
    server.stop(*signals)


@pytest.mark.parametrize("signals", [ONCE, TERM])
def test_a_server_ends_while_its_worker_computes_and_tabs_listen(started, signals):
    server = started(Server).ready()
    looking = server.busy()
    time.sleep(6)
    server.stop(*signals)
    del looking  # its stream was open until now


@pytest.mark.parametrize("whose", ["worker", "reader"])
def test_a_server_ends_while_a_worker_is_stopped_and_requests_wait_for_it(started, whose):
    server = started(Server).ready()
    if whose == "reader":
        post(server.port, "s.csv", table())
    tabs, survey = server.busy()
    for pid in server.workers():
        os.kill(pid, signal.SIGSTOP)
    waiting = [
        threading.Thread(target=fetch, args=(server.port, f"/api/angle/{survey}"), daemon=True),
        threading.Thread(target=post, args=(server.port, "m.safetensors", MLP.read_bytes()), daemon=True),
    ]
    for thread in waiting:
        thread.start()
    time.sleep(1)
    server.stop(signal.SIGTERM)
    del tabs  # as above


def test_a_server_ends_in_the_middle_of_an_upload(started):
    server = started(Server).ready()
    with socket.create_connection(("127.0.0.1", server.port)) as half:
        half.sendall(b"POST /api/import?name=a.pt HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000000\r\n\r\nhalf")
        time.sleep(0.5)
        server.stop(signal.SIGTERM)


def test_a_server_ends_while_its_study_never_comes_to_an_end(started, tmp_path):
    study = tmp_path / "mine.py"
    study.write_text(STUDY)
    server = started(Server, "--study", study)
    until(lambda: server.workers())
    time.sleep(4)
    server.stop(signal.SIGINT)


COMMANDS = {
    "survey": ("survey", "resnet56", "--level", "7", "--device", "cpu"),
    "export": (
        "export",
        "models=resnet20&points=129&samples=all&seed=1&tolerance=0",
        "--device",
        "cpu",
        "--out",
        "a.h5",
    ),
    "train": ("train", "mlp", "--device", "cpu", "--epochs", "10000", "--out", "runs"),
    "import": ("import", "large.csv"),
}


@pytest.mark.parametrize("signals", [ONCE, TERM])
@pytest.mark.parametrize("after", [0.1, 1.0, 7.0])
@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.slow
def test_a_command_ends(started, tmp_path, command, signals, after):
    if command == "import":
        (tmp_path / "large.csv").write_bytes(table(400))
    words = [str(tmp_path / word) if word in {"a.h5", "runs", "large.csv"} else word for word in COMMANDS[command]]
    program = started(Program, *words, "--cache-dir", tmp_path / "cache", "--imports-dir", tmp_path / "imports")
    time.sleep(after)
    program.stop(*signals)
    if after >= 1:  # before, Python itself was starting
        assert "Traceback" not in program.said()


def table(side=9):
    at = np.linspace(-1, 1, side)
    rows = [f"{alpha},{beta},{alpha**2 + beta**2}" for alpha in at for beta in at]
    return "\n".join(["alpha,beta,loss", *rows]).encode()


def fetch(port, path):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", path)
    return connection.getresponse().read()


def post(port, name, body):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("POST", f"/api/import?name={name}", body)
    return connection.getresponse().read()
