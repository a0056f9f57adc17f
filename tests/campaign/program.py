"""`run.py` in a process of its own, whose every descendant can be found again."""

import os
import signal
import subprocess
import sys
import time
import uuid

from compute.bench.browser import Visitor
from compute.bench.responsiveness import HEAVY, Tabs
from compute.bench.served import free_port
from compute.errors import LandscapeError
from compute.settings import ROOT
from tests.processes import marked, until

LIMIT = 5.0
"""Seconds after a signal within which every process has to be gone."""


def heed_interrupts():
    """Undoes what a shell does to commands in its background, which inherit that Ctrl-C is ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Program:
    """`run.py` with arguments."""

    def __init__(self, *arguments, folder):
        self.mark = f"ATLAS_TEST_{uuid.uuid4().hex}"
        self.log = folder / "program.log"
        environment = {**os.environ, self.mark: "1", "OMP_NUM_THREADS": "1"}
        with self.log.open("ab") as told:
            self.process = subprocess.Popen(
                [sys.executable, str(ROOT / "run.py"), *map(str, arguments)],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=told,
                stderr=told,
                start_new_session=True,
                preexec_fn=heed_interrupts,
            )

    def processes(self):
        return marked(self.mark)

    def workers(self):
        return [pid for pid in self.processes() if pid != self.process.pid]

    def stop(self, *signals, pause=0.3):
        """Sends signals; gives the seconds until every process was gone, or AssertionError after `LIMIT`."""
        known = self.processes()
        start = time.monotonic()
        for number, each in enumerate(signals):
            if number:
                time.sleep(pause)
            self.process.send_signal(each)
        try:
            self.process.wait(LIMIT)
            until(lambda: not self.processes(), seconds=max(0.1, LIMIT - (time.monotonic() - start)))
        except (subprocess.TimeoutExpired, AssertionError) as problem:
            left = {pid: stack(pid) for pid in self.processes()}
            raise AssertionError(f"of {known} still there after {LIMIT} s: {left}, log: {self.said()}") from problem
        return time.monotonic() - start

    def said(self):
        return self.log.read_text(errors="replace")[-3000:]

    def kill(self):
        self.process.kill()
        self.process.wait()
        for pid in self.processes():
            os.kill(pid, signal.SIGKILL)


def stack(pid):
    try:
        return [open(f"/proc/{pid}/{name}").read().strip() for name in ("cmdline", "wchan")]
    except OSError:
        return []


class Server(Program):
    """`run.py serve` with folders of its own."""

    def __init__(self, folder, *more):
        self.port = free_port()
        places = ("cache", "imports", "models", "checkpoint")
        options = [part for name in places for part in (f"--{name}-dir", folder / name)]
        super().__init__("serve", "--port", self.port, "--device", "cpu", *options, *more, folder=folder)

    def ready(self):
        def answers():
            assert self.process.poll() is None, self.said()
            try:
                return Visitor.at(self.port).get("/")
            except LandscapeError:
                return None

        until(answers)
        return self

    def busy(self, link=HEAVY):
        """Looks at a large survey; gives the tab that does, and the survey's id."""
        tabs = Tabs.at(self.port)
        return tabs, tabs.look("watched", link)

    def computing(self):
        return until(lambda: self.workers())
