"""The controls beside the trajectories."""

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from viewer import ids
from viewer.attributes import aria
from viewer.pages import controls as shared
from viewer.pages.controls import field, section, segments, slider, switch, whole
from viewer.trajectory_state import MARGINS, TrajectoryState

START = TrajectoryState()
PLANES = {"components": "PCA", "through": "Three points", "random": "Random"}


def controls() -> Component:
    """Plane, height, drawing, grid, examples, accuracy and speed."""
    return html.Div(
        [
            section("Plane", _plane(), _skip(), _ignore(), _through(), _seed()),
            section("Height", shared.height(START.height, shared.HEIGHTS), shared.cap(), shared.colours()),
            section("Drawing", shared.look(), shared.levels()),
            section("Grid", shared.points(), _margin()),
            section("Examples", shared.split(), shared.samples()),
            section("Accuracy and speed", shared.tolerance(), shared.precision()),
        ],
        className="side-body",
    )


def _plane() -> Component:
    return field("plane", "Plane", segments(ids.PLANE, "Plane", START.plane, PLANES))


def _only(plane: str, *children: Component) -> Component:
    """Shown for one kind of plane."""
    return html.Div(list(children), className=f"only only-{plane}")


def _skip() -> Component:
    name = "Skip the first epochs"
    return _only("components", field("skip", name, whole(ids.SKIP, name, START.skip)))


def _ignore() -> Component:
    return _only("components", switch(ids.IGNORE, "ignore", "Leave out biases and BatchNorm", START.ignore == "on"))


def _through() -> Component:
    """The two checkpoints that span a plane with the first run's last."""
    return _only(
        "through",
        field("through", "Second checkpoint", _checkpoint(ids.SECOND, "Second checkpoint", "The first")),
        _checkpoint(ids.THIRD, "Third checkpoint", "Half way"),
    )


def _checkpoint(name: str, label: str, default: str) -> Component:
    return dmc.Select(id=name, value=None, data=[], placeholder=default, clearable=True, size="sm", **aria(label=label))


def _seed() -> Component:
    return _only("random", shared.seed())


def _margin() -> Component:
    return field("margin", "Margin", slider(ids.MARGIN, "Margin", MARGINS, START.margin))
