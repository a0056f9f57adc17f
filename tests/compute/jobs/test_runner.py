from collections import Counter
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace

import numpy as np
import pytest

from compute.blocks import Block, blocks, stages
from compute.errors import BadData, CorruptTile
from compute.jobs.asking import FIRST
from compute.jobs.job import ACTIVE, Job
from compute.jobs.lost import WorkerLate
from compute.jobs.runner import LEAST, MARGIN, PATIENCE, Runner, Worker
from compute.lattice import Lattice
from compute.snapshot import JobState
from compute.specs import OneClass, Quantile, Survey, Tempered
from compute.store.memory import MemoryStore
from compute.watching import Attention
from tests.compute.cases import SCALES, CountingExecutor, HeldExecutor, query, surface, survey


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
    np.testing.assert_allclose(snapshot.loss, surface(job.survey.lattice), rtol=1e-12)
    wanted = [np.mean(np.exp(-(x**2)) > np.arange(4) / 4) for x in job.survey.lattice.coordinates("x")]
    np.testing.assert_allclose(snapshot.accuracy[0], wanted)
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
    assert job.progress().done == sum(int(task.mask.sum()) for task in in_flight) > 0
    assert all(store.get(task.query.key, task.tile, block) for task in in_flight for block in task.blocks)


def test_going_on_computes_the_rest(store):
    executor = HeldExecutor()
    runner = Runner(store, [executor])
    job = Job(survey(level=2))
    runner.add(job)
    runner.set_state(job, JobState.PAUSED)
    while executor.held:
        executor.release()
    before = job.progress().done
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
    assert job.progress().done > 0
    for stop in (JobState.PAUSED, JobState.CANCELLED):
        runner.set_state(job, stop)
    assert (job.state, job.error) == (JobState.FAILED, "Wanted images, got none: choose others.")
    runner.set_state(job, JobState.QUEUED)
    assert job.error is None
    assert job.state in ACTIVE


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


def test_a_worker_that_is_ended_with_a_tile_in_hand_is_not_missed(store, caplog):
    executor = HeldExecutor()
    runner = Runner(store, [executor])
    runner.add(Job(survey(level=2)))
    runner.close()
    while executor.held:
        executor.release(BrokenProcessPool())
    assert not executor.held
    assert "worker lost" not in caplog.text


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

    def get(self, key, tile, block):
        if (key, tile, block) in self._entries and not getattr(self, "noticed", False):
            self.noticed = True
            del self._entries[key, tile, block]
            raise CorruptTile("damaged")
        return super().get(key, tile, block)


def test_a_corrupt_tile_is_computed_again():
    store = Damaged()
    run(store, survey(level=3))
    assert not hasattr(store, "noticed")
    job, executor = run(store, survey(level=3))
    assert store.noticed
    assert job.state is JobState.DONE
    assert 0 < len(executor.asked) == job.evaluated < job.survey.lattice.size
    np.testing.assert_allclose(job.snapshot().loss, surface(job.survey.lattice), rtol=1e-12)


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

    def put(self, key, tile, block, values):
        raise OSError("input/output error")


def test_a_store_that_cannot_be_written_fails_the_survey_instead_of_leaving_it_waiting():
    job, _ = run(Unwritable(), survey(level=3))
    assert job.state is JobState.FAILED
    assert "Tiles need a cache that can be written, this one cannot (input/output error)" in job.error
    assert job.progress().done > 0


def test_a_picture_of_few_examples_comes_before_one_of_many(store):
    executor = HeldExecutor()
    job = Job(survey(level=3, size=1000))
    Runner(store, [executor], in_flight=1).add(job)
    sizes, shares = [], []
    while executor.held:
        executor.release()
        progress = job.progress()
        sizes.append(progress.examples if progress.done == progress.total else 0)
        shares.append(progress.share)
    assert sorted(sizes) == sizes
    assert set(sizes) - {0} == set(stages(1000)) == {128, 512, 1000}
    assert sorted(shares) == shares
    assert shares[-1] == 1
    assert job.progress().passes == 17 * 17 * 1000
    assert (job.snapshot().examples == 1000).all()


def test_more_examples_pass_only_the_new_ones(store):
    run(store, survey(level=3, size=512))
    job, executor = run(store, survey(level=3, size=1024))
    assert {block for _, block, *_ in executor.asked} == {Block(512, 1024)}
    assert job.progress().passes == 17 * 17 * 512
    fewer, executor = run(store, survey(level=3, size=128))
    assert (executor.asked, fewer.state) == ([], JobState.DONE)


def test_every_statistic_comes_from_the_same_passes(store):
    run(store, survey(level=3, size=512))
    bowl = surface(survey(level=3).lattice)
    for asked, scale in ((OneClass(1), 1.5), (Quantile(0.99), 1.75), (Tempered(1e9), 1.0)):
        job, executor = run(store, survey(level=3, size=512, statistic=asked))
        assert executor.asked == []
        np.testing.assert_allclose(job.snapshot().loss, scale * bowl, rtol=1e-6)


def test_the_standard_error_falls_as_examples_come_in(store):
    errors = {}
    for size in (128, 512, 2048):
        job, _ = run(store, survey(level=3, size=size))
        errors[size] = job.progress().standard_error
        spread = SCALES.std() * np.sqrt(size / (size - 1)) / np.sqrt(size)
        np.testing.assert_allclose(job.snapshot().error, spread * np.abs(surface(job.survey.lattice)), rtol=1e-6)
    assert errors[2048] == pytest.approx(errors[512] / 2, rel=0.01) == pytest.approx(errors[128] / 4, rel=0.02)


def test_the_losses_of_many_examples_are_kept_as_sums_for_each_class(store):
    wanted = survey(level=1, size=20_000)
    job, _ = run(store, wanted, executor := CutExecutor())
    np.testing.assert_allclose(job.snapshot().loss, surface(wanted.lattice), rtol=1e-6)
    assert executor.asked
    for tile in wanted.lattice.tiles():
        kept = {block: store.get(wanted.query.key, tile, block) for block in blocks(20_000)}
        assert all((values.squares is None) == (block.stop <= 8192) for block, values in kept.items())


class CutExecutor(CountingExecutor):
    """Keeps what the real task keeps."""

    def submit(self, fn, task):
        result = super().submit(fn, task).result()
        future = Future()
        pairs = zip(task.blocks, result.values, strict=True)
        values = [part if block.stop <= 8192 else part.by_class() for block, part in pairs]
        future.set_result(replace(result, values=tuple(values)))
        return future


def test_what_is_in_view_is_computed_first_from_the_next_tile_on(store):
    executor = HeldExecutor()
    runner = Runner(store, [executor], in_flight=1)
    job = Job(survey(level=5, reach=2.0))
    runner.add(job)
    for _ in range(4):
        executor.release()
    runner.focus(job, job.survey.lattice.window((1.1, 1.9), (1.1, 1.9)))
    executor.release()  # was in a worker's hands already
    order = []
    while executor.held:
        order.append(executor.release().tile)
    seen = [max(tile.first) / 2**tile.level + 7 / 2**tile.level >= 1.1 and min(tile.first) >= 0 for tile in order]
    inside = [number for number, tile in enumerate(order) if min(tile.first) / 2**tile.level >= 1.1]
    assert seen[: len(inside)] == [True] * len(inside)
    assert order[max(inside)].level == 5


def test_the_survey_that_is_put_first_is_served_before_the_others(store):
    executor = HeldExecutor()
    runner = Runner(store, [executor], in_flight=1)
    jobs = [Job(survey(level=3, run=name)) for name in ("one", "two", "three")]
    for job in jobs:
        runner.add(job)
    runner.put_first(jobs[2])
    executor.release()
    while jobs[2].state is not JobState.DONE:
        assert executor.release().query.model.run == "three"


@pytest.mark.parametrize("level", [3, 5])
@pytest.mark.parametrize("reach", [1.0, 0.5, 0.25])
def test_fifty_surveys_each_get_a_picture_before_any_gets_more(store, level, reach):
    executor = HeldExecutor()
    runner = Runner(store, [executor], in_flight=1)
    jobs = [Job(survey(level=level, reach=reach, run=f"run{number}")) for number in range(50)]
    for job in jobs:
        runner.add(job)
    served = []
    while not all(job.pictured for job in jobs):
        served.append(executor.release().query.model.run)
    turns = [name for name, before in zip(served, [None, *served], strict=False) if name != before]
    assert len(turns) == len(set(turns)) == 50  # no network is loaded twice for it
    assert len(served) <= 50 * 4


def test_after_first_pictures_what_is_on_screen_comes_first_then_hidden_tabs_then_nobodys(store):
    executor = HeldExecutor()
    runner = Runner(store, [executor], in_flight=1)
    attention = [Attention.NOBODY, Attention.HIDDEN, Attention.VISIBLE, Attention.VISIBLE]
    jobs = [Job(survey(level=3, run=f"run{number}")) for number in range(4)]
    for job, one in zip(jobs, attention, strict=True):
        job.attention = one
        runner.add(job)
    while not all(job.pictured for job in jobs):
        executor.release()
    ended = []
    while executor.held:
        executor.release()
        ended += [job for job in jobs if job.state is JobState.DONE and job not in ended]
    assert ended[2:] == [jobs[1], jobs[0]]


def test_what_is_deferred_comes_after_what_is_looked_at_as_much(store):
    executor = HeldExecutor()
    runner = Runner(store, [executor], in_flight=1)
    points = [Job(Survey(query(f"run{number}"), Lattice(0, (0, 0)))) for number in range(5)]
    picture = Job(survey(level=3, run="picture"))
    for job in points:
        job.deferred = True
    for job in (*points, picture):
        runner.add(job)
    executor.release()
    while picture.state is not JobState.DONE:
        assert executor.release().query.model.run == "picture"


def test_moving_the_resolution_down_or_up_and_back_evaluates_nothing_again(store):
    executor = CountingExecutor()
    for level in (4, 2, 4, 5, 4, 3, 5):
        run(store, survey(level=level, size=256), executor)
    assert len(executor.asked) == len(set(executor.asked)) == 2 * 65 * 65


@pytest.mark.parametrize(("tolerance", "size", "first"), [(0.0, 64, 0.1), (0.0, 1024, 0.1), (0.01, 1024, 1 / 7)])
def test_the_time_left_is_within_a_quarter_of_the_truth_after_the_first_tenth_or_stage(
    store, monkeypatch, tolerance, size, first
):
    now = [100.0]
    monkeypatch.setattr("compute.jobs.job.monotonic", lambda: now[0])
    executor = HeldExecutor()
    job = Job(survey(level=5, size=size, tolerance=tolerance))
    Runner(store, [executor]).add(job)
    told = []
    while executor.held:
        task = executor.held[0][0]
        now[0] += int(task.mask.sum()) * task.examples / 1000
        executor.release()
        told.append((now[0], job.progress().seconds_left))
    end = told[-1][0]
    late = [(left, end - at) for at, left in told if at - 100 > first * (end - 100) and end - at > 0.02 * (end - 100)]
    assert len(late) > 20
    assert [left / true for left, true in late] == pytest.approx([1] * len(late), abs=0.25)


def test_while_nobody_can_tell_how_many_points_need_computing_no_time_is_told(store):
    executor = HeldExecutor()
    job = Job(survey(level=5, tolerance=0.01))
    Runner(store, [executor]).add(job)
    for _ in range(3):
        executor.release()
    assert job.progress().rate > 0
    assert job.progress().seconds_left is None


def test_a_tile_may_take_twenty_times_as_long_as_expected_once_its_query_was_measured():
    executor = HeldExecutor()
    Runner(MemoryStore(), [executor]).add(Job(survey(level=3)))
    task, _ = executor.held[0]
    worker = Worker(executor)
    assert worker.allowed(task) == FIRST
    worker.note(task, 0.5)
    assert worker.allowed(task) == LEAST
    worker.note(task, 30.0)
    worker.note(task, 0.5)
    assert worker.allowed(task) == pytest.approx(MARGIN * 30.0)


def test_the_time_a_tile_may_take_goes_with_it_and_a_late_worker_is_named(store):
    class Limited(HeldExecutor):
        seconds = ()

        def submit_within(self, seconds, fn, task):
            self.seconds = (*self.seconds, seconds)
            return self.submit(fn, task)

    executor, job = Limited(), Job(survey(level=2))
    Runner(store, [executor], in_flight=1).add(job)
    executor.release()
    assert executor.seconds == (FIRST, LEAST)
    for _ in range(PATIENCE):
        executor.release(WorkerLate("was busy with it for 60 s without progress"))
    assert executor.seconds[2] == FIRST
    assert job.error == (
        f"Computing bowl needs a worker process that lives, it was busy with it for 60 s without progress {PATIENCE} "
        "times on the same tile: choose fewer samples, then go on."
    )


def test_an_answer_that_cannot_be_taken_in_fails_its_survey_instead_of_leaving_it_waiting(store):
    executor, job = HeldExecutor(), Job(survey(level=2))
    Runner(store, [executor], in_flight=1).add(job)
    executor.held[0][1].set_result(None)
    assert job.state is JobState.FAILED
    assert "stopped unexpectedly (AttributeError" in job.error
