"""Signs of progress within a task: whoever runs it may wait as long as they come."""

from collections.abc import Callable
from typing import Any, TypeVar

Result = TypeVar("Result")

_count = 0


def mark(*_: Any) -> None:  # noqa: ANN401 - fits every hook
    """Says that this process's task has come further."""
    global _count
    _count += 1


def marks() -> int:
    """How often `mark` was called in this process.

    Example:
        >>> before = marks()
        >>> mark()
        >>> marks() - before
        1
    """
    return _count


def marking(function: Callable[..., Result]) -> Callable[..., Result]:
    """The function, which marks progress at each call.

    Example:
        >>> before = marks()
        >>> marking(abs)(-1), marks() - before
        (1, 1)
    """

    def marked(*args: Any, **kwargs: Any) -> Result:  # noqa: ANN401 - passed on
        mark()
        return function(*args, **kwargs)

    return marked
