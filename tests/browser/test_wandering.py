"""Whatever was clicked, and however fast: the page shows what its link shows to somebody who opens it."""

import random

import pytest
from playwright.sync_api import Error

pytestmark = pytest.mark.browser

LOOK = """() => {
 const seen = (node) => node && node.checkVisibility() ? node.innerText : '';
 const drawnMap = (node) => node.dataset.kind === 'contour' && node.data && node.data.length;
 const figure = (node) => [decodeURI(node.dataset.url || ''), drawnMap(node)
   ? [...node._fullLayout.xaxis.range, ...node._fullLayout.yaxis.range].map((end) => end.toPrecision(4)) : null];
 const panels = [...document.querySelectorAll('.panel:not([hidden])')].filter((panel) => panel.checkVisibility());
 const words = (panel) => ['h2', '.meta', '.badges'].map((part) => seen(panel.querySelector(part)));
 const fields = [...document.querySelectorAll('#controls input:not([type="radio"]), #controls input:checked')];
 return {
  panels: panels.map((panel) => [{ ...panel.dataset, selected: null }, ...words(panel)]),
  figures: [...document.querySelectorAll('.figure')].filter((node) => node.checkVisibility()).map(figure),
  pressed: [...document.querySelectorAll('.card[aria-pressed="true"]')].map((card) => card.dataset.run).sort(),
  fields: fields.map(({ type, checked, value }) => (type === 'checkbox' ? checked : value)),
  sliders: [...document.querySelectorAll('#controls [role="slider"]')].map((thumb) => thumb.ariaValueNow),
  words: ['legend', 'numbers', 'problems'].map((id) => seen(document.getElementById(id))),
  job: seen(document.querySelector('.job-text')),
 };
}"""


def any_of(chance, found):
    return found.nth(chance.randrange(found.count()))


def card(page, chance):
    any_of(chance, page.locator(".card[data-run]")).click()


def panel(page, chance):
    name = chance.choice(["Close panel", "Maximise", "Move left"])
    any_of(chance, page.locator(".panel:not([hidden])").get_by_label(name)).click()


def segment(page, chance):
    name = chance.choice(["view", "quantity", "height", "split"])
    any_of(chance, page.locator(f"#{name} label")).click()


def switch(page, chance):
    any_of(chance, page.locator(".switch-row label")).click()


def slider(page, chance):
    page.get_by_role("slider", name=chance.choice(["Resolution", "Range", "Examples"])).press(
        chance.choice(["ArrowLeft", "ArrowRight"])
    )


def choice(page, chance):
    page.locator("#" + chance.choice(["colours", "levels", "statistic", "norm", "tolerance"])).click()
    any_of(chance, page.get_by_role("option")).click()


def seed(page, chance):
    page.locator("#seed").fill(str(chance.randrange(5)))


def hand(page, chance):
    box = any_of(chance, page.locator(".panel:not([hidden]) .figure:visible")).bounding_box()
    x, y = box["x"] + box["width"] * chance.uniform(0.3, 0.7), box["y"] + box["height"] * chance.uniform(0.3, 0.7)
    page.mouse.move(x, y)
    match chance.choice(["drag", "wheel", "twice"]):
        case "drag":
            page.mouse.down()
            page.mouse.move(x + chance.randrange(-80, 80), y + chance.randrange(-60, 60), steps=3)
            page.mouse.up()
        case "wheel":
            page.mouse.wheel(0, chance.choice([-600, 600]))
        case _:
            page.mouse.dblclick(x, y)


def key(page, chance):
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press(chance.choice(["ArrowLeft", "ArrowUp", "+", "-", "0", "1", "2", "Escape", "d"]))


ACTS = (card, card, panel, segment, segment, switch, slider, slider, choice, seed, hand, hand, key)


def calm(page):
    """What is to be seen once it has not changed for a while."""
    before, now, still = None, page.evaluate(LOOK), 0
    while still < 8:
        page.wait_for_timeout(200)
        before, now = now, page.evaluate(LOOK)
        still = still + 1 if now == before else 0
    return now


@pytest.mark.parametrize("start", [1, 5])
def test_the_page_shows_what_its_link_shows_whatever_was_done_before(atlas, start):
    chance, done = random.Random(start), []
    atlas.page.set_viewport_size({"width": 1440, "height": 900})
    atlas.open("?models=resnet20,vgg9&points=17")
    atlas.settle(2)
    atlas.page.set_default_timeout(2_000)
    for _ in range(3):
        for _ in range(8):
            done.append(chance.choice(ACTS))
            try:
                done[-1](atlas.page, chance)
            except (Error, ValueError):  # what was to be clicked is not there just now
                done[-1] = None
            atlas.page.wait_for_timeout(chance.choice([0, 0, 20, 150, 400]))
        mine = calm(atlas.page)
        other = atlas.page.context.new_page()
        other.set_viewport_size({"width": 1440, "height": 900})
        other.goto(atlas.page.url)
        other.wait_for_function("() => window.atlas && document.querySelector('.card')")
        theirs = calm(other)
        other.close()
        assert mine == theirs, f"{[act and act.__name__ for act in done]} led to {atlas.page.url}"
    assert done.count(None) < len(done) / 2
