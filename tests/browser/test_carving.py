"""Surfaces as blocks: the same numbers, cameras and cursors as by Plotly, in one drawing context."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.test_camera import linked
from tests.viewer.fake_service import bowl, steep

pytestmark = pytest.mark.browser

CARVED = "() => [...document.querySelectorAll('.panel:not([hidden]) .surface')].map((node) => Boolean(node.carved))"
SEEN = "(node) => node.carved.view"


def hovered(atlas, slot, right, up):
    """The readings under every panel, of the mouse at a share of a block's panel."""
    box = atlas.figure(slot=slot).bounding_box()
    atlas.page.mouse.move(box["x"] + right * box["width"], box["y"] + up * box["height"])
    readings = atlas.page.locator(".panel:not([hidden]) .reading")
    expect(readings.first).to_be_visible()
    return [[float(part) for part in re.findall(r"-?[0-9.]+", text)[:3]] for text in readings.all_inner_texts()]


def test_blocks_tell_the_losses_of_their_points_and_turn_together(atlas):
    atlas.open("?models=resnet20,vgg9&points=9&look=relief&height=clipped&cap=1&camera=20,60,1")
    atlas.settle(2)
    assert atlas.page.evaluate(CARVED) == [True, True]
    assert atlas.page.evaluate("() => document.querySelectorAll('.gl-container canvas').length") == 0
    for right, up in ((0.5, 0.45), (0.4, 0.5)):
        for (alpha, beta, loss), law in zip(hovered(atlas, 0, right, up), (bowl, steep), strict=True):
            assert loss == pytest.approx(float(law(alpha, beta)), rel=0.01)
            assert abs(alpha * 4 - round(alpha * 4)) < 1e-6
    atlas.page.keyboard.press("ArrowRight")
    atlas.wait("() => location.search.includes('camera=25')")
    assert linked(atlas)[:2] == pytest.approx((25, 60), abs=0.01)
    assert atlas.ask(SEEN, slot=1)["azimuth"] == pytest.approx(25)
    for _ in range(30):
        atlas.page.keyboard.press("ArrowDown")
    atlas.wait("() => /camera=25,3,/.test(location.search)")
    atlas.page.get_by_text("Plotly", exact=True).click()
    drawn = "() => document.querySelectorAll('.panel:not([hidden]) .surface.js-plotly-plot').length === 2"
    atlas.page.wait_for_function(drawn, timeout=60_000)  # two first scenes of Plotly's
    atlas.settle(2)
    assert atlas.page.evaluate(CARVED) == [False, False]
    assert "look" not in atlas.page.url
