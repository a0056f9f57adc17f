"""Dialogs over the page; assets/dialogs.js closes them, by their cross or by their ground."""

from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from viewer.attributes import aria
from viewer.icons import icon


def dialog(name: str, title: str, children: Sequence[Component], kind: str = "", close: str = "Close") -> html.Dialog:
    """A dialog with a title and a cross.

    Args:
        name: its id.
        title: its heading, and its name for assistive technology.
        children: what stands below the heading.
        kind: a class of its own for styles, beside those of all dialogs.
        close: what the cross is called.
    """
    cross = html.Button(icon("close"), className="quiet dialog-close", title="Close", **aria(label=close))
    head = html.Header([html.H2(title), cross])
    return html.Dialog([head, *children], id=name, className=f"help {kind}".strip(), **aria(label=title))
