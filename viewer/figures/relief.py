"""What a surface and its map both draw: heights, how they are scaled and coloured, and what is known of them."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from scipy.ndimage import gaussian_filter

from compute.formatting import number
from compute.snapshot import Snapshot
from viewer.data_names import surface_data
from viewer.figures.capping import chosen_cap, common_cap
from viewer.figures.heights import Scale, heights, risen, scale, sunk
from viewer.figures.provisional import prolonged
from viewer.figures.slope import slope
from viewer.figures.style import AUTO, Limits, Style, statistic_words
from viewer.theme import DIVERGING

SMOOTHING = 1.0
"""The width of the smoothing Gaussian, in points of the lattice."""


@dataclass(frozen=True, slots=True, eq=False)
class Relief:
    """Heights `z` (row = beta, column = alpha; NaN where absent), which of them are `given` and not provisional.

    `extent` are the limits that they ask for by themselves, `limits` those that they are drawn in. `plain` are the
    numbers behind them, neither clipped nor smoothed; of two surfaces on a logarithmic scale their ratio; None where
    they are the snapshot's own values. `data` is what the snapshot's losses are over.
    """

    z: np.ndarray
    plain: np.ndarray | None
    given: np.ndarray
    extent: Limits
    limits: Scale
    palette: tuple[str, ...]
    title: str
    data: str = ""

    @property
    def drawable(self) -> bool:
        """Whether there is a shape to see: four neighbouring heights, from points in more than one row and column."""
        finite = np.isfinite(self.z)
        cells = finite[1:, 1:] & finite[1:, :-1] & finite[:-1, 1:] & finite[:-1, :-1]
        given = finite & self.given
        return bool(cells.any() and given.any(axis=0).sum() > 1 and given.any(axis=1).sum() > 1)


def relief(snapshot: Snapshot, style: Style, against: Snapshot | None = None) -> Relief:
    """The heights of a snapshot; less those of another on the same lattice, where there is one."""
    z, ratio = _compared(snapshot, style, against), against is not None and style.logarithmic
    plain = None
    if against is not None or style.quantity == "slope":
        plain = 10.0**z if ratio else _compared(snapshot, replace(style, height="linear"), against)
    given = snapshot.final if against is None else snapshot.final & against.final
    if style.smooth:
        z = smoothed(z)
    own, palette = scale(z, replace(style, limits=None)), DIVERGING if against is not None else style.palette
    name = title(style, int(np.logical_or.reduce([_absent(each, style) for each in (snapshot, against) if each]).sum()))
    limits = scale(z, style) if style.limits else own
    return Relief(z, plain, given, (own.lo, own.hi), limits, palette, name, surface_data(snapshot.survey))


def with_cap(style: Style, snapshots: Iterable[Snapshot]) -> Style:
    """The same style; where its cap is to be chosen, with one that suits some surfaces."""
    if style.cap != AUTO:
        return style
    plain = replace(style, height="linear")
    return replace(style, cap=common_cap([chosen_cap(_heights(snapshot, plain)) for snapshot in snapshots]))


def _absent(snapshot: Snapshot, style: Style) -> np.ndarray:
    """The points that have a value and yet no height."""
    return snapshot.given & sunk(snapshot.values(style.quantity), style) & (style.quantity != "slope")


def _compared(snapshot: Snapshot, style: Style, against: Snapshot | None) -> np.ndarray:
    """Heights, less those of another surface where there is one."""
    z = _heights(snapshot, style)
    return z if against is None else z - _heights(against, style)


def title(style: Style, absent: int = 0) -> str:
    """The height's name, of which examples it tells if not of their mean, and its transform where there is one.

    On a logarithmic scale `absent` points may lie below zero, which the name says.

    Example:
        >>> title(Style()), title(Style(), 12)
        ('loss (log)', 'loss (log; 12 points below 0 absent)')
    """
    about = "" if style.statistic == "mean" else f", {statistic_words(style.statistic)}"
    smooth = ", smoothed" if style.smooth else ""
    lost = f"{absent:,} {'point' if absent == 1 else 'points'} below 0 absent" if absent else ""
    if style.against:
        sign = "÷" if style.logarithmic else "−"
        return f"{style.noun} {sign} that of {style.against}{about}{smooth}" + (f" ({lost})" if lost else "")
    clipped = f"capped at {number(style.cap, 6)}" if style.height == "clipped" and style.quantity != "accuracy" else ""
    transform = "; ".join(filter(None, ("log" if style.logarithmic else clipped, lost)))
    return f"{style.noun}{about}{smooth}" + (f" ({transform})" if transform else "")


def smoothed(z: np.ndarray) -> np.ndarray:
    """Heights averaged with their neighbours by a Gaussian; what is absent takes no part, and stays absent."""
    finite = np.isfinite(z)
    weight = gaussian_filter(finite.astype(float), SMOOTHING, mode="nearest")
    total = gaussian_filter(np.where(finite, z, 0.0), SMOOTHING, mode="nearest")
    return np.where(finite, total / np.where(finite, weight, 1.0), np.nan)


def _heights(snapshot: Snapshot, style: Style) -> np.ndarray:
    """Heights at every point, provisional ones between those that are given."""
    lattice, given = snapshot.survey.lattice, snapshot.given
    if style.quantity == "slope":
        finite = np.where(np.isfinite(snapshot.loss), snapshot.loss, np.nan)
        steep = slope(prolonged(finite, given, lattice), lattice.coordinates("x"), lattice.coordinates("y"))
        return heights(steep, style)
    return prolonged(risen(snapshot.values(style.quantity), style), given, lattice)
