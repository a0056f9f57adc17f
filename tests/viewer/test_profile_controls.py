"""A view of the Profile page shows the controls that it depends on, and no others."""

from dataclasses import replace

import pytest

from viewer.charts import found, style
from viewer.pages.profile_controls import CONTROLS, controls
from viewer.profile import VIEWS, ProfileState

OTHER = {
    "points": 33, "span": 2.0, "beyond": 1.0, "samples": 64, "split": "test", "statistics": "frozen", "norm": "layer",
    "seed": 3, "seeds": 3, "raw": "on", "factor": 2.0, "precision": "fast", "curves": "loss", "height": "linear",
    "errors": "on", "weights": "off",
}  # fmt: skip
"""Another value than the default of every field that has a control in the rail."""


def views_of(name):
    """The views in which a component is shown."""
    kept = []

    def walk(part, views):
        views = set(getattr(part, "data-of", " ".join(views)).split()) & views
        if getattr(part, "id", None) == name:
            kept.append(views)
        children = getattr(part, "children", None)
        for child in children if isinstance(children, list | tuple) else [children]:
            if child is not None and not isinstance(child, str):
                walk(child, views)

    walk(controls(), set(VIEWS))
    return kept[0]


def pictured(service, state):
    shown = found(service, state)
    return [(chart.title, chart.address(style(state))) for chart in shown.charts]


@pytest.mark.parametrize("view", VIEWS)
def test_a_control_is_shown_where_it_changes_the_picture(service, view):
    state = ProfileState(models=("resnet20", "resnet20@5"), view=view, cut=(0.0, 0.0, 1.0, 0.5))
    before = pictured(service, state)
    assert before or view == "batches"
    for bound in CONTROLS:
        if bound.field in OTHER and before:
            changed = pictured(service, replace(state, **{bound.field: OTHER[bound.field]})) != before
            assert (bound.field, view in views_of(bound.component)) == (bound.field, changed)
