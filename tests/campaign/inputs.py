"""Damaged and hostile files of every kind that the page takes: read, or refused in a sentence, at little cost."""

import io
import os
import random
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from compute.jobs.asking import FIRST, submit
from compute.jobs.lost import WorkerLate, WorkerLost
from compute.jobs.reading import reading_process
from tests.measured import MEMORY, SECONDS, taken, warm

KINDS = {"hdf5": "surface", "npz": "surface", "csv": "surface", "pt": "checkpoint", "safetensors": "checkpoint"}
KINDS |= {"png": "picture"}
"""Kinds of files, and what reads them."""
EDGES = (
    b"\0\0\0\0",
    b"\xff\xff\xff\xff",
    b"\xff\xff\xff\x7f",
    b"\0\0\0\x80",
    b"1000000000",
    b"[" * 64,
    b"-1",
    b"nan,,",
)
"""Pieces that are often read wrongly."""


def run(count: int) -> str:
    """Reads `count` files of each kind, and gives the measured rows."""
    return "\n".join(campaign(kind, count) for kind in KINDS)


def campaign(kind: str, count: int, seed: int = 0) -> str:
    """Reads files of one kind in a process of its own, and gives the measured row.

    Raises:
        AssertionError: a file ended that process, gave no sentence, ran code or cost too much.
    """
    command = [sys.executable, "-m", "tests.campaign.inputs", kind, str(count), str(seed)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout.splitlines()[-1]


def seeds(kind: str) -> list[bytes]:
    """Good and hostile files of a kind, each below 64 KiB."""
    if kind == "png":
        from tests.viewer.test_film import bomb, picture

        return [picture(), picture((40, 30)), bomb(8, 6, bytes(25 * 6)), bomb(10_000, 10_000)]
    if kind in {"pt", "safetensors"}:
        return checkpoints(kind)
    from tests.compute.store import hostile

    axis = np.linspace(-1, 1, 5)
    if kind == "csv":
        rows = "".join(f"{a},{b},{a * a + b}\n" for a in axis for b in axis)
        return [
            f"alpha,beta,loss\n{rows}".encode(),
            f"# {{}}\nx;y;acc %\n{rows.replace(',', ';')}".encode(),
            b"1 2\n3 4",
        ]
    if kind == "npz":
        good = {"x": hostile.npy(axis), "y": hostile.npy(axis), "loss": hostile.npy(np.ones((5, 5)))}
        return [hostile.npz(good, method) for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)] + [
            hostile.npz(good | {"acc": hostile.header("{'descr': '<f8', 'fortran_order': False, 'shape': (9, 9)}")}),
            hostile.npy(np.ones((5, 3))),
        ]
    good = hostile.hdf5(lambda file: file.create_dataset("train_loss", data=np.ones((5, 5)), compression="gzip"))
    plain = hostile.hdf5(lambda file: file.create_dataset("train_loss", data=np.ones((5, 5))))
    return [
        good,
        plain,
        hostile.declared((5, 5), chunks=(2, 2)),
        hostile.external("/etc/hostname"),
        hostile.virtual("a"),
    ]


def checkpoints(kind: str) -> list[bytes]:
    """Small checkpoints, and calls that must not be made."""
    import torch
    from safetensors.torch import save

    from compute.zoo.layouts import layout
    from tests.compute.zoo import hostile

    weights = {name: torch.zeros(shape) for name, shape in layout("mlp", (1, 8, 8), 10).items()}
    if kind == "safetensors":
        return [save({"a.weight": torch.ones(3, 4), "a.bias": torch.ones(3)}), save(weights)]
    legacy = io.BytesIO()
    torch.save({"a.weight": torch.ones(3, 4)}, legacy, _use_new_zipfile_serialization=False)
    return [
        hostile.saved({"a.weight": torch.ones(3, 4), "step": 1, "names": ["a"]}),
        legacy.getvalue(),
        hostile.saved({"net": weights, "sparse": torch.eye(3).to_sparse()}),
        hostile.pickled({"w": hostile.Calls(os.system, "touch CALLED")}),
        hostile.quantised(),
    ]


def mutated(source: bytes, other: bytes, draw: random.Random) -> bytes:
    """A file changed in one to eight places: bits, bytes, pieces left out, repeated, or taken from another."""
    content = bytearray(source)
    for _ in range(draw.choice((1, 1, 1, 2, 4, 8))):
        at, begin = draw.randrange(len(content) + 1), draw.randrange(len(other))
        size = draw.choice((1, 2, 4, 8, 64, 512))
        was = bytes(content[at : at + size])
        bit = bytes([was[0] ^ 1 << draw.randrange(8)]) if was else b""
        edge = draw.choice(EDGES)
        length, piece = draw.choice(
            [
                (1, bit),
                (1, draw.randbytes(1)),
                (size, b""),
                (0, was * draw.choice((1, 2, 50))),
                (len(edge), edge),
                (size, other[begin : begin + size]),
            ]
        )
        content[at : at + length] = piece
    return bytes(content[: draw.randrange(len(content) + 1)] if draw.random() < 0.1 else content)


def repacked(source: bytes, draw: random.Random, change: Callable[[bytes], bytes]) -> bytes:
    """An archive with one changed member and right checksums, so that the change is read."""
    try:
        with zipfile.ZipFile(io.BytesIO(source)) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
    except zipfile.BadZipFile:
        return change(source)
    name = draw.choice(sorted(members))
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", draw.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))) as archive:
        for member, content in members.items():
            archive.writestr(member, change(content) if member == name else content)
    return target.getvalue()


class Reader:
    """Reads one file after another in a process of its own, which is replaced when a file keeps or ends it."""

    def __init__(self, kind: str) -> None:
        """Starts the process, which loads what the kind's reader needs."""
        self._kind, self._process = KINDS[kind], reading_process({}, None)
        self.late, self.crashed = 0, 0
        self._warm()

    def _warm(self) -> None:
        submit(self._process, FIRST, warm, self._kind).result(FIRST)

    def taken(self, path: Path) -> tuple[str, float, float] | None:
        """As `tests.measured.taken`; None where the process had to be replaced."""
        try:
            return submit(self._process, SECONDS, taken, self._kind, path).result(FIRST)
        except WorkerLate:
            self.late += 1
        except WorkerLost:
            self.crashed += 1
        self._warm()
        return None

    def close(self) -> None:
        """Ends the process."""
        self._process.shutdown()


def inputs(kind: str, count: int, seed: int) -> str:
    """Reads files of one kind; a row of the table."""
    draw, found, began = random.Random(seed), seeds(kind), time.monotonic()
    measured: list[tuple[str, float, float]] = []
    with TemporaryDirectory() as folder:
        os.chdir(folder)
        path, reader = Path(folder) / f"a.{kind}", Reader(kind)
        for number in range(count):
            path.write_bytes(drawn(found, draw))
            try:
                taken_here = reader.taken(path)
            except Exception:
                sys.stderr.write(f"{kind} seed {seed} number {number}\n")
                raise
            if taken_here is not None:
                said, memory, seconds = taken_here
                assert said == "read" or "\n" not in said, said
                assert memory < MEMORY, (number, memory)
                assert seconds < SECONDS, (number, seconds)
                measured.append(taken_here)
        reader.close()
        assert not (Path(folder) / "CALLED").exists()
        os.chdir("/")
    return row(kind, count, time.monotonic() - began, measured, reader)


def drawn(found: list[bytes], draw: random.Random) -> bytes:
    """A damaged file, made of one or two good or hostile ones."""
    source = draw.choice(found)

    def change(content: bytes) -> bytes:
        return mutated(content, draw.choice(found), draw) if content else content

    return repacked(source, draw, change) if source[:2] == b"PK" and draw.random() < 0.6 else change(source)


def row(kind: str, count: int, seconds: float, measured: list[tuple[str, float, float]], reader: Reader) -> str:
    """What was measured, as a row of the table."""
    read = sum(said == "read" for said, _, _ in measured)
    ended = f", {reader.late} ended by the limit of {SECONDS} s" if reader.late else ""
    ended += f", {reader.crashed} ended the process that read them" if reader.crashed else ""
    memory, most = (max(one[place] for one in measured) for place in (1, 2))
    return (
        f"| A damaged or hostile {kind} file | read, or refused in a sentence | {count:,} files in {seconds:,.0f} s: "
        f"{read:,} read{ended}, the others refused; at most {memory:.0f} MiB more memory and {most:.2f} s of CPU; "
        "no code run (`python -m tests.campaign inputs`) |"
    )


if __name__ == "__main__":
    sys.stdout.write("\n" + inputs(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])) + "\n")
