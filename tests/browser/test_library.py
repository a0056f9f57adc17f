"""The scripts that draw are loaded when they are needed, and asked for again where they did not come."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def test_a_figure_whose_library_did_not_come_says_so_and_is_drawn_by_a_later_try(atlas):
    pattern = "**/vendor/plotly*"
    atlas.page.route(pattern, lambda route: route.abort())
    atlas.page.goto(f"{atlas.address}?models=resnet20&points=9")
    expect(atlas.figure()).to_have_attribute("data-problem", re.compile("could not be drawn"))
    atlas.page.unroute(pattern)
    atlas.page.evaluate("atlas.redraw()")
    atlas.settle()
    assert atlas.ask("(node) => node.dataset.problem") is None
    assert all("ERR_FAILED" in complaint for complaint in atlas.complaints)
    atlas.complaints.clear()
