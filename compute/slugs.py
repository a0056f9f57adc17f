"""Names that are fit for files and addresses."""

import re
from pathlib import Path

LONGEST = 60
"""Letters of a name."""


def slug(name: str, otherwise: str) -> str:
    """Small letters, digits and single hyphens; another name where nothing is left.

    Example:
        >>> slug("ResNet56_[-1.0,1.0,51]", "surface"), slug("../é", "surface")
        ('resnet56-1-0-1-0-51', 'surface')
    """
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:LONGEST].rstrip("-") or otherwise


def free_path(folder: Path, name: str, ending: str) -> Path:
    """The first path of a name, without or with a number, where nothing lies.

    Example:
        >>> free_path(Path("/nowhere"), "surface", ".h5").name
        'surface.h5'
    """
    path, number = folder / f"{name}{ending}", 1
    while path.exists():
        number += 1
        path = folder / f"{name}-{number}{ending}"
    return path
