"""The menus that save what is on screen; assets/save.js does it."""

from collections.abc import Mapping
from types import MappingProxyType

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from viewer import ids
from viewer.attributes import target
from viewer.dialogs import dialog
from viewer.icons import icon
from viewer.pages.controls import segments

ALL = "all"
"""The slot that stands for every panel at once."""
SIZES = {"screen": "Screen × 3", "wide": "4K"}
GROUNDS = {"page": "Current theme", "white": "White", "clear": "Transparent"}
FIGURES = {
    "picture-png": "PNG",
    "picture-webp": "WebP",
    "picture-svg": "SVG",
    "sheet-pdf": "PDF",
    "sheet-html": "Web page",
}
TURNTABLE = {"turntable-gif": "Turntable GIF"}
"""What a page with surfaces has besides."""
TEXT = {"sheet-txt": "Caption", "sheet-bib": "BibTeX", "link-copy": "Copy link", "command-show": "Show the command"}
NUMBERS = {"file-h5": "HDF5", "file-npz": "NumPy", "file-csv": "CSV", "file-vtk": "VTK"}
TABLES = {"file-h5": "HDF5", "file-npz": "NumPy", "file-csv": "CSV"}
TRACK = {"track-h5": "HDF5", "track-npz": "NumPy", "track-csv": "CSV"}
MESHES = {"file-glb": "GLB", "file-obj": "OBJ", "file-ply": "PLY", "file-stl": "STL"}


def panel_menu(slot: int, more: Mapping[str, Mapping[str, str]] = MappingProxyType({})) -> Component:
    """What one panel can be saved as; `more` are groups of a page's own."""
    button = dmc.MenuTarget(icon("download"), boxWrapperProps=target("quiet", "Export"))
    return _menu(
        slot,
        button,
        {"Figure": FIGURES | TURNTABLE, "Numbers": NUMBERS, "Mesh": MESHES}
        | {name: dict(group) for name, group in more.items()},
    )


def chart_menu(slot: int) -> Component:
    """What one chart can be saved as."""
    button = dmc.MenuTarget(icon("download"), boxWrapperProps=target("quiet", "Export"))
    return _menu(slot, button, {"Figure": FIGURES, "Numbers": TABLES})


def stage_menu(more: Mapping[str, str] = MappingProxyType({})) -> Component:
    """What all panels can be saved as together, and the address of the view; `more` are a page's own kinds."""
    face = html.Span([icon("download"), html.Span("Export")], className="export-all")
    button = dmc.MenuTarget(face, boxWrapperProps=target("quiet wide", "Export all"))
    figures = FIGURES | dict(more) | {"print-open": "For print ..."}
    return _menu(ALL, button, {"All panels as one figure": figures, "Text": TEXT})


def commands_dialog() -> Component:
    """Where assets/commands.js shows the commands that compute what stands on the page."""
    words = "Run in the folder of Loss Atlas, these compute the same without the page; nothing known is computed again."
    children = [html.P(words, className="meta"), html.Div(className="commands-list")]
    return dialog(ids.COMMANDS, "The commands for this view", children, "commands")


def _menu(slot: int | str, button: Component, groups: dict[str, dict[str, str]]) -> Component:
    """A menu in two columns: how pictures are made, then what they and other files are made of."""
    entries: list[Component] = [_paper(slot)]
    for title, choices in groups.items():
        entries.append(dmc.MenuLabel(title))
        entries += [dmc.MenuItem(label, id=ids.export(choice, slot)) for choice, label in choices.items()]
    return dmc.Menu(
        [button, dmc.MenuDropdown(entries, className="exports")],
        position="bottom-end",
        shadow="md",
        width=256,
    )


def _paper(slot: int | str) -> Component:
    """Size and background of pictures."""
    return html.Div(
        [_choice(slot, "size", "Size of pictures", SIZES), _choice(slot, "ground", "Background of pictures", GROUNDS)],
        className="paper",
    )


def _choice(slot: int | str, name: str, label: str, options: dict[str, str]) -> Component:
    return segments(ids.paper(name, slot), label, next(iter(options)), options)
