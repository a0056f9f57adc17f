"""What a pickled checkpoint claims to hold, told by a dry run that makes nothing of it."""

from __future__ import annotations

import logging
import pickle
import pickletools
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from io import BytesIO
from math import prod
from pathlib import Path
from typing import IO, Any

from compute.archives import check_unpacked, opened
from compute.errors import LandscapeError

log = logging.getLogger(__name__)

OPERATIONS = 1_000_000
"""Steps of a pickle; a tensor takes about forty."""
PICKLE = 64 * 2**20
"""Bytes of a pickle beside its tensors."""
PICKLES = 5
"""Pickles that torch's older format begins with."""
TENSORS = 30_000
"""Tensors of a file."""
COPIES = 4_000_000
"""Entries and letters of all containers and texts that are made from others."""
NESTED = 1_000_000
"""Values of a tuple and of all tuples in it."""
WIDE = 1_000
"""Whole numbers of more than 64 bits, of which very many can be alike to a dictionary."""
SIDES = 64
FLOOR, RATIO = 128 * 2**20, 4
"""Bytes that sparse, quantised and expanded tensors may take as plain ones: so many, or so many times the file's."""
STORED = 8
"""How many times the file's bytes those of its storages may be, which an archive may have deflated."""
WIDTHS = {"Float": 4, "Double": 8, "Half": 2, "BFloat16": 2, "Long": 8, "Int": 4, "Short": 2, "QInt32": 4}
WIDTHS |= {"ComplexFloat": 8, "ComplexDouble": 16}
"""Bytes of a number by the name of its storage; one, where it has no row."""
WIDEST = 16


class TooMuch(LandscapeError):
    """A file that claims more than it holds."""


@dataclass(frozen=True, slots=True)
class Named:
    """Something that a file names."""

    name: str


@dataclass(frozen=True, slots=True)
class Storage:
    """Numbers that lie in the file: how many bytes, and how many each takes."""

    size: int
    width: int


@dataclass(slots=True)
class Several:
    """A list, dictionary, set or text, of which only the length counts."""

    size: int = 0


class Nested(tuple[Any, ...]):
    """A tuple, and how many values are in it and in the tuples that it holds."""

    size = 1

    @classmethod
    def of(cls, values: Iterable[object]) -> Nested:
        """The tuple of some values.

        Raises:
            TooMuch: tuples hold one another so often that looking at each would take very long.
        """
        made = cls(values)
        made.size = 1 + sum(one.size if isinstance(one, Nested) else 1 for one in made)
        if made.size > NESTED:
            raise TooMuch("should hold tensors by name, but holds tuples that hold one another over and over")
        return made


class Tensor:
    """A tensor, of which everything has been counted."""


class Other:
    """Anything else."""


OTHER = Other()


@dataclass(slots=True)
class DryRun:
    """A pickle's stack, and what was claimed so far; `room` is the size of the file."""

    room: int
    stack: list[Any] = field(default_factory=list)
    below: list[list[Any]] = field(default_factory=list)
    memo: dict[int, Any] = field(default_factory=dict)
    storages: dict[object, int] = field(default_factory=dict)
    steps: int = 0
    stored: int = 0
    tensors: int = 0
    wide: int = 0
    copied: int = 0
    plain: int = 0

    def run(self, file: IO[bytes]) -> None:
        """Goes through the pickle that begins here.

        Raises:
            TooMuch: it claims too much.
            UnpicklingError: it has an instruction that torch does not know.
        """
        for operation, argument, _ in pickletools.genops(file):
            self.steps += 1
            if self.steps > OPERATIONS:
                raise TooMuch(f"should be a pickle of at most {OPERATIONS:,} steps, but has more")
            self.step(operation.name, argument, operation.code)

    def step(self, name: str, argument: Any, code: str) -> None:  # noqa: C901, ANN401 - a row for each instruction
        """One instruction."""
        stack = self.stack
        match name:
            case "PROTO" | "STOP":
                pass
            case "MARK":
                self.below.append(stack)
                self.stack = []
            case "GLOBAL":
                stack.append(Named(argument.replace(" ", ".")))
            case "NONE" | "NEWTRUE" | "NEWFALSE" | "BINFLOAT":
                stack.append(None)
            case "BININT" | "BININT1" | "BININT2" | "LONG1" | "BINUNICODE" | "SHORT_BINSTRING":
                stack.append(argument)
                self.wide += name == "LONG1" and abs(argument) >> 64 > 0
            case "EMPTY_TUPLE":
                stack.append(Nested.of(()))
            case "EMPTY_LIST" | "EMPTY_DICT" | "EMPTY_SET":
                stack.append(Several())
            case "TUPLE":
                items = self.since_mark()
                self.stack.append(Nested.of(items))
            case "TUPLE1" | "TUPLE2" | "TUPLE3":
                stack[-int(name[-1]) :] = [Nested.of(stack[-int(name[-1]) :])]
            case "APPEND" | "SETITEM":
                items = [stack.pop() for _ in range(1 if name == "APPEND" else 2)]
                self.grown(stack[-1], items)
            case "APPENDS" | "SETITEMS":
                items = self.since_mark()
                self.grown(self.stack[-1], items)
            case "BINPUT" | "LONG_BINPUT":
                self.memo[argument] = stack[-1]
            case "BINGET" | "LONG_BINGET":
                stack.append(self.memo[argument])
            case "BINPERSID":
                stack.append(self.storage(stack.pop()))
            case "REDUCE" | "NEWOBJ":
                arguments, function = stack.pop(), stack.pop()
                stack.append(self.called(function, arguments))
            case "BUILD":
                state = stack.pop()
                if isinstance(stack[-1], Tensor) and isinstance(state, tuple) and any_storage(state):
                    raise TooMuch("should hold tensors as torch.save writes them, but sets one anew")
            case _:
                raise pickle.UnpicklingError(f"Unsupported operand {ord(code)}")

    def since_mark(self) -> list[Any]:
        """What lies above the last mark, which goes, too."""
        found, self.stack = self.stack, self.below.pop()
        return found

    def grown(self, container: object, items: list[Any]) -> None:
        """Takes note that a container has more entries.

        Raises:
            TooMuch: finding them again would take very long.
        """
        size = sum(one.size if isinstance(one, Nested) else 1 for one in items)
        if isinstance(container, Several):
            container.size += size
        self.copied += size - len(items)
        if self.copied > COPIES or self.wide > WIDE:
            raise TooMuch("should hold tensors by name, but has very long tuples or numbers for names")

    def storage(self, reference: object) -> Storage:
        """Numbers in the file, by kind, key, place and count."""
        if not isinstance(reference, tuple) or len(reference) < 5:
            raise pickle.UnpicklingError("a storage without a size")
        _, kind, key, _, count, *_ = reference
        width = WIDTHS.get(kind.name.rpartition(".")[2].removesuffix("Storage"), 1) if isinstance(kind, Named) else 1
        size = width * int(count)
        self.stored += max(0, size - self.storages.get(key, 0))
        self.storages[key] = max(size, self.storages.get(key, 0))
        if size < 0 or self.stored > STORED * self.room:
            raise TooMuch(f"should hold what it claims, but has {self.room:,} bytes and claims {self.stored:,}")
        return Storage(size, width)

    def called(self, function: object, arguments: object) -> object:
        """What a function of torch, NumPy or Python would give; nothing is called."""
        if not isinstance(function, Named) or not isinstance(arguments, tuple):
            return OTHER
        name = function.name.rpartition(".")[2]
        match name:
            case "_rebuild_from_type_v2":
                return self.called(arguments[0], arguments[2])
            case "Parameter":
                return arguments[0] if arguments else OTHER
            case "Size":
                product(*arguments)
                return arguments[0]
            case "_reconstruct":
                self.count(product(arguments[1]), "an array")
        if name.startswith("_rebuild_"):
            return self.rebuilt(name, arguments)
        if name.endswith(("Tensor", "Storage", "ndarray")):
            raise TooMuch("should hold tensors as torch.save writes them, but makes one of a size alone")
        return self.made(name, arguments) if name in MAKERS else OTHER

    def made(self, name: str, arguments: tuple[Any, ...]) -> object:
        """A container or text made from others, which takes as much room again."""
        self.copied += len(arguments)
        for one in arguments:
            if isinstance(one, Several | Nested):
                self.copied += one.size
            elif isinstance(one, str | bytes):
                self.copied += len(one)
            elif not isinstance(one, Named):
                raise TooMuch(f"should hold tensors by name, but makes a {name} of something else than its entries")
        if self.copied > COPIES:
            raise TooMuch(f"should hold tensors by name, but copies {self.copied:,} entries of lists and dictionaries")
        return Several(sum(len(one) if isinstance(one, str | bytes) else getattr(one, "size", 1) for one in arguments))

    def rebuilt(self, name: str, arguments: tuple[Any, ...]) -> object:
        """A tensor, whose size counts where it is more than what its storage has."""
        self.tensors += 1
        if self.tensors > TENSORS:
            raise TooMuch(f"should hold at most {TENSORS:,} tensors, but holds more")
        match name, arguments:
            case (
                ("_rebuild_tensor" | "_rebuild_tensor_v2" | "_rebuild_tensor_v3"),
                (Storage() as own, _, shape, *_),
            ):
                width = WIDEST if name.endswith("v3") else own.width
                self.count(max(0, product(shape) * width - own.size), "an expanded tensor")
            case "_rebuild_qtensor", (Storage(), _, shape, *_):
                self.count(product(shape) * 4, "a quantised tensor")
            case "_rebuild_sparse_tensor", (_, tuple(data)):
                shapes = [part for part in data if isinstance(part, tuple)]
                self.count(max(map(product, shapes), default=0) * 4, "a sparse tensor")
            case (("_rebuild_parameter" | "_rebuild_parameter_with_state"), (data, *_)):
                return data
            case (("_rebuild_device_tensor_from_numpy" | "_rebuild_device_tensor_from_cpu_tensor"), _):
                pass
            case "_rebuild_meta_tensor_no_storage", _:
                raise TooMuch("should hold numbers, but holds a tensor of the meta device, which has none")
            case _:
                raise TooMuch(f"should hold plain tensors, but holds one of another kind ({name.strip('_')[:40]})")
        return Tensor()

    def count(self, size: int, kind: str) -> None:
        """Takes note of numbers that do not lie in the file as they are claimed.

        Raises:
            TooMuch: they are too many.
        """
        self.plain += size
        if size < 0 or self.plain > max(FLOOR, RATIO * self.room):
            raise TooMuch(
                f"should hold what it claims, but has {self.room:,} bytes and claims {kind} among tensors that take "
                f"{self.plain:,} in full"
            )


MAKERS = frozenset(("OrderedDict", "Counter", "set", "frozenset", "list", "tuple", "dict", "defaultdict"))
MAKERS |= {"AttributeDict", "bytearray", "encode", "str", "TorchVersion"}
MAKERS |= {"PosixPath", "WindowsPath", "PurePosixPath", "PureWindowsPath", "Path"}
"""What makes a container or a text."""


def any_storage(state: tuple[object, ...]) -> bool:
    """Whether a tensor's state gives it other numbers."""
    return any(isinstance(part, Storage) for part in state)


def product(shape: object) -> int:
    """How many numbers a shape has.

    Raises:
        TooMuch: it is none.
    """
    whole = isinstance(shape, tuple) and len(shape) <= SIDES
    if not isinstance(shape, tuple) or not whole or not all(isinstance(side, int) and side >= 0 for side in shape):
        raise TooMuch("should hold tensors, but one of them has a shape of something else than whole numbers")
    return prod(shape)


def check(path: Path) -> None:
    """Refuses a pickled checkpoint that claims more than it holds, before anything of it is made.

    What torch refuses or cannot read is left to torch, which reads the same steps in the same order.

    Raises:
        BadArchive: it would unpack to many times its size.
        TooMuch: it does.
    """
    size = path.stat().st_size
    if zipfile.is_zipfile(path):
        with opened(path) as archive:
            check_unpacked(archive, size)
            inside = next((one for one in archive.infolist() if one.filename.endswith("data.pkl")), None)
            if inside is not None and inside.file_size > PICKLE:
                raise TooMuch(f"should hold a pickle of at most {PICKLE // 2**20} MiB beside its tensors, has more")
            pickles = BytesIO(archive.read(inside)) if inside is not None else BytesIO()
        follow(DryRun(size), pickles, 1)
        return
    with path.open("rb") as file:
        follow(DryRun(size), BytesIO(file.read(PICKLE)), PICKLES)


def follow(dry: DryRun, file: IO[bytes], pickles: int) -> None:
    """Goes through pickles that follow one another, as far as they can be read."""
    try:
        for _ in range(pickles):
            dry.run(file)
    except LandscapeError:
        raise
    except Exception as problem:  # noqa: BLE001 - damaged ones fail in many ways, here as in torch, which then says so
        log.debug("dry run ended early reason=%r", problem)
