"""Which published methods a picture rests on, beside the method that all of them share."""

from collections.abc import Iterable

from compute.snapshot import Snapshot
from compute.specs import Cut, PlaneRef, Segment, Survey, ThroughPlane
from viewer.citations import DESLAURIERS, DINH, GARIPOV


def methods(snapshots: Iterable[Snapshot]) -> list[str]:
    """The BibTeX entries of what was done for some snapshots, each once; for an imported surface nothing is known."""
    return list(dict.fromkeys(entry for snapshot in snapshots for entry in _behind(snapshot)))


def _behind(snapshot: Snapshot) -> list[str]:
    """The entries of one snapshot."""
    survey = snapshot.survey
    if not isinstance(survey, Survey):
        return []
    used = {
        GARIPOV: _connects(survey.query.plane),
        DINH: survey.query.model.rescale != 1,
        DESLAURIERS: snapshot.interpolated.any(),
    }
    return [entry for entry, rests in used.items() if rests]


def _connects(plane: PlaneRef) -> bool:
    """Whether a plane goes through networks, or BatchNorm's statistics are recomputed along a line between them."""
    if isinstance(plane, Segment):
        return plane.statistics == "recomputed"
    return isinstance(plane.plane if isinstance(plane, Cut) else plane, ThroughPlane)
