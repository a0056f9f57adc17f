import os
import signal
import time

import numpy as np
import pytest

from compute.errors import BadSurface, LandscapeError
from compute.jobs import reading
from compute.jobs.executors import ProcessExecutor, SequentialExecutor
from compute.jobs.reading import is_checkpoint, read_apart, reading_process, surface
from compute.store.imports import read
from tests.compute.jobs import faults


@pytest.fixture(scope="module")
def reader():
    reader = reading_process({}, None)
    yield reader
    reader.shutdown()


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "bowl.csv"
    at = np.linspace(-1, 1, 5)
    rows = [(alpha, beta, alpha**2 + beta**2) for alpha in at for beta in at]
    np.savetxt(path, rows, delimiter=",", header="alpha,beta,loss", comments="")
    return path


def test_a_surface_is_read_as_without_a_process(reader, table):
    found = read_apart(reader, table.name, table.stat().st_size, surface, table.name, str(table))
    assert found.digest == read(table.name, table.read_bytes()).digest
    assert read_apart(SequentialExecutor(), table.name, 100, surface, table.name, str(table)).digest == found.digest
    assert not read_apart(reader, table.name, 100, is_checkpoint, table.name, str(table))


def test_what_is_wrong_with_a_file_is_said_as_without_a_process(reader, tmp_path):
    path = tmp_path / "bad.h5"
    path.write_bytes(b"\x89HDF\r\n\x1a\n" + b"no" * 100)
    with pytest.raises(BadSurface, match=r"bad.h5 cannot be read as HDF5"):
        read_apart(reader, path.name, 200, surface, path.name, str(path))


def allocate(size):
    return len(bytearray(size))


def allocate_tensor(size):
    import torch

    return torch.ones(size // 4).numel()


def allocate_many(size):
    return len([bytearray(2**20) for _ in range(size // 2**20)])


def nest(depth):
    import json

    return json.loads("[" * depth + "]" * depth)


@pytest.mark.parametrize("hunger", [allocate, allocate_many, allocate_tensor, np.ones])
def test_a_file_that_takes_too_much_memory_is_a_sentence(reader, monkeypatch, hunger):
    monkeypatch.setattr(reading, "LEAST_BYTES", 2**27)
    reading.load_torch(reader)
    with pytest.raises(LandscapeError, match=r"net\.pt should be read with at most 128 MiB of memory, but takes more"):
        read_apart(reader, "net.pt", 0, hunger, 2**31)
    before = reader.submit(os.getpid).result(60)
    assert read_apart(reader, "net.pt", 0, allocate, 2**20) == 2**20
    assert reader.submit(os.getpid).result(60) == before


def test_only_the_reading_process_is_limited(monkeypatch):
    monkeypatch.setattr(reading, "LEAST_BYTES", 2**20)
    assert read_apart(SequentialExecutor(), "net.pt", 0, allocate, 2**26) == 2**26


@pytest.mark.parametrize(
    ("task", "args"), [(faults.loop_for_ever, ()), (time.sleep, (600,)), (faults.hold_the_interpreter, ())]
)
def test_a_file_that_takes_too_long_is_a_sentence_and_the_next_is_read(reader, monkeypatch, table, task, args):
    monkeypatch.setattr(reading, "LEAST_SECONDS", 1.0)
    with pytest.raises(LandscapeError, match=r"slow\.h5 should be read within 1 s, but takes longer: save it"):
        read_apart(reader, "slow.h5", 0, task, *args)
    monkeypatch.undo()
    read_apart(reader, table.name, 100, surface, table.name, str(table))


@pytest.mark.parametrize(
    ("task", "args", "how"),
    [
        (faults.die, (signal.SIGSEGV,), "was ended by SIGSEGV"),
        (faults.die, (), "was ended by SIGKILL"),
        (os._exit, (1,), "ended with code 1"),
        (os.abort, (), "was ended by SIGABRT"),
    ],
)
def test_a_file_that_crashes_its_reader_is_a_sentence_and_the_next_is_read(reader, table, task, args, how):
    with pytest.raises(LandscapeError, match=rf"odd\.npz should be read .* the process that read it {how}"):
        read_apart(reader, "odd.npz", 0, task, *args)
    read_apart(reader, table.name, 100, surface, table.name, str(table))


def test_a_file_that_nests_too_deeply_does_not_end_the_process(reader, table):
    with pytest.raises(RuntimeError, match="recursion"):
        read_apart(reader, "deep.json", 0, nest, 100_000)
    read_apart(reader, table.name, 100, surface, table.name, str(table))


def test_no_process_is_there_before_the_first_file():
    reader = reading_process({}, None)
    try:
        time.sleep(1)
        assert isinstance(reader, ProcessExecutor)
        assert reader._process is None
    finally:
        reader.shutdown()
