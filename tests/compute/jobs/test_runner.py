from collections import Counter
from concurrent.futures.process import BrokenProcessPool

import numpy as np
import pytest

from compute.errors import BadData, CorruptTile
from compute.jobs.job import Job
from compute.jobs.runner import PATIENCE, Runner
from compute.snapshot import JobState
from compute.store.memory import MemoryStore
from tests.compute.cases import CountingExecutor, HeldExecutor, surface, survey


@pytest.fixture
def store():
    return MemoryStore()


def run(store, wanted, executor=None):
    executor = executor or CountingExecutor()
    job = Job(wanted)
    Runner(store, [executor]).add(job)
    return job, executor


def test_a_surface_is_its_closed_form(store):
    job, executor = run(store, survey(level=4))
    snapshot = job.snapshot()
    assert snapshot.progress.state is JobState.DONE
    assert snapshot.known.all()
    np.testing.assert_array_equal(snapshot.loss, surface(job.survey.lattice))
    np.testing.assert_allclose(snapshot.accuracy[0], np.exp(-(job.survey.lattice.coordinates("x") ** 2)))
    assert snapshot.progress.nonfinite == 1
    assert len(executor.asked) == len(set(executor.asked)) == 33 * 33


def test_any_number_of_workers_gives_the_same_surface():
    def surface_of(workers):
        job = Job(survey(level=4))
        Runner(MemoryStore(), [CountingExecutor() for _ in range(workers)]).add(job)
        return job.snapshot().loss

    assert np.array_equal(surface_of(1), surface_of(3), equal_nan=True)


def test_what_is_stored_is_never_evaluated_again(store):
    run(store, survey(level=3))
    for wanted in (survey(level=3), survey(level=2), survey(level=3, reach=0.5)):
        job, executor = run(store, wanted)
        assert (executor.asked, job.state, job.reused) == ([], JobState.DONE, wanted.lattice.size)


def test_a_finer_and_a_wider_surface_compute_only_what_is_new(store):
    run(store, survey(level=3))
    fine, executor = run(store, survey(level=4))
    assert len(executor.asked) == fine.evaluated == 33 * 33 - 17 * 17
    wide, executor = run(store, survey(level=3, reach=2))
    assert len(executor.asked) == wide.evaluated == 33 * 33 - 17 * 17


def test_two_surveys_of_one_query_share_every_point(store):
    executor = HeldExecutor()
    runner = Runner(store, [executor])
    small, large = Job(survey(level=2)), Job(survey(level=3))
    runner.add(small)
    runner.add(large)
    counted = Counter()
    while executor.held:
        task = executor.release()
        counted[task.tile] += int(task.mask.sum())
    assert small.state is large.state is JobState.DONE
    assert sum(counted.values()) == large.survey.lattice.size


def test_two_surveys_are_served_turn_by_turn_coarse_first(store):
    executor = HeldExecutor()
    runner = Runner(store, [executor])
    jobs = [Job(survey(level=3, run=name)) for name in ("one", "two")]
    for job in jobs:
        runner.add(job)
    served = []
    while executor.held:
        served.append(executor.release())
    levels = [task.tile.level for task in served]
    assert levels == sorted(levels)
    names = [task.query.model.run for task in served if task.tile.level == 3]
    assert max(len(list(run)) for run in " ".join(names).replace("one two", "_").split("_")) <= len("one one")


def test_few_tiles_are_in_flight(store):
    executor = HeldExecutor()
    Runner(store, [executor], in_flight=2).add(Job(survey(level=4)))
    assert len(executor.held) == 2


@pytest.mark.parametrize("state", [JobState.PAUSED, JobState.CANCELLED])
def test_a_stopped_survey_keeps_the_tiles_in_flight_and_asks_no_more(store, state):
    executor = HeldExecutor()
    runner = Runner(store, [executor])
    job = Job(survey(level=3))
    runner.add(job)
    runner.set_state(job, state)
    in_flight = [executor.release() for _ in range(2)]
    assert executor.held == []
    assert job.state is state
    assert job.done == sum(int(task.mask.sum()) for task in in_flight) > 0
    assert all(store.get(task.query.key, task.tile) for task in in_flight)


def test_going_on_computes_the_rest(store):
    executor = HeldExecutor()
    runner = Runner(store, [executor])
    job = Job(survey(level=2))
    runner.add(job)
    runner.set_state(job, JobState.PAUSED)
    while executor.held:
        executor.release()
    before = job.done
    runner.set_state(job, JobState.QUEUED)
    while executor.held:
        executor.release()
    assert job.state is JobState.DONE
    assert job.evaluated == job.survey.lattice.size > before


def test_another_process_may_have_computed_it_meanwhile(store):
    executor = HeldExecutor()
    runner = Runner(store, [executor])
    job = Job(survey(level=3))
    runner.add(job)
    run(store, survey(level=3))
    for _ in range(2):
        executor.release()
    assert job.state is JobState.DONE
    assert executor.held == []


def test_bad_input_fails_with_its_sentence_and_keeps_what_was_computed(store):
    executor = HeldExecutor()
    runner = Runner(store, [executor])
    job = Job(survey(level=3))
    runner.add(job)
    executor.release()
    executor.release(BadData("Wanted images, got none: choose others."))
    assert (job.state, job.error) == (JobState.FAILED, "Wanted images, got none: choose others.")
    assert job.done > 0


def test_an_unexpected_error_becomes_a_sentence(store):
    executor = HeldExecutor()
    job = Job(survey())
    Runner(store, [executor]).add(job)
    executor.release(ZeroDivisionError("division by zero"))
    assert "Computing bowl on digits stopped unexpectedly (ZeroDivisionError: division by zero)" in job.error


def test_a_dead_workers_tiles_are_asked_again(store):
    executor = HeldExecutor()
    job = Job(survey(level=2))
    Runner(store, [executor]).add(job)
    executor.release(BrokenProcessPool())
    executor.release(BrokenProcessPool())
    while executor.held:
        executor.release()
    assert job.state is JobState.DONE


def test_a_tile_that_always_kills_its_worker_fails_its_survey(store):
    executor = HeldExecutor()
    job = Job(survey(level=2))
    Runner(store, [executor], in_flight=1).add(job)
    for _ in range(PATIENCE):
        executor.release(BrokenProcessPool())
    assert job.state is JobState.FAILED
    assert f"it died {PATIENCE} times on the same tile" in job.error


class Damaged(MemoryStore):
    """Its first answer is a corrupt entry, removed as the contract says."""

    def get(self, key, tile):
        if (key, tile) in self._tiles and not getattr(self, "noticed", False):
            self.noticed = True
            del self._tiles[key, tile]
            raise CorruptTile("damaged")
        return super().get(key, tile)


def test_a_corrupt_tile_is_computed_again():
    store = Damaged()
    run(store, survey(level=3))
    assert not hasattr(store, "noticed")
    job, executor = run(store, survey(level=3))
    assert store.noticed
    assert job.state is JobState.DONE
    assert 0 < len(executor.asked) == job.evaluated < job.survey.lattice.size
    np.testing.assert_array_equal(job.snapshot().loss, surface(job.survey.lattice))


def test_the_rate_is_points_per_second_and_gives_the_time_left(store, monkeypatch):
    now = [100.0]
    monkeypatch.setattr("compute.jobs.job.monotonic", lambda: now[0])
    executor = HeldExecutor()
    job = Job(survey(level=3))
    Runner(store, [executor]).add(job)
    assert job.progress().rate is None
    done = 0
    while executor.held:
        task = executor.held[0][0]
        now[0] += int(task.mask.sum()) / 25
        executor.release()
        done += int(task.mask.sum())
        if job.state is JobState.RUNNING:
            progress = job.progress()
            assert progress.rate == pytest.approx(25)
            assert progress.seconds_left == pytest.approx((job.survey.lattice.size - done) / 25)
    assert job.progress().seconds_left is None


class Unwritable(MemoryStore):
    """Its disk is broken."""

    def put(self, key, tile, values):
        raise OSError("input/output error")


def test_a_store_that_cannot_be_written_fails_the_survey_instead_of_leaving_it_waiting():
    job, _ = run(Unwritable(), survey(level=3))
    assert job.state is JobState.FAILED
    assert "Tiles need a cache that can be written, this one cannot (input/output error)" in job.error
    assert job.done > 0
