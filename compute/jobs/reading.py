"""Reads files that come from a browser, in a process of its own with limits on time and memory."""

import atexit
import importlib
import resource
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import BrokenExecutor, Executor
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from compute.errors import BadData, BadSurface, LandscapeError
from compute.foreign import TooSlow
from compute.jobs.asking import FIRST, answer, submit
from compute.jobs.executors import ProcessExecutor
from compute.jobs.lost import WorkerLate
from compute.settings import IMPORT_LIMIT
from compute.store import imports
from compute.zoo import image_archives, texts
from compute.zoo.contents import holds_weights
from compute.zoo.studies import allow

if TYPE_CHECKING:
    from compute.store.imports import Numbers

LEAST_SECONDS, BYTES_PER_SECOND = 20.0, 2**23
"""A file may be read for so long, and a second longer for so many bytes."""
LEAST_BYTES, BYTES_PER_BYTE = 2**29, 6
"""The memory that reading a file may take, and how much more it may take for each byte of the file."""

Kind = Literal["images", "weights", "text", "surface"]

_confined = False


def reading_process(studies: Mapping[str, Path], output: Path | None) -> ProcessExecutor:
    """The process that reads files; it starts with the first file."""
    return ProcessExecutor(partial(prepare, dict(studies)), output, at_once=False)


def prepare(studies: Mapping[str, Path]) -> None:
    """What that process does first."""
    global _confined
    _confined = True
    allow(studies)


def seconds_for(size: int) -> float:
    """How long a file of so many bytes may be read.

    Example:
        >>> seconds_for(0), seconds_for(2**30)
        (20.0, 148.0)
    """
    return LEAST_SECONDS + size / BYTES_PER_SECOND


def read_apart(executor: Executor, file: str, size: int, function: Callable[..., Any], *args: object) -> Any:  # noqa: ANN401
    """What a function that reads a file of so many bytes gives, called in the reading process.

    Raises:
        TooSlow: it takes too long.
        LandscapeError: as the function, or it takes too much memory, or the process ended.
    """
    seconds = seconds_for(size)
    task = partial(within_memory, file, LEAST_BYTES + BYTES_PER_BYTE * size, function)
    try:
        return answer(submit(executor, seconds, task, *args), FIRST + seconds)
    except LandscapeError as problem:
        if isinstance(problem.__cause__, WorkerLate):
            raise TooSlow(
                f"{file} should be read within {seconds:.0f} s, but takes longer: save it in a plainer form."
            ) from problem
        if isinstance(problem.__cause__, BrokenExecutor):
            raise LandscapeError(
                f"{file} should be read to its end, but the process that read it {problem.__cause__}: see whether the "
                "file is whole, and try again."
            ) from problem
        raise


def read_alone(file: str, size: int, function: Callable[..., Any], *args: object) -> Any:  # noqa: ANN401
    """As `read_apart`, for commands and workers: the process starts with the first file and ends with this one."""
    return read_apart(own_reading_process(), file, size, function, *args)


@cache
def own_reading_process() -> ProcessExecutor:
    """The reading process of this one."""
    executor = reading_process({}, None)
    atexit.register(executor.shutdown)
    return executor


def load_torch(executor: Executor) -> None:
    """Makes torch ready in the reading process, so that the time and memory it takes are not a file's."""
    answer(submit(executor, FIRST, import_torch), FIRST)


def load_architectures(executor: Executor) -> None:
    """Makes the known architectures ready as well: telling which of them a file is of then takes little of its time."""
    load_torch(executor)
    answer(submit(executor, FIRST, know_architectures), FIRST)


def know_architectures() -> None:
    """Builds each of them once, without numbers."""
    suggest = importlib.import_module("compute.zoo.suggest")
    for name in suggest.ARCHITECTURES:
        suggest.reference(name)


def import_torch() -> None:
    """Loads torch; one thread is enough for reading."""
    torch = importlib.import_module("torch")
    if _confined:
        torch.set_num_threads(1)


def within_memory(file: str, more: int, function: Callable[..., Any], *args: object) -> Any:  # noqa: ANN401
    """What a function gives that may take so many bytes more than the process has.

    Raises:
        LandscapeError: as the function, or it needs more.
    """
    try:
        with memory_limit(more) if _confined else unlimited():
            return function(*args)
    except (MemoryError, RuntimeError) as problem:
        if isinstance(problem, RuntimeError) and "allocate memory" not in str(problem):
            raise
        raise LandscapeError(
            f"{file} should be read with at most {more // 2**20} MiB of memory, but takes more: save it "
            "in a plainer form."
        ) from problem


@contextmanager
def memory_limit(more: int) -> Iterator[None]:
    """Lets this process take so many bytes of memory more than it has, where the system can see to that (Linux)."""
    before = resource.getrlimit(resource.RLIMIT_DATA)
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_DATA, (data_size() + more, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, before)


@contextmanager
def unlimited() -> Iterator[None]:
    """No limit: this is no process of its own."""
    yield


def data_size() -> int:
    """The bytes of this process that RLIMIT_DATA limits."""
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmData:"))
    return int(line.split()[1]) * 1024


def kind_of(file: str, path: str) -> Kind:
    """What a file holds, told by its content; what is none of the others is taken for a surface."""
    if image_archives.holds_images(Path(path)):
        return "images"
    if is_checkpoint(file, path):
        return "weights"
    return "text" if Path(file).suffix.lower() == ".txt" and texts.is_prose(Path(path)) else "surface"


def images(file: str, path: str) -> str:
    """What an archive of images holds, in words, once it has been rewritten as the program reads it.

    Raises:
        LandscapeError: it holds no images that a network could be evaluated on.
    """
    return image_archives.rewrite(Path(path), file)


def text(file: str, path: str) -> str:
    """What a text holds, in words.

    Raises:
        LandscapeError: it is too long or too short, or no UTF-8.
    """
    if Path(path).stat().st_size > texts.LONGEST:
        raise BadData(f"A text should have at most {texts.LONGEST // 2**20} MiB, {file} has more: cut it.")
    counts = [texts.extent(Path(path), split)[0] for split in texts.SPLITS]
    symbols = texts.classes(Path(path))
    return f"{counts[0]:,} training and {counts[1]:,} test sequences of {texts.LENGTH} characters, {symbols} symbols"


def is_checkpoint(file: str, path: str) -> bool:
    """Whether a file is one of weights, by its content, or where that does not tell by its name's ending."""
    return holds_weights(Path(path)) and not nameless(file, Path(path))


def nameless(file: str, path: Path) -> bool:
    """Whether a file is a table or an array of NumPy, told by its first bytes, where its name has no ending."""
    with path.open("rb") as content:
        start = content.read(64)
    text = b"\0" not in start and not start.startswith((b"PK", b"\x80"))
    return not Path(file).suffix and (text or start.startswith(b"\x93NUMPY"))


def surface(file: str, path: str) -> "Numbers":
    """The surface in a file.

    Raises:
        LandscapeError: the file is too large, or holds none that can be drawn.
    """
    if Path(path).stat().st_size > IMPORT_LIMIT:
        raise BadSurface(f"An import should have at most {IMPORT_LIMIT // 2**20} MiB, {file} has more: thin it out.")
    return imports.read(file, Path(path).read_bytes())
