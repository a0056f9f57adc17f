"""The steps by which a network is made ready, each of which can be left out."""

from collections.abc import Collection
from enum import StrEnum


class Step(StrEnum):
    """What is done to a network before it answers, in the order in which each builds on those before.

    Without `COPY` the network itself is called as it was written, its own parameters overwritten, and every other step
    but `INFERENCE` is left out, too.
    """

    INFERENCE = "inference mode"
    COPY = "a private copy"
    FLAT = "weights in one vector"
    LAST = "channels last"
    FOLD = "folded BatchNorm"
    JOIN = "joined layers"
    STACK = "several points at once"


ALL = frozenset(Step)
NONE: frozenset[Step] = frozenset()


def in_order(steps: Collection[Step]) -> tuple[Step, ...]:
    """Steps in their order.

    Example:
        >>> [str(step) for step in in_order({Step.FLAT, Step.COPY})]
        ['a private copy', 'weights in one vector']
    """
    return tuple(step for step in Step if step in steps)
