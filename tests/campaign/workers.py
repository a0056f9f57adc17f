"""Kills workers at random moments while surveys, questions and uploads are under way."""

import io
import os
import random
import shutil
import signal
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

from compute.errors import LandscapeError
from compute.lattice import Lattice
from compute.service import SIZES, open_service
from compute.settings import ROOT, Settings
from compute.snapshot import JobState
from compute.specs import RandomPlane, Survey

MLP = ROOT / "data" / "gallery" / "mlp" / "epoch-000.safetensors"
LATTICE = Lattice.spanning(5, (-1, 1), (-1, 1))
ENDED = 300.0
"""Seconds within which everything has to end once nothing is killed any more."""


def opened(folder):
    places = {name: folder / name for name in ("cache_dir", "imports_dir", "models_dir")}
    return open_service(Settings(**places, device="cpu", threads=1), patience=ENDED)


def survey(service):
    return Survey(service.query("mlp", "train", 256, RandomPlane(3)), LATTICE)


def ask(service, seed, errors):
    """A question and an upload, each of which has to end, in an answer or a sentence."""
    wanted = Survey(service.query("mlp", "train", 64, RandomPlane(seed)), LATTICE)
    uploads = {"net.safetensors": MLP.read_bytes(), "s.csv": b"alpha,beta,loss\n0,0,1\n0,1,2\n1,0,3\n1,1,4\n"}
    for task in (
        lambda: service.angle(wanted),
        *(lambda name=name: service.receive(name, io.BytesIO(uploads[name])) for name in uploads),
    ):
        try:
            task()
        except LandscapeError:
            continue
        except Exception as problem:  # noqa: BLE001 - told at the end
            errors.append(repr(problem))


class Attack:
    """A survey under way, and what became of it."""

    def __init__(self, folder):
        self.folder, self.errors, self.threads, self.failed, self.killed = folder, [], [], 0, 0
        self.service = opened(folder)
        self.wanted = survey(self.service)
        self.service.open(self.wanted)

    def kill(self, number):
        """Kills the worker, and every third time also the process that reads files."""
        executors = [self.service._executors[0], self.service._reader][: 2 if number % 3 == 0 else 1]
        for process in [executor._process for executor in executors if executor._process]:
            os.kill(process.pid, signal.SIGKILL)
            self.killed += 1

    def ask(self, number):
        self.threads.append(threading.Thread(target=ask, args=(self.service, number, self.errors), daemon=True))
        self.threads[-1].start()

    def go_on(self):
        """Keeps a survey under way: goes on with one that failed, and makes one that is done finer."""
        progress = self.service.snapshot(self.wanted).progress
        if progress.state is JobState.FAILED:
            assert "times on the same tile" in progress.error, progress.error
            self.failed += 1
        elif progress.state is JobState.DONE:
            level = self.wanted.lattice.level + 1
            self.wanted = Survey(self.wanted.query, Lattice.spanning(level, (-1, 1), (-1, 1)))
        self.service.open(self.wanted)

    def surface(self):
        """The surface once it is complete; the last kills may still fail it, with the sentence of a lost tile."""
        while True:
            self.go_on()
            try:
                *_, last = self.service.unfolding(self.wanted, ENDED)
            except LandscapeError:
                assert self.service.snapshot(self.wanted).progress.state is JobState.FAILED
                continue
            return last

    def end(self):
        """Waits for everything; gives the surface."""
        end = time.monotonic() + ENDED
        last = self.surface()
        for thread in self.threads:
            thread.join(max(0.1, end - time.monotonic()))
        assert not any(thread.is_alive() for thread in self.threads), "a question still waits"
        assert self.errors == []
        self.service.close()
        step = 2 ** (self.wanted.lattice.level - LATTICE.level)
        return last.loss[::step, ::step]


def run(count):
    """Kills so many; gives the row of what was measured, or AssertionError."""
    random.seed(count)
    with tempfile.TemporaryDirectory() as name:
        attack = Attack(Path(name))
        for number in range(count):
            time.sleep(random.uniform(0, 4))
            if number % 4 == 0:
                attack.ask(number)
            attack.kill(number)
            attack.go_on()
        found = attack.end()
        plain = undisturbed(attack.folder)
    assert np.array_equal(found, plain), "another surface"
    return (
        f"{count} times, {attack.killed} processes killed, each replaced; {len(attack.threads)} rounds of a question "
        f"and two uploads ended, the survey failed {attack.failed} times with its sentence (one tile lost three times) "
        "and went on; the surface has the bits of an undisturbed one"
    )


def undisturbed(folder):
    """The surface, computed anew with the same sizes of batches, which round alike."""
    (folder / "fresh" / "cache_dir").mkdir(parents=True)
    shutil.copy(folder / "cache_dir" / SIZES, folder / "fresh" / "cache_dir" / SIZES)
    service = opened(folder / "fresh")
    *_, last = service.unfolding(survey(service))
    service.close()
    return last.loss
