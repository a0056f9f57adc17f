"""Statistics of examples' losses against their definitions."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compute.blocks import Block, blocks, stages
from compute.errors import BadReference
from compute.lattice import SIDE
from compute.losses import BlockValues, summary
from compute.specs import Mean, OneClass, Quantile, Survey, Tempered, statistic
from tests.compute.cases import survey

POINT = np.zeros((SIDE, SIDE), bool)
POINT[2, 5] = True


def block_of(losses, labels, correct=None):
    """A block with one known point."""
    correct = np.ones_like(losses, bool) if correct is None else correct
    return BlockValues.of(POINT, np.asarray(labels), np.asarray(losses)[None], np.asarray(correct)[None])


def told(parts, statistic):
    values = summary(parts, statistic)
    assert (values.known == POINT).all()
    return values.loss[2, 5], values.accuracy[2, 5], values.error[2, 5]


@pytest.fixture
def sample():
    source = np.random.default_rng(0)
    return source.exponential(2, 600), source.integers(0, 4, 600), source.random(600) < 0.7


def cut(losses, labels, correct, by_class=False):
    found = [slice(block.start, block.stop) for block in blocks(len(losses))]
    parts = [block_of(losses[at], labels[at], correct[at]) for at in found]
    return [part.by_class() for part in parts] if by_class else parts


@given(st.integers(1, 70_000))
def test_blocks_cover_the_examples_once_and_end_where_stages_do(size):
    found = blocks(size)
    assert [block.start for block in found] == [0, *(block.stop for block in found[:-1])]
    assert found[-1].stop == size == stages(size)[-1]
    assert set(stages(size)) <= {block.stop for block in found}
    assert all(len(after) == before.stop for before, after in pairwise(found[:-1]))


@given(st.integers(128, 70_000), st.integers(0, 7))
def test_blocks_of_a_larger_set_begin_with_those_of_a_smaller(size, doublings):
    small = blocks(128 * 2**doublings)
    assert blocks(max(size, 128 * 2**doublings))[: len(small)] == small


@pytest.mark.parametrize("by_class", [False, True])
def test_the_mean_and_its_standard_error(sample, by_class):
    losses, _, correct = sample
    wanted = losses.mean(), correct.mean(), losses.std(ddof=1) / np.sqrt(600)
    assert told(cut(*sample, by_class), Mean()) == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize("by_class", [False, True])
def test_one_class(sample, by_class):
    losses, labels, correct = (part[sample[1] == 2] for part in sample)
    wanted = losses.mean(), correct.mean(), losses.std(ddof=1) / np.sqrt(len(labels))
    assert told(cut(*sample, by_class), OneClass(2)) == pytest.approx(wanted, rel=1e-12)


def test_a_class_without_examples_has_no_loss(sample):
    assert np.isnan(told(cut(*sample), OneClass(9))).all()


def test_a_quantile_and_a_band_around_it(sample):
    losses, _, correct = sample
    loss, accuracy, error = told(cut(*sample), Quantile(0.9))
    assert (loss, accuracy) == pytest.approx((np.quantile(losses, 0.9), correct.mean()))
    # The asymptotic standard error sqrt(q (1 - q) / n) / f of an exponential distribution of scale 2.
    assert error == pytest.approx(np.sqrt(0.09 / 600) / (0.1 / 2), rel=0.3)


def test_the_standard_errors_are_the_spread_of_repeated_samples():
    source = np.random.default_rng(1)
    for asked in (Mean(), Quantile(0.5), Tempered(1.0)):
        answers = [told(cut(source.exponential(2, 200), np.zeros(200), np.ones(200)), asked) for _ in range(400)]
        loss, _, error = np.array(answers).T
        assert error.mean() == pytest.approx(loss.std(), rel=0.2)


def test_a_temperature_weights_easy_examples_up_and_at_infinity_is_the_mean(sample):
    losses, _, correct = sample
    weight = np.exp(-losses / 0.5)
    loss, accuracy, _ = told(cut(*sample), Tempered(0.5))
    wanted = (weight * losses).sum() / weight.sum(), (weight * correct).sum() / weight.sum()
    assert (loss, accuracy) == pytest.approx(wanted)
    assert told(cut(*sample), Tempered(1e12)) == pytest.approx(told(cut(*sample), Mean()), rel=1e-2)


def test_no_temperature_is_too_low(sample):
    losses, labels, correct = sample
    assert told(cut(losses + 1e6, labels, correct), Tempered(1e-3))[0] == pytest.approx(losses.min() + 1e6)


@pytest.mark.parametrize("asked", [Mean(), Quantile(0.5), Tempered(1.0)])
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_not_finite_stays_so(sample, asked, bad):
    losses, labels, correct = sample
    if not (bad == np.inf and asked != Mean()):  # a median may well be finite beside infinity
        assert not np.isfinite(told(cut(np.r_[losses[1:], bad], labels, correct), asked)[0])


def test_an_infinite_loss_of_one_class_is_not_anothers(sample):
    losses, labels, correct = sample
    spoilt = np.where(labels == 1, np.inf, losses)
    parts = cut(spoilt, labels, correct, by_class=True)
    assert told(parts, OneClass(1))[0] == np.inf
    assert told(parts, OneClass(2)) == pytest.approx(told(cut(*sample), OneClass(2)))


def test_a_point_is_known_where_every_block_is(sample):
    one, other, *_ = cut(*sample)
    elsewhere = BlockValues(~POINT, other.labels, other.counts, other.loss, other.correct)
    assert not summary([one, elsewhere], Mean()).known.any()


def test_single_losses_are_asked_only_of_examples_that_are_kept():
    assert survey(size=50_000).examples == 50_000
    assert survey(size=50_000, statistic=Quantile(0.5)).examples == 8192
    assert survey(size=500, statistic=Tempered(1)).examples == 500


def test_a_statistic_is_part_of_the_survey_and_not_of_the_key():
    one, other = survey(), survey(statistic=OneClass(1))
    assert one.id != other.id
    assert one.query.key == other.query.key
    assert survey(size=64).id != survey(size=128).id
    assert survey(size=64).query.key == survey(size=128).query.key
    assert isinstance(one, Survey)


@pytest.mark.parametrize("text", ["", "mode", "class:", "class:-1", "class:x", "quantile:1", "tempered:0", "mean:2"])
def test_what_is_no_statistic_is_refused(text):
    with pytest.raises(BadReference, match=r"statistic should be mean, class:LABEL, .*, got .*: choose one"):
        statistic(text)


def test_a_block_counts_its_examples():
    assert len(Block(128, 256)) == 128


@pytest.mark.parametrize("asked", [Mean(), Quantile(0.9), Tempered(0.5)])
@pytest.mark.parametrize("by_class", [False, True])
def test_where_nothing_is_right_or_wrong_there_is_a_loss_and_no_accuracy(sample, asked, by_class):
    losses, _, correct = sample
    judged = cut(losses, np.zeros(600, int), correct, by_class and asked == Mean())
    parts = [replace(part, correct=None) for part in judged]
    loss, accuracy, error = told(parts, asked)
    assert np.isnan(accuracy)
    assert (loss, error) == pytest.approx(told(judged, asked)[::2], rel=1e-12)
