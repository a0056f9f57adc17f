from dataclasses import replace

import pytest

from tests.viewer.fake_service import FakeService
from viewer.opening import EMPTY, FIRST, link, opens_first, sentence
from viewer.state import ViewState


@pytest.fixture(scope="module")
def cards():
    service = FakeService()
    yield service.cards()
    service.close()


@pytest.mark.parametrize("search", ["", "?", "?camera=20,60,2", "?seed=0", "?unknown=1", "?seed=none"])
def test_an_address_without_models_or_settings_opens_the_first_picture(cards, search):
    assert opens_first(search, cards)


@pytest.mark.parametrize(
    "search",
    ["?models=", "?models=mlp", "?models=resnet56,resnet56-noshort", "?models=&camera=2,60,2", "?seed=3", "?view=both"],
)
def test_an_address_with_models_or_settings_opens_what_it_names(cards, search):
    assert not opens_first(search, cards)


def test_the_first_picture_needs_both_networks_with_stored_surfaces(cards):
    for run in FIRST:
        assert not opens_first("", [card for card in cards if card.run != run])
        assert not opens_first("", [replace(card, picture=None) if card.run == run else card for card in cards])
    assert not opens_first("", [])


def test_the_link_of_the_first_picture_is_bare_until_a_setting_changes_and_opens_it_again(cards):
    first = ViewState(models=FIRST)
    assert link(first, opening=True) == ""
    assert link(replace(first, seed=3), opening=True) == "models=resnet56,resnet56-noshort&seed=3"
    assert link(replace(first, models=FIRST[::-1]), opening=True) == "models=resnet56-noshort,resnet56"
    assert not opens_first(link(first, opening=False), cards)


@pytest.mark.parametrize("state", [ViewState(), ViewState(seed=3), ViewState(view="both")])
def test_the_link_of_the_empty_stage_opens_it_again(cards, state):
    search = link(state, opening=False)
    assert not opens_first(search, cards)
    assert ViewState.read(search).state == state
    assert ViewState.read(EMPTY).problems == ()


@pytest.mark.parametrize(
    ("changes", "heights"),
    [
        ({}, True),
        ({"view": "both"}, True),
        ({"height": "log"}, True),
        ({"view": "contour"}, False),
        ({"view": "numbers"}, False),
        ({"quantity": "accuracy"}, False),
        ({"quantity": "slope"}, False),
        ({"compare": "difference"}, False),
    ],
)
def test_the_sentence_says_that_height_is_the_loss_only_where_it_is(changes, heights):
    assert sentence(replace(ViewState(models=FIRST), **changes)).endswith("height is the loss.") == heights
