"""Adding surfaces that others computed.

file --> assets/adding.js --> /api/import (viewer/taking.py) --> added --> cards, opened, refusals
"""

from collections.abc import Sequence
from dataclasses import asdict
from functools import reduce
from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State
from dash.exceptions import PreventUpdate

from compute.card import SurfaceCard
from viewer import ids
from viewer.pages.gallery import card
from viewer.state import Opened

if TYPE_CHECKING:
    from compute.service import LandscapeService


def register(app: Dash, service: "LandscapeService") -> None:
    """The callback."""

    @app.callback(
        Output(ids.IMPORTS, "children"),
        Output(ids.OPENED, "data", allow_duplicate=True),
        Output(ids.REFUSED, "children"),
        Input(ids.ADDED, "data"),
        State(ids.OPENED, "data"),
        prevent_initial_call=True,
    )
    def add(added: dict[str, list[str]] | None, opened: dict[str, Any] | None) -> tuple[Any, ...]:
        if added is None:  # the store itself has come, no file yet
            raise PreventUpdate
        cards = [card(each) for each in service.cards() if isinstance(each, SurfaceCard)]
        alerts = [dmc.Alert(text, color="red", variant="light", withCloseButton=True) for text in added["problems"]]
        return cards, asdict(with_open(Opened.of(opened), added["runs"])), alerts


def with_open(opened: Opened, runs: Sequence[str]) -> Opened:
    """The same with some runs open, wherever they were not yet.

    Example:
        >>> with_open(Opened(("a",), ("a",)), ["a", "b"]).runs
        ('a', 'b')
    """
    return reduce(lambda now, run: now if run in now.runs else now.toggled(run), runs, opened)
