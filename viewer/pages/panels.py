"""The panels in which models stand side by side."""

from dash import html
from dash.development.base_component import Component

from compute.deviation import LIMIT
from compute.formatting import brief_percent, number
from compute.minima import NOISE
from viewer import ids
from viewer.attributes import aria, data
from viewer.icons import icon
from viewer.pages.exports import panel_menu


def panel(slot: int) -> Component:
    """One slot: head, figures, a line of progress; assets/live.js draws, assets/progress.js writes."""
    return html.Section(
        [
            html.Header(
                [
                    _names(slot),
                    _tools(slot),
                    badges(html.Span("", id=ids.part("apart", slot), className="badge apart", hidden=True)),
                ],
                className="panel-head",
            ),
            html.Div([_figure("surface"), _figure("contour")], className="figures"),
            html.Div("", className="reading", hidden=True),
            trouble(slot),
            progress(),
        ],
        id=ids.part("panel", slot),
        className="panel",
        hidden=True,
        tabIndex=-1,
        **data(survey="", minus="", state="", slot=str(slot)),
    )


def progress() -> Component:
    """A line that grows."""
    return html.Div(html.Div(className="bar-fill"), className="bar", role="progressbar", **BAR)


BAR = aria(label="Points computed", valuemin="0", valuemax="100")


def _names(slot: int) -> Component:
    return html.Div(
        [
            html.H2("", id=ids.part("title", slot)),
            html.Span("", id=ids.part("meta", slot), className="meta"),
        ],
        className="names",
    )


def _tools(slot: int) -> Component:
    return html.Div([_move(), _solo(), panel_menu(slot), _close(slot)], className="tools")


def badges(*more: Component) -> Component:
    """What assets/progress.js tells of a panel, after some that the server writes."""
    return html.Div(
        [
            *more,
            html.Span("", className="badge nonfinite", hidden=True),
            html.Span("", className="badge arithmetic", hidden=True, title=ARITHMETIC),
            html.Span(
                [html.Span(), html.Span(), html.Span(className="wordy"), html.Span()],
                className="badge minima",
                hidden=True,
                title=MINIMA,
                **data(title=MINIMA),
            ),
            html.Span(
                [html.Span(), html.Span(className="wordy"), html.Span()],
                className="badge resting",
                hidden=True,
                title=RESTING,
            ),
            html.Span("", className="badge standing"),
        ],
        className="badges",
    )


ARITHMETIC = (
    "bfloat16 is compared with float32 at the model, the corners, the lowest and highest points and the rim of "
    "the basin as these come to be known: the largest error and that at the model, on a logarithmic scale as shares of "
    f"the range of log-loss, else of the loss (of 1 where it is lower). Above {brief_percent(LIMIT)} of either every "
    "point is computed in float32. Interpolated is the share of points that were predicted from coarser ones."
)
MINIMA = (
    "Local minima of the loss: points lower than all their neighbours, at the edge too, each of them computed. Above "
    f"sampling noise are the lowest and those whose saddle is at least {number(NOISE)} standard errors higher over the "
    "same examples: what these examples show, others like them most likely show too."
)
RESTING = (
    "The examples that the picture tells of, and the standard error of the loss at the median of all points, "
    "interpolated ones by their neighbours: how far it may lie from the loss over all examples of this kind."
)


def _move() -> Component:
    """Puts the panel before the one to its left; panels can be dragged by their heads, too (assets/order.js)."""
    return html.Button(icon("left"), className="quiet move", title="Move left", **aria(label="Move panel left"))


def _solo() -> Component:
    """Gives the panel the whole stage, and back."""
    label = "Maximise"
    return html.Button(icon("solo"), className="quiet solo", title=label, **aria(label=label, pressed="false"))


def _close(slot: int) -> Component:
    return html.Button(
        icon("close"), id=ids.part("close", slot), className="quiet", title="Close", **aria(label="Close panel")
    )


def _figure(kind: str) -> Component:
    return html.Div(className=f"figure {kind}", role="img", **data(kind=kind), **aria(label=""))


def trouble(slot: int) -> Component:
    """What stopped a panel's survey, and the way on."""
    return html.Div(
        [
            html.Span("", className="trouble-text"),
            html.Button("Go on", id=ids.part("go-on", slot), className="go-on"),
        ],
        className="trouble",
        role="alert",
        hidden=True,
    )
