"""Where one looks at a surface from: kept through views and links, never below the floor, turned by two fingers."""

import math

import pytest

from tests.browser.test_explore import drag

pytestmark = pytest.mark.browser

CAMERA = "(node) => node._fullLayout.scene._scene.getCamera()"
LINKED = "() => new URLSearchParams(location.search).get('camera')"


def direction(atlas, slot=0):
    """Degrees round and degrees up, as a link spells them, of what is on screen."""
    camera = atlas.ask(CAMERA, slot=slot)
    x, y, z = (camera["eye"][axis] - camera["center"][axis] for axis in "xyz")
    return math.degrees(math.atan2(y, x)), math.degrees(math.atan2(z, math.hypot(x, y)))


def linked(atlas):
    atlas.wait(LINKED)
    return [float(number) for number in atlas.page.evaluate(LINKED).split(",")]


def show(atlas, view, kind):
    atlas.page.locator(".toolbar").get_by_text(view, exact=True).click()
    atlas.figure(kind).wait_for(state="visible")
    atlas.settle(2)


def test_a_linked_camera_survives_other_views_and_stays_above_the_floor(atlas):
    atlas.open("?models=resnet20,vgg9&points=9&camera=20,60,1.2")
    atlas.settle(2)
    assert direction(atlas) == pytest.approx((20, 60), abs=0.1)
    assert direction(atlas, 1) == pytest.approx((20, 60), abs=0.1)
    drag(atlas, by=(40, -190))
    atlas.page.wait_for_function("() => !location.search.includes('camera=20,60')")
    seen = linked(atlas)
    assert seen[1] >= 2.9
    assert seen[:2] == pytest.approx(direction(atlas), abs=0.1)
    show(atlas, "Contours", "contour")
    show(atlas, "Surface", "surface")
    for slot in (0, 1):
        assert direction(atlas, slot) == pytest.approx(seen[:2], abs=0.1)
    assert linked(atlas) == seen
    atlas.page.keyboard.press("0")
    atlas.page.wait_for_function("() => !location.search.includes('camera')")


TOUCH = """async (node, fingers) => {
 const box = node.getBoundingClientRect();
 const target = node.querySelector('canvas');
 const told = [];
 const send = (type, places) => {
  const touches = places.map(([x, y], identifier) => new Touch({
   identifier, target, clientX: box.left + x, clientY: box.top + y }));
  const event = new TouchEvent(type, {
   touches, targetTouches: touches, changedTouches: touches, bubbles: true, cancelable: true });
  target.dispatchEvent(event);
  told.push(event.defaultPrevented);
 };
 send('touchstart', fingers[0]);
 fingers.slice(1).forEach((places) => send('touchmove', places));
 target.dispatchEvent(new TouchEvent('touchend', { bubbles: true, cancelable: true }));
 return told.some(Boolean);
}"""


def test_one_finger_scrolls_past_a_surface_and_two_turn_it(atlas):
    atlas.open("?models=resnet20&points=9")
    atlas.settle()
    before = direction(atlas)
    node = atlas.figure()
    assert not node.evaluate(TOUCH, [[[100, 100]], [[100, 140]], [[100, 180]]])
    assert direction(atlas) == pytest.approx(before, abs=0.01)
    assert node.evaluate("(node) => getComputedStyle(node.querySelector('canvas')).touchAction") == "pan-y"
    node.evaluate("(node) => atlas.touch(node)")  # as after another view, when the surface is drawn anew
    height = node.evaluate("(node) => node.clientHeight")
    pairs = [[[100 + shift, 100], [160 + shift, 100]] for shift in (0, height / 36, height / 18)]
    assert node.evaluate(TOUCH, pairs)
    seen = linked(atlas)
    assert seen[0] == pytest.approx(before[0] - 10, abs=0.2)
    assert seen[1:] == pytest.approx((before[1], 1), abs=0.1)
