"""The lines and rows of a table's text, one after another, so that no more than its numbers stays in memory."""

import codecs
import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO, TextIOWrapper

from compute.errors import BadSurface
from compute.lattice import MAX_SIDE
from compute.store.found import MOST

SEPARATORS = (";", "\t", "|", ",")
"""What may stand between cells; where none does, blanks are."""
COMMENT = ("#", "%", "//")
LINE = 2**17
"""Characters of a line: a row of numbers for each of the most columns that are drawn."""
ROWS = MOST + MAX_SIDE
"""Rows of points."""
CELLS = 8 * ROWS
LINES = 2 * ROWS
"""Lines of any kind."""
PIECE = 2**20

Rows = Iterator[list[str]]


@dataclass(frozen=True, slots=True)
class Text:
    """A table: the comments above its first row, that row, what separates cells, and in what its text is encoded."""

    content: bytes
    encoding: str
    comments: tuple[str, ...]
    first: list[str]
    separator: str

    def has_commas(self) -> bool:
        """Whether a comma may stand within a cell."""
        if self.separator == ",":
            return b'"' in self.content
        return b"," in self.content

    def rows(self) -> Rows:
        """Its rows of cells, the first one again.

        Raises:
            BadSurface: a line is too long, or there are too many.
        """
        told = (line for line in lines(self.content, self.encoding) if not line.lstrip().startswith(COMMENT))
        return limited(cells(told, self.separator))


def text_of(content: bytes) -> Text:
    """A table's text, in UTF-8, in UTF-16 with its mark, or in Latin-1.

    Raises:
        BadSurface: it is no text.
    """
    encoding, comments, first = encoding_of(content), list[str](), ""
    for line in lines(content, encoding):
        if not line.lstrip().startswith(COMMENT):
            first = line
            break
        comments.append(line.strip())
        del comments[1:-1]  # the first says what the file is, the last may name the columns
    separator = max(SEPARATORS, key=lambda mark: (mark in first, -SEPARATORS.index(mark)))
    separator = separator if separator in first else " "
    row = next(cells(iter([first]), separator), [""])
    return Text(content, encoding, tuple(comments), row, separator)


def encoding_of(content: bytes) -> str:
    """In what a text is encoded.

    Raises:
        BadSurface: it is no text.
    """
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    if b"\0" in content[:4096]:
        raise BadSurface(
            "An import should be an HDF5 file, a NumPy archive or a CSV table, this is none of them but holds bytes "
            "that are no text: export it again."
        )
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    try:
        for start in range(0, len(content), PIECE):
            decoder.decode(content[start : start + PIECE])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8-sig"


def lines(content: bytes, encoding: str) -> Iterator[str]:
    """The lines that are not blank, without what Excel says of separators.

    Raises:
        BadSurface: one is too long, or there are too many.
    """
    text, count = TextIOWrapper(BytesIO(content), encoding), 0
    while line := text.readline(LINE):
        count += 1
        if count > LINES:
            raise BadSurface(f"A table should have at most {LINES:,} lines, this one has more: thin it out.")
        if len(line) >= LINE:
            raise BadSurface(f"A table's lines should have fewer than {LINE:,} characters, one has more: break it up.")
        if line.strip() and not re.match("sep=.$", line):
            yield line


def cells(told: Iterator[str], separator: str) -> Rows:
    """The cells of each line."""
    if separator == " ":
        return (split_cells(line, separator) for line in told)
    rows = csv.reader(told, delimiter=separator, skipinitialspace=True)
    return ([cell.strip() for cell in row] for row in rows)


def limited(rows: Rows) -> Rows:
    """The same rows, unless they are too many.

    Raises:
        BadSurface: they are, or hold too many cells.
    """
    total = 0
    for count, row in enumerate(rows):
        total += len(row)
        if count > ROWS or total > CELLS:
            raise BadSurface(
                f"At most {MAX_SIDE} × {MAX_SIDE} points are drawn, the table has more than {ROWS:,} rows or {CELLS:,} "
                "cells: thin it out."
            )
        yield row


def split_cells(line: str, separator: str) -> list[str]:
    """The cells of one line."""
    if separator == " " or separator not in line:
        return [cell.strip("\"'") for cell in re.split(r"\s+", line.strip())]
    return [cell.strip() for cell in next(csv.reader([line], delimiter=separator, skipinitialspace=True))]
