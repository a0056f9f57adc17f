"""Surfaces as blocks: the same numbers, cameras and cursors as by Plotly, in one drawing context."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.test_camera import linked
from tests.viewer.fake_service import bowl, steep

pytestmark = pytest.mark.browser


VIEWED = "() => document.querySelector('.figure.surface').carved.view.azimuth"
CARVED = "() => [...document.querySelectorAll('.panel:not([hidden]) .surface')].map((node) => Boolean(node.carved))"
SEEN = "(node) => node.carved.view"


def hovered(atlas, slot, right, up):
    """The readings under every panel, of the mouse at a share of a block's panel."""
    box = atlas.figure(slot=slot).bounding_box()
    atlas.page.mouse.move(box["x"] + right * box["width"], box["y"] + up * box["height"])
    readings = atlas.page.locator(".panel:not([hidden]) .reading")
    expect(readings.first).to_be_visible()
    return [[float(part) for part in re.findall(r"-?[0-9.]+", text)[:3]] for text in readings.all_inner_texts()]


def test_blocks_tell_the_losses_of_their_points_and_turn_together(blocks):
    blocks.open("?models=resnet20,vgg9&points=9&height=clipped&cap=1&camera=20,60,1")
    blocks.settle(2)
    assert blocks.page.evaluate(CARVED) == [True, True]
    assert blocks.page.evaluate("() => document.querySelectorAll('.gl-container canvas').length") == 0
    for right, up in ((0.5, 0.45), (0.4, 0.5)):
        for (alpha, beta, loss), law in zip(hovered(blocks, 0, right, up), (bowl, steep), strict=True):
            assert loss == pytest.approx(float(law(alpha, beta)), rel=0.01)
            assert abs(alpha * 4 - round(alpha * 4)) < 1e-6
    blocks.page.keyboard.press("ArrowRight")
    blocks.wait("() => location.search.includes('camera=25')")
    assert linked(blocks)[:2] == pytest.approx((25, 60), abs=0.01)
    assert blocks.ask(SEEN, slot=1)["azimuth"] == pytest.approx(25)
    for _ in range(30):
        blocks.page.keyboard.press("ArrowDown")
    blocks.wait("() => /camera=25,3,/.test(location.search)")
    blocks.page.get_by_text("Plotly", exact=True).click()
    drawn = "() => document.querySelectorAll('.panel:not([hidden]) .surface.js-plotly-plot').length === 2"
    blocks.page.wait_for_function(drawn, timeout=60_000)  # two first scenes of Plotly's
    blocks.settle(2)
    assert blocks.page.evaluate(CARVED) == [False, False]
    assert "look=plotly" in blocks.page.url


def test_the_first_picture_is_of_blocks_which_turn_until_the_first_key(blocks):
    blocks.page.add_init_script("window.atlas.turns = true")
    blocks.open("")
    blocks.settle(2)
    assert blocks.page.evaluate(CARVED) == [True, True]
    blocks.page.wait_for_function(f"(before) => ({VIEWED})() !== before", arg=blocks.page.evaluate(VIEWED))
    blocks.page.keyboard.press("Shift")
    blocks.wait("() => location.search.startsWith('?camera=')")
    assert linked(blocks)[0] == pytest.approx(blocks.page.evaluate(VIEWED), abs=1e-3)
    blocks.page.keyboard.press("0")
    blocks.wait("() => location.search === ''")
    blocks.wait(f"() => ({VIEWED})() === -64")


def test_plotly_draws_without_a_word_where_webgl_2_is_missing(atlas):
    atlas.page.add_init_script("""delete window.atlas.webgl2;
      const context = HTMLCanvasElement.prototype.getContext;
      HTMLCanvasElement.prototype.getContext = function (kind, ...more) {
        return kind === 'webgl2' ? null : context.call(this, kind, ...more);
      };""")
    atlas.open("?models=resnet20&points=9&look=relief")
    atlas.settle()
    assert atlas.page.evaluate(CARVED) == [False]
    assert atlas.ask("(node) => node._fullData[0].type") == "surface"
    expect(atlas.page.get_by_role("radio", name="Relief")).to_be_checked()


BALL = """() => {
 const { carved, data } = document.querySelector('#drawing-surface');
 const [ball] = carved.paths.balls;
 const now = data.find(({ meta }) => meta && meta.now);
 const [x, y, z] = carved.block.at(now.x[0], now.y[0], now.z[0]);
 const { position } = ball.mesh;
 return { epoch: now.meta.epochs[0][now.meta.places[0]], beside: Math.hypot(position.x - x, position.y - y),
          above: position.z - z, turn: ball.mesh.quaternion.toArray() };
}"""
"""Where the ball of a path is beside the marked checkpoint, whose height is Python's."""


def test_a_ball_rolls_along_its_path_to_the_epoch_that_is_chosen(blocks):
    blocks.page.goto(f"{blocks.address}trajectory/?models=vgg9&points=9&view=surface")
    blocks.wait("() => document.querySelector('#drawing-surface')?.carved?.paths?.balls.length === 1")
    before = blocks.page.evaluate(f"({BALL})().turn")
    blocks.page.locator(".player-range").focus()
    for _ in range(3):
        blocks.page.keyboard.press("ArrowLeft")
    expect(blocks.page.locator(".player-epoch")).to_have_text("epoch 15 of 30")
    blocks.wait(f"() => {{ const {{ epoch, beside }} = ({BALL})(); return epoch === 15 && beside < 1e-5; }}")
    found = blocks.page.evaluate(BALL)
    assert found["above"] == pytest.approx(0.052, abs=1e-5)  # its radius
    assert found["turn"] != pytest.approx(before, abs=1e-3)
    kinds = "(node) => node.carved.paths.group.children.map(({ geometry }) => geometry.type)"
    assert "TubeGeometry" in blocks.page.locator("#drawing-surface").evaluate(kinds)


def test_a_training_runs_surface_is_a_block_and_a_link_names_plotly(blocks):
    blocks.page.goto(f"{blocks.address}trajectory/?models=vgg9&points=9&view=surface")
    blocks.wait("() => document.querySelector('#drawing-surface')?.carved")
    blocks.page.get_by_text("Plotly", exact=True).click()
    blocks.wait("() => document.querySelector('#drawing-surface')?._fullLayout")
    blocks.page.wait_for_url("**look=plotly")
    assert not blocks.page.evaluate("() => Boolean(document.querySelector('#drawing-surface')?.carved)")
