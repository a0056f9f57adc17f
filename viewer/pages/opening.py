"""What stands beside the first picture: what it shows, and the ways on."""

from dash import html

from viewer import ids
from viewer.attributes import data


def banner() -> html.Div:
    """The sentence, and two buttons; assets/atlas.css shows it while the page stands as it opened."""
    return html.Div(
        [
            html.P("", id=ids.OPENING_WORDS),
            html.Div(
                [
                    html.Button("Drop your checkpoint here", className="go-on drop-here"),
                    html.Button("Choose other networks", className="go-on soft choose-others", **data(opens=ids.RAIL)),
                ],
                className="ways",
            ),
        ],
        className="opening",
    )
