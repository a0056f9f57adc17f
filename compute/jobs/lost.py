"""What happens to a task whose worker process is lost."""

from concurrent.futures.process import BrokenProcessPool


class WorkerLost(BrokenProcessPool):
    """A worker process ended, or had to be killed, before its task was done; the message says how, as a predicate.

    Example:
        >>> str(WorkerLost("was ended by SIGKILL"))
        'was ended by SIGKILL'
    """


class WorkerLate(WorkerLost):
    """It was killed because its task took too long."""
