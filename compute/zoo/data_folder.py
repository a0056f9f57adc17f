"""The folder of data sets, as the place that keeps data which came by themselves."""

import shutil
from pathlib import Path
from threading import Lock

from compute.digest import file_digest
from compute.errors import BadData
from compute.slugs import free_path, slug
from compute.zoo.files import written

_writing = Lock()


def keep(path: Path, folder: Path) -> Path:
    """Puts a copy of a file into the folder, under its own name or one with a number, and gives where it lies.

    A file of the same content that lies there already is taken instead.

    Raises:
        BadData: the folder cannot be written.

    Example:
        >>> import tempfile
        >>> here = Path(tempfile.mkdtemp())
        >>> (here / "Ours.npz").write_bytes(b"images")
        6
        >>> [keep(here / "Ours.npz", here / "sets").name for _ in range(2)]
        ['ours.npz', 'ours.npz']
    """
    with _writing:
        try:
            there = same(path, folder)
            return there if there is not None else _copied(path, folder)
        except OSError as problem:
            raise BadData(
                f"{path.name} should be kept in {folder}, but cannot be written there ({problem}): choose another "
                "folder with --datasets-dir."
            ) from problem


def same(path: Path, folder: Path) -> Path | None:
    """The file of the same kind and content in a folder, if there is one."""
    size = path.stat().st_size
    alike = [
        one for one in sorted(folder.glob(f"*{path.suffix.lower()}")) if one.is_file() and one.stat().st_size == size
    ]
    return next((one for one in alike if file_digest(one) == file_digest(path)), None)


def _copied(path: Path, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    place = free_path(folder, slug(path.stem, "data"), path.suffix.lower())
    with written(place) as draft:
        shutil.copyfile(path, draft)
    return place
