"""Modules of a user's own, kept apart from those of every other study in the same process."""

import importlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType

from compute.zoo.ownership import is_installed


@dataclass(slots=True, eq=False)
class Scope:
    """The modules that one study has imported from files that are not installed, and its own `sys.path`.

    `folder` is the study's own; `roots` are the folders from which its imports are served before any installed package.
    """

    folder: str
    roots: list[str]
    modules: dict[str, ModuleType] = field(default_factory=dict)
    path: list[str] = field(default_factory=list)

    def files(self) -> list[str]:
        """The files of its modules."""
        return [file for module in self.modules.values() if (file := getattr(module, "__file__", None))]

    def import_folders(self) -> list[str]:
        """The folders from which its modules can be imported by their names, its own first."""
        return list(dict.fromkeys([*self.roots, *(place for place in self.path if place not in _outer_path)]))


class FromSource(SourceFileLoader):
    """Compiles the source each time: compiled files tell an edit only by the second and the size of the file."""

    def path_stats(self, path: str) -> dict[str, object]:
        """None, so that no compiled file is read or written."""
        raise OSError(path)


class Finder:
    """Serves the imports of the study that runs from its own folders, before installed packages."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """As the import system asks."""
        if _current is None:
            return None
        found = _beside(name, _current) if path is None else None
        for finder in [] if found else [one for one in sys.meta_path if one is not self]:
            found = finder.find_spec(name, path, target)
            if found is not None:
                break
        return found and _from_source(name, found, _current.folder)


_current: Scope | None = None
_finder = Finder()
_outer_path: list[str] = []
_outer_modules: frozenset[str] = frozenset()


def enter(scope: Scope | None) -> None:
    """Makes one study's modules importable, and puts those of the one before away; None leaves no study's."""
    global _current, _outer_path, _outer_modules
    if scope is _current:
        return
    if _current is None:
        _outer_path, _outer_modules = list(sys.path), frozenset(sys.modules)
        sys.meta_path.insert(0, _finder)
    else:
        _leave(_current)
    _current = scope
    if scope is None:
        sys.meta_path.remove(_finder)
        return
    sys.path[:] = scope.path or [*_outer_path, *(root for root in scope.roots if root not in _outer_path)]
    sys.modules.update(scope.modules)
    importlib.invalidate_caches()  # a folder that was listed in the same instant may have new files


def collect(scope: Scope) -> None:
    """Notes which modules a study that runs has by now."""
    for name in [name for name in sys.modules if name not in _outer_modules]:
        module = sys.modules[name]
        file = getattr(module, "__file__", None) or next(iter(getattr(module, "__path__", None) or []), None)
        if isinstance(file, str) and not is_installed(file, scope.folder):
            scope.modules[name] = module
    scope.path = list(sys.path)


def _from_source(name: str, spec: ModuleSpec, folder: str) -> ModuleSpec:
    """What an import found; a user's own file is compiled anew."""
    if type(spec.loader) is SourceFileLoader and spec.origin and not is_installed(spec.origin, folder):
        spec.loader, spec.cached = FromSource(name, spec.origin), None
    return spec


def _leave(scope: Scope) -> None:
    collect(scope)
    for name in scope.modules:
        sys.modules.pop(name, None)
    sys.path[:] = _outer_path


def _beside(name: str, scope: Scope) -> ModuleSpec | None:
    """A top-level module in the study's folders; the standard library's names stay its own, as torch may need them."""
    if name in sys.stdlib_module_names:
        return None
    found = PathFinder.find_spec(name, scope.roots)
    return found if found is not None and found.loader is not None else None
