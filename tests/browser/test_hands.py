"""What a hand does while a page is still busy with what it did before."""

import pytest
from playwright.sync_api import expect

from tests.browser.test_adding import egg_box, give, written
from tests.browser.test_explore import CAMERA, zoomed

pytestmark = pytest.mark.browser

RANGES = "(node) => [...node._fullLayout.xaxis.range, ...node._fullLayout.yaxis.range].join()"
SHOWN = ".panel:not([hidden])"


def runs(atlas):
    return atlas.page.locator(SHOWN).evaluate_all("(panels) => panels.map((panel) => panel.dataset.run)")


@pytest.mark.parametrize(("link", "turns"), [("&window=0,0.5,0,0.5", 0), ("", 2)])
def test_another_range_shows_the_whole_of_it(atlas, link, turns):
    atlas.open(f"?models=resnet20&view=contour&points=9{link}")
    atlas.settle()
    if turns:
        zoomed(atlas, turns=turns)
        atlas.settle()
    slider = atlas.page.get_by_role("slider", name="Range")
    slider.focus()
    slider.press("ArrowLeft")
    atlas.wait("() => location.search.includes('range=0.75') && !location.search.includes('window')")
    atlas.settle()
    assert atlas.ask(RANGES, "contour") == "-0.75,0.75,-0.75,0.75"


@pytest.mark.parametrize("link", ["", "&window=0,0.5,0,0.5"])
def test_a_double_click_on_a_map_shows_all_of_it(atlas, link):
    atlas.open(f"?models=resnet20&view=contour&points=9{link}")
    atlas.settle()
    zoomed(atlas, turns=2)
    atlas.settle()
    box = atlas.figure("contour").locator(".nsewdrag").bounding_box()
    atlas.page.mouse.dblclick(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    atlas.wait("() => !location.search.includes('window')")
    atlas.page.wait_for_timeout(400)  # longer than a map rests before it is told
    atlas.settle()
    assert atlas.ask(RANGES, "contour") == "-1,1,-1,1"
    assert "window" not in atlas.page.url


def test_a_panel_alone_on_the_stage_leaves_it_when_it_is_closed_and_shares_it_with_one_that_comes(atlas):
    atlas.open("?models=resnet20,vgg9&points=9&solo=resnet20")
    atlas.settle()
    atlas.choose("mlp")
    atlas.settle(3)
    assert "solo" not in atlas.page.url
    atlas.page.get_by_label("Maximise").nth(1).click()
    atlas.settle()
    atlas.page.get_by_label("Close panel").and_(atlas.page.locator(":visible")).click()
    atlas.settle(2)
    assert runs(atlas) == ["resnet20", "mlp"]
    assert "solo" not in atlas.page.url


def test_closing_a_panel_gives_the_focus_to_the_next_and_at_last_to_the_first_card(atlas):
    focused = "(node) => node === document.activeElement"
    atlas.open("?models=resnet20,vgg9,mlp&points=9")
    atlas.settle(3)
    for slot, left in ((0, ["vgg9", "mlp"]), (1, ["vgg9"])):
        atlas.page.get_by_label("Close panel").nth(slot).press("Enter")
        atlas.settle(len(left))
        assert runs(atlas) == left
        assert atlas.page.locator(SHOWN).nth(min(slot, len(left) - 1)).evaluate(focused)
    atlas.page.get_by_label("Close panel").first.press("Enter")
    atlas.wait(f"() => !document.querySelector('{SHOWN}')")
    assert atlas.page.locator(".card").first.evaluate(focused)


def test_the_table_of_numbers_has_the_models_on_screen_at_once(atlas):
    heads = atlas.page.locator("#numbers th[scope=col]")
    atlas.open("?models=resnet20,vgg9,mlp&points=9&view=numbers")
    expect(heads).to_have_text(["ResNet-20", "VGG-9", "MLP, two layers"])
    atlas.page.locator('.card[data-run="vgg9"]').click()
    atlas.page.locator('.card[data-run="resnet20"]').click()
    expect(heads).to_have_text(["MLP, two layers"])
    atlas.page.locator('.card[data-run="vgg9"]').click()
    expect(heads).to_have_text(["MLP, two layers", "VGG-9"])


def test_a_figure_that_once_failed_is_drawn_when_there_is_news(atlas):
    atlas.service.hold()
    atlas.service.step(1)
    atlas.page.route("**/api/figure/**", lambda route: route.fulfill(status=500, body="{}"), times=1)
    atlas.open("?models=resnet20&points=17")
    expect(atlas.figure()).to_have_attribute(
        "data-problem", "This figure could not be drawn: the log of the server has the details."
    )
    atlas.service.release()
    atlas.settle()
    assert atlas.figure().get_attribute("data-problem") is None
    atlas.complaints[:] = [text for text in atlas.complaints if "500" not in text]


def test_losses_and_gradients_share_no_scale(atlas, tmp_path):
    atlas.service.shelf = None
    atlas.open("?models=resnet20&points=9&quantity=gradient")
    give(atlas, written(tmp_path, "box.h5", egg_box()))
    atlas.settle(2)
    addresses = [atlas.figure(slot=slot).get_attribute("data-url") for slot in (0, 1)]
    assert ["quantity=gradient" in address for address in addresses] == [True, False]
    assert not [address for address in addresses if "limits" in address]
    assert not [address for address in addresses if "bar=0" in address]
    expect(atlas.page.locator("#legend")).to_be_hidden()


DRAWN = f"""() => {{
 const surfaces = [...document.querySelectorAll('{SHOWN} .surface')];
 return surfaces.length === 2 && surfaces.every((node) => (((node.data || [{{}}])[0] || {{}}).meta || {{}}).heights);
}}"""
ALIKE = f"() => new Set([...document.querySelectorAll('{SHOWN} .surface')].map({CAMERA})).size === 1"


def cameras(atlas):
    return [atlas.ask(CAMERA, slot=slot) for slot in (0, 1)]


def rested(atlas, start):
    """Where both cameras are, and how often was drawn, once neither changes any more and both have left their start."""
    before = None
    for _ in range(40):
        now = cameras(atlas), atlas.page.evaluate("() => atlas.drawings")
        if now == before and not set(now[0]) & set(start):
            return now
        before = now
        atlas.page.wait_for_timeout(300)
    raise AssertionError(f"The surfaces should turn and rest, got cameras {now[0]} from {start}.")


def test_no_surface_is_drawn_while_a_hand_turns_one(atlas):
    atlas.service.hold()
    atlas.open("?models=resnet20,vgg9&seed=5")
    atlas.service.step(10)
    atlas.wait(DRAWN)
    box = atlas.figure().bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    (start, _), mouse = rested(atlas, []), atlas.page.mouse
    mouse.move(x, y)
    mouse.down()
    mouse.move(x + 80, y + 20, steps=4)
    turned = rested(atlas, start)  # what was asked for before is drawn
    atlas.service.step(2)
    atlas.page.wait_for_timeout(600)
    assert (cameras(atlas), atlas.page.evaluate("() => atlas.drawings")) == turned
    mouse.up()
    atlas.wait(f"() => atlas.drawings > {turned[1]}")
    atlas.service.release()
    atlas.settle(2)
    atlas.wait(ALIKE)
