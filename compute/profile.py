"""What a one-dimensional landscape looks like, in numbers."""

import numpy as np

from compute.formatting import number
from compute.indicators import NEAR, Indicator
from compute.snapshot import Snapshot
from compute.specs import LineRef, Survey


def readings(snapshot: Snapshot) -> tuple[Indicator, ...]:
    """The numbers of a line so far: of both ends, and between them; of a random direction only those at the model."""
    alpha, loss = snapshot.survey.lattice.coordinates("x"), snapshot.loss[0]
    line = isinstance(snapshot.survey, Survey) and isinstance(snapshot.survey.query.plane, LineRef)
    found = [reading for at in ((0, 1) if line else (0,)) for reading in end(alpha, loss, at)]
    return (*found, barrier_reading(alpha, loss)) if line else tuple(found)


def end(alpha: np.ndarray, loss: np.ndarray, at: float) -> list[Indicator]:
    """Loss, curvature and sharpness at an end."""
    spacing = float(alpha[1] - alpha[0]) if len(alpha) > 1 else 0.0
    return [
        Indicator(f"Loss at {at}", value(alpha, loss, at), "", "The height of the curve there, of these examples."),
        Indicator(
            f"Curvature at {at}",
            curvature(alpha, loss, at),
            "",
            f"The second difference of the loss at the spacing {number(spacing, 6)}, divided by its square: it changes "
            "with the spacing, and is no eigenvalue of the Hessian. In units of α, so it grows with the square of the "
            "distance that α = 1 stands for, and with it of the weights.",
        ),
        Indicator(
            f"Sharpness at {at}",
            sharpness(alpha, loss, at),
            "%",
            f"The largest rise of the loss within {number(NEAR)} of α over one plus the loss (Keskar et al. 2017), "
            "along this line only. A wide end need not be the one that generalises: rescaled weights change it.",
        ),
    ]


def barrier_reading(alpha: np.ndarray, loss: np.ndarray) -> Indicator:
    """How high the loss rises between the ends."""
    found = barrier(alpha, loss)
    place = "" if found is None else f" The highest rise is at α = {number(found[1], 6)}."
    return Indicator(
        "Barrier",
        None if found is None else found[0],
        "",
        "The largest height of the loss over the straight line between its values at 0 and at 1. None on this line "
        f"does not prove that the networks lie in one basin, and a high one not that no other path is flat.{place}",
    )


def value(alpha: np.ndarray, loss: np.ndarray, at: float) -> float | None:
    """The loss at a point of the line; None where it is not known."""
    place = np.flatnonzero(alpha == at)
    return float(loss[place[0]]) if len(place) and np.isfinite(loss[place[0]]) else None


def curvature(alpha: np.ndarray, loss: np.ndarray, at: float) -> float | None:
    r"""$(L(a - h) - 2 L(a) + L(a + h)) / h^2$, h the spacing of the points; None where one of the three is not known.

    Example:
        >>> alpha = np.linspace(-1, 2, 13)
        >>> curvature(alpha, 3 * alpha**2 - alpha + 1, 1.0)
        6.0
    """
    spacing = alpha[1] - alpha[0] if len(alpha) > 1 else np.nan
    three = [value(alpha, loss, at + step * spacing) for step in (-1, 0, 1)]
    left, middle, right = (np.nan if found is None else found for found in three)
    found = float((left - 2 * middle + right) / spacing**2)
    return found if np.isfinite(found) else None


def sharpness(alpha: np.ndarray, loss: np.ndarray, at: float, radius: float = NEAR) -> float | None:
    r"""$100 \max_{|t - a| \le r} (L(t) - L(a)) / (1 + L(a))$ (Keskar et al. 2017, metric 2.1, on a line).

    None where a point within the radius is not known, or is not a number, and where L(a) is below zero: the metric is
    made for losses that are not.

    Example:
        >>> alpha = np.linspace(-1, 1, 17)
        >>> sharpness(alpha, 64 * alpha**2, 0.0)
        100.0
    """
    own, near = value(alpha, loss, at), loss[np.abs(alpha - at) <= radius]
    if own is None or own < 0 or len(near) < 3 or not np.isfinite(near).all():
        return None
    return 100 * (float(near.max()) - own) / (1 + own)


def barrier(alpha: np.ndarray, loss: np.ndarray) -> tuple[float, float] | None:
    r"""$\max_{0 \le t \le 1} [L(t) - ((1 - t) L(0) + t L(1))]$ and where; None where a point between is not known.

    It is 0 at least, for the ends count. A loss that is not a number between the ends leaves it unknown, too.

    Example:
        >>> alpha = np.linspace(-0.5, 1.5, 17)
        >>> barrier(alpha, 1 + alpha + 2 * alpha * (1 - alpha))
        (0.5, 0.5)
    """
    first, last = value(alpha, loss, 0), value(alpha, loss, 1)
    inside = (alpha >= 0) & (alpha <= 1)
    if first is None or last is None or not np.isfinite(loss[inside]).all():
        return None
    rise = loss[inside] - ((1 - alpha[inside]) * first + alpha[inside] * last)
    place = int(rise.argmax())
    return float(rise[place]), float(alpha[inside][place])
