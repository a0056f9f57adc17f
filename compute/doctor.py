"""Whether this machine has what the program needs, each part in a sentence."""

import json
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from compute.settings import ROOT, Settings
from compute.store.checkup import Checkup, check_cache
from compute.store.troubles import reason, room

TIME = 120.0
"""Seconds in which torch must have been loaded and every device have computed."""
LITTLE = 2**30
"""Free bytes below which a disk is said to be almost full."""
PROBE = """
import json, torch, torchvision
boxes = torch.tensor([[0.0, 0.0, 1.0, 1.0]])
torchvision.ops.nms(boxes, torch.ones(1), 0.5)
names = ["cpu", *(f"cuda:{number}" for number in range(torch.cuda.device_count()))]
for name in names:
    assert float(torch.ones(8, 8, device=name).matmul(torch.ones(8, 8, device=name)).sum()) == 512, name
print(json.dumps(["CPU", *(torch.cuda.get_device_name(name) for name in names[1:])]))
"""


class Level(IntEnum):
    """How bad a finding is; the worst one is the exit code."""

    GOOD = 0
    WARNING = 1
    BAD = 2


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found of one part."""

    level: Level
    text: str


def findings(settings: Settings, repair: bool = False) -> Iterator[Finding]:
    """All that can be said without a browser, part after part; repairs the cache if it may."""
    yield from packages(ROOT / "requirements.txt")
    yield torch_pair()
    yield devices(PROBE)
    yield cache(settings.cache_dir, repair)
    yield space(settings.cache_dir)


def packages(path: Path) -> Iterator[Finding]:
    """Python, and every package that a file of requirements names."""
    yield Finding(Level.GOOD, f"Python {sys.version.split()[0]}")
    missing, others, same = [], [], 0
    for name, wanted in re.findall(r"^([\w.-]+)==(\S+)$", path.read_text(), re.MULTILINE):
        try:
            found = version(name)
        except PackageNotFoundError:
            missing.append(name)
            continue
        if found.split("+")[0] == wanted:
            same += 1
        else:
            others.append(f"{name} {found} (wanted {wanted})")
    if missing:
        yield Finding(Level.BAD, f"Not installed: {', '.join(missing)}; run `pip install -r requirements.txt`.")
    if others:
        yield Finding(Level.WARNING, f"Other versions than those that were tested: {', '.join(others)}.")
    yield Finding(Level.GOOD, f"{same} packages in the versions that were tested")


def torch_pair() -> Finding:
    """Whether torch is the one that torchvision was built for."""
    try:
        torch, vision, needs = version("torch"), version("torchvision"), requires("torchvision") or []
    except PackageNotFoundError as problem:
        return Finding(Level.BAD, f"{problem.name} is not installed: run `pip install -r requirements.txt`.")
    wanted = next((found[1] for need in needs if (found := re.match(r"torch\s*\(?==\s*([\w.]+)", need))), None)
    if wanted is not None and torch.split("+")[0] != wanted:
        return Finding(
            Level.BAD, f"torchvision {vision} needs torch {wanted}, but {torch} is installed: install both together."
        )
    return Finding(Level.GOOD, f"torch {torch} and torchvision {vision} belong together")


def devices(probe: str, patience: float = TIME) -> Finding:
    """What computes, tried out by code in a process of its own, which may crash or hang."""
    command = [sys.executable, "-c", probe]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=patience, check=True, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired:
        return Finding(Level.BAD, f"Loading torch and computing a product took more than {patience:.0f} s.")
    except subprocess.CalledProcessError as problem:
        last = (problem.stderr.strip().splitlines() or [f"code {problem.returncode}"])[-1]
        return Finding(Level.BAD, f"torch or a device does not work: {last}.")
    return Finding(Level.GOOD, f"Devices: {', '.join(json.loads(done.stdout.splitlines()[-1]))}")


def cache(folder: Path, repair: bool) -> Finding:
    """Whether the cache can be read, and what is wrong with it."""
    try:
        found = check_cache(folder, repair)
    except (ImportError, OSError, sqlite3.Error) as problem:
        return Finding(Level.BAD, f"The cache in {folder} cannot be checked ({reason(problem)}).")
    if found.sound and not (found.damaged or found.strays or found.kept_aside):
        return Finding(Level.GOOD, f"The cache in {folder} is sound: {found.entries} entries")
    if repair:
        return Finding(Level.GOOD, f"The cache in {folder} was repaired: {found.entries} entries, {faults(found)}")
    level = Level.WARNING if found.sound else Level.BAD
    return Finding(level, f"The cache in {folder} has {faults(found)}: run `python run.py doctor --repair`.")


def faults(found: Checkup) -> str:
    """What is wrong with a cache, in words."""
    words = [] if found.sound else ["a damaged database"]
    words += [f"{found.damaged} damaged entries"] if found.damaged else []
    words += [f"{found.strays} files without an entry"] if found.strays else []
    words += [f"{len(found.kept_aside)} databases set aside"] if found.kept_aside else []
    words += [f"{found.taken_over} entries taken over from these"] if found.taken_over else []
    return ", ".join(words)


def space(folder: Path) -> Finding:
    """Whether the cache's disk has room."""
    free = room(folder)
    words = f"{free / 2**30:.1f} GiB are free on the disk of {folder}"
    if free < LITTLE:
        return Finding(Level.WARNING, f"{words}: make room, or choose another with --cache-dir.")
    return Finding(Level.GOOD, words)
