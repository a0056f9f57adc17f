"""The frame around a page: header, rail, controls and job strip."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import dash_mantine_components as dmc
from dash import Dash, dcc, html
from dash.development.base_component import Component

from viewer import ids, theme
from viewer.attributes import aria, data
from viewer.help import help_dialog
from viewer.icons import icon

if TYPE_CHECKING:
    from compute.service import LandscapeService

RAIL_WIDTH = 248
CONTROLS_WIDTH = 288
BAR = 52
"""Height of header and job strip."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What a page puts between header and job strip: beside the stage, on it, and a card for a first visit."""

    rail: Component
    stage: Component
    controls: Component
    hint: Component | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A page: its path, its name in the header, its layout, its callbacks, and what its tab remembers of its own."""

    path: str
    name: str
    layout: Callable[["LandscapeService"], Frame]
    register: Callable[[Dash, "LandscapeService"], None]
    memory: Mapping[str, Any] = field(default_factory=dict)


def shell(
    page: Page,
    pages: Sequence[Page],
    service: "LandscapeService",
    dialogs: Sequence[Component] = (),
    memory: Mapping[str, Any] = MappingProxyType({}),
) -> Component:
    """The whole document of one of some pages; each load of it is a tab with a name of its own.

    `dialogs` are those of every page beside the help, and `memory` is what the tab of every page remembers for them.
    """
    memory = {ids.TAB: uuid4().hex, **MEMORY, **memory, **page.memory}
    stores = [dcc.Store(id=name, data=value) for name, value in memory.items()]
    frame = framed(page.layout(service), header(page, pages, service.upload_limit), job_strip(service.store_problem))
    parts = [*stores, frame, help_dialog(), *dialogs, announcer()]
    return dmc.MantineProvider(parts, theme=theme.MANTINE, defaultColorScheme="auto", id="provider")


MEMORY: Mapping[str, Any] = {
    ids.SEARCH: None,
    ids.LINK: None,
    ids.RECONNECTED: 0,
    ids.SURVEYS: [],
    ids.WINDOW: None,
}
"""What the tab of every page remembers, beside its name: its address, what it looks at, and the part of the plane."""


def framed(frame: Frame, head: Component, strip: Component) -> Component:
    """Header, rail, stage, controls, job strip; rail and controls fold away, and slide in where there is no room."""
    return dmc.AppShell(
        [
            dmc.AppShellHeader(head),
            dmc.AppShellNavbar(frame.rail, id=ids.RAIL, className="side rail", **aria(label="Models")),
            dmc.AppShellMain([frame.stage, caption(), *([frame.hint] if frame.hint else [])]),
            dmc.AppShellAside(frame.controls, id=ids.CONTROLS, className="side controls", **aria(label="Controls")),
            dmc.AppShellFooter(strip),
        ],
        id=ids.SHELL,
        header={"height": BAR},
        footer={"height": BAR},
        navbar={"width": RAIL_WIDTH, "breakpoint": "md", "collapsed": {"mobile": True}},
        aside={"width": CONTROLS_WIDTH, "breakpoint": "lg", "collapsed": {"mobile": True}},
        padding=0,
        transitionDuration=180,
    )


def header(page: Page, pages: Sequence[Page], limit: int) -> Component:
    """The name, the way to every page, and what concerns the whole page; files of at most `limit` bytes are taken."""
    return html.Div(
        [
            rail_button(ids.RAIL_BUTTON, "models", "Models", ids.RAIL),
            html.Div([html.Span(className="mark", **aria(hidden="true")), html.H1("Loss Atlas")], className="brand"),
            html.Nav([tab(each, each is page) for each in pages], className="pages", **aria(label="Pages")),
            html.Div(className="spring"),
            add_button(limit),
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
            rail_button(ids.CONTROLS_BUTTON, "controls", "Controls", ids.CONTROLS),
        ],
        className="header",
    )


def tab(page: Page, here: bool) -> Component:
    """The way to a page; assets/page.js leads it to where that page was left."""
    return html.A(page.name, href=page.path, className="page-tab", **(aria(current="page") if here else {}))


def welcome(title: str, words: str, button: str, *offers: Component) -> Component:
    """What stands on a stage with nothing on it: what to do first, something to begin with, and on a phone the rail."""
    return html.Div(
        [
            html.Div(className="mark", **aria(hidden="true")),
            html.H2(title),
            html.P(words),
            *offers,
            html.Button(button, className="go-on to-rail", **data(opens=ids.RAIL)),
        ],
        className="welcome",
    )


def add_button(limit: int) -> Component:
    """Opens the dialog that adds a model; assets/adding.js listens, and takes files of at most `limit` bytes."""
    return html.Button(
        [icon("add"), html.Span("Add model", className="add-words")],
        id=ids.ADD_MODEL,
        className="add-model",
        title="Add a model, data or a surface from files; they can also be dropped anywhere on the page",
        **aria(label="Add model"),
        **data(limit=str(limit)),
    )


def reset_button() -> Component:
    """Goes back to how the pictures were first seen; where there is little room its face says less than its name."""
    return html.Button(
        ["Reset", html.Span("\u00a0view")], id=ids.RESET, className="quiet wide", **aria(label="Reset view")
    )


def present_button() -> Component:
    """Fills the window with the pictures, and back; assets/presenting.js listens."""
    label = "Present"
    title = "Present: the pictures alone, with larger type (F; F or Escape leaves)"
    return html.Button(
        [icon("present"), html.Span("Leave")],
        id=ids.PRESENT,
        className="quiet",
        title=title,
        **aria(label=label, pressed="false"),
    )


def caption() -> Component:
    """What the pictures show, while they are presented; assets/presenting.js writes it."""
    return html.P("", id=ids.CAPTION, className="caption", hidden=True)


def help_button() -> Component:
    """Opens the help; assets/help.js listens."""
    return dmc.ActionIcon(
        icon("help"), id=ids.HELP_BUTTON, variant="subtle", color="gray", size="lg", **aria(label="Help")
    )


def announcer() -> Component:
    """What only a screen reader tells; assets/announce.js writes into it."""
    return html.Div("", id=ids.ANNOUNCER, className="unseen", role="status")


def rail_button(name: str, shape: str, label: str, rail: str) -> Component:
    """Folds a rail away and back, or slides it over a narrow stage; assets/rails.js listens."""
    return dmc.ActionIcon(
        icon(shape),
        id=name,
        variant="subtle",
        color="gray",
        size="lg",
        **aria(label=label, expanded="false", controls=rail),
    )


LOST = "Server stopped. Restart it; this page reconnects. Nothing computed is lost."

GO_ON = "Compute the rest of all that was cancelled or has failed on this page"


def job_strip(problem: str | None = None) -> Component:
    """How the work on screen stands, and what keeps results from being kept; assets/progress.js writes into it."""
    return html.Div(
        [
            html.Div("Idle", className="job-text"),
            html.Div(
                html.Div(className="job-fill"),
                className="job-bar",
                role="progressbar",
                **aria(label="Progress of what is on screen", valuemin="0", valuemax="100"),
            ),
            html.Div("", className="job-rate"),
            html.Div("", className="job-trouble", role="alert", hidden=True),
            html.Div(problem, className="job-store", role="alert", title=problem or "", hidden=problem is None),
            html.Div(LOST, className="lost", role="alert", hidden=True),
            html.Button("Go on", id=ids.GO_ON, className="go-on", hidden=True, title=GO_ON),
            html.Button(icon("pause"), id=ids.PAUSE, className="quiet", title="Pause", **aria(label="Pause")),
            html.Button(icon("close"), id=ids.CANCEL, className="quiet", title="Cancel", **aria(label="Cancel")),
        ],
        id=ids.JOB,
        className="job",
        **data(state="idle"),
    )
