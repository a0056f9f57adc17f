"""At every size of the window nothing runs into anything else, is cut off, or leaves the window."""

import pytest
from playwright.sync_api import expect

from tests.browser.geometry import FAULTS, SETTLED

SIZES = ((1440, 900), (1920, 1080), (1280, 720), (820, 1180), (390, 844))
WIDE, PHONE = SIZES[0], SIZES[-1]
TWO, FOUR = "resnet56,resnet56-noshort", "resnet20,resnet56,resnet56-noshort,vgg9"
SCREENS = {
    "empty": ("?models=", ("surface",)),
    "two": (f"?models={TWO}", ("surface", "both")),
    "four": (f"?models={FOUR}", ("contour", "seeds", "numbers")),
    "trajectory": ("trajectory/?models=vgg9", ("contour", "both", "apart")),
    "profile": ("profile/?models=resnet20,resnet56", ("direction", "line", "layers", "cut")),
}
"""What is opened, and the views that it is looked at in."""
PAGES = (f"?models={TWO}&view=contour", "trajectory/?models=vgg9", "profile/?models=resnet20")
TYPE = "(node) => parseFloat(getComputedStyle(node).fontSize)"
HIDDEN = """(button) => {
  button.scrollIntoView({ block: 'center' });
  const [box, side] = [button.getBoundingClientRect(), button.closest('.side').getBoundingClientRect()];
  const [x, y] = [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
  const whole = box.left >= side.left && box.right <= side.right && box.top >= side.top && box.bottom <= side.bottom;
  return whole && document.elementFromPoint(x, y) === button ? '' : button.getAttribute('aria-label');
}"""
"""What a help button is called if it is not to be seen wholly when scrolled to."""


def resize(page, size):
    page.set_viewport_size(dict(zip(("width", "height"), size, strict=True)))
    page.wait_for_function(f"() => innerWidth === {size[0]} && innerHeight === {size[1]}")


def faults(page):
    """What is wrong once everything is drawn for the room there is."""
    page.wait_for_function(SETTLED)
    page.wait_for_function(f"() => !({FAULTS})().length || (window.tried = (window.tried || 0) + 1) > 20", polling=100)
    page.evaluate("window.tried = 0")
    return page.evaluate(FAULTS)


@pytest.mark.slow
@pytest.mark.parametrize("screen", SCREENS)
def test_nothing_overlaps_is_cut_off_or_leaves_the_window(atlas, screen):
    query, views = SCREENS[screen]
    atlas.open(query)
    atlas.page.wait_for_function(
        "() => document.getElementById('stage').dataset.open && window.store && location.search"
    )
    for view in views:
        atlas.page.evaluate("(view) => dash_clientside.set_props('view', { value: view })", view)
        expect(atlas.page.locator("#stage")).to_have_attribute("data-view", view)
        for size in SIZES:
            resize(atlas.page, size)
            assert {(view, size): faults(atlas.page)} == {(view, size): []}


@pytest.mark.parametrize("query", PAGES)
def test_help_buttons_are_wholly_visible_and_rails_have_room_for_their_words(atlas, query):
    atlas.open(f"{query}&window=-0.123,0.456,-0.789,-0.123" if query.startswith("?") else query)
    for size in (WIDE, PHONE):
        resize(atlas.page, size)
        if size == PHONE:
            atlas.page.locator("#controls-button").click()
        expect(atlas.page.locator("#controls")).to_be_visible()
        expect(atlas.page.locator("#controls")).to_have_css("transform", "none")  # slid in
        buttons = atlas.page.locator("#controls .about:visible")
        assert [hidden for button in buttons.all() if (hidden := button.evaluate(HIDDEN))] == []
        assert atlas.page.locator(".side").evaluate_all(
            "(all) => all.map((side) => side.scrollWidth - side.clientWidth)"
        ) == [0, 0]


def test_what_a_card_tells_covers_no_panel(atlas):
    resize(atlas.page, WIDE)
    atlas.open("?models=resnet20")
    atlas.settle()
    atlas.page.locator('.card[data-run="vgg9"]').hover()
    told = atlas.page.get_by_role("tooltip").filter(has_text="SGD")
    expect(told).to_be_visible()
    atlas.page.wait_for_function(
        "() => [...document.querySelectorAll('[role=tooltip]')].every((tip) => tip.getBoundingClientRect().right <= "
        "document.querySelector('.panel').getBoundingClientRect().left)"
    )


@pytest.mark.parametrize("rail", ["rail", "controls"])
def test_rails_fold_by_key_give_their_room_to_the_pictures_and_stay_folded(atlas, rail):
    page = atlas.page
    resize(page, WIDE)
    atlas.open("?models=resnet20")
    atlas.settle()
    button, side, width = (
        page.locator(f"#{rail}-button"),
        page.locator(f"#{rail}"),
        "() => document.querySelector('.panel').clientWidth",
    )
    before = page.evaluate(width)
    expect(button).to_have_attribute("aria-expanded", "true")
    button.focus()
    page.keyboard.press("Enter")
    expect(side).to_be_hidden()
    expect(button).to_have_attribute("aria-expanded", "false")
    expect(button).to_be_focused()
    page.wait_for_function(f"(before) => ({width})() > before + 200", arg=before)
    page.goto(f"{atlas.address}profile/?models=resnet20")
    expect(button).to_have_attribute("aria-expanded", "false")
    expect(side).to_be_hidden()
    resize(page, PHONE)  # where it is a drawer, folded or not
    button.click()
    expect(side).to_be_visible()
    page.keyboard.press("Escape")
    expect(side).to_be_hidden()
    resize(page, WIDE)
    button.click()
    expect(side).to_be_visible()


def test_a_search_unfolds_the_rail(atlas):
    resize(atlas.page, WIDE)
    atlas.open("?models=resnet20")
    atlas.page.locator("#rail-button").click()
    expect(atlas.page.locator("#rail")).to_be_hidden()
    atlas.page.keyboard.press("/")
    expect(atlas.page.locator(".find input")).to_be_focused()


@pytest.mark.parametrize("query", PAGES)
def test_f_presents_the_pictures_alone_with_larger_type_and_a_caption(atlas, query):
    page = atlas.page
    resize(page, WIDE)
    atlas.open(query)
    page.wait_for_function(SETTLED)
    title, tick = page.locator(".panel:visible h2").first, page.locator(".panel:visible .xtick text").first
    tick.wait_for()
    usual = title.evaluate(TYPE), tick.evaluate(TYPE)
    page.keyboard.press("f")
    for gone in ("#rail", "#controls", ".header", "#job"):
        expect(page.locator(gone)).to_be_hidden()
    expect(page.locator("#caption")).to_contain_text("digits 8 × 8")
    page.wait_for_function(
        f"([node, usual]) => ({TYPE})(document.querySelector(node)) > 1.3 * usual",
        arg=[".panel:not([hidden]) .xtick text", usual[1]],
    )
    assert title.evaluate(TYPE) > 1.3 * usual[0]
    for size in SIZES:
        resize(page, size)
        assert {size: faults(page)} == {size: []}
    page.keyboard.press("Escape")
    resize(page, WIDE)
    expect(page.locator("#rail")).to_be_visible()
    expect(page.locator("#caption")).to_be_hidden()
    page.locator("#present").click()
    expect(page.locator("#rail")).to_be_hidden()
    expect(page.locator("#present")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("F")
    expect(page.locator("#rail")).to_be_visible()
