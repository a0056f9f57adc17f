"""The main function of a worker process: runs tasks that come over a socket, and says every second that it lives."""

import ctypes
import os
import pickle
import signal
import socket
import struct
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from typing import Any, NoReturn

from compute.jobs import progress
from compute.jobs.frames import Frames, frame

BEAT = 1.0
"""Seconds between two signs of life."""
ALIVE, READY, DONE, FAILED = b"A", b"R", b"D", b"F"
"""How a message to the parent begins; after ALIVE comes the number of `progress.marks`."""
MARKS = struct.Struct("!Q")
CHUNK = 2**20
PR_SET_PDEATHSIG = 1

Task = tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]


class RemoteTraceback(Exception):
    """The cause of an error that travelled: where it was raised in the worker."""

    def __str__(self) -> str:
        """The traceback."""
        return f"\n{self.args[0]}"


class Channel:
    """The socket to the parent; its threads send whole messages."""

    def __init__(self, handle: int) -> None:
        """Takes over an open socket."""
        os.set_inheritable(handle, False)
        self._socket, self._lock = socket.socket(fileno=handle), threading.Lock()

    def send(self, kind: bytes, content: bytes = b"") -> None:
        """Sends a message."""
        with self._lock:
            self._socket.sendall(frame(kind + content))

    def receive(self, messages: "SimpleQueue[bytes]") -> NoReturn:
        """Puts messages into a queue until the parent is gone, then ends this process and all that it started."""
        frames = Frames()
        with suppress(OSError):
            while received := self._socket.recv(CHUNK):
                for message in frames.messages(received):
                    messages.put(message)
        end_group()


def main(handle: int) -> NoReturn:
    """Prepares the process as the first message says, then runs one task after another."""
    die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's business
    channel, messages = Channel(handle), SimpleQueue[bytes]()
    threading.Thread(target=channel.receive, args=(messages,), daemon=True).start()
    threading.Thread(target=beat, args=(channel,), daemon=True).start()
    prepare, output = pickle.loads(messages.get())
    redirect(output)
    prepare()
    channel.send(READY)
    while True:
        channel.send(*outcome(messages.get()))


def beat(channel: Channel) -> NoReturn:
    """Says that this process lives; a process that is stopped, or a call that never lets go of Python, cannot."""
    while True:
        with suppress(OSError):  # the parent is gone: the other thread ends the process
            channel.send(ALIVE, MARKS.pack(progress.marks()))
        time.sleep(BEAT)


def outcome(message: bytes) -> tuple[bytes, bytes]:
    """Runs a task; gives DONE and its result, or FAILED and its error."""
    try:
        function, args, kwargs = pickle.loads(message)
        return DONE, pickle.dumps(function(*args, **kwargs), pickle.HIGHEST_PROTOCOL)
    except BaseException as problem:  # noqa: BLE001 - an executor hands every error to its caller
        return FAILED, pickle.dumps((packed(problem), words(problem), "".join(traceback.format_exception(problem))))


def packed(problem: BaseException) -> bytes:
    """The error if it can travel and does not end the process where it is raised again, else nothing."""
    with suppress(Exception):
        content = pickle.dumps(problem)
        if isinstance(problem, Exception) and type(pickle.loads(content)) is type(problem):
            return content
    return b""


def words(problem: BaseException) -> str:
    """What an error says, if it can say anything."""
    with suppress(Exception):
        return f"{type(problem).__name__}: {problem}"
    return type(problem).__name__


def unpacked(content: bytes) -> Exception:
    """The error of a task, here, with the traceback from there as its cause."""
    packed_problem, said, told = pickle.loads(content)
    problem: Exception = RuntimeError(said)
    with suppress(Exception):  # its class may be known there alone
        problem = pickle.loads(packed_problem)
    problem.__cause__ = RemoteTraceback(told)
    return problem


def redirect(output: Path | None) -> None:
    """Adds to a file whatever this process, its libraries and its children print from now on."""
    if output is None:
        return
    with suppress(OSError), open(output, "ab") as file:
        for stream in (sys.stdout, sys.stderr):
            os.dup2(file.fileno(), stream.fileno())
            stream.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # a killed process writes nothing more


def die_with_parent() -> None:
    """Asks the system, where it can, to kill this process with its parent, even if it is stopped or busy."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def end_group() -> NoReturn:
    """Kills this process and those that it started and that stayed in its group."""
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(1)
