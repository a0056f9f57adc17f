"""Where one looks at a surface from: in degrees, and as near as its panel allows."""

from dataclasses import dataclass
from math import atan2, cos, degrees, hypot, radians, sin, tan
from typing import Any

import numpy as np

from compute.errors import BadReference

FIELD = radians(45)
"""The vertical field of view of plotly's perspective."""
LOWEST, HIGHEST = 3.0, 85.0
"""Degrees above the floor between which one looks: lower, the floor hides the surface; higher, there is no up."""
NEAREST, FURTHEST = 0.2, 6.0
"""The distance, in those at which the surface just fits, that one may look from."""
ROUNDS = 30
"""Steps in which the distance that fits is found."""


@dataclass(frozen=True, slots=True)
class Viewpoint:
    """A direction to look from, `azimuth` round from the α axis and `elevation` up from the floor, in degrees.

    `distance` is 1 where the surface just fits into its panel, so that one view does for panels of all shapes.

    Example:
        >>> Viewpoint.read("20,300,2").written, Viewpoint().written
        ('20,85,2', '-64,37,1')
    """

    azimuth: float = -64.0
    elevation: float = 37.0
    distance: float = 1.0

    @classmethod
    def read(cls, text: str) -> "Viewpoint":
        """The view that three numbers apart by commas say, kept above the floor; the first view for no text.

        Raises:
            BadReference: they are not three finite numbers.
        """
        if not text:
            return cls()
        try:
            azimuth, elevation, distance = (float(number) for number in text.split(","))
        except ValueError:
            azimuth = elevation = distance = float("nan")
        if not np.isfinite([azimuth, elevation, distance]).all():
            raise BadReference(
                f"A camera should be degrees round, degrees up and a distance, as in -64,37,1, got {text[:60]!r}."
            )
        up, away = min(max(elevation, LOWEST), HIGHEST), min(max(distance, NEAREST), FURTHEST)
        return cls((azimuth + 180) % 360 - 180, up, away)

    @property
    def written(self) -> str:
        """The three numbers of a link."""
        return f"{self.azimuth:.4g},{self.elevation:.4g},{self.distance:.3g}"

    @property
    def direction(self) -> np.ndarray:
        """The unit vector from what one looks at to the eye."""
        round_, up = radians(self.azimuth), radians(self.elevation)
        return np.array([cos(up) * cos(round_), cos(up) * sin(round_), sin(up)])


def fitted(sides: dict[str, float], aspect: float, margins: tuple[float, float, float]) -> dict[str, Any]:
    """Plotly's camera in the first view, so near that a box of some sides just fits between margins.

    Args:
        sides: the lengths of the box along x, y and z, its middle at the origin.
        aspect: the width of the scene over its height.
        margins: shares of half the width that labels take on either side, and of half the height above and below.
    """
    beside, above, below = margins
    corners = np.array(np.meshgrid(*([-side / 2, side / 2] for side in sides.values()))).reshape(3, -1).T
    back = Viewpoint().direction
    right = np.cross([0.0, 0.0, 1.0], back) / hypot(back[0], back[1])
    up = np.cross(back, right)
    half = tan(FIELD / 2) * np.array([aspect, 1.0])
    reach, middle = half * (1 - np.array([beside, (above + below) / 2])), half * np.array([0.0, (below - above) / 2])
    centre, away = np.zeros(3), 2.0
    for _ in range(ROUNDS):
        from_centre = corners - centre
        flat = from_centre @ np.stack([right, up], axis=1) / (away - from_centre @ back)[:, None]
        low, high = flat.min(axis=0), flat.max(axis=0)
        centre = centre + away * (((low + high) / 2 - middle) @ np.stack([right, up]))
        away *= float(((high - low) / 2 / reach).max())
    return camera(away * back, centre)


def camera(offset: np.ndarray, centre: np.ndarray) -> dict[str, Any]:
    """Plotly's camera that looks at a centre from an offset."""
    ends = {"eye": centre + offset, "center": centre}
    return {name: dict(zip("xyz", map(float, end), strict=True)) for name, end in ends.items()}


def aimed(home: dict[str, Any], view: Viewpoint) -> dict[str, Any]:
    """The camera of a view, in a scene whose own camera is the first view."""
    eye, centre = (np.array([home[name][axis] for axis in "xyz"]) for name in ("eye", "center"))
    away = float(np.linalg.norm(eye - centre))
    return home | camera(view.distance * away * view.direction, centre)


def view_of(home: dict[str, Any], now: dict[str, Any]) -> Viewpoint:
    """The view from which a camera looks, in a scene whose first camera is `home`.

    Example:
        >>> home = fitted({"x": 1, "y": 1, "z": 0.5}, 1.25, (0.1, 0.0, 0.2))
        >>> view_of(home, aimed(home, Viewpoint(20, 50, 1.5))).written
        '20,50,1.5'
    """
    first, offset = (
        np.array([camera["eye"][axis] - camera["center"][axis] for axis in "xyz"]) for camera in (home, now)
    )
    x, y, z = offset
    away = float(np.linalg.norm(offset))
    return Viewpoint(degrees(atan2(y, x)), degrees(atan2(z, hypot(x, y))), away / float(np.linalg.norm(first)))
