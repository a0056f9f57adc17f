"""Augmentation moves and mirrors, and does nothing else."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from compute.zoo.augmentation import MARGIN, cropped_and_flipped


@given(st.integers(0, 2**31), st.integers(4, 9), st.integers(4, 9))
def test_every_image_is_a_part_of_itself_with_a_margin_mirrored_or_not(seed, height, width):
    generator = torch.Generator().manual_seed(seed)
    images = torch.rand(3, 2, height, width, generator=generator)
    moved = cropped_and_flipped(images, generator)
    padded = torch.nn.functional.pad(images, (MARGIN,) * 4)
    for image, found in zip(padded, moved, strict=True):
        parts = [
            image[:, down : down + height, right : right + width]
            for down in range(2 * MARGIN + 1)
            for right in range(2 * MARGIN + 1)
        ]
        assert any(torch.equal(found, way) for part in parts for way in (part, part.flip(-1)))


def test_all_moves_and_both_ways_are_equally_likely():
    images = torch.arange(64.0).reshape(1, 1, 8, 8).expand(20_000, -1, -1, -1) + 1
    moved = cropped_and_flipped(images, torch.Generator().manual_seed(0))[:, 0]
    kinds, counts = torch.unique(moved.flatten(1), dim=0, return_counts=True)
    assert len(kinds) == 2 * (2 * MARGIN + 1) ** 2
    expected = 20_000 / len(kinds)
    assert ((counts - expected).abs() < 5 * expected**0.5).all()


def test_the_generator_decides():
    images = torch.rand(8, 3, 8, 8)
    one, again, other = (cropped_and_flipped(images, torch.Generator().manual_seed(seed)) for seed in (1, 1, 2))
    assert torch.equal(one, again)
    assert not torch.equal(one, other)
