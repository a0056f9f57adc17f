"""A user's Python file and the files beside it that it imports."""

import ast
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from compute.digest import file_digest, value_digest


def code_digest(path: Path) -> str:
    """The content digest of a Python file, and of every file of its folder that it imports, however indirectly."""
    return value_digest({str(file.relative_to(path.parent)): file_digest(file) for file in sources(path)})


def sources(path: Path) -> list[Path]:
    """The files, the first one itself.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> _ = (folder / "mine.py").write_text("import torch, net")
        >>> _ = (folder / "net.py").write_text("")
        >>> [file.name for file in sources(folder / "mine.py")]
        ['mine.py', 'net.py']
    """
    found = [path]
    for file in found:
        found += [other for other in dict.fromkeys(beside(path.parent, file)) if other not in found]
    return found


def beside(folder: Path, file: Path) -> Iterator[Path]:
    """What a file imports from a folder."""
    with suppress(SyntaxError, ValueError):  # running it says so better
        for node in ast.walk(ast.parse(file.read_bytes())):
            for name in imported(node):
                place = folder / name.replace(".", "/")
                yield from (one for one in (place.with_suffix(".py"), place / "__init__.py") if one.is_file())


def imported(node: ast.AST) -> list[str]:
    """The modules that a statement imports."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module:
        return [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return []
