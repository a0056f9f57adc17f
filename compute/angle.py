"""How far the two directions of a plane are from being orthogonal."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Angle:
    """The cosine between a plane's directions, and the absolute one to expect by chance, None for given directions.

    Two Gaussian directions in n dimensions have E|cos| = sqrt(2 / (pi n)); after normalisation n is the effective
    dimension of `compute.numerics.directions`.
    """

    cosine: float
    expected: float | None
