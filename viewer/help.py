"""What explains the page: the help dialog, and the card of a first visit; assets/help.js opens them."""

from dash import html
from dash.development.base_component import Component

from viewer import ids
from viewer.attributes import aria, data
from viewer.dialogs import dialog

HINT = (
    "The middle of each picture is a trained network; every other point is the same network with its weights moved "
    "along two random directions, α and β. Height and colour tell its loss there: how wrong it is on the same "
    "examples. This is one thin slice of a space of thousands of dimensions, drawn coarsely at first, then ever finer."
)
"""Three sentences."""

SEEN = (
    "Each panel shows one trained network, θ*, in the middle of a plane through the space of its weights: "
    "θ(α, β) = θ* + α δ + β η.",
    "δ and η are random directions whose every filter was scaled to the norm of the network's own filter, so that "
    "a step of 1 means the same for networks of different scale.",
    "The height is the loss there, averaged over the same examples at every point.",
    "A plane is a thin slice: if the loss is not convex here, it is not convex at all, but a smooth slice proves "
    "nothing about the other directions.",
)

MARKS = {
    "model": "The network itself, at (0, 0): a white cross on a map, a white ring on a surface.",
    "minimum": "A local minimum: a computed point lower than its computed neighbours; faint if noise may have made it.",
    "lowest": "The lowest point of the plane, where that is not hidden by the network itself.",
    "pale": "Not computed yet: drawn from a coarser lattice, in paler colours.",
    "computed": "A computed point, where these are to be marked; all others are interpolated.",
    "hole": "A hole: the loss there is not a number, or infinite, or on a logarithmic scale below zero.",
}

KEYS = (
    (("←", "→", "↑", "↓"), "Rotate the surfaces; move across the maps"),
    (("+", "−"), "Zoom"),
    (("0",), "Back to the first view"),
    (("1", "2", "3", "4"), "Select a panel"),
    (("Space",), "Play the training run, or stop"),
    ((",", "."), "One checkpoint back, one on"),
    (("/",), "Find a model"),
    (("F",), "Present: the pictures alone, with larger type; back"),
    (("D",), "Light or dark colours"),
    (("?",), "This list"),
    (("Esc",), "Close, leave the presentation, or select no panel"),
)

PAPERS = {
    "Li, Xu, Taylor, Studer, Goldstein 2018: Visualizing the loss landscape of neural nets": "1712.09913",
    "Dinh, Pascanu, Bengio, Bengio 2017: Sharp minima can generalize for deep nets": "1703.04933",
    "Keskar et al. 2017: On large-batch training for deep learning: generalization gap and sharp minima": "1609.04836",
}
"""What to read first, and its number at arXiv, which is asked nothing before one follows the link."""


def hint() -> Component:
    """What one is looking at, for whoever sees it for the first time; in no one's way."""
    return html.Div(
        [html.P(HINT), html.Button("Got it", id=ids.HINT_CLOSE, className="go-on")],
        className="first-hint",
        role="note",
        **aria(label="What you are looking at"),
    )


def help_dialog() -> Component:
    """What you see, what the marks mean, the keys, and what to read."""
    parts = {
        "What you see": html.P(" ".join(SEEN)),
        "What the marks mean": marks(),
        "Keys": keys(),
        "Papers": papers(),
    }
    sections = [html.Section([html.H3(title), part]) for title, part in parts.items()]
    return dialog(ids.HELP, "Help", sections, close="Close help")


def marks() -> Component:
    """Every mark beside what it means."""
    rows = [
        html.Li([html.Span(className="sample", **aria(hidden="true"), **data(mark=name)), meaning])
        for name, meaning in MARKS.items()
    ]
    return html.Ul(rows, className="marks")


def keys() -> Component:
    """The keys of assets/keys.js as a table."""
    rows = [
        html.Tr([html.Th([html.Kbd(key) for key in pressed], scope="row"), html.Td(does)]) for pressed, does in KEYS
    ]
    return html.Table(html.Tbody(rows), className="keys")


def papers() -> Component:
    """Links that open beside the page."""
    links = [
        html.A(title, href=f"https://arxiv.org/abs/{number}", target="_blank", rel="noreferrer")
        for title, number in PAPERS.items()
    ]
    return html.Ul([html.Li(link) for link in links])
