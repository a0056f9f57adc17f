"""Where the fast arithmetic is too wrong, nothing that was computed in it stays."""

from concurrent.futures import Future
from dataclasses import replace

import numpy as np
import pytest

from compute.deviation import Deviation
from compute.jobs.fallback import exact, remember, remembered
from compute.jobs.job import Job
from compute.jobs.runner import Runner
from compute.lattice import Lattice
from compute.losses import BlockValues
from compute.snapshot import JobState
from compute.store.disk import DiskStore
from compute.store.memory import MemoryStore
from tests.compute.cases import CountingExecutor, answer, surface, survey

WRONG = 1.5
"""What the losses of the fast arithmetic are multiplied by."""


class Rounding(CountingExecutor):
    """Answers fast queries wrongly, and finds that out at its nth fast tile, which it answers exactly."""

    def __init__(self, found_at):
        super().__init__()
        self.found_at, self.fast, self.keys = found_at, 0, []

    def submit(self, fn, task):
        self.keys.append(task.query.key)
        result = answer(task)
        if task.query.precision == "fast":
            self.fast += 1
            late = self.fast >= self.found_at
            error = Deviation(0.5, 0.3) if late else Deviation(0.001, 0.001)
            values = result.values if late else tuple(map(wrong, result.values))
            result = replace(result, values=values, error=error, fell_back=late)
        future = Future()
        future.set_result(result)
        return future


def wrong(values):
    return BlockValues(values.known, values.labels, values.counts, values.loss * WRONG, values.correct)


def fast(level=3, **options):
    asked = survey(level=level, **options)
    return replace(asked, query=replace(asked.query, precision="fast"))


@pytest.fixture(params=["memory", "disk"])
def store(request, tmp_path):
    made = MemoryStore() if request.param == "memory" else DiskStore(tmp_path)
    yield made
    made.close()


def is_exact(job):
    shot = job.snapshot()
    np.testing.assert_allclose(shot.loss, surface(job.survey.lattice), rtol=1e-6)
    return shot.progress.state is JobState.DONE and shot.progress.fell_back


@pytest.mark.parametrize("found_at", [1, 2, 7])
@pytest.mark.parametrize("size", [64, 1024])
def test_what_was_computed_before_the_error_was_found_is_computed_again(store, found_at, size):
    executor = Rounding(found_at)
    job = Job(fast(size=size))
    Runner(store, [executor]).add(job)
    assert is_exact(job)
    assert job.progress().fast_error == Deviation(0.5, 0.3)
    assert executor.fast == found_at or executor.fast == found_at + 1  # one more may have been in hand


def test_a_finished_survey_of_the_same_query_starts_anew_too(store):
    executor = Rounding(found_at=10)
    runner = Runner(store, [executor])
    small, large = Job(fast(level=1)), Job(fast(level=4))
    runner.add(small)
    assert small.state is JobState.DONE
    assert small.snapshot().loss[1, 1] == pytest.approx(WRONG * surface(small.survey.lattice)[1, 1])
    runner.add(large)
    assert is_exact(small)
    assert is_exact(large)


def test_a_later_process_shows_nothing_of_it_and_computes_nothing_again(store):
    Runner(store, [Rounding(found_at=5)]).add(Job(fast()))
    executor, again = Rounding(found_at=99), Job(fast())
    Runner(store, [executor]).add(again)
    assert is_exact(again)
    assert executor.keys == []
    wider = Job(replace(fast(), lattice=Lattice.spanning(3, (-2, 1), (-1, 1))))
    Runner(store, [executor]).add(wider)
    assert is_exact(wider)
    assert set(executor.keys) == {exact(fast().query).key}


def test_a_survey_whose_fast_arithmetic_is_right_enough_stays_fast(store):
    executor, job = Rounding(found_at=10**6), Job(fast())
    Runner(store, [executor]).add(job)
    assert job.state is JobState.DONE
    assert not job.progress().fell_back
    assert job.progress().fast_error == Deviation(0.001, 0.001)
    assert set(executor.keys) == {fast().query.key}


def test_only_fast_queries_are_remembered(store):
    query = fast().query
    assert not remembered(store, query)
    remember(store, query)
    assert remembered(store, query)
    assert not remembered(store, exact(query))
