"""The resolution that a slider offers is the one that the picture has."""

from dataclasses import replace

import pytest

from viewer import profile, state
from viewer.charts import found
from viewer.pages.wiring import SCREEN_OUTPUTS, outputs_of
from viewer.profile import ProfileState
from viewer.screen import hints, screen
from viewer.state import ViewState


@pytest.mark.parametrize("span", state.SPANS)
def test_the_slider_the_label_and_the_panel_agree_at_every_range(service, span):
    for place, points in enumerate(state.POINTS):
        view = ViewState(models=("resnet20",), span=span, points=points)
        shown = screen(service, view)
        written = outputs_of(view, shown, hints(view, shown))
        values = {
            f"{out.component_id}.{out.component_property}": value
            for out, value in zip(SCREEN_OUTPUTS, written, strict=True)
        }
        side = values["points.marks"][place]["label"]
        assert values["points-hint.children"] == f"{side} × {side} points"
        assert shown.panels[0].side == f"{side} × {side}"


@pytest.mark.parametrize("view", ["direction", "line", "training", "layers", "rescaled"])
@pytest.mark.parametrize("ends", [{"span": 0.75}, {"span": 3.0}, {"beyond": 0.25}, {"beyond": 0.0}])
def test_the_points_of_a_line_are_those_that_the_slider_offers(service, view, ends):
    chosen = ProfileState(models=("resnet20", "resnet20@5"), view=view, **ends)
    for place, points in enumerate(profile.POINTS):
        lines = [chart for chart in found(service, replace(chosen, points=points)).charts if chart.rows]
        assert chosen.resolutions()[place] in {row[0].lattice.shape[1] for chart in lines for row in chart.rows}
