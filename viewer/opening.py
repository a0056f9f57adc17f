"""The first picture: which address opens it, how the page's address says so, and the sentence beside it."""

from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import parse_qsl

from compute.card import Card, ModelCard
from viewer.state import ViewState

FIRST = ("resnet56", "resnet56-noshort")
"""The pair of Li et al. (2018, Figure 1); the gallery holds a finished surface of each."""
EMPTY = "models="
"""How the address of the stage without models begins: none but the first picture's leaves models out."""
NETWORKS = "The same network with and without skip connections, trained on 8 × 8 digits"


def opens_first(search: str, cards: Sequence[Card]) -> bool:
    """Whether an address opens the first picture: it names no models and changes no setting but the camera.

    The cards must have both networks, each with a surface that is stored: nothing is computed unasked.
    """
    if "models" in dict(parse_qsl(search.removeprefix("?"), keep_blank_values=True)):
        return False
    pictured = {card.run for card in cards if isinstance(card, ModelCard) and card.picture is not None}
    return pictured.issuperset(FIRST) and replace(ViewState.read(search).state, camera="") == ViewState()


def link(state: ViewState, opening: bool) -> str:
    """The query of the page's address: it names the models, none if there are none, but for the picture as it opened.

    So whoever reads such an address needs no rule but this one (`models` in assets/page.js).

    Example:
        >>> first = ViewState(models=FIRST)
        >>> link(first, opening=True), link(first, opening=False), link(ViewState(seed=3), opening=False)
        ('', 'models=resnet56,resnet56-noshort', 'models=&seed=3')
    """
    if opening and state == ViewState(models=FIRST):
        return ""
    return state.query() if state.models else "&".join(filter(None, [EMPTY, state.query()]))


def sentence(state: ViewState) -> str:
    """What the first picture shows; heights are named only where there are some, and they are losses.

    Example:
        >>> sentence(ViewState(view="contour"))
        'The same network with and without skip connections, trained on 8 × 8 digits.'
        >>> sentence(ViewState()).removeprefix(NETWORKS)
        '; height is the loss.'
    """
    heights = state.view in {"surface", "both"} and state.quantity == "loss" and state.compare == "side"
    return f"{NETWORKS}; height is the loss." if heights else f"{NETWORKS}."
