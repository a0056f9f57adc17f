"""The frame around a page: header, rail, controls and job strip."""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from viewer import ids, theme
from viewer.attributes import aria, data
from viewer.help import dialog, hint
from viewer.icons import icon

RAIL_WIDTH = 248
CONTROLS_WIDTH = 288
BAR = 52
"""Height of header and job strip."""


@dataclass(frozen=True, slots=True)
class Page:
    """What a page puts into the frame."""

    rail: Component
    stage: Component
    controls: Component


def shell(page: Page) -> Component:
    """The whole document; each load of it is a tab with a name of its own."""
    parts = [*stores(uuid4().hex), frame(page), dialog(), announcer()]
    return dmc.MantineProvider(parts, theme=theme.MANTINE, defaultColorScheme="auto", id="provider")


def stores(tab: str) -> list[Component]:
    """What the tab remembers: its name, its address, what is open."""
    memory: dict[str, Any] = {
        ids.TAB: tab,
        ids.SEARCH: None,
        ids.LINK: None,
        ids.RECONNECTED: 0,
        ids.OPENED: None,
        ids.SURVEYS: [],
        ids.WINDOW: None,
        ids.SOLO: "",
        ids.MOVED: None,
        ids.ADDED: None,
    }
    return [dcc.Store(id=name, data=value) for name, value in memory.items()]


def frame(page: Page) -> Component:
    """Header, rail, stage, controls, job strip; rail and controls slide in from the side where there is no room."""
    return dmc.AppShell(
        [
            dmc.AppShellHeader(header()),
            dmc.AppShellNavbar(page.rail, id=ids.RAIL, className="side rail", **aria(label="Models")),
            dmc.AppShellMain([page.stage, hint()]),
            dmc.AppShellAside(page.controls, id=ids.CONTROLS, className="side controls", **aria(label="Controls")),
            dmc.AppShellFooter(job_strip()),
        ],
        id=ids.SHELL,
        header={"height": BAR},
        footer={"height": BAR},
        navbar={"width": RAIL_WIDTH, "breakpoint": "md", "collapsed": {"mobile": True}},
        aside={"width": CONTROLS_WIDTH, "breakpoint": "lg", "collapsed": {"mobile": True}},
        padding=0,
        transitionDuration=180,
    )


def header() -> Component:
    """The name, and what concerns the whole page."""
    return html.Div(
        [
            drawer_button(ids.RAIL_BUTTON, "models", "Models", ids.RAIL, "md"),
            html.Div([html.Span(className="mark", **aria(hidden="true")), html.H1("Loss Atlas")], className="brand"),
            html.Div(className="spring"),
            dmc.ColorSchemeToggle(
                lightIcon=icon("sun"),
                darkIcon=icon("moon"),
                variant="subtle",
                color="gray",
                size="lg",
                id=ids.SCHEME,
                **aria(label="Light or dark colours"),
            ),
            help_button(),
            drawer_button(ids.CONTROLS_BUTTON, "controls", "Controls", ids.CONTROLS, "lg"),
        ],
        className="header",
    )


def help_button() -> Component:
    """Opens the help; assets/help.js listens."""
    return dmc.ActionIcon(
        icon("help"), id=ids.HELP_BUTTON, variant="subtle", color="gray", size="lg", **aria(label="Help")
    )


def announcer() -> Component:
    """What only a screen reader tells; assets/announce.js writes into it."""
    return html.Div("", id=ids.ANNOUNCER, className="unseen", role="status")


def drawer_button(name: str, shape: str, label: str, drawer: str, wide: str) -> Component:
    """Opens a side on small screens."""
    return dmc.ActionIcon(
        icon(shape),
        id=name,
        hiddenFrom=wide,
        variant="subtle",
        color="gray",
        size="lg",
        **aria(label=label, expanded="false", controls=drawer),
    )


def job_strip() -> Component:
    """How the work on screen stands; assets/progress.js writes into it."""
    return html.Div(
        [
            html.Div("Nothing to compute", className="job-text"),
            html.Div(
                html.Div(className="job-fill"),
                className="job-bar",
                role="progressbar",
                **aria(label="Progress of what is on screen", valuemin="0", valuemax="100"),
            ),
            html.Div("", className="job-rate"),
            html.Button(icon("pause"), id=ids.PAUSE, className="quiet", title="Pause", **aria(label="Pause")),
            html.Button(icon("close"), id=ids.CANCEL, className="quiet", title="Cancel", **aria(label="Cancel")),
        ],
        id=ids.JOB,
        className="job",
        **data(state="idle"),
    )
