"""Tables of text, with a line of names and a row for each point."""

import csv
import io
import re
from collections.abc import Sequence

import numpy as np

from compute.errors import BadSurface
from compute.store.found import Found, Options, check_size
from compute.store.names import axis_names, wanted
from compute.store.numerals import absent, decimal_comma, is_number, number
from compute.store.provenance import json_of

SEPARATORS = (";", "\t", "|", ",")
"""What may stand between cells; where none does, blanks are."""
COMMENT = ("#", "%", "//")
HEADER = "alpha,beta,loss"

Rows = list[list[str]]


def table(content: bytes, options: Options) -> Found:
    """The columns of a table, as arrays that are masked where a cell is empty.

    Comments begin with #. A table of numbers alone is an array whose range has to be stated.

    Raises:
        BadSurface: it is no table, has no line of names, or a cell holds no number.
    """
    comments, rows, separator = cells(text_of(content))
    origin = json_of(comments[0].lstrip("#% ") if comments else None)
    if rows and all(map(is_number, filter(None, rows[0]))) and any(rows[0]):
        named = split_cells(comments[-1].lstrip("#%/ "), separator) if comments else []
        if len(named) != len(rows[0]) or not axis_names(named):
            return bare(rows, separator, options, origin)
        rows = [named, *rows]
    names, body = squared(rows)
    check_size("The table", len(body))
    twice = {name for name in names if names.count(name) > 1 and wanted(name)}
    if twice:
        raise BadSurface(
            f"Each column of a table should have a name of its own, {min(twice)!r} comes twice: rename one."
        )
    columns = {name: [row[place] for row in body] for place, name in enumerate(names) if wanted(name)}
    check_places(columns)
    comma = decimal_comma([cell for column in columns.values() for cell in column], separator)
    arrays = {unit(name, column): numbers(name, column, comma) for name, column in columns.items()}
    return Found(arrays, origin, columns=True)


def text_of(content: bytes) -> str:
    """A file's text, in UTF-8, in UTF-16 with its mark, or in Latin-1.

    Raises:
        BadSurface: it is no text.
    """
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16")
    if b"\0" in content[:4096]:
        raise BadSurface(
            "An import should be an HDF5 file, a NumPy archive or a CSV table, this is none of them but holds bytes "
            "that are no text: export it again."
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def cells(text: str) -> tuple[list[str], Rows, str]:
    """A table's comments, its rows of cells, and what separates these."""
    told = [line for line in text.splitlines() if line.strip() and not re.match("sep=.$", line)]  # of Excel
    comments = [line.strip() for line in told if line.lstrip().startswith(COMMENT)]
    lines = [line for line in told if not line.lstrip().startswith(COMMENT)] or [""]
    separator = max(SEPARATORS, key=lambda mark: (lines[0].count(mark) > 0, -SEPARATORS.index(mark)))
    separator = separator if separator in lines[0] else " "
    if separator == " ":
        return comments, [split_cells(line, separator) for line in lines], separator
    rows = csv.reader(io.StringIO("\n".join(lines)), delimiter=separator, skipinitialspace=True)
    return comments, [[cell.strip() for cell in row] for row in rows], separator


def split_cells(line: str, separator: str) -> list[str]:
    """The cells of one line."""
    if separator == " " or separator not in line:
        return [cell.strip("\"'") for cell in re.split(r"\s+", line.strip())]
    return [cell.strip() for cell in next(csv.reader([line], delimiter=separator, skipinitialspace=True))]


def squared(rows: Rows) -> tuple[list[str], Rows]:
    """The names and the rows of a table, one cell for each name.

    R leaves out the name of the rows' own names; some programs end each row with a separator.

    Raises:
        BadSurface: a row has another number of cells.
    """
    names, *body = rows
    more = {len(row) - len(names) for row in body}
    if more == {1} and all(not row[-1] for row in body):
        body = [row[:-1] for row in body]
    elif more == {1}:
        names = ["", *names]
    short = next((row for row in body if len(row) != len(names)), None)
    if short is not None:
        raise BadSurface(
            f"A table's rows should have {len(names)} cells like its first line, one has {len(short)}: correct it."
        )
    return names, body


def check_places(columns: dict[str, list[str]]) -> None:
    """Refuses a point without a place, which no number may stand for.

    Raises:
        BadSurface: there is one.
    """
    for name in axis_names(columns):
        for place, cell in enumerate(columns[name], start=1):
            if absent(cell):
                raise BadSurface(
                    f"Each row of a table should have a number in the column {name}, row {place} below the names has "
                    f"{repr(cell) if cell else 'an empty cell'}: fill it in, or remove the row."
                )


def unit(name: str, column: Sequence[str]) -> str:
    """A column's name, with a percent sign where its cells have one."""
    return f"{name} %" if any(cell.endswith("%") for cell in column) and "%" not in name else name


def numbers(name: str, column: Sequence[str], comma: bool) -> np.ndarray:
    """A column's numbers, masked where a cell is empty.

    Raises:
        BadSurface: a cell holds no number.
    """
    found = np.ma.masked_array(np.zeros(len(column)), True)
    for place, cell in enumerate(column):
        if absent(cell):
            continue
        try:
            found[place] = number(cell, comma)
        except ValueError:
            raise BadSurface(
                f"The column {name} should hold real numbers, row {place + 1} below the names has {cell[:40]!r}: "
                "correct it, or remove the row."
            ) from None
    return found


def bare(rows: Rows, separator: str, options: Options, origin: str) -> Found:
    """A table of numbers alone, as an array whose rows are those of the surface.

    Raises:
        BadSurface: no range is stated, so that its first line should be names, or its rows differ in length.
    """
    if not rows[0][0]:
        return pivoted(rows, separator, origin)
    if options.x is None:
        raise BadSurface(
            f"A table needs a first line of names such as {HEADER}, this one begins with numbers ({len(rows[0])} in a "
            "row): write the names above them, or, if it is a grid of losses alone, state its range with "
            "`run.py import FILE --x=-1:1 --y=-1:1`."
        )
    names = [str(place) for place in range(len(rows[0]))]
    _, body = squared([names, *rows])
    comma = decimal_comma([cell for row in body for cell in row], separator)
    check_size("The table", len(body) * len(names))
    return Found(
        {"loss": np.ma.stack([numbers(f"in row {at + 1}", row, comma) for at, row in enumerate(body)])}, origin
    )


def pivoted(rows: Rows, separator: str, origin: str) -> Found:
    """A table of losses whose first line are the places of its columns, and whose first column those of its rows.

    Raises:
        BadSurface: its rows differ in length, or a cell holds no number.
    """
    (_, *along), body = squared([rows[0], *rows[1:]])
    comma = decimal_comma([cell for row in rows for cell in row], separator)
    check_size("The table", len(body) * len(along))
    losses = np.ma.stack([numbers(f"in row {at + 1}", row[1:], comma) for at, row in enumerate(body)])
    places = {"alpha": numbers("alpha", along, comma), "beta": numbers("beta", [row[0] for row in body], comma)}
    return Found({**places, "loss": losses}, origin)
