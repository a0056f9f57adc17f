"""Files on which a study's numbers depend, and the digest of them."""

import hashlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import metadata

from compute.digest import value_digest
from compute.zoo.reading import Signature, signature

LARGE = 256 * 2**20
"""Bytes up to which a file enters the digest as a whole."""
PIECE, PIECES = 2**20, 64
"""Of a larger file its size enters, and so many evenly spread pieces of so many bytes."""


@dataclass(frozen=True, slots=True)
class Dependency:
    """A file's absolute path, and its signature and the digest of its content when it was read; None without a file."""

    path: str
    signature: Signature
    digest: str | None


def dependency(path: str) -> Dependency:
    """A file as it is now."""
    found = signature(path)
    return Dependency(path, found, found and _content(path, found))


def changed(known: Iterable[Dependency]) -> str | None:
    """The first file whose content is another than it was; files whose signature is the same are not read."""
    for one in known:
        now = signature(one.path)
        if now != one.signature and (now and _content(one.path, now)) != one.digest:
            return one.path
    return None


def digest_of(folder: str, files: Iterable[Dependency], packages: Sequence[str]) -> str:
    """The digest of files, named as seen from a folder, and of the versions of installed packages, by their imports."""
    contents = {os.path.relpath(one.path, folder): one.digest for one in files}
    return value_digest([contents, {name: version(name) for name in packages}])


@lru_cache(maxsize=2**14)
def _content(path: str, _signature: Signature) -> str | None:
    """SHA-256 of a file, of a large one as `PIECES` says; None for what cannot be read, as a folder."""
    try:
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size <= LARGE:
                return hashlib.file_digest(file, "sha256").hexdigest()
            found = hashlib.sha256(str(size).encode())
            for number in range(PIECES):
                file.seek(number * (size - PIECE) // (PIECES - 1))
                found.update(file.read(PIECE))
            return found.hexdigest()
    except OSError:
        return None


@lru_cache(maxsize=1024)
def version(package: str) -> str | None:
    """The version of the distribution that provides a top-level module; None where none says that it does.

    Example:
        >>> version("numpy") == __import__("numpy").__version__, version("json")
        (True, None)
    """
    try:
        return metadata.version(package)
    except (metadata.PackageNotFoundError, ValueError):
        names = metadata.packages_distributions().get(package, [])
    return ", ".join(f"{name} {metadata.version(name)}" for name in sorted(set(names))) or None
