"""Whole files or none."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PART = ".part"


@contextmanager
def written(path: Path) -> Iterator[Path]:
    """A temporary path beside `path`, which takes its place once the block has ended well.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> with written(folder / "note.txt") as draft:
        ...     _ = draft.write_text("whole")
        >>> (folder / "note.txt").read_text()
        'whole'
    """
    draft = path.with_name(path.name + PART)
    try:
        yield draft
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)
