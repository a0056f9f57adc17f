"""Accuracies of imported surfaces, in whichever unit a file has them."""

from collections.abc import Mapping

import numpy as np

from compute.errors import BadSurface
from compute.grid import ABSENT
from compute.store.found import plain


def shares(own: Mapping[str, np.ndarray], unit: str, notes: list[str]) -> dict[str, np.ndarray]:
    """The accuracy of one split as a share, if there is any.

    `acc` is in percent and `accuracy` a share, unless the numbers say otherwise or the user does.

    Raises:
        BadSurface: it is none.
    """
    name = next((name for name in ("percent", "acc", "accuracy") if name in own), None)
    if name is None:
        return {}
    array = np.ma.masked_where(plain(own[name]) == ABSENT, own[name])  # which no accuracy is
    numbers = plain(array)[np.isfinite(plain(array))]
    least, most = (float(numbers.min()), float(numbers.max())) if numbers.size else (0.0, 0.0)
    named = name in {"percent", "acc"}
    percent = {"percent": True, "share": False, "as named": named}.get(unit, name == "percent" or most > 1 + 1e-6)
    if not -1e-6 <= least <= most <= (100 if percent else 1) * (1 + 1e-6):
        raise BadSurface(
            "An accuracy should lie between 0 and 100 percent (acc) or 0 and 1 (accuracy), "
            f"{name} goes from {least:g} to {most:g}: correct it, or say its unit with --accuracy."
        )
    if not unit and numbers.size and percent != named:
        taken, other = ("in percent", "share") if percent else ("as a share", "percent")
        notes.append(
            f"The accuracy goes from {least:g} to {most:g} and was taken {taken}: if that is wrong, import the file "
            f"again with --accuracy {other}."
        )
    return {"accuracy": array / 100 if percent else array}
