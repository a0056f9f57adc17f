"""How far the fast arithmetic was found to stray from the exact one."""

from collections.abc import Iterable
from dataclasses import dataclass

LIMIT = 0.02
"""The largest deviation, in either unit, with which the fast arithmetic is still used."""


@dataclass(frozen=True, slots=True)
class Deviation:
    """The largest errors at the points that were compared, and those at the model, None where it was not compared.

    `linear` is of the loss: relative, absolute below a loss of 1. `log` is of its logarithm, as a share of the range of
    the logarithms (half a decade at least): how far a point of a picture on a logarithmic scale is off, as a share of
    the picture's height.

    Example:
        >>> Deviation(0.01, 0.03).too_large, Deviation(0.01, 0.004, 0.0, 0.001).at("log")
        (True, (0.004, 0.001))
    """

    linear: float
    log: float
    linear_at_model: float | None = None
    log_at_model: float | None = None

    @property
    def too_large(self) -> bool:
        """Whether one of them exceeds the limit."""
        return not max(self.linear, self.log) <= LIMIT

    def at(self, scale: str) -> tuple[float, float | None]:
        """The largest error and that at the model on a scale, "log" or "linear"."""
        return (self.log, self.log_at_model) if scale == "log" else (self.linear, self.linear_at_model)

    def joined(self, other: "Deviation | None") -> "Deviation":
        """The larger of the errors of each kind."""
        if other is None:
            return self
        pairs = ((getattr(self, name), getattr(other, name)) for name in self.__slots__)
        return Deviation(*(max((one for one in pair if one is not None), default=None) for pair in pairs))  # type: ignore[arg-type]


def joined(found: Iterable[Deviation | None]) -> Deviation | None:
    """The largest of some errors, None where there are none.

    Example:
        >>> joined([None, Deviation(0.01, 0.002), Deviation(0.001, 0.01)])
        Deviation(linear=0.01, log=0.01, linear_at_model=None, log_at_model=None)
    """
    largest: Deviation | None = None
    for one in found:
        largest = largest if one is None else one.joined(largest)
    return largest
