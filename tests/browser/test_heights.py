"""The scale of the heights: chosen by the page for one and for several networks, until somebody chooses."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

TITLE = "(node) => node.layout.meta.bar.title"


def titles(atlas, count):
    """What the figures' heights are called."""
    atlas.settle(count)
    return [atlas.ask(TITLE, "contour", slot) for slot in range(count)]


def test_two_networks_are_capped_at_one_loss_until_somebody_chooses_and_that_is_kept(atlas):
    atlas.open("?models=resnet56&points=17&view=contour")
    assert titles(atlas, 1) == ["loss (log)"]
    atlas.choose("vgg9")
    capped = titles(atlas, 2)
    assert capped[0] == capped[1]
    assert re.fullmatch(r"loss \(capped at [125]0*\)", capped[0])
    assert "height" not in atlas.page.url
    atlas.page.get_by_role("slider", name="Range").press("ArrowLeft")
    atlas.wait("() => location.search.includes('range=')")
    assert len(set(titles(atlas, 2))) == 1
    atlas.page.get_by_role("radiogroup", name="Scale of the height").get_by_text("Log", exact=True).click()
    atlas.wait("() => location.search.includes('height=log')")
    atlas.page.get_by_role("slider", name="Range").press("ArrowRight")
    atlas.page.get_by_text("Test set", exact=True).click()
    atlas.wait("() => location.search.includes('split=test')")
    atlas.choose("mlp")
    assert titles(atlas, 3) == ["loss (log)"] * 3
    expect(atlas.page.get_by_role("radio", name="Log", exact=True)).to_be_checked()
    atlas.page.reload()
    assert titles(atlas, 3) == ["loss (log)"] * 3
