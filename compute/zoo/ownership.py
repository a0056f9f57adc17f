"""Which files are a user's own: neither installed, nor the system's."""

import os
import sys
import sysconfig
import tempfile
from pathlib import Path

from compute.settings import ROOT

PACKAGES = frozenset({"site-packages", "dist-packages"})
"""Folders into which packages are installed."""
PREFIXES = ("lib", "lib64", "share", "bin", "etc", "include", "ssl")
"""Folders of an installed Python."""
SYSTEM = ("/proc", "/sys", "/dev", "/etc", "/usr", "/lib", "/bin", "/var", "/run", "/System", "/Library")
HIDDEN = (".", "torchinductor_")
"""How the names of folders begin that hold caches."""


def _installed_folders() -> tuple[str, ...]:
    prefixes = [os.path.join(prefix, name) for prefix in (sys.prefix, sys.base_prefix) for name in PREFIXES]
    library = [sysconfig.get_path(name) for name in ("stdlib", "platstdlib")]
    return (*prefixes, *library, str(ROOT / "compute"), str(ROOT / "viewer"))


INSTALLED = _installed_folders()


def below(file: str, folder: str) -> bool:
    """Whether a path lies in a folder, however deep.

    Example:
        >>> below("/a/b/c.py", "/a"), below("/ab/c.py", "/a")
        (True, False)
    """
    return file.startswith(folder.rstrip(os.sep) + os.sep)


def is_installed(file: str, folder: str) -> bool:
    """Whether a module's file belongs to an installed package, the standard library or this program.

    Args:
        file: an absolute path.
        folder: the folder of the study that imports it, whose files are never installed, except in a virtual
            environment there.

    Example:
        >>> is_installed("/home/me/work/net.py", "/home/me/work")
        False
        >>> is_installed("/home/me/work/.venv/lib/python3.12/site-packages/torch/__init__.py", "/home/me/work")
        True
    """
    inside = below(file, folder)
    if PACKAGES.intersection(Path(os.path.relpath(file, folder) if inside else file).parts):
        return True
    return not inside and any(below(file, place) for place in INSTALLED)


def is_data(file: str, folder: str) -> bool:
    """Whether a file is the user's own: neither installed nor the system's nor temporary nor in a hidden folder.

    Example:
        >>> is_data("/home/me/work/net.yaml", "/home/me/work"), is_data("/home/me/.cache/font", "/home/me/work")
        (True, False)
    """
    inside = below(file, folder)
    folders = Path(os.path.relpath(file, folder) if inside else file).parts[:-1]
    hidden = any(part.startswith(HIDDEN) and part != ".." for part in folders)
    if hidden or "__pycache__" in folders or is_installed(file, folder):
        return False
    temporary = tempfile.gettempdir()
    outside = (*SYSTEM, temporary) if not below(folder, temporary) else SYSTEM
    return inside or not any(below(file, place) for place in outside)
