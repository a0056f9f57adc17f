"""The "?" beside a control."""

import re

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from viewer.attributes import target
from viewer.explained import explanation

RAISED = re.compile(r"([_^])\{([^}]*)\}")
"""What stands below or above the line of a formula."""
WIDTH = 300


def explained(name: str) -> Component:
    """A button that tells, by mouse, key or touch, what a control does, its formula and the paper.

    Raises:
        UnknownName: nothing is said of such a control.
    """
    told = explanation(name)
    label = f"About {told.title[0].lower()}{told.title[1:]}"
    lines = [html.P(told.sentence)]
    lines += [html.P(formula(told.formula), className="formula")] if told.formula else []
    lines += [html.P(told.source, className="meta")] if told.source else []
    return dmc.Popover(
        [
            dmc.PopoverTarget("?", boxWrapperProps=target("about", label)),
            dmc.PopoverDropdown(html.Div(lines, className="explained")),
        ],
        width=WIDTH,
        position="bottom",
        shadow="md",
        trapFocus=True,
        returnFocus=True,
    )


def formula(text: str) -> list[Component | str]:
    """A formula with what stands below and above its line.

    Example:
        >>> [part if isinstance(part, str) else type(part).__name__ for part in formula("δ_{f}^{2} + 1")]
        ['δ', 'Sub', 'Sup', ' + 1']
    """
    parts: list[Component | str] = []
    end = 0
    for found in RAISED.finditer(text):
        kind = html.Sub if found[1] == "_" else html.Sup
        parts += [text[end : found.start()], kind(found[2])]
        end = found.end()
    return [part for part in (*parts, text[end:]) if part]
