"""A study's file as this process runs it: its modules, and the files on which what it gives depends."""

import importlib
import itertools
import os
import sys
from collections.abc import Callable, Sequence
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

from compute.errors import BadStudy
from compute.zoo import isolation
from compute.zoo.dependencies import Dependency, changed, dependency, digest_of
from compute.zoo.isolation import FromSource, Scope
from compute.zoo.ownership import below, is_data, is_installed
from compute.zoo.reading import Reads, noting, signature
from compute.zoo.sources import imports, relative_level, sources

MANY = 10_000
"""Data files that are told apart; of more, the first in alphabetical order."""
COMPILED = ".pyc"

_numbers = itertools.count()


class Execution:
    """One run of a study's file. What is opened meanwhile is noted until `finish`; then its digest is known."""

    def __init__(self, name: str, path: Path) -> None:
        """Runs nothing yet."""
        self.name, self.path, self.token = name, path, f"{name} {next(_numbers)}"
        """The token is another for each execution."""
        self.module: ModuleType | None = None
        self.dependencies: tuple[Dependency, ...] = ()
        self.digest = ""
        """Of all dependencies, and the versions of installed packages; empty until `finish`."""
        self._folder, self._reads = str(path.parent), Reads()
        self._left_out: list[str] = []
        depth = _package_depth(path)
        top = path.parents[depth]
        self._name = ".".join([*path.parent.parts[len(path.parent.parts) - depth :], path.stem]) if depth else ""
        self._scope = Scope(self._folder, list(dict.fromkeys([self._folder, str(top)])))

    def load(self) -> None:
        """Runs the file, as a module of its package where it uses relative imports."""
        import torch  # noqa: F401 - what loading torch opens is no part of a study

        if self._name:
            self.module = importlib.import_module(self._name)
            return
        name = self.path.stem.replace("-", "_")
        free = name not in sys.modules and name not in sys.stdlib_module_names
        name = name if free else f"study_{name}"
        spec = spec_from_file_location(name, self.path, loader=FromSource(name, str(self.path)))
        assert spec is not None
        assert spec.loader is not None
        self.module = module_from_spec(spec)
        sys.modules[name] = self.module  # as its own dataclasses and pickles expect
        spec.loader.exec_module(self.module)

    def enter(self) -> None:
        """Makes its modules importable, and those of no other study."""
        isolation.enter(self._scope)

    def run(self, function: Callable[..., Any], *given: object) -> Any:  # noqa: ANN401 - the user's own
        """What a function of the study gives, with its own modules importable."""
        self.enter()
        if self.digest:
            return function(*given)
        with noting(self._reads):
            return function(*given)

    def leave_out(self, checkpoint: Path) -> None:
        """Lets a checkpoint, or what is in its folder, be no dependency: its reference has a digest of its own.

        What was opened already stays one.
        """
        path = os.path.abspath(checkpoint)
        if not any(file == path or below(file, path) for file in self._reads.read):
            self._left_out.append(path)

    def finish(self, places: Sequence[str] = ()) -> None:
        """Ends the noting: what was opened by now, and what the sources name, is what the study depends on.

        Args:
            places: files or folders of its checkpoints, which have digests of their own.

        Raises:
            BadStudy: a file has changed since it was opened, or one beside the study was taken for another module.
        """
        if self.digest:
            return
        self.enter()
        isolation.collect(self._scope)
        python, data = self._opened()
        roots = self._scope.import_folders()
        found = sources([str(self.path), *python], roots)
        named = {file for file in found.data if not any(file == place or below(file, place) for place in places)}
        files = sorted({*found.files, *(named - self._reads.written), *sorted(data)[:MANY]})
        for file in files:
            if file in self._reads.read and self._reads.read[file] != signature(file):
                raise BadStudy(f"{file} should stay as it is while {self.path} is read, but has changed: start again.")
        self._check_shadowed(found.files)
        self.dependencies = tuple(map(dependency, files))
        self.digest = digest_of(self._folder, self.dependencies, found.packages)

    def changed(self) -> str | None:
        """The first file that has changed since it was read."""
        return changed(self.dependencies)

    def is_own(self, file: str) -> bool:
        """Whether a file of code is the study's own, not installed."""
        return os.path.isabs(file) and not is_installed(file, self._folder)

    def _opened(self) -> tuple[set[str], set[str]]:
        """Python files of its own that were run, and other files of its own that were read and not written."""
        read = [source_of(file) for file in self._reads.read]
        loaded = [file for file in self._scope.files() if os.path.isabs(file)]
        python = {file for file in (*read, *loaded) if file.endswith(".py") and self.is_own(file)} - _main()
        others = {*read, *loaded} - python - self._reads.written - _main()
        others = {file for file in others if not any(file == one or below(file, one) for one in self._left_out)}
        return python, {file for file in others if is_data(file, self._folder) and not os.path.isdir(file)}

    def _check_shadowed(self, files: Sequence[str]) -> None:
        """Refuses a file beside the study whose name belongs to a module that was loaded before it."""
        for file in files:
            place = os.path.dirname(file) if os.path.basename(file) == "__init__.py" else file
            name, module = Path(place).stem, sys.modules.get(Path(place).stem)
            if os.path.dirname(place) != self._folder or module is None or name in self._scope.modules:
                continue
            if getattr(module, "__file__", None) != file and any(imports(other, name) for other in files):
                raise BadStudy(
                    f"{file} should be imported by {self.path.name}, but {name} is the name of an installed module, "
                    "which was taken instead: rename the file."
                )


def source_of(file: str) -> str:
    """The source of a compiled file, the file itself of any other.

    Example:
        >>> source_of("/a/__pycache__/net.cpython-312.pyc"), source_of("/a/net.yaml")
        ('/a/net.py', '/a/net.yaml')
    """
    folder, name = os.path.split(file)
    if not name.endswith(COMPILED) or os.path.basename(folder) != "__pycache__":
        return file
    return os.path.join(os.path.dirname(folder), name.split(".")[0] + ".py")


def _main() -> set[str]:
    """The file of the program itself, which libraries read to tell where they are called."""
    return {os.path.abspath(file) for file in (getattr(sys.modules["__main__"], "__file__", None),) if file}


def _package_depth(path: Path) -> int:
    """Of how many packages around it a study is a module, as its imports tell; 0 where it is a script."""
    level, depth = relative_level(str(path)), 0
    while (path.parents[depth] / "__init__.py").is_file():
        depth += 1
    used = level or (depth and imports(str(path), path.parents[depth - 1].name))
    names = [path.parents[place].name for place in range(max(level, depth))]
    return len(names) if used and all(names) and not any("." in name for name in names) else 0
