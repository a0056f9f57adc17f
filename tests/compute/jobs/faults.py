"""Tasks that do to their worker process what bad luck and bad code do."""

import gc
import os
import re
import signal
import socket
import sys
import time

from compute.jobs.frames import LENGTH
from compute.jobs.progress import mark


def die(number=signal.SIGKILL):
    os.kill(os.getpid(), number)
    time.sleep(60)


def die_in_mid_message():
    """Writes half of a large message to the parent, and is gone."""
    (channel,) = (one for one in gc.get_objects() if isinstance(one, socket.socket))
    channel.sendall(LENGTH.pack(2**24) + b"D" + bytes(2**20))
    die()


def close_everything():
    os.closerange(3, 256)
    time.sleep(60)


def hold_the_interpreter():
    """A call into native code that lets no other thread run."""
    re.match("(a+)+$", "a" * 64 + "b")


def loop_for_ever():
    while True:
        pass


def progress_slowly(steps, seconds):
    for _ in range(steps):
        time.sleep(seconds)
        mark()
    return "done"


def fork_and_die(file):
    """Leaves a process behind that has inherited the socket, and writes down its number."""
    child = os.fork()
    if child == 0:
        time.sleep(120)
    file.write_text(str(child))
    die()


class Odd(Exception):
    """Its constructor wants more than its message: it cannot be unpickled."""

    def __init__(self, one, two):
        super().__init__(f"{one} and {two}")


def raise_odd():
    raise Odd("this", "that")


def leave():
    sys.exit(3)
