"""What is kept of a training."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compute.errors import BadReference
from compute.zoo.keeping import kept_steps

SIZES = {"epochs": st.integers(1, 400), "batches": st.integers(1, 400)}
RULES = st.sampled_from(["epochs", "2", "31", "999", "steps:1", "steps:7", "steps:100000", "log:2", "log:3", "log:20"])


@given(rule=RULES, **SIZES)
def test_start_and_end_are_kept_and_nothing_beyond(rule, epochs, batches):
    kept = kept_steps(rule, epochs, batches)
    assert min(kept) == 0
    assert max(kept) == epochs * batches


@given(rule=st.sampled_from(["1", "log:1"]), **SIZES)
def test_one_is_the_last(rule, epochs, batches):
    assert kept_steps(rule, epochs, batches) == {epochs * batches}


@given(count=st.integers(2, 50), **SIZES)
def test_a_count_is_spread_evenly_over_whole_epochs(count, epochs, batches):
    kept = sorted(kept_steps(str(count), epochs, batches))
    gaps = {(after - before) // batches for before, after in pairwise(kept)}
    assert len(kept) == min(count, epochs + 1)
    assert max(gaps) - min(gaps) <= 1
    assert not any(step % batches for step in kept)


@given(count=st.integers(3, 50), **SIZES)
def test_logarithmic_steps_are_never_more_than_asked_and_grow_by_one_factor(count, epochs, batches):
    last = epochs * batches
    kept = sorted(kept_steps(f"log:{count}", epochs, batches))
    assert len(kept) <= count
    factor = last ** (1 / (count - 2))
    for power in range(count - 1):
        assert min(abs(step - factor**power) for step in kept) <= 0.5 + 1e-6


@pytest.mark.parametrize("rule", ["", "0", "-3", "steps:0", "steps:", "log:x", "every:4", "1.5", "²"])
def test_other_words_are_refused(rule):
    with pytest.raises(BadReference, match="should be named epochs, COUNT, steps:N or log:COUNT, but came as"):
        kept_steps(rule, 3, 3)
