"""Numbers in Plotly's tooltips, in the formats of d3; assets/tooltips.js writes signs, powers and % as elsewhere."""

import numpy as np

from compute.formatting import DECIMAL


def written(field: str, values: np.ndarray, digits: int = 4) -> str:
    """The part of a hover template that shows one of some values: a power of ten only where they need it.

    Example:
        >>> written("y", np.array([0.5, 1437.0])), written("y", np.array([0.5, 2e7]), 3)
        ('%{y:,.4~r}', '%{y:,.3~g}')
    """
    sizes = np.abs(values[np.isfinite(values) & (values != 0)])
    plain = not sizes.size or (sizes.min() >= DECIMAL[0] and sizes.max() < DECIMAL[1])
    return f"%{{{field}:,.{digits}~{'r' if plain else 'g'}}}"


def share(field: str, decimals: int = 1) -> str:
    """The part of a hover template that shows a share in per cent.

    Example:
        >>> share("y")
        '%{y:.1%}'
    """
    return f"%{{{field}:.{decimals}%}}"
