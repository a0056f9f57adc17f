"""Blocks of examples, and after which of them a picture is shown."""

from dataclasses import dataclass
from itertools import pairwise

FIRST = 128
"""Examples of the first block; together with the next it is as large as the one after."""
GROWTH = 4
"""A picture rests on so many times the examples of the one before."""


@dataclass(frozen=True, slots=True, order=True)
class Block:
    """The examples from `start` up to, not including, `stop`."""

    start: int
    stop: int

    def __len__(self) -> int:
        """How many there are."""
        return self.stop - self.start


def blocks(size: int) -> tuple[Block, ...]:
    """The blocks of the first `size` examples: each as large as all before it, the last cut where they end.

    Example:
        >>> [(block.start, block.stop) for block in blocks(600)]
        [(0, 128), (128, 256), (256, 512), (512, 600)]
    """
    stops = [0, FIRST]
    while stops[-1] < size:
        stops.append(2 * stops[-1])
    return tuple(Block(start, min(stop, size)) for start, stop in pairwise(stops))


def stages(size: int) -> tuple[int, ...]:
    """The numbers of examples on which successive pictures rest.

    Example:
        >>> stages(10_000), stages(100)
        ((128, 512, 2048, 8192, 10000), (100,))
    """
    found, count = [], FIRST
    while count < size:
        found.append(count)
        count *= GROWTH
    return (*found, size)
