"""The local minima of the loss on maps and surfaces, and in a few words."""

from typing import Any

import numpy as np

from compute.formatting import number
from compute.lattice import Lattice
from compute.minima import NOISE, Minima, minima
from compute.snapshot import Snapshot
from compute.specs import KEPT, Survey
from viewer import theme
from viewer.data_names import examples_noun
from viewer.figures.style import Style

FAINT = 0.4
"""How opaque the mark of a minimum is that sampling noise may have made."""


UNSETTLED = "…"
"""Stands for a count that may still change."""


def marked(snapshot: Snapshot, against: Snapshot | None) -> bool:
    """Whether minima are marked: those of a loss are, those of a difference or of the gradient's length mean little."""
    return against is None and snapshot.of_losses


def marks(found: Minima, style: Style) -> tuple[np.ndarray, list[str]]:
    """Rows and columns (n, 2) of the minima that are deep enough to be marked, and the colour of each."""
    deep = found.at_least(style.depth)
    return found.bars.minima[deep], [
        colour(style, shown) for shown, kept in zip(sure(found), deep.tolist(), strict=True) if kept
    ]


def sure(found: Minima) -> list[bool]:
    """Which minima are marked at full strength: all but those that were tested and are not above noise."""
    return [each.above_noise or not found.tested for each in found]


def colour(style: Style, full: bool) -> str:
    """The colour of a mark."""
    channels = ",".join(map(str, theme.rgb(style.theme.marker)))
    return f"rgba({channels},{1 if full else FAINT})"


def summary(snapshot: Snapshot, found: Minima) -> dict[str, Any] | None:
    """What a panel's badge says: a count, what of it is above noise, the spacing; None where no loss is known.

    More points, or more examples, may give other minima: until the surface is complete the count is UNSETTLED.
    """
    if not snapshot.of_losses or not snapshot.given.any():
        return None
    if not snapshot.is_done:
        return {"words": f"{UNSETTLED} minima", "above": None, "spacing": spacing(snapshot)}
    return {"words": found.count, "above": found.above_noise, "spacing": spacing(snapshot)}


def spacing(snapshot: Snapshot) -> str:
    """How far apart the points are among which minima are looked for; "" where they are not even."""
    lattice = snapshot.survey.lattice
    return f"Points lie {number(2.0**-lattice.level, 6)} apart." if isinstance(lattice, Lattice) else ""


def sentence(snapshot: Snapshot, style: Style) -> str:
    """The same for a caption, with what the words mean; "" where no losses were asked for."""
    if not snapshot.of_losses:
        return ""
    if not snapshot.is_done:
        return "not counted before the surface is complete"
    found, lattice = minima(snapshot), snapshot.survey.lattice
    apart = f", among points {number(2.0**-lattice.level, 6)} apart" if isinstance(lattice, Lattice) else ""
    noise = ""
    if found.above_noise is not None:
        noise = f", {found.above_noise:,} above sampling noise ({meaning(snapshot)})"
    kept = int(found.at_least(style.depth).sum())
    drawn = f"; marked are the {kept:,} that are at least {number(style.depth)} deep" if style.depth else ""
    return f"{len(found):,}{noise}{apart}{drawn}"


def meaning(snapshot: Snapshot) -> str:
    """What above noise means, and over how many examples it was measured."""
    survey = snapshot.survey
    size = f"the same {min(survey.examples, KEPT):,}" if isinstance(survey, Survey) else "the same"
    noun = examples_noun(survey)
    return f"the lowest, and those at least {number(NOISE)} standard errors below their saddle over {size} {noun}"
