import math

import numpy as np
import pytest
from playwright.sync_api import expect

from viewer.help import KEYS

pytestmark = pytest.mark.browser

CAMERA = "(node) => node._fullLayout.scene._scene.getCamera()"
STORED = "(node) => node.layout.scene.camera"
RANGES = "(node) => [node._fullLayout.xaxis.range, node._fullLayout.yaxis.range]"
TURN, STEEPEST, LOWEST, ZOOM, STRIDE = 5, 85, 3, 1.1, 0.08


def place(camera):
    """Degrees round, degrees up, and distance, of an eye from what it looks at."""
    x, y, z = (camera["eye"][axis] - camera["center"][axis] for axis in "xyz")
    away = math.hypot(x, y, z)
    return math.degrees(math.atan2(y, x)), math.degrees(math.asin(z / away)), away


def press(atlas, *keys):
    for key in keys:
        atlas.page.keyboard.press(key)


def stored(atlas, slots=(0,)):
    """Waits until every surface has stored what it shows, which is no longer its home, and tells where from."""
    for slot in slots:
        atlas.page.wait_for_function(
            f"([node, before]) => {{ const [kept, seen] = [({STORED})(node).eye, ({CAMERA})(node).eye];"
            "const rests = [...'xyz'].every((axis) => Math.abs(kept[axis] - seen[axis]) < 1e-6);"
            "return rests && JSON.stringify(kept) !== before; }",
            arg=[atlas.figure(slot=slot).element_handle(), atlas.homes[slot]],
        )
    return [place(atlas.ask(STORED, slot=slot)) for slot in slots]


def opened(atlas, query, panels=1):
    atlas.open(query)
    atlas.settle(panels)
    atlas.homes = [atlas.ask(f"(node) => JSON.stringify(({STORED})(node).eye)", slot=slot) for slot in range(panels)]


def test_arrows_turn_all_surfaces_and_a_redraw_keeps_them_there(atlas):
    opened(atlas, "?models=resnet20,vgg9&points=9", 2)
    before = place(atlas.ask(CAMERA))
    press(atlas, *["ArrowRight"] * 4, *["ArrowUp"] * 2)
    first, second = stored(atlas, (0, 1))
    assert first == pytest.approx((before[0] + 4 * TURN, before[1] + 2 * TURN, before[2]), abs=0.05)
    assert second == pytest.approx(first, abs=1e-6)
    atlas.page.get_by_text("Accuracy", exact=True).click()
    atlas.wait("() => location.search.includes('quantity=accuracy')")
    atlas.settle(2)
    for slot in (0, 1):
        assert place(atlas.ask(CAMERA, slot=slot)) == pytest.approx(first, abs=0.05)
        assert place(atlas.ask(STORED, slot=slot)) == pytest.approx(first, abs=0.05)


def test_plus_and_minus_go_nearer_and_further_and_nought_goes_back(atlas):
    opened(atlas, "?models=resnet20&points=9")
    before = place(atlas.ask(CAMERA))
    press(atlas, "-", "-", "-", "+", "=", "-")
    (after,) = stored(atlas)
    assert after == pytest.approx((before[0], before[1], before[2] * ZOOM**2), abs=0.02)
    press(atlas, "0")
    atlas.page.wait_for_function(
        f"([node, home]) => JSON.stringify(({STORED})(node).eye) === home",
        arg=[atlas.figure().element_handle(), atlas.homes[0]],
    )


def test_a_surface_is_never_turned_over(atlas):
    opened(atlas, "?models=resnet20&points=9")
    press(atlas, *["ArrowUp"] * 40)
    (after,) = stored(atlas)
    assert after[1] == pytest.approx(STEEPEST, abs=0.2)
    press(atlas, *["ArrowDown"] * 40)
    atlas.wait(f"() => /camera=[^,]*,{LOWEST},/.test(location.search)")


def test_many_presses_are_one_storing(atlas):
    opened(atlas, "?models=resnet20&points=9")
    atlas.page.evaluate(
        "() => { window.stored = 0; const { relayout } = Plotly;"
        "Plotly.relayout = (node, change, ...more) => { window.stored += 'scene.camera' in change;"
        "return relayout(node, change, ...more); }; }"
    )
    before = place(atlas.ask(CAMERA))
    atlas.page.evaluate(  # at once, however busy the machine is
        "for (let n = 0; n < 30; n += 1) document.body.dispatchEvent("
        "new KeyboardEvent('keydown', { key: 'ArrowLeft', bubbles: true, cancelable: true }))"
    )
    (after,) = stored(atlas)
    assert (before[0] - after[0]) % 360 == pytest.approx(30 * TURN, abs=0.1)
    assert 1 <= atlas.page.evaluate("window.stored") <= 4


def test_arrows_move_a_map_and_plus_zooms_about_its_middle(atlas):
    atlas.open("?models=resnet20&view=contour&points=9")
    atlas.settle()
    (x0, x1), (y0, y1) = atlas.ask(RANGES, "contour")
    press(atlas, "+", "+")
    half = (x1 - x0) / 2 / ZOOM**2
    until_x(atlas, (x0 + x1) / 2 + half)
    press(atlas, "ArrowRight")
    until_x(atlas, (x0 + x1) / 2 + half * (1 + 2 * STRIDE))
    press(atlas, "ArrowDown")
    atlas.wait(
        f"() => Math.abs(document.querySelector('.figure.contour')._fullLayout.yaxis.range[1]"
        f" - {(y0 + y1) / 2 + half * (1 - 2 * STRIDE)}) < 1e-6"
    )
    slider = atlas.page.get_by_role("slider", name="Resolution")
    kept = atlas.ask(RANGES, "contour")
    slider.press("ArrowRight")
    atlas.wait("() => document.querySelector('.panel').dataset.side === '17 × 17'")
    atlas.settle()
    np.testing.assert_allclose(atlas.ask(RANGES, "contour"), kept, rtol=1e-5)


def until_x(atlas, end):
    atlas.wait(f"() => Math.abs(document.querySelector('.figure.contour')._fullLayout.xaxis.range[1] - {end}) < 1e-6")


def test_keys_belong_to_the_control_that_has_the_focus(atlas):
    opened(atlas, "?models=resnet20&points=9")
    before = place(atlas.ask(CAMERA))
    atlas.page.get_by_role("slider", name="Range").press("ArrowRight")
    atlas.page.locator("#seed").press("1")
    atlas.page.get_by_label("Export").first.click()
    expect(atlas.page.get_by_role("menu")).to_be_visible()
    press(atlas, "ArrowDown", "Escape")
    assert place(atlas.ask(CAMERA)) == pytest.approx(before, abs=0.01)
    assert atlas.page.locator("[data-selected]").count() == 0


def test_a_digit_selects_a_panel_and_escape_none(atlas):
    opened(atlas, "?models=resnet20,vgg9&points=9", 2)
    press(atlas, "2")
    chosen = atlas.page.locator(".panel[data-selected]")
    expect(chosen).to_have_count(1)
    expect(chosen).to_be_focused()
    expect(chosen).to_have_accessible_name("VGG-9")
    assert chosen.get_attribute("data-run") == "vgg9"
    press(atlas, "3")  # there is no third
    expect(chosen).to_be_focused()
    press(atlas, "1")
    assert chosen.get_attribute("data-run") == "resnet20"
    press(atlas, "Escape")
    expect(chosen).to_have_count(0)


def test_a_selected_panel_comes_into_view_on_a_phone(atlas):
    atlas.page.set_viewport_size({"width": 390, "height": 844})
    opened(atlas, "?models=resnet20,vgg9&points=9", 2)
    second = atlas.page.locator('.panel[data-run="vgg9"]')
    expect(second).not_to_be_in_viewport(ratio=0.9)
    press(atlas, "2")
    expect(second).to_be_in_viewport(ratio=0.9)


def test_a_letter_changes_the_colours_and_a_question_mark_lists_every_key(atlas):
    opened(atlas, "?models=resnet20&points=9")
    press(atlas, "d")
    atlas.wait("() => document.documentElement.getAttribute('data-mantine-color-scheme') === 'dark'")
    press(atlas, "?")
    shown = atlas.page.get_by_role("dialog", name="Help")
    expect(shown).to_be_visible()
    listed = shown.locator("kbd").all_inner_texts()
    assert listed == [key for keys, _ in KEYS for key in keys]
    before = atlas.ask(CAMERA)
    press(atlas, "ArrowRight", "Escape")
    expect(shown).to_be_hidden()
    assert atlas.ask(CAMERA) == before


def test_keys_work_after_a_click_on_a_segmented_control_to_which_only_arrows_belong(atlas):
    opened(atlas, "?models=resnet20,vgg9&points=9", 2)
    before = place(atlas.ask(CAMERA))
    atlas.page.locator("#quantity").get_by_text("Loss", exact=True).click()
    assert atlas.page.evaluate("document.activeElement.type") == "radio"
    press(atlas, "2")
    expect(atlas.page.locator(".panel").nth(1)).to_have_attribute("data-selected", "")
    atlas.page.locator("#quantity").get_by_text("Loss", exact=True).click()
    press(atlas, "?")
    expect(atlas.page.get_by_role("dialog", name="Help")).to_be_visible()
    press(atlas, "Escape")
    atlas.page.locator("#quantity").get_by_text("Loss", exact=True).click()
    press(atlas, "ArrowRight")
    atlas.wait("() => location.search.includes('quantity=accuracy')")
    assert place(atlas.ask(CAMERA)) == pytest.approx(before, abs=0.05)


@pytest.mark.parametrize("control", ["#points [role=slider]", "#colours", "#norm", "#marks", "#rail-button"])
def test_letters_and_digits_work_wherever_nothing_is_typed(atlas, control):
    opened(atlas, "?models=resnet20,vgg9&points=9", 2)
    focus = "(where) => document.querySelector(where).focus()"
    atlas.page.evaluate(focus, control)
    assert atlas.page.evaluate("(where) => document.activeElement === document.querySelector(where)", control)
    atlas.page.keyboard.press("2")
    expect(atlas.page.locator(".panel").nth(1)).to_have_attribute("data-selected", "")
    atlas.page.evaluate(focus, control)
    atlas.page.keyboard.press("?")
    expect(atlas.page.get_by_role("dialog", name="Help")).to_be_visible()
