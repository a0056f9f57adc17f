"""Augmentation moves and mirrors, and does nothing else."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from compute.zoo.augmentation import MARGINS, draw_moves, move


def drawn(images, seed, augmentation="crop-flip"):
    moves = draw_moves(augmentation, len(images), torch.Generator().manual_seed(seed))
    return moves, move(images, moves, augmentation)


@given(st.integers(0, 2**31), st.integers(4, 9), st.integers(4, 9), st.sampled_from(sorted(MARGINS)))
def test_all_images_at_once_are_those_of_a_plain_loop_over_the_same_draws(seed, height, width, augmentation):
    images = torch.rand(5, 2, height, width)
    moves, found = drawn(images, seed, augmentation)
    margin = MARGINS[augmentation]
    for image, (down, right, mirrored), after in zip(images, moves.T.tolist(), found, strict=True):
        padded = torch.zeros(2, height + 2 * margin, width + 2 * margin)
        padded[:, margin:-margin, margin:-margin] = image
        part = padded[:, down : down + height, right : right + width]
        assert torch.equal(after, part.flip(-1) if mirrored else part)


@pytest.mark.parametrize(("augmentation", "ways"), [("crop-flip", 2 * 9**2), ("shift", 3**2)])
def test_all_moves_are_equally_likely(augmentation, ways):
    images = torch.arange(64.0).reshape(1, 1, 8, 8).expand(20_000, -1, -1, -1) + 1
    _, moved = drawn(images, 0, augmentation)
    kinds, counts = torch.unique(moved.flatten(1), dim=0, return_counts=True)
    assert len(kinds) == ways
    expected = 20_000 / len(kinds)
    assert ((counts - expected).abs() < 5 * expected**0.5).all()


def test_the_generator_decides():
    images = torch.rand(8, 3, 8, 8)
    one, again, other = (drawn(images, seed)[1] for seed in (1, 1, 2))
    assert torch.equal(one, again)
    assert not torch.equal(one, other)


def test_without_augmentation_nothing_is_drawn():
    generator = torch.Generator().manual_seed(0)
    before = generator.get_state()
    assert draw_moves("none", 8, generator) is None
    assert torch.equal(generator.get_state(), before)
