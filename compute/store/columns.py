"""Tables of text, with a line of names and a row for each point."""

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import islice

import numpy as np

from compute.errors import BadSurface
from compute.store.found import Found, Options, check_size
from compute.store.names import axis_names, left_out, wanted
from compute.store.numerals import absent, decimal_comma, is_number, number
from compute.store.provenance import json_of
from compute.store.text import Rows, Text, split_cells, text_of

HEADER = "alpha,beta,loss"
BLOCK = 4096
"""Rows that are in memory at a time."""


def table(content: bytes, options: Options) -> Found:
    """The columns of a table, as arrays that are masked where a cell is empty.

    Comments begin with #. A table of numbers alone is an array whose range has to be stated.

    Raises:
        BadSurface: it is no table, has no line of names, or a cell holds no number.
    """
    text = text_of(content)
    origin = json_of(text.comments[0].lstrip("#% ") if text.comments else None)
    names, begins = text.first, 1
    if all(map(is_number, filter(None, names))) and any(names):
        names = split_cells(text.comments[-1].lstrip("#%/ "), text.separator) if text.comments else []
        if len(names) != len(text.first) or not axis_names(names):
            return bare(text, options, origin)
        begins = 0
    body = body_of(text, names, begins)
    twice = {name for name, count in Counter(body.names).items() if count > 1 and wanted(name)}
    if twice:
        raise BadSurface(
            f"Each column of a table should have a name of its own, {min(twice)!r} comes twice: rename one."
        )
    return Found(columns(body), origin, columns=True, notes=left_out(body.names, origin))


@dataclass(frozen=True, slots=True)
class Body:
    """The rows of a table below its names, of which some are at its beginning: `begins` of them.

    `size` counts the rows; `trailing` says that each ends in a separator.
    """

    text: Text
    names: list[str]
    begins: int
    size: int = 0
    trailing: bool = False

    def rows(self) -> Rows:
        """Each row, one cell for each name."""
        below = islice(self.text.rows(), self.begins, None)
        return (row[:-1] for row in below) if self.trailing else below

    def comma(self) -> bool:
        """Whether numbers have a decimal comma."""
        at = [place for place, name in enumerate(self.names) if wanted(name)] or range(len(self.names))
        if not self.text.has_commas():
            return False
        return decimal_comma((row[place] for row in self.rows() for place in at), self.text.separator)


def body_of(text: Text, names: list[str], begins: int) -> Body:
    """The rows of a table, of which each has a cell for each name.

    R leaves out the name of the rows' own names; some programs end each row with a separator.

    Raises:
        BadSurface: a row has another number of cells, or there are too many.
    """
    body, lengths, filled = Body(text, names, begins), dict[int, None](), False
    size = 0
    for row in body.rows():
        size += 1
        lengths[len(row)] = None
        filled = filled or any(row[-1:])
    check_size("The table", size)
    body = replace(body, size=size)
    if set(lengths) == {len(names) + 1}:
        return replace(body, names=["", *names]) if filled else replace(body, trailing=True)
    other = next((length for length in lengths if length != len(names)), None)
    if other is not None:
        raise BadSurface(
            f"A table's rows should have {len(names)} cells like its first line, one has {other}: correct it."
        )
    return body


@dataclass(slots=True)
class Column:
    """The numbers of a column while they are read: a byte beside each says whether there is none."""

    name: str
    place: bool
    numbers: "array[float]" = field(default_factory=lambda: array("d"))
    missing: bytearray = field(default_factory=bytearray)
    percent: bool = False

    def extend(self, cells: Sequence[str], comma: bool) -> None:
        """Takes the next cells in: at once where all are as Python writes numbers, else one by one.

        Raises:
            BadSurface: as `add`.
        """
        with suppress(ValueError):
            if not comma and "_" not in "".join(cells):
                self.numbers.extend(array("d", map(float, cells)))
                self.missing.extend(bytes(len(cells)))
                return
        for cell in cells:
            self.add(cell, comma)

    def add(self, cell: str, comma: bool) -> None:
        """Takes the next cell in.

        Raises:
            BadSurface: it holds no number, or none where the point lies.
        """
        found = value(cell, comma)
        if found is None and not absent(cell):
            raise BadSurface(
                f"The column {self.name} should hold real numbers, row {len(self.numbers) + 1} below the names has "
                f"{cell[:40]!r}: correct it, or remove the row."
            )
        if found is None and self.place:
            raise BadSurface(
                f"Each row of a table should have a number in the column {self.name}, row {len(self.numbers) + 1} below"
                f" the names has {repr(cell) if cell else 'an empty cell'}: fill it in, or remove the row."
            )
        self.percent = self.percent or cell.endswith("%")
        self.numbers.append(0.0 if found is None else found)
        self.missing.append(found is None)

    @property
    def unit(self) -> str:
        """Its name, with a percent sign where its cells have one."""
        return f"{self.name} %" if self.percent and "%" not in self.name else self.name

    def array(self) -> np.ndarray:
        """Its numbers, masked where there are none."""
        return np.ma.masked_array(np.array(self.numbers), np.frombuffer(bytes(self.missing), np.bool_))


def columns(body: Body) -> dict[str, np.ndarray]:
    """The columns of a table that a surface can use.

    Raises:
        BadSurface: a cell holds no number.
    """
    places, comma = axis_names([name for name in body.names if wanted(name)]), body.comma()
    found = [(at, Column(name, name in places)) for at, name in enumerate(body.names) if wanted(name)]
    rows = body.rows()
    while block := list(islice(rows, BLOCK)):
        cells = list(zip(*block, strict=True))
        for at, column in found:
            column.extend(cells[at], comma)
    return {column.unit: column.array() for _, column in found}


def value(cell: str, comma: bool) -> float | None:
    """The number in a cell, None where there is none; most cells are as Python writes them.

    Example:
        >>> value("1e-3", False), value("0,5", True), value("1_000", False), value("", False)
        (0.001, 0.5, None, None)
    """
    try:
        if "_" not in cell and not (comma and "." in cell):
            return float(cell.replace(",", ".") if comma else cell)
    except ValueError:
        pass
    try:
        return None if absent(cell) else number(cell, comma)
    except ValueError:
        return None


def numbers(name: str, row: Sequence[str], comma: bool) -> np.ndarray:
    """The numbers of a row, masked where a cell is empty.

    Raises:
        BadSurface: a cell holds no number.
    """
    column = Column(name, False)
    column.extend(row, comma)
    return column.array()


def bare(text: Text, options: Options, origin: str) -> Found:
    """A table of numbers alone, as an array whose rows are those of the surface.

    Raises:
        BadSurface: no range is stated, so that its first line should be names, or its rows differ in length.
    """
    if not text.first[0]:
        return pivoted(text, origin)
    if options.x is None:
        raise BadSurface(
            f"A table needs a first line of names such as {HEADER}, this one begins with numbers ({len(text.first)} in "
            "a row): write the names above them, or, if it is a grid of losses alone, state its range with "
            "`run.py import FILE --x=-1:1 --y=-1:1`."
        )
    body = body_of(text, [str(place) for place in range(len(text.first))], 0)
    check_size("The table", body.size * len(body.names))
    return Found({"loss": np.ma.stack(list(each_row(body.rows(), body.comma())))}, origin)


def each_row(rows: Iterable[Sequence[str]], comma: bool) -> Iterator[np.ndarray]:
    """The numbers of each row."""
    return (numbers(f"in row {at}", row, comma) for at, row in enumerate(rows, start=1))


def pivoted(text: Text, origin: str) -> Found:
    """A table of losses whose first line are the places of its columns, and whose first column those of its rows.

    Raises:
        BadSurface: its rows differ in length, or a cell holds no number.
    """
    body = body_of(text, text.first, 1)
    _, *along = body.names
    check_size("The table", body.size * len(along))
    comma = replace(body, begins=0).comma()
    losses = np.ma.stack(list(each_row((row[1:] for row in body.rows()), comma)))
    beta = numbers("beta", [row[0] for row in body.rows()], comma)
    return Found({"alpha": numbers("alpha", along, comma), "beta": beta, "loss": losses}, origin)
