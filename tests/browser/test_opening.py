"""What a first visit sees: a finished pair, a sentence, and two ways on."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

SIZES = [(1440, 900), (1280, 720), (820, 1180), (390, 844)]
SENTENCE = "The same network with and without skip connections, trained on 8 × 8 digits; height is the loss."
OTHERS = "Choose other networks"


PAIR = ("resnet56", "resnet56-noshort")


@pytest.fixture
def first(atlas):
    """An atlas on its first picture."""
    atlas.open("")
    shows(atlas, *PAIR)
    return atlas


def shows(atlas, *runs):
    """Waits until some runs, in this order, and no others have a panel."""
    atlas.page.wait_for_function(
        "(runs) => document.getElementById('stage').dataset.open !== '' && runs"
        " === [...document.querySelectorAll('.panel:not([hidden])')].map(({ dataset }) => dataset.run).join()",
        arg=",".join(runs),
    )


def search(atlas):
    return atlas.page.evaluate("location.search")


def banner(atlas):
    return atlas.page.get_by_role("button", name=OTHERS)


def card(atlas, run):
    return atlas.page.locator(f'.card[data-run="{run}"]')


def test_a_bare_address_opens_the_pair_with_a_cap_and_a_sentence(first):
    first.settle(2)
    expect(first.page.get_by_text(SENTENCE)).to_be_visible()
    assert search(first) == ""
    assert first.ask("(node) => node.dataset.url.includes('height=clipped')")
    assert first.ask("(node) => node._fullData.find(({ type }) => type === 'surface').z.length") == 129
    expect(first.page.locator('.card[aria-pressed="true"]')).to_have_count(2)
    first.page.get_by_role("button", name="Drop your checkpoint here").click()
    expect(first.page.get_by_role("dialog", name="Add model")).to_be_visible()


def test_other_networks_are_chosen_from_an_empty_stage_and_back_leads_to_the_picture(first):
    banner(first).click()
    expect(first.page.get_by_role("heading", name="Choose a network")).to_be_visible()
    expect(first.page.get_by_role("textbox", name="Find a model")).to_be_focused()
    first.wait("() => location.search === '?models='")
    first.page.go_back()
    shows(first, *PAIR)
    expect(banner(first)).to_be_visible()
    assert search(first) == ""
    first.page.go_forward()
    shows(first)
    first.page.get_by_role("button", name="ResNet-56 with and without skip connections").click()
    first.wait("() => location.search === '?models=resnet56,resnet56-noshort'")
    expect(banner(first)).not_to_be_visible()
    card(first, "mlp").click()
    shows(first, *PAIR, "mlp")


def test_a_card_replaces_the_picture_and_closing_the_last_panel_leaves_none(first):
    card(first, "mlp").click()
    shows(first, "mlp")
    expect(banner(first)).not_to_be_visible()
    card(first, "vgg9").click()
    shows(first, "mlp", "vgg9")
    for run in ("mlp", "vgg9"):
        card(first, run).click()
    shows(first)
    expect(first.page.get_by_role("heading", name="Choose a network")).to_be_visible()
    first.wait("() => location.search === '?models='")  # the page's address comes with the server's answer
    first.page.reload()
    expect(first.page.get_by_role("heading", name="Choose a network")).to_be_visible()
    assert search(first) == "?models="


def test_a_marked_card_closes_its_panel_and_the_other_network_stays(first):
    card(first, "resnet56").click()
    shows(first, "resnet56-noshort")
    first.wait("() => location.search === '?models=resnet56-noshort'")
    expect(banner(first)).not_to_be_visible()


def test_a_model_that_is_added_replaces_the_picture_and_a_refused_file_does_not(first):
    wish = "(runs) => dash_clientside.set_props('wish', { data: { open: runs, at: Date.now() } })"
    first.page.evaluate(wish, [])
    shows(first, *PAIR)
    expect(banner(first)).to_be_visible()
    first.page.evaluate(wish, ["mlp"])
    shows(first, "mlp")


def test_a_setting_keeps_the_sentence_true_and_the_link_names_the_networks(first):
    steps = first.page.evaluate("history.length")
    assert first.page.evaluate("atlas.link()") == "/?models=resnet56,resnet56-noshort"
    first.page.locator("#view").get_by_text("Contours", exact=True).click()
    first.wait("() => location.search === '?models=resnet56,resnet56-noshort&view=contour'")
    expect(first.page.locator("#opening-words")).to_have_text(SENTENCE.replace("; height is the loss", ""))
    assert first.page.evaluate("history.length") == steps
    first.page.locator("#view").get_by_text("Surface", exact=True).click()
    first.wait("() => location.search === ''")


FITS = """([width, height]) => {
 const named = ['#opening-words', '.ways', '.toolbar', '.panels'].map((name) => document.querySelector(name));
 const [words, ways, toolbar, panels] = named.map((node) => node.getBoundingClientRect());
 return innerWidth === width && document.documentElement.scrollWidth === width
   && (Math.max(words.bottom, ways.bottom) <= toolbar.top || Math.min(words.top, ways.top) >= panels.bottom)
   && (words.right <= ways.left || words.bottom <= ways.top)
   && toolbar.bottom <= panels.top && panels.top < height / 2;
}"""
"""Whether sentence, buttons, toolbar and panels keep clear of one another, and nothing scrolls sideways."""


def test_the_picture_fits_at_every_size_and_keeps_nobody_out(first):
    for width, height in SIZES:
        first.page.set_viewport_size({"width": width, "height": height})
        first.page.wait_for_function(FITS, arg=[width, height])
    for scheme in ("light", "dark"):
        first.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        problems = Axe().run(first.page).response["violations"]
        assert [(found["id"], node["html"]) for found in problems for node in found["nodes"]] == []


TURNED = "(node) => JSON.stringify(node._fullLayout.scene._scene.getCamera())"


def test_the_picture_turns_until_the_first_key_and_the_link_says_where_it_stopped(atlas):
    atlas.page.add_init_script("window.atlas.turns = true")
    atlas.open("")
    atlas.settle(2)
    before = atlas.ask(TURNED)
    atlas.page.wait_for_function(
        f"([node, before]) => ({TURNED})(node) !== before", arg=[atlas.figure().element_handle(), before]
    )
    atlas.page.keyboard.press("Shift")
    atlas.wait("() => location.search.startsWith('?camera=')")
    after = atlas.ask(TURNED)
    atlas.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert atlas.ask(TURNED) == after
    expect(banner(atlas)).to_be_visible()


def test_the_picture_stands_still_without_a_graphics_card_and_for_whoever_asks_for_less_motion(atlas):
    atlas.open()
    assert not atlas.page.evaluate("atlas.mayTurn()")
    atlas.page.evaluate("atlas.turns = true")
    assert atlas.page.evaluate("atlas.mayTurn()")
    atlas.page.emulate_media(reduced_motion="reduce")
    assert not atlas.page.evaluate("atlas.mayTurn()")
