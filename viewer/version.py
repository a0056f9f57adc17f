"""The program's version, from the one place that says it."""

import tomllib
from functools import cache

from compute.settings import ROOT


@cache
def version() -> str:
    """The version that pyproject.toml names.

    Example:
        >>> version().count(".")
        2
    """
    told: str = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    return told
