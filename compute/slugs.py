"""Names that are fit for files and addresses."""

import re

LONGEST = 60
"""Letters of a name."""


def slug(name: str, otherwise: str) -> str:
    """Small letters, digits and single hyphens; another name where nothing is left.

    Example:
        >>> slug("ResNet56_[-1.0,1.0,51]", "surface"), slug("../é", "surface")
        ('resnet56-1-0-1-0-51', 'surface')
    """
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:LONGEST].rstrip("-") or otherwise
