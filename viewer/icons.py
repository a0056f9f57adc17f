"""Icons as empty elements that assets/atlas.css gives their shape."""

from dash import html

from viewer.attributes import aria


def icon(name: str) -> html.Span:
    """An icon in the colour of the text around it; the element around it carries the label."""
    return html.Span(className=f"icon icon-{name}", **aria(hidden="true"))
