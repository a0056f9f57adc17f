"""A user's Python file and the files that it imports, as they can be told without running them."""

import ast
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from compute.zoo.dependencies import dependency, digest_of
from compute.zoo.reading import signature

NATIVE = frozenset(
    (
        ".h5",
        ".hdf5",
        ".safetensors",
        ".parquet",
        ".arrow",
        ".feather",
        ".onnx",
        ".model",
        ".so",
        ".png",
        ".jpg",
        ".jpeg",
    )
)
"""Endings of files that libraries open without Python's knowledge: they count where the code spells out their names."""
LONGEST = 255
"""Characters of a file's name."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Python files in the order found, data files that they name, and top-level modules that are installed."""

    files: tuple[str, ...]
    data: tuple[str, ...]
    packages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mentions:
    """What one file's text names: modules, as levels of relative imports and dotted names, and paths."""

    modules: tuple[tuple[int, str], ...]
    paths: tuple[str, ...]


def code_digest(path: Path) -> str:
    """The digest of a Python file and of every file that it imports, as far as can be told without running it."""
    found = sources([str(path)], [str(path.parent)])
    return digest_of(str(path.parent), map(dependency, (*found.files, *found.data)), found.packages)


def sources(files: Iterable[str], roots: Sequence[str]) -> Sources:
    """What files depend on, however indirectly: imports of any form, conditional ones, and data named in the text.

    Args:
        files: absolute paths of Python files.
        roots: folders in which absolute imports are looked for, the study's own first.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> _ = (folder / "mine.py").write_text("import torch, net")
        >>> _ = (folder / "net.py").write_text("")
        >>> found = sources([str(folder / "mine.py")], [str(folder)])
        >>> [Path(file).name for file in found.files], found.packages
        (['mine.py', 'net.py'], ('torch',))
    """
    found, data, packages = dict.fromkeys(files), set[str](), set[str]()
    waiting = list(found)
    for file in waiting:
        mentions = _mentions(file, signature(file))
        data.update(_data(file, mentions, roots))
        for level, name in mentions.modules:
            places = _located(file, level, name, roots)
            waiting += [place for place in places if place not in found]
            found.update(dict.fromkeys(places))
            if not places and not level and name.partition(".")[0] not in sys.stdlib_module_names:
                packages.add(name.partition(".")[0])
    own = {_top(file, root) for root in roots for file in found}
    return Sources(tuple(found), tuple(sorted(data)), tuple(sorted(packages - own)))


def relative_level(file: str) -> int:
    """The most dots before a module's name that a file imports from."""
    return max((level for level, _ in _mentions(file, signature(file)).modules), default=0)


def imports(file: str, name: str) -> bool:
    """Whether a file imports a top-level module by an absolute name."""
    return any(not level and told.partition(".")[0] == name for level, told in _mentions(file, signature(file)).modules)


def _located(file: str, level: int, name: str, roots: Sequence[str]) -> list[str]:
    """The files that an import of a dotted name runs: the packages' own on the way, and the module's."""
    if level:
        start = os.path.normpath(os.path.join(os.path.dirname(file), *[os.pardir] * (level - 1)))
        return [*_packages_above(start), *_below(start, name)]
    return next((places for root in roots if (places := _below(root, name))), [])


def _below(folder: str, name: str) -> list[str]:
    found, place = [], folder
    for part in name.split(".") if name else []:
        place = os.path.join(place, part)
        found += [one for one in (place + ".py", os.path.join(place, "__init__.py")) if os.path.isfile(one)]
    return found


def _packages_above(folder: str) -> list[str]:
    """The `__init__.py` of a folder, and of those around it as long as they have one."""
    found: list[str] = []
    while os.path.isfile(init := os.path.join(folder, "__init__.py")):
        found.append(init)
        folder = os.path.dirname(folder)
    return found


def _top(file: str, root: str) -> str:
    """The top-level module that a file below a root is of."""
    return os.path.relpath(file, root).split(os.sep)[0].removesuffix(".py")


def _data(file: str, mentions: Mentions, roots: Sequence[str]) -> Iterator[str]:
    """Files that a text names and that libraries may open without Python's knowledge."""
    for name in mentions.paths:
        for folder in (os.path.dirname(file), *roots[:1]):
            place = os.path.normpath(os.path.join(folder, name))
            if os.path.isfile(place):
                yield place


@lru_cache(maxsize=4096)
def _mentions(file: str, _signature: object) -> Mentions:
    """What a file's text names; nothing, where it is no Python: running it says so better."""
    with suppress(SyntaxError, ValueError, OSError, RecursionError, MemoryError):
        nodes = list(ast.walk(ast.parse(Path(file).read_bytes())))
        modules = dict.fromkeys(module for node in nodes for module in imported(node))
        return Mentions(tuple(modules), tuple(dict.fromkeys(path for node in nodes if (path := _path(node)))))
    return Mentions((), ())


def imported(node: ast.AST) -> list[tuple[int, str]]:
    """The modules that a node imports, as levels of relative imports and names.

    Example:
        >>> [imported(node) for node in ast.parse("import a.b; from ..c import d").body]
        [[(0, 'a.b')], [(2, 'c'), (2, 'c.d')]]
    """
    if isinstance(node, ast.Import):
        return [(0, alias.name) for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        base = node.module or ""
        names = [f"{base}.{alias.name}".lstrip(".") for alias in node.names if alias.name != "*"]
        return [(node.level, base), *((node.level, name) for name in names)]
    if isinstance(node, ast.Call) and node.args and _called(node.func) in {"import_module", "__import__"}:
        name = node.args[0].value if isinstance(node.args[0], ast.Constant) else None
        if isinstance(name, str):
            return [(len(name) - len(name.lstrip(".")), name.lstrip("."))]
    return []


def _called(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _path(node: ast.AST) -> str | None:
    """A file's name with one of the `NATIVE` endings: a string, or strings joined by `/` or `os.path.join`."""
    parts = _joined(node)
    name = os.path.join(*parts) if parts else ""
    usable = 0 < len(name) <= LONGEST and "\0" not in name
    return name if usable and os.path.splitext(name)[1].lower() in NATIVE else None


def _joined(node: ast.AST) -> list[str]:
    """The strings that a path is joined of, in their order; what is no string is left out."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        return [*_joined(node.left), *_joined(node.right)]
    if isinstance(node, ast.Call) and _called(node.func) in {"join", "joinpath", "Path"}:
        before = _joined(node.func.value) if isinstance(node.func, ast.Attribute) else []
        return [*before, *(part for each in node.args for part in _joined(each))]
    return []
