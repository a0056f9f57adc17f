import os
import threading
import time
from concurrent.futures import Executor, Future
from concurrent.futures.process import BrokenProcessPool

import pytest

from compute.errors import BadReference, LandscapeError, TooLate
from compute.jobs.asking import FIRST, TIMES, answer, ask
from compute.jobs.executors import ProcessExecutor, SequentialExecutor
from compute.jobs.questions import Questions
from tests.compute.jobs import faults
from tests.compute.jobs.test_executors import nothing
from tests.processes import until


class Held(Executor):
    """Keeps every task until its future is told."""

    def __init__(self):
        self.futures = []

    def submit(self, fn, *args):
        self.futures.append(Future())
        return self.futures[-1]


def test_the_answer_is_kept_then_given():
    kept = []
    assert Questions(SequentialExecutor(), None).answer("a", kept.append, abs, -3) == 3
    assert kept == [3]


def test_who_waits_too_long_reads_a_sentence_and_the_answer_is_kept_when_it_comes():
    held, kept = Held(), []
    questions = Questions(held, 0.2)
    for _ in range(3):
        with pytest.raises(TooLate, match="should have come within 0 s, but is still being computed: ask again later"):
            questions.answer("a", kept.append, abs, -3)
    assert len(held.futures) == 1
    held.futures[0].set_result(3)
    assert kept == [3]
    with pytest.raises(TooLate):
        questions.answer("a", kept.append, abs, -3)
    assert len(held.futures) == 2


def test_a_question_is_asked_once_however_many_wait():
    held, found = Held(), []
    questions = Questions(held, 20)
    threads = [threading.Thread(target=lambda: found.append(questions.answer("a", id, abs, -3))) for _ in range(8)]
    for thread in threads:
        thread.start()
    until(lambda: held.futures, seconds=10)
    time.sleep(0.2)
    assert len(held.futures) == 1
    held.futures[0].set_result(3)
    for thread in threads:
        thread.join(10)
    assert found == [3] * 8


def refuse(_result):
    raise OSError("no space left on device")


def test_an_answer_that_cannot_be_kept_is_given_all_the_same():
    assert Questions(SequentialExecutor(), None).answer("a", refuse, abs, -3) == 3


def sentence():
    raise BadReference("Wanted this, got that: do so.")


def late():
    raise TimeoutError("of the task's own")


def test_errors_of_the_task_come_as_they_are():
    questions = Questions(SequentialExecutor(), 10)
    with pytest.raises(BadReference, match="Wanted this"):
        questions.answer("a", id, sentence)
    with pytest.raises(TimeoutError, match="own"):
        questions.answer("a", id, late)
    assert questions.answer("a", id, abs, -1) == 1


def test_a_task_whose_worker_is_lost_is_asked_three_times_then_is_a_sentence():
    held = Held()
    asked = ask(held, FIRST, abs, -1)
    for _ in range(TIMES):
        assert not asked.done()
        held.futures[-1].set_exception(BrokenProcessPool())
    assert len(held.futures) == TIMES == 3
    with pytest.raises(LandscapeError, match="A worker process should have answered, but died"):
        answer(asked)
    again = ask(held, FIRST, abs, -1)
    held.futures[-1].set_exception(BrokenProcessPool())
    held.futures[-1].set_result(1)
    assert answer(again) == 1


@pytest.mark.parametrize(
    ("task", "seconds", "match"),
    [
        (faults.die, FIRST, "but was ended by SIGKILL"),
        (faults.die_in_mid_message, FIRST, "but was ended by SIGKILL"),
        (faults.loop_for_ever, 1.0, "but was busy with it for 1 s without progress"),
    ],
)
def test_a_real_worker_that_is_always_lost_ends_in_a_sentence(task, seconds, match):
    worker = ProcessExecutor(nothing)
    try:
        asked = ask(worker, seconds, task)
        with pytest.raises(LandscapeError, match=match):
            answer(asked, 60)
        assert answer(ask(worker, FIRST, abs, -1), 60) == 1
    finally:
        worker.shutdown()


def test_what_is_asked_when_the_program_ends_is_told_so():
    worker = ProcessExecutor(nothing)
    asked = ask(worker, FIRST, time.sleep, 600)
    worker.submit(os.getpid)
    worker.shutdown()
    with pytest.raises(LandscapeError, match="should have answered, but"):
        answer(asked, 10)
    with pytest.raises(LandscapeError):
        answer(ask(worker, FIRST, abs, -1), 10)
