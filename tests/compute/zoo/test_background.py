"""Background work keeps its order, its bound, and its errors."""

import threading

import pytest

from compute.zoo.background import AHEAD, background


def test_jobs_are_done_in_order_elsewhere_and_all_by_the_end():
    done = []
    with background() as later:
        for number in range(20):
            later(lambda number=number: done.append((number, threading.current_thread() is threading.main_thread())))
    assert done == [(number, False) for number in range(20)]


def test_who_hands_in_too_much_waits():
    gate, handed = threading.Event(), []

    def hand_in(later):
        for number in range(AHEAD + 1):
            later(gate.wait)
            handed.append(number)

    with background() as later:
        hand = threading.Thread(target=hand_in, args=[later])
        hand.start()
        hand.join(0.2)
        assert len(handed) == AHEAD
        gate.set()
        hand.join()
    assert len(handed) == AHEAD + 1


def test_after_a_failure_nothing_is_done_and_its_error_comes():
    done = []

    def fail():
        raise OSError("disk full")

    def hand_in():
        with background() as later:
            later(fail)
            for number in range(5):
                later(lambda number=number: done.append(number))

    with pytest.raises(OSError, match="disk full"):
        hand_in()
    assert done == []


def test_a_failure_of_the_last_job_is_told_too():
    with pytest.raises(OSError, match="disk full"), background() as later:
        later(lambda: (_ for _ in ()).throw(OSError("disk full")))
