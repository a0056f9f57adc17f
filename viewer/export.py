"""Writes the files of a view without a page."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from compute.errors import BadReference, LandscapeError, UnknownName
from compute.formatting import number
from compute.specs import Survey
from viewer import chart_export, explore_export, trajectory_export
from viewer.files import ending
from viewer.paper import Paper

if TYPE_CHECKING:
    from compute.service import LandscapeService

LARGEST = 16
"""Times that a picture may be as large as its size in CSS pixels."""


class Exporter(Protocol):
    """A module that writes the views of one page."""

    @property
    def KINDS(self) -> tuple[str, ...]:  # as modules spell a constant
        """Every ending that a file's name may have."""

    def asked(self, query: str) -> Any:  # noqa: ANN401  # each page has a state of its own
        """The view that the query of a link spells; raises BadReference where it spells none."""

    def export(
        self,
        service: "LandscapeService",
        state: Any,  # noqa: ANN401
        files: Sequence[Path],
        paper: Paper,
        finish: Callable[[Survey], object],
    ) -> list[tuple[Path, bytes]]:
        """Computes what a view still lacks, and gives the contents of its files by their paths."""


PAGES: Mapping[str, Exporter] = {
    "/": explore_export,
    "/trajectory": trajectory_export,
    "/profile": chart_export,
}
"""What writes the views of a page, by where a link to it leads."""


@dataclass(frozen=True, slots=True)
class Wish:
    """Files of a page's view."""

    page: Exporter
    state: Any
    files: tuple[Path, ...]
    paper: Paper


def wish(link: str, files: Sequence[Path], paper: Paper) -> Wish:
    """A wish that can be granted, as far as one can tell before anything is opened.

    Args:
        link: a page's address or, for Explore, its query alone, such as `models=resnet56&view=contour`.
        files: names whose endings are of the page's KINDS; `{run}` stands for a model's run.
        paper: for pictures.

    Raises:
        LandscapeError: the link, a name or the paper cannot be what it is.
    """
    path, query = parted(link)
    if path not in PAGES:
        raise UnknownName("page", path, PAGES)
    page = PAGES[path]
    _check(files, paper, page.KINDS)
    return Wish(page, page.asked(query), tuple(files), paper)


def parted(link: str) -> tuple[str, str]:
    """The path and the query of a link, whose host may be left out, or all but the query.

    Example:
        >>> parted("http://127.0.0.1:8050/profile/?models=vgg"), parted("/trajectory?models=vgg"), parted("models=vgg")
        (('/profile', 'models=vgg'), ('/trajectory', 'models=vgg'), ('/', 'models=vgg'))
    """
    try:
        found = urlsplit(link)
    except ValueError as problem:
        raise BadReference(
            f"A link should be a page's address, got {link!r} ({problem}): copy it from the page."
        ) from None
    return ("/", link) if "=" in found.path else ("/" + found.path.strip("/"), found.query)


def export(service: "LandscapeService", wished: Wish, finish: Callable[[Survey], object]) -> list[Path]:
    """Computes what a view still lacks, writes files of it, and gives their paths; `finish` waits for a survey.

    Raises:
        LandscapeError: there is no such model, a survey failed, or a file cannot be written.
    """
    contents = wished.page.export(service, wished.state, wished.files, wished.paper, finish)
    return [_put(path, content) for path, content in contents]


def _check(files: Sequence[Path], paper: Paper, kinds: Sequence[str]) -> None:
    """Refuses, before anything is computed, what could not be written afterwards.

    Raises:
        LandscapeError: a name has an unknown ending, its folder does not exist, or a picture would have no size.
    """
    if not 0 < paper.scale <= LARGEST:
        raise BadReference(
            f"A picture's scale must be above 0 and at most {LARGEST}, got {number(paper.scale)}: choose 2."
        )
    for file in files:
        if ending(file) not in kinds:
            raise UnknownName("kind of file", ending(file), kinds)
        if not file.parent.is_dir():
            raise BadReference(f"A file needs a folder that is there, {str(file.parent)!r} is not: create it.")
        if file.is_dir():
            raise BadReference(f"A file should be written, but {str(file)!r} is a folder: choose another name.")


def _put(file: Path, content: bytes) -> Path:
    """Writes a file.

    Raises:
        LandscapeError: it cannot be written.
    """
    try:
        file.write_bytes(content)
    except OSError as problem:
        raise LandscapeError(
            f"{str(file)!r} should be written, and could not be ({problem}): choose another."
        ) from None
    return file
