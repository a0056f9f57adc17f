"""A link that is opened on a slow machine shows its pictures in the end, and nothing that is untrue before."""

import time

import pytest
from playwright.sync_api import expect

SEEN = """
addEventListener('DOMContentLoaded', () => {
  const look = () => {
    const welcome = document.querySelector('.welcome');
    if (welcome && welcome.getClientRects().length) window.welcomed = welcome.innerText;
    requestAnimationFrame(look);
  };
  look();
});
"""
"""Remembers the words of the empty stage, if they are ever to be seen."""
SLOW = 0.4  # s until the server answers a callback


def slowed(route):
    time.sleep(SLOW)
    route.continue_()


@pytest.mark.parametrize("query", ["?models=resnet20", "trajectory/?models=vgg9", "profile/?models=resnet20"])
def test_a_link_never_asks_to_choose_a_network(atlas, query):
    atlas.page.add_init_script(SEEN)
    atlas.page.route("**/_dash-update-component*", slowed)
    atlas.open(query)
    expect(atlas.page.locator(".panel:visible").first).to_be_visible()
    assert atlas.page.evaluate("window.welcomed || ''") == ""
    atlas.page.unroute("**/_dash-update-component*")
    atlas.open(query.partition("?")[0] + "?models=")
    expect(atlas.page.locator(".welcome")).to_be_visible()
