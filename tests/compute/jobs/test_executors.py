import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import BrokenExecutor, CancelledError, wait

import pytest

from compute.jobs import executors
from compute.jobs.executors import ProcessExecutor, SequentialExecutor, WorkerProcess
from compute.jobs.lost import WorkerLate, WorkerLost
from compute.jobs.process import ALLOCATOR
from compute.settings import ROOT
from tests.compute.jobs import faults
from tests.processes import alive, until


def nothing():
    """What a process without torch prepares."""


@pytest.fixture
def worker():
    worker = ProcessExecutor(nothing)
    yield worker
    worker.shutdown()


class ExecutorContract:
    """What holds for every executor."""

    @pytest.fixture
    def executor(self):
        executor = self.made()
        yield executor
        executor.shutdown()

    def test_results_come_back(self, executor):
        assert executor.submit(divmod, 7, 2).result(60) == (3, 1)
        assert executor.submit(int, "ff", base=16).result(60) == 255

    def test_large_results_come_whole(self, executor):
        found = executor.submit(bytes, 50_000_000).result(60)
        assert len(found) == 50_000_000

    def test_a_task_that_fails_hands_its_error_over(self, executor):
        with pytest.raises(ZeroDivisionError):
            executor.submit(divmod, 1, 0).result(60)

    def test_after_an_error_it_goes_on(self, executor):
        executor.submit(divmod, 1, 0).exception(60)
        assert executor.submit(abs, -1).result(60) == 1

    def test_map_keeps_the_order(self, executor):
        assert list(executor.map(abs, range(-50, 0), timeout=60)) == list(range(50, 0, -1))

    def test_callbacks_may_submit_more(self, executor):
        found = []
        first = executor.submit(abs, -1)
        first.add_done_callback(lambda done: found.append(executor.submit(abs, -2)))
        until(lambda: found, seconds=60)
        assert found[0].result(60) == 2

    def test_shutting_down_twice_is_fine(self, executor):
        executor.shutdown()
        executor.shutdown()


class TestSequentialExecutor(ExecutorContract):
    made = SequentialExecutor


class TestProcessExecutor(ExecutorContract):
    def made(self):
        return ProcessExecutor(nothing)


class TestLazyProcessExecutor(ExecutorContract):
    def made(self):
        return ProcessExecutor(nothing, at_once=False)


def test_a_task_runs_in_another_process_with_torch_the_tuned_allocator_and_no_signal_of_the_terminal():
    worker = WorkerProcess("cpu", threads=1)
    try:
        assert worker.submit(os.getpid).result(60) != os.getpid()
        assert {name: worker.submit(os.getenv, name).result(60) for name in ALLOCATOR} == ALLOCATOR
        assert worker.submit(eval, "'torch' in __import__('sys').modules").result(60)
        assert worker.submit(os.getsid, 0).result(60) != os.getsid(0)
    finally:
        worker.shutdown()


@pytest.mark.parametrize(
    ("task", "args", "how"),
    [
        (faults.die, (), "was ended by SIGKILL"),
        (faults.die, (signal.SIGSEGV,), "was ended by SIGSEGV"),
        (faults.die, (signal.SIGTERM,), "was ended by SIGTERM"),
        (faults.die_in_mid_message, (), "was ended by SIGKILL"),
        (os._exit, (3,), "ended with code 3"),
        (os.abort, (), "was ended by SIGABRT"),
    ],
)
def test_a_worker_that_dies_fails_its_task_alone_and_is_started_anew(worker, task, args, how):
    first = worker.submit(os.getpid).result(60)
    lost, behind = worker.submit(task, *args), worker.submit(os.getpid)
    with pytest.raises(WorkerLost, match=how) as caught:
        lost.result(60)
    assert isinstance(caught.value, BrokenExecutor)
    assert behind.result(60) != first


def test_an_idle_worker_that_is_killed_is_replaced_before_anybody_asks(worker):
    first = worker.submit(os.getpid).result(60)
    os.kill(first, signal.SIGKILL)
    until(lambda: worker._process is not None and worker._process.pid != first, seconds=20)


def test_a_worker_that_is_killed_while_it_starts_is_replaced(worker):
    asked = worker.submit(abs, -1)
    pid = until(lambda: worker._process and worker._process.pid)
    os.kill(pid, signal.SIGKILL)
    assert isinstance(asked.exception(60), WorkerLost | None)
    assert worker.submit(abs, -1).result(60) == 1


def test_a_process_that_cannot_start_fails_each_task_and_not_for_ever():
    worker = ProcessExecutor(faults.leave)
    try:
        with pytest.raises(WorkerLost, match="ended with code 3"):
            worker.submit(abs, -1).result(60)
    finally:
        worker.shutdown()


@pytest.mark.parametrize("task", [faults.hold_the_interpreter, faults.close_everything])
def test_a_worker_that_gives_no_sign_of_life_is_replaced(worker, monkeypatch, task):
    monkeypatch.setattr(executors, "SILENCE", 3.0)
    first = worker.submit(os.getpid).result(60)
    with pytest.raises(WorkerLost, match="gave no sign of life for 3 s"):
        worker.submit(task).result(60)
    assert worker.submit(os.getpid).result(60) != first
    assert not alive(first)


@pytest.mark.parametrize("busy", [True, False])
def test_a_worker_that_is_stopped_is_replaced(worker, monkeypatch, busy):
    monkeypatch.setattr(executors, "SILENCE", 3.0)
    first = worker.submit(os.getpid).result(60)
    task = worker.submit(time.sleep, 60) if busy else None
    os.kill(first, signal.SIGSTOP)
    if task:
        with pytest.raises(WorkerLost, match="gave no sign of life"):
            task.result(60)
    assert until(lambda: worker.submit(os.getpid).exception(60) is None)
    assert worker.submit(os.getpid).result(60) != first
    assert not alive(first)


@pytest.mark.parametrize(("task", "args"), [(faults.loop_for_ever, ()), (time.sleep, (60,))])
def test_a_task_that_is_late_is_given_up(worker, task, args):
    first = worker.submit(os.getpid).result(60)
    with pytest.raises(WorkerLate, match="was busy with it for 1 s without progress"):
        worker.submit_within(1.0, task, *args).result(60)
    assert worker.submit(os.getpid).result(60) != first


def test_a_long_task_that_makes_progress_is_not_late(worker):
    assert worker.submit_within(4.0, faults.progress_slowly, 6, 1.0).result(60) == "done"


def test_the_time_of_a_task_begins_when_the_one_before_it_ends(worker):
    worker.submit(abs, -1).result(60)
    tasks = [worker.submit_within(4.0, time.sleep, 1.5) for _ in range(4)]
    assert [task.exception(60) for task in tasks] == [None] * 4


def test_what_a_lost_worker_has_started_ends_with_it(worker, tmp_path):
    file = tmp_path / "pid"
    with pytest.raises(WorkerLost, match="SIGKILL"):
        worker.submit(faults.fork_and_die, file).result(60)
    until(lambda: not alive(int(file.read_text())), seconds=10)
    assert worker.submit(abs, -1).result(60) == 1


@pytest.mark.parametrize("task", [faults.raise_odd, faults.leave, lambda: None])
def test_what_cannot_travel_becomes_an_error_that_can(worker, task):
    with pytest.raises((RuntimeError, pickle.PicklingError, AttributeError)):
        worker.submit(task).result(60)
    with pytest.raises((RuntimeError, pickle.PicklingError, AttributeError, TypeError)):
        worker.submit(threading.Lock).result(60)
    assert worker.submit(abs, -1).result(60) == 1


@pytest.mark.parametrize("how", ["busy", "stopped", "starting"])
def test_shutting_down_waits_for_nothing_and_leaves_no_process(how):
    worker = ProcessExecutor(nothing)
    if how != "starting":
        pid = worker.submit(os.getpid).result(60)
        tasks = [worker.submit(time.sleep, 600) for _ in range(4)]
        if how == "stopped":
            os.kill(pid, signal.SIGSTOP)
    else:
        pid, tasks = until(lambda: worker._process and worker._process.pid), [worker.submit(abs, -1)]
    start = time.monotonic()
    worker.shutdown()
    assert time.monotonic() - start < 2
    assert wait(tasks, 10).not_done == set()
    for task in tasks:
        with pytest.raises((WorkerLost, CancelledError)):
            task.result()
    until(lambda: not alive(pid), seconds=10)
    with pytest.raises(RuntimeError, match="after shutdown"):
        worker.submit(abs, -1)


PARENT = """
import os, sys, time
from compute.jobs import executors
from tests.compute.jobs.test_executors import nothing
executors.SILENCE = 4.0
worker = executors.ProcessExecutor(nothing)
print(worker.submit(os.getpid).result(60), flush=True)
sys.stdin.readline()
print(worker.submit(os.getpid).result(60), flush=True)
worker.submit(time.sleep, 600)
time.sleep(600)
"""


@pytest.fixture
def parent():
    process = subprocess.Popen(
        [sys.executable, "-c", PARENT], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    yield process
    process.kill()
    process.wait()


def test_a_parent_that_was_stopped_itself_does_not_blame_its_worker(parent):
    worker = int(parent.stdout.readline())
    parent.send_signal(signal.SIGSTOP)
    time.sleep(6)
    parent.send_signal(signal.SIGCONT)
    time.sleep(4.5)
    parent.stdin.write("\n")
    parent.stdin.flush()
    assert int(parent.stdout.readline()) == worker


@pytest.mark.parametrize("stopped", [False, True])
def test_a_worker_ends_with_its_parent_even_if_it_is_stopped(parent, stopped):
    worker = int(parent.stdout.readline())
    if stopped:
        os.kill(worker, signal.SIGSTOP)
    parent.kill()
    until(lambda: not alive(worker), seconds=5)
