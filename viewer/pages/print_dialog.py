"""The dialog that asks how a figure is printed; assets/print.js opens it, saves, and writes the command."""

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from viewer import ids
from viewer.attributes import aria
from viewer.dialogs import dialog
from viewer.pages.controls import segments
from viewer.print_size import DEFAULT_POINTS, INCHES, POINTS, WIDTHS

CUSTOM = "custom"
"""The choice of a width that is typed."""
NAMES = {"column": "Column", "page": "Page", "slide": "Slide"}
CHOICES = {f"{WIDTHS[name]:g}": f"{text} {WIDTHS[name]:.1f} in" for name, text in NAMES.items()} | {CUSTOM: "Custom"}
KINDS = {"pdf": "PDF", "svg": "SVG", "png": "PNG", "webp": "WebP"}
GROUNDS = {"white": "White", "clear": "Transparent"}


def print_dialog() -> Component:
    """Width, size of type, letters, background and kind of file, and the command that writes the same file."""
    return dialog(
        ids.PRINT,
        "Figure for print",
        [
            html.P("All panels as one figure, with type of the same size however wide it is."),
            _row("Width", _choice("width", "Width", CHOICES)),
            _number("inches", "Width in inches", WIDTHS["column"], INCHES, 0.1),
            _number("points", "Size of type in points", DEFAULT_POINTS, POINTS, 0.5),
            dmc.Switch(label="Panel letters (a), (b) ...", id=f"{ids.PRINT}-letters", size="sm"),
            _row("Background", _choice("ground", "Background", GROUNDS)),
            _row("File", _choice("kind", "File", KINDS)),
            html.P("The same file without the page:", className="meta"),
            html.Code(className="command", id=f"{ids.PRINT}-command"),
            html.Footer(
                [
                    html.Button("Copy command", className="go-on soft", id=f"{ids.PRINT}-copy"),
                    html.Button("Save", className="go-on", id=f"{ids.PRINT}-save"),
                ]
            ),
        ],
        "print",
    )


def _row(label: str, control: Component) -> Component:
    return html.Div([html.Span(label, className="label", **aria(hidden="true")), control], className="row")


def _choice(name: str, label: str, options: dict[str, str]) -> Component:
    return segments(f"{ids.PRINT}-{name}", label, next(iter(options)), options)


def _number(name: str, label: str, value: float, ends: tuple[float, float], step: float) -> Component:
    return dmc.NumberInput(
        id=f"{ids.PRINT}-{name}", label=label, value=value, min=ends[0], max=ends[1], step=step, size="xs"
    )
