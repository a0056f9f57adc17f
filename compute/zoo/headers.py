"""What the header of a safetensors file says, read only where it is not too long."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from compute.errors import LandscapeError
from compute.zoo.claims import TENSORS, TooMuch

PREFIX = 8
"""Bytes before the header, that tell how long it is."""
HEADER = 16 * 2**20
"""Bytes of a header: a hundred thousand tensors with long names."""


class BadHeader(LandscapeError):
    """A header that is none."""


def rows(path: Path) -> tuple[int, Mapping[str, Mapping[str, Any]]]:
    """The byte where numbers begin, and each tensor's row by its name.

    Raises:
        TooMuch: the header is very long.
        BadHeader: there is none.
    """
    with path.open("rb") as file:
        length = int.from_bytes(file.read(PREFIX), "little")
        if length > path.stat().st_size:
            raise BadHeader("should have a header that ends within the file")
        if length > HEADER:
            raise TooMuch(f"should have a header of at most {HEADER // 2**20} MiB, has one of {length / 2**20:,.0f}")
        try:
            told = json.loads(file.read(length))
        except (ValueError, RecursionError) as problem:
            raise BadHeader("should have a header of JSON") from problem
    if not isinstance(told, dict) or not all(isinstance(row, dict) for row in told.values()):
        raise BadHeader("should have a header with a row for each tensor")
    return PREFIX + length, {name: row for name, row in told.items() if name != "__metadata__"}


def check(path: Path) -> None:
    """Refuses a safetensors file with a very long header; one that has none is left to the library.

    Raises:
        TooMuch: it has, or holds very many tensors.
    """
    try:
        count = len(rows(path)[1])
    except BadHeader:
        return
    if count > TENSORS:
        raise TooMuch(f"should hold at most {TENSORS:,} tensors, holds {count:,}")
