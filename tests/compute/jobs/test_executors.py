import os
import signal
import time
from concurrent.futures.process import BrokenProcessPool

import pytest

from compute.jobs.executors import SequentialExecutor, WorkerProcess
from compute.jobs.process import ALLOCATOR
from tests.processes import alive, until


@pytest.fixture
def worker():
    worker = WorkerProcess("cpu", threads=1)
    yield worker
    worker.shutdown()


def test_a_task_that_fails_hands_its_error_over():
    with pytest.raises(ZeroDivisionError):
        SequentialExecutor().submit(divmod, 1, 0).result()


def test_a_task_runs_in_another_process_with_the_tuned_allocator(worker):
    assert worker.submit(os.getpid).result(60) != os.getpid()
    assert {name: worker.submit(os.getenv, name).result(60) for name in ALLOCATOR} == ALLOCATOR


def test_a_worker_that_dies_is_started_anew(worker):
    first = worker.submit(os.getpid).result(60)
    lost = worker.submit(time.sleep, 60)
    os.kill(first, signal.SIGKILL)
    with pytest.raises(BrokenProcessPool):
        lost.result(60)
    assert worker.submit(os.getpid).result(60) != first


def test_shutting_down_does_not_wait_for_the_task_in_hand():
    worker = WorkerProcess("cpu", threads=1)
    pid = worker.submit(os.getpid).result(60)
    worker.submit(time.sleep, 600)
    worker.shutdown()
    until(lambda: not alive(pid), seconds=10)
