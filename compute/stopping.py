"""Ends the program when it is told to: in good order if it can, and in any case soon."""

import os
import select
import signal
import threading
from collections.abc import Callable
from types import FrameType

GRACE = 2.0
"""Seconds in which the program may end in good order; what is computed is safe on disk at any moment."""
CODE = 130
"""The exit code of a program that was stopped."""
SIGNALS = (signal.SIGINT, signal.SIGTERM)
"""A service manager's stop is as orderly as Ctrl-C."""

Handler = Callable[[], object]


def stop_on_signals(first: Handler = lambda: None) -> None:
    """From now on SIGINT and SIGTERM call `first` and raise KeyboardInterrupt in the main thread.

    `GRACE` seconds later, or at the second signal, the process is gone, whatever its threads are doing: workers end
    with it. May be called again with another `first`.
    """

    def stop(number: int, _frame: FrameType | None) -> None:
        for each in SIGNALS:
            signal.signal(each, ignore)  # the watching thread sees to the second
        first()
        raise KeyboardInterrupt

    for number in SIGNALS:
        signal.signal(number, stop)
    if not any(thread.name == watch.__name__ for thread in threading.enumerate()):
        reading, writing = os.pipe()
        os.set_blocking(writing, False)
        signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
        threading.Thread(target=watch, args=(reading,), name=watch.__name__, daemon=True).start()


def ignore(_number: int, _frame: FrameType | None) -> None:
    """Does nothing: unlike with SIG_IGN, the signal is still told to the watching thread."""


def watch(reading: int) -> None:
    """Waits for the first signal, then for the second or until `GRACE` is over, and ends the process.

    The main thread handles no signal while it is in a long call; this one need not wait for it.
    """
    os.read(reading, 1)
    select.select([reading], [], [], GRACE)
    os._exit(CODE)
