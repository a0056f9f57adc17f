"""The panels in which models stand side by side."""

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from viewer import ids
from viewer.attributes import aria, data
from viewer.icons import icon

FIGURES = {
    "surface-png": "Surface as PNG",
    "surface-svg": "Surface as SVG",
    "contour-png": "Contour map as PNG",
    "contour-svg": "Contour map as SVG",
}
NUMBERS = {
    "file-h5": "HDF5 (Li et al.)",
    "file-npz": "NumPy archive",
    "file-csv": "CSV table",
    "file-vtk": "VTK (ParaView)",
}
MESHES = {"file-glb": "GLB, coloured", "file-obj": "OBJ, coloured", "file-ply": "PLY, coloured", "file-stl": "STL"}


def panel(slot: int) -> Component:
    """One slot: head, figures, a line of progress; assets/live.js draws, assets/progress.js writes."""
    return html.Section(
        [
            html.Header(
                [_names(slot), html.Div([_export(slot), _close(slot)], className="tools"), _badges()],
                className="panel-head",
            ),
            html.Div([_figure("surface"), _figure("contour")], className="figures"),
            html.Div("", className="reading", hidden=True),
            _trouble(slot),
            html.Div(html.Div(className="bar-fill"), className="bar", role="progressbar", **BAR),
        ],
        id=ids.part("panel", slot),
        className="panel",
        hidden=True,
        **data(survey="", state="", slot=str(slot)),
    )


BAR = aria(label="Points computed", valuemin="0", valuemax="100")


def _names(slot: int) -> Component:
    return html.Div(
        [
            html.H2("", id=ids.part("title", slot)),
            html.Span("", id=ids.part("meta", slot), className="meta"),
        ],
        className="names",
    )


def _badges() -> Component:
    return html.Div(
        [
            html.Span("", className="badge nonfinite", hidden=True),
            html.Span("", className="badge arithmetic", hidden=True),
            html.Span("", className="badge resting", hidden=True, title=RESTING),
            html.Span("", className="badge standing"),
        ],
        className="badges",
    )


RESTING = (
    "The examples that the picture tells of, and the standard error of the loss at its median point: how far it may "
    "lie from the loss over all examples of this kind."
)


def _export(slot: int) -> Component:
    entries: list[Component] = []
    for title, choices in (("Figure", FIGURES), ("Numbers", NUMBERS), ("Mesh", MESHES)):
        entries.append(dmc.MenuLabel(title))
        entries += [dmc.MenuItem(label, id=ids.export(choice, slot)) for choice, label in choices.items()]
    button = html.Button(icon("download"), className="quiet", title="Export", **aria(label="Export"))
    return dmc.Menu(
        [dmc.MenuTarget(button), dmc.MenuDropdown(entries)],
        position="bottom-end",
        shadow="md",
        width=200,
    )


def _close(slot: int) -> Component:
    return html.Button(
        icon("close"), id=ids.part("close", slot), className="quiet", title="Close", **aria(label="Close panel")
    )


def _figure(kind: str) -> Component:
    return html.Div(className=f"figure {kind}", role="img", **data(kind=kind), **aria(label=""))


def _trouble(slot: int) -> Component:
    return html.Div(
        [
            html.Span("", className="trouble-text"),
            html.Button("Go on", id=ids.part("go-on", slot), className="go-on"),
        ],
        className="trouble",
        role="alert",
        hidden=True,
    )
