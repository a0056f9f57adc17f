"""Minima on the page: counted on badges, as bars in Numbers, linked with a map, marked from a depth on."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

DRAWN = "() => document.querySelector('.figure.barcode')?.dataset.version"
LINK = "(node) => [...node.data.at(-2).x]"


def bars(atlas, query):
    """The barcode of the first panel."""
    atlas.open(query)
    atlas.wait(DRAWN)
    node = atlas.page.locator(".figure.barcode").first
    node.scroll_into_view_if_needed()
    return node


def test_a_bar_that_is_pointed_at_is_marked_on_the_map_and_a_minimum_of_the_map_as_well(atlas):
    node = bars(atlas, "?models=resnet56-noshort&points=33&range=2&view=numbers")
    words = atlas.page.locator(".depths .meta").first
    expect(words).to_have_text(re.compile(r"^\d+ minima\. Points lie 0\.125 apart\.$"))
    count = int(words.inner_text().split()[0])
    assert node.evaluate("(node) => node.data[0].y.length") == count > 1
    bar = node.locator(".barlayer .point path").nth(1).bounding_box()
    atlas.page.mouse.move(bar["x"] + bar["width"] / 2, bar["y"] + bar["height"] / 2)
    atlas.wait("() => document.querySelector('.figure.barcode').data.at(-2).x.length === 2")
    places = node.evaluate("(node) => node.layout.meta.places[1].map(([x]) => x)")
    assert node.evaluate(LINK) == places
    expect(atlas.page.locator(".depths .pointed").first).to_have_text(re.compile(r"^Minimum at α .*; saddle at .*\.$"))
    atlas.page.mouse.move(5, 5)
    atlas.wait("() => document.querySelector('.figure.barcode').data.at(-2).x.length === 0")


def test_minima_that_are_less_deep_than_the_slider_says_are_not_marked_and_the_link_keeps_it(atlas):
    node = bars(atlas, "?models=resnet56-noshort&points=33&range=2&view=numbers")
    ringed = "(node) => node.data[2].marker.color.length"
    before = node.evaluate(ringed)
    atlas.page.get_by_role("slider", name="Marked from depth").press("End")
    atlas.wait("() => location.search.includes('depth=3')")
    atlas.wait(f"() => document.querySelector('.figure.barcode').data[2].marker.color.length < {before}")
    expect(atlas.page.locator(".depths .meta").first).to_contain_text("at least 3 deep")
    atlas.page.get_by_text("Contours", exact=True).click()
    atlas.settle()
    assert atlas.ask("(node) => node.data[1].marker.color.length", "contour") < before


def test_a_badge_counts_minima_and_says_how_far_apart_the_points_lie(atlas):
    atlas.open("?models=resnet56-noshort&points=17&view=contour")
    atlas.settle()
    badge = atlas.page.locator(".panel .badge.minima").first
    expect(badge).to_have_text(re.compile(r"^\d+ minim(um|a)$"))
    expect(badge).to_have_attribute("title", re.compile(r"3 standard errors .* Points lie 0\.125 apart\.$"))


def test_a_share_on_a_badge_is_neither_rounded_to_nothing_nor_to_all(atlas):
    atlas.open("?models=resnet20&points=9")
    atlas.settle()
    for interpolated, words in ((1, "< 1 % interpolated"), (630, "63 % interpolated"), (999, "> 99 % interpolated")):
        atlas.page.evaluate(
            """(count) => {
             const survey = document.querySelector('.panel').dataset.survey;
             atlas.news.set(survey, { ...atlas.news.get(survey), total: 1000, interpolated: count });
             atlas.report();
            }""",
            interpolated,
        )
        expect(atlas.page.locator(".panel .badge.arithmetic").first).to_have_text(words)


def test_barcodes_out_of_sight_count_for_nothing_in_the_status_strip(atlas):
    """The surveys of barcodes that were shown before are replaced: their points are no longer awaited."""
    bars(atlas, "?models=vgg9,broken&points=17&view=numbers")
    atlas.page.get_by_text("Contours", exact=True).click()
    atlas.page.get_by_role("slider", name="Resolution").press("ArrowRight")
    atlas.wait("() => !location.search.includes('points=17')")
    expect(atlas.page.locator(".job-text")).to_have_text("Stopped at 50 %")
    named = "() => [...document.querySelectorAll('.figure[data-sources]')].map((node) => node.dataset.sources).join('')"
    assert atlas.page.evaluate(named) == ""
