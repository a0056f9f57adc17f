import base64
import io
import math
import re
from urllib.parse import urlsplit

import h5py
import numpy as np
import pytest
import trimesh
from PIL import Image
from playwright.sync_api import expect

from compute.errors import LandscapeError
from compute.specs import Mean, Quantile
from tests.browser.saved import save
from tests.viewer.fake_service import bowl, steep
from viewer.state import ViewState

pytestmark = pytest.mark.browser

ROUNDED = "Object.values({}).map((x) => x.toFixed(2)).join()"
CAMERA = f"(node) => {ROUNDED.format('node._fullLayout.scene._scene.getCamera().eye')}"
STORED = f"(node) => {ROUNDED.format('node.layout.scene.camera.eye')}"
PALE = "(node) => Boolean((node.data[0].meta || {}).heights)"
ROUND = """(node) => {
 const { eye, center } = node._fullLayout.scene._scene.getCamera();
 return Math.atan2(eye.y - center.y, eye.x - center.x);
}"""
"""How far round what it looks at a camera stands, in radians."""


def drag(atlas, kind="surface", by=(120, 40)):
    box = atlas.figure(kind).bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    mouse = atlas.page.mouse
    mouse.move(x, y)
    mouse.down()
    mouse.move(x + by[0], y + by[1], steps=4)
    mouse.up()


def turned(atlas):
    before = atlas.ask(CAMERA)
    drag(atlas)
    atlas.page.wait_for_function(
        f"([node, before]) => ({STORED})(node) !== before && ({STORED})(node) === ({CAMERA})(node)",
        arg=[atlas.figure().element_handle(), before],
    )
    return atlas.ask(CAMERA)


def test_an_empty_page_says_what_to_do(atlas):
    atlas.open()
    expect(atlas.page.get_by_role("heading", name="Choose a network")).to_be_visible()
    assert atlas.page.locator("html").get_attribute("lang") == "en"


def test_a_first_scene_is_ready_before_anything_is_chosen_and_becomes_the_first_surface(atlas):
    atlas.open()
    atlas.wait("() => document.querySelector('.figure.surface[data-warm]')?._fullLayout")
    expect(atlas.page.locator(".panel").first).not_to_be_visible()
    expect(atlas.page.locator(".toolbar")).not_to_be_visible()
    ready = atlas.ask("(node) => [node.clientWidth, node.clientHeight]")
    atlas.ask("(node) => { node.querySelector('canvas').made = 'before'; }")
    atlas.choose("resnet20")
    atlas.settle()
    assert atlas.ask("(node) => node.querySelector('canvas').made") == "before"
    assert atlas.ask("(node) => [node.clientWidth, node.clientHeight]") == ready
    assert atlas.ask("(node) => node.dataset.warm") is None
    expect(atlas.page.locator(".stage.warming")).to_have_count(0)


def test_a_chosen_network_becomes_a_surface_provisional_first_then_final(atlas):
    atlas.service.hold()
    atlas.open()
    atlas.choose("resnet20")
    atlas.service.step(6)
    atlas.wait("() => ((document.querySelector('.figure.surface').data || [{}])[0].meta || {}).heights")
    assert "%" in atlas.page.locator(".panel .standing").first.inner_text()
    atlas.service.release()
    atlas.settle()
    assert not atlas.ask(PALE)
    assert atlas.page.locator(".panel .bar").first.get_attribute("aria-valuenow") == "100"
    assert atlas.page.locator(".panel .standing").first.inner_text() == "33 × 33 · done"
    assert atlas.page.locator(".job-text").inner_text() == "Done"


def test_hover_tells_the_true_values(atlas):
    atlas.open("?models=resnet20&view=contour")
    atlas.settle()
    atlas.page.mouse.move(600, 400)
    box = atlas.figure("contour").locator(".nsewdrag").bounding_box()
    atlas.page.mouse.move(box["x"] + box["width"] * 0.75, box["y"] + box["height"] / 2, steps=3)
    told = atlas.figure("contour").locator(".hoverlayer").locator("text").first
    told.wait_for()
    text = told.text_content()
    alpha, beta, loss, error, accuracy = (float(number) for number in re.findall(r"-?\d[\d.]*", text.replace("−", "-")))
    assert alpha > 0.1
    assert loss == pytest.approx(bowl(alpha, beta), rel=1e-3)
    assert error == pytest.approx(0.02 * loss, rel=0.05)
    assert accuracy == pytest.approx(10 + 88 * math.exp(-bowl(alpha, beta)), rel=1e-2)


def test_the_panel_tells_on_how_many_examples_it_rests_and_another_statistic_is_another_survey(atlas):
    atlas.open("?models=resnet20&points=9")
    atlas.settle()
    assert atlas.page.locator(".panel .resting").first.inner_text() == "256 of 1,437 images, s.e. 0.02"
    mean = atlas.page.locator(".panel").first.get_attribute("data-survey")
    atlas.page.locator("#statistic").click()
    atlas.page.get_by_role("option", name="Quantile 90 %").click()
    atlas.wait(f"() => document.querySelector('.panel').dataset.survey !== '{mean}'")
    atlas.settle()
    asked = atlas.page.locator(".panel").first.get_attribute("data-survey")
    assert atlas.service.survey(asked).statistic == Quantile(0.9)
    assert "statistic=quantile:0.9" in atlas.page.url
    assert atlas.ask("(node) => node._fullLayout.scene.zaxis.title.text") == "loss, quantile 90 % (log)"


def test_the_classes_that_a_network_has_can_be_chosen_and_another_is_a_sentence(atlas):
    atlas.open("?models=resnet20&points=9&statistic=class:12")
    told = "A class should be a number from 0 to 9 for this network, got 12: choose another."
    atlas.page.get_by_text(told).wait_for()
    expect(atlas.page.locator("#statistic")).to_have_value("Class 12 only")
    atlas.page.locator("#statistic").click()
    atlas.page.get_by_role("option", name="Class 9 only").click()
    atlas.settle()
    expect(atlas.page.locator(".panel .resting").first).to_have_text(re.compile("^class 9 among 256 of 1,437 images"))
    atlas.page.locator("#statistic").click()
    expect(atlas.page.get_by_role("option", name=re.compile("^Class"))).to_have_count(10)
    assert atlas.page.get_by_text(told).count() == 0


def test_two_surfaces_are_compared_in_numbers(atlas):
    atlas.open("?models=resnet20,resnet56-noshort&view=numbers")
    table = atlas.page.locator("#numbers table")
    minima = table.get_by_role("row").filter(has_text="Local minima").locator("td")
    atlas.wait("() => [...document.querySelectorAll('.panel:not([hidden])')].every(p => p.dataset.state === 'done')")
    expect(minima.nth(0)).to_have_text("1")
    expect(minima.nth(1)).to_have_text("1")
    rough = table.get_by_role("row").filter(has_text="Roughness").locator("td").all_inner_texts()
    assert float(rough[0].split()[0]) < float(rough[1].split()[0])
    assert table.locator("th[scope=col]").all_inner_texts() == ["ResNet-20", "ResNet-56 without skips"]
    own = table.get_by_role("row").filter(has_text="Loss at the model").locator("td")
    expect(own.nth(0)).to_have_text("0.03")
    assert not atlas.page.locator(".panels").is_visible()


def zoomed(atlas, slot=0, at=(0.75, 0.5), turns=8):
    """Turns the wheel over a map, and waits for the address and every panel to name the part in view."""
    box = atlas.figure("contour", slot).locator(".nsewdrag").bounding_box()
    atlas.page.mouse.move(box["x"] + box["width"] * at[0], box["y"] + box["height"] * at[1])
    for _ in range(turns):
        atlas.page.mouse.wheel(0, -300)
    atlas.page.wait_for_timeout(500)  # the last turns may still be drawn
    atlas.page.wait_for_function(TOLD, arg=atlas.figure("contour", slot).element_handle())


TOLD = """(node) => {
 const part = new URLSearchParams(location.search).get('window');
 const near = (ends, range) => ends.length === 2 && ends.every((end, place) => Math.abs(end - range[place]) < 1e-4);
 const { xaxis, yaxis } = node._fullLayout;
 const says = (x, y) => near(x.map(Number), xaxis.range) && near(y.map(Number), yaxis.range);
 const panels = [...document.querySelectorAll('.panel:not([hidden])')];
 const styles = panels.map((panel) => new URLSearchParams(panel.dataset.style));
 return part && says(part.split(',').slice(0, 2), part.split(',').slice(2))
   && styles.every((style) => style.has('x') && says(style.get('x').split(':'), style.get('y').split(':')));
}"""


def window_of(atlas):
    return ViewState.read(urlsplit(atlas.page.url).query).state.window


def test_zooming_a_map_fetches_finer_tiles_for_every_panel_and_the_numbers_stay_right(atlas):
    atlas.open("?models=resnet20,vgg9&view=contour&points=17")
    atlas.settle(2)
    zoomed(atlas)
    atlas.settle(2)
    low, high, bottom, top = window_of(atlas)
    assert -1 < low < 0.5 < high < 1.1
    np.testing.assert_allclose(np.ravel(atlas.service.focused[1:]), [low, high, bottom, top])
    for slot, law in ((0, bowl), (1, steep)):
        survey = atlas.service.survey(atlas.page.locator(".panel").nth(slot).get_attribute("data-survey"))
        assert survey.lattice.level > 3
        shown = atlas.ask("(node) => [node._fullLayout.xaxis.range, node._fullLayout.yaxis.range]", "contour", slot)
        np.testing.assert_allclose(np.ravel(shown), [low, high, bottom, top], rtol=1e-5)
        told = arrays(atlas, slot)
        alpha, beta = np.meshgrid(told["x"], told["y"])
        np.testing.assert_allclose(told["loss"], law(alpha, beta), rtol=1e-5)


def wheeled(atlas, turns):
    for _ in range(turns):
        atlas.page.mouse.wheel(0, -300)
    atlas.page.wait_for_timeout(500)  # longer than a map rests before it is told


def held(atlas, address):
    """Holds back what a page asks of an address; what is returned lets it go, the newest first."""
    waiting = []
    atlas.page.route(address, lambda route: waiting.append(route))

    def release():
        for route in reversed(waiting):
            with atlas.page.expect_response(route.request.url):
                route.continue_()
        atlas.page.unroute(address)

    return release


def test_a_map_that_was_moved_stays_so_whatever_is_drawn_before_the_page_has_answered(atlas):
    ranges = "(node) => [...node._fullLayout.xaxis.range, ...node._fullLayout.yaxis.range]"
    atlas.open("?models=resnet20&view=contour&points=17")
    atlas.settle()
    draw = held(atlas, "**/api/figure/contour/**")
    zoomed(atlas, turns=2)
    first, drawn = window_of(atlas), atlas.page.evaluate("() => atlas.drawings")
    answer = held(atlas, "**/_dash-update-component*")
    wheeled(atlas, 3)
    moved = atlas.ask(ranges, "contour")
    assert moved[1] - moved[0] < 0.9 * (first[1] - first[0])
    draw()
    atlas.wait(f"() => atlas.drawings > {drawn}")
    np.testing.assert_allclose(atlas.ask(ranges, "contour"), moved)
    wheeled(atlas, 2)
    last = atlas.ask(ranges, "contour")
    assert last[1] - last[0] < 0.9 * (moved[1] - moved[0])
    answer()
    atlas.page.wait_for_function(TOLD, arg=atlas.figure("contour").element_handle())
    atlas.settle()
    atlas.page.wait_for_timeout(300)  # an overtaken answer changes nothing
    np.testing.assert_allclose(window_of(atlas), last, rtol=1e-5)
    np.testing.assert_allclose(atlas.ask(ranges, "contour"), last, rtol=1e-5)


def arrays(atlas, slot):
    """What a map draws, decoded: its axes, and the losses that hovering tells."""
    sheet = atlas.ask("(node) => (({ x, y, customdata }) => ({ x, y, customdata }))(node.data[0])", "contour", slot)
    found = {name: np.frombuffer(base64.b64decode(spec["bdata"]), "<f4") for name, spec in sheet.items()}
    sides = [int(side) for side in sheet["customdata"]["shape"].split(",")]
    return {"x": found["x"], "y": found["y"], "loss": found["customdata"].reshape(sides)[..., 0]}


def test_a_link_leads_to_the_deepest_level_and_to_the_furthest_reach(atlas):
    for window, level in (("0.3,0.302,-0.701,-0.699", 12), ("-8,8,-8,8", 1)):
        atlas.open(f"?models=resnet20&view=contour&points=33&window={window}")
        atlas.settle()
        survey = atlas.service.survey(atlas.page.locator(".panel").first.get_attribute("data-survey"))
        assert survey.lattice.level == level
        told = arrays(atlas, 0)
        alpha, beta = np.meshgrid(told["x"], told["y"])
        np.testing.assert_allclose(told["loss"], bowl(alpha, beta), rtol=1e-5)
    atlas.page.get_by_role("button", name="Reset view").click()
    atlas.wait("() => !location.search.includes('window')")
    atlas.settle()
    assert atlas.ask("(node) => node._fullLayout.xaxis.range.join()", "contour") == "-1,1"


def test_panels_share_one_scale_and_one_legend_unless_told_otherwise(atlas):
    limits = "(node) => node._fullLayout.scene.zaxis.range.map((end) => end.toFixed(6)).join()"
    atlas.open("?models=resnet20,vgg9&points=9")
    atlas.settle(2)
    assert atlas.ask(limits) == atlas.ask(limits, slot=1)
    legend = atlas.page.locator("#legend")
    assert legend.locator(".legend-title").inner_text() == "loss (capped at 20) · digits 8 × 8"
    assert legend.locator(".legend-tick").count() > 2
    for view, shown in (("Numbers", False), ("Seeds", False), ("Surface", True)):
        atlas.page.get_by_text(view, exact=True).click()
        expect(legend).to_be_visible(visible=shown)
    atlas.settle(2)
    assert not atlas.ask("(node) => node.data[1].marker.showscale")
    atlas.page.get_by_role("switch", name="One scale for all panels").click()
    atlas.wait("() => location.search.includes('scale=own')")
    atlas.settle(2)
    assert atlas.ask(limits) != atlas.ask(limits, slot=1)
    assert not legend.is_visible()
    assert atlas.ask("(node) => node.data[1].marker.showscale")


def test_a_model_is_shown_less_the_first(atlas):
    atlas.open("?models=resnet20,vgg9&view=contour&points=17&height=log")
    atlas.settle(2)
    atlas.page.get_by_role("switch", name="Subtract first panel").click()
    atlas.wait("() => location.search.includes('compare=difference')")
    atlas.settle(2)
    assert atlas.ask("(node) => node.data[0].colorbar.title.text", "contour", 1).startswith(
        "loss ÷ that of<br>ResNet-20"
    )
    assert atlas.ask("(node) => node.data[0].colorbar.title.text", "contour").startswith("loss (log)")
    box = atlas.figure("contour", 1).locator(".nsewdrag").bounding_box()
    atlas.page.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + box["height"] * 0.7, steps=3)
    told = atlas.figure("contour", 1).locator(".hoverlayer text").first
    told.wait_for()
    alpha, beta, *_, ratio = (float(n) for n in re.findall(r"-?\d[\d.]*", told.text_content().replace("−", "-")))
    assert ratio == pytest.approx(steep(alpha, beta) / bowl(alpha, beta), rel=0.01)


def test_a_panel_has_the_stage_to_itself_and_gives_it_back(atlas):
    atlas.open("?models=resnet20,vgg9&points=9")
    atlas.settle(2)
    atlas.page.get_by_label("Maximise").nth(1).click()
    atlas.settle()
    assert atlas.page.locator(".panel:not([hidden])").get_attribute("data-run") == "vgg9"
    assert "solo=vgg9" in atlas.page.url
    assert atlas.page.locator(".gl-container").count() == 1
    atlas.page.get_by_label("Maximise").and_(atlas.page.locator(":visible")).click()
    atlas.settle(2)
    assert "solo" not in atlas.page.url


def runs(atlas):
    return atlas.page.locator(".panel:not([hidden])").evaluate_all("(nodes) => nodes.map((node) => node.dataset.run)")


def test_panels_change_places_by_button_and_by_dragging(atlas):
    atlas.open("?models=resnet20,vgg9,mlp&points=9&view=contour")
    atlas.settle(3)
    atlas.page.get_by_label("Move panel left").and_(atlas.page.locator(":visible")).last.click()
    atlas.wait("() => location.search.includes('models=resnet20,mlp,vgg9')")
    atlas.settle(3)
    assert runs(atlas) == ["resnet20", "mlp", "vgg9"]
    heads = atlas.page.locator(".panel:not([hidden]) .panel-head h2")
    heads.nth(2).drag_to(heads.nth(0))
    atlas.wait("() => location.search.includes('models=vgg9,resnet20,mlp')")
    atlas.settle(3)
    assert runs(atlas) == ["vgg9", "resnet20", "mlp"]


def test_a_range_is_found_and_said(atlas):
    atlas.open("?models=resnet20,vgg9&points=9&range=2")
    atlas.settle(2)
    atlas.page.get_by_role("button", name="Fit range to basin").click()
    atlas.wait("() => !location.search.includes('range')")
    told = atlas.page.locator("#found-range").inner_text()
    assert "loss above 2.3, that of guessing: ResNet-20 at ± 1, VGG-9 at ±" in told
    atlas.settle(2)
    assert atlas.page.locator("#cosine p").all_inner_texts() == [
        f"{name}: cos(δ, η) = −0.012, by chance ± 0.024" for name in ("ResNet-20", "VGG-9")
    ]


def test_the_same_models_on_planes_of_several_seeds(atlas):
    atlas.open("?models=resnet20,vgg9&points=9&view=seeds")
    atlas.wait(
        "() => atlas.seeds().length === 12 && atlas.seeds().every((id) => (atlas.news.get(id) || {}).state === 'done')"
    )
    atlas.wait("() => (document.querySelector('.figure.seeds').data || []).length === 16")
    own = atlas.page.locator(".figure.seeds .annotation-text").filter(has_text="seed 0")
    expect(own).to_have_text(["seed 0 · 1 minimum"] * 2)  # once the last word is drawn
    assert atlas.page.locator(".job-text").inner_text() == "Done"
    atlas.page.get_by_text("Surface", exact=True).click()
    atlas.settle(2)
    expect(atlas.page.locator(".figure.seeds .main-svg")).to_have_count(0)


def test_heights_are_clipped_and_drawn_as_one_likes(atlas):
    atlas.open("?models=vgg9&points=17")
    atlas.settle()
    atlas.page.get_by_text("Linear, capped", exact=True).click()
    atlas.page.get_by_role("slider", name="Cap", exact=True).wait_for()
    atlas.wait("() => location.search.includes('height=clipped')")
    for name in ("Grid lines", "Contours on the floor", "Smoothed"):
        atlas.page.get_by_role("switch", name=name).click()
    atlas.wait("() => ['wireframe=on', 'floor=on', 'smoothing=on'].every((part) => location.search.includes(part))")
    atlas.settle()
    assert atlas.ask("(node) => node._fullLayout.scene.zaxis.title.text") == "loss, smoothed (capped at 10)"
    assert atlas.ask("(node) => node._fullLayout.scene.zaxis.range[1]") == pytest.approx(10, rel=2e-3)
    assert atlas.ask("(node) => node.data[0].contours.x.show && node.data[0].contours.z.project.z")
    atlas.page.get_by_text("In-plane slope", exact=True).click()
    atlas.wait("() => location.search.includes('quantity=slope')")
    atlas.settle()
    assert atlas.ask("(node) => node._fullLayout.scene.zaxis.title.text").startswith("in-plane slope")


def test_grid_lines_come_and_go_and_leave_the_surface_as_it_was(atlas):
    atlas.open("?models=vgg9&points=9")
    atlas.settle()
    plain = still(atlas)
    for state in ("on", ""):
        atlas.page.get_by_role("switch", name="Grid lines").click()
        atlas.wait(f"() => location.search.includes('wireframe=on') === {'true' if state else 'false'}")
        atlas.settle()
        atlas.page.mouse.move(0, 0)
        assert (largest_difference(still(atlas), plain) < 8) == (not state)  # edges are painted now this way, now that


def still(atlas):
    """A picture of the surface that stays the same from one to the next."""
    shots = [atlas.figure().screenshot()]
    while len(shots) < 2 or shots[-1] != shots[-2]:
        assert len(shots) < 20
        atlas.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        shots.append(atlas.figure().screenshot())
    return shots[-1]


def largest_difference(*pictures):
    """The largest difference between two pictures at any place, in any colour, of 255."""
    one, other = (np.asarray(Image.open(io.BytesIO(each)).convert("RGB"), dtype=int) for each in pictures)
    return np.abs(one - other).max()


def test_the_gradients_norm_is_a_surface_of_its_own_and_numbers_stay_those_of_losses(atlas):
    atlas.open("?models=vgg9&points=9&view=contour&statistic=quantile:0.9")
    atlas.settle()
    expect(atlas.page.locator(".panel .minima").first).to_be_visible()
    atlas.page.get_by_text("Gradient norm", exact=True).click()
    atlas.wait("() => location.search.includes('quantity=gradient')")
    atlas.settle()
    asked = atlas.service.survey(atlas.page.locator(".panel").first.get_attribute("data-survey"))
    assert (asked.measure, asked.statistic) == ("gradient", Mean())
    expect(atlas.page.locator(".panel .minima").first).not_to_be_visible()
    box = atlas.figure("contour").locator(".nsewdrag").bounding_box()
    atlas.page.mouse.move(box["x"] + box["width"] * 0.75, box["y"] + box["height"] / 2, steps=3)
    reading = atlas.page.locator(".panel .reading").first
    expect(reading).to_contain_text("gradient norm")
    expect(reading).not_to_contain_text("accuracy")
    assert "gradient norm" in atlas.figure("contour").locator(".hoverlayer").text_content()
    atlas.page.get_by_text("Numbers", exact=True).click()
    atlas.wait("() => document.querySelector('#numbers table')")
    atlas.wait("() => document.querySelector('.panel').dataset.state === 'done'")
    again = atlas.service.survey(atlas.page.locator(".panel").first.get_attribute("data-survey"))
    assert (again.measure, again.statistic) == ("losses", Quantile(0.9))


def test_a_point_under_the_mouse_is_pinned_in_every_figure_and_read_in_every_panel(atlas):
    atlas.open("?models=resnet20,vgg9&view=both&points=17")
    atlas.settle(2)
    box = atlas.figure("contour").locator(".nsewdrag").bounding_box()
    atlas.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    atlas.page.mouse.move(box["x"] + box["width"] * 0.75, box["y"] + box["height"] / 4, steps=3)
    expect(atlas.page.locator(".pin:visible")).to_have_count(4)
    for slot, law in ((0, bowl), (1, steep)):
        reading = atlas.page.locator(f'.panel[data-slot="{slot}"] .reading')
        expect(reading).to_contain_text(re.compile(r"α 0\.5 .*β 0\.5"))  # the mouse has come to rest
        text = reading.inner_text()
        alpha, beta, loss, _ = (float(number) for number in re.findall(r"-?\d[\d.]*", text))
        assert loss == pytest.approx(law(alpha, beta), rel=0.01)
    pins = [atlas.figure("contour", slot).locator(".pin").bounding_box() for slot in (0, 1)]
    maps = [atlas.figure("contour", slot).locator(".nsewdrag").bounding_box() for slot in (0, 1)]
    places = [(pin["x"] - around["x"], pin["y"] - around["y"]) for pin, around in zip(pins, maps, strict=True)]
    assert places[0] == pytest.approx(places[1], abs=2)
    atlas.page.mouse.move(5, 5)
    expect(atlas.page.locator(".pin:visible")).to_have_count(0)


def test_four_cards_are_four_panels_and_a_fifth_takes_the_oldest_ones_place(atlas):
    atlas.open("?points=9")
    for run in ("resnet20", "vgg9", "mlp", "resnet56", "holes"):
        atlas.choose(run)
    atlas.settle(4)
    wanted = ["holes", "vgg9", "mlp", "resnet56"]
    panels = atlas.page.locator(".panel:not([hidden])")
    assert panels.evaluate_all("(nodes) => nodes.map((node) => node.dataset.run)") == wanted
    pressed = atlas.page.locator(".card[aria-pressed=true]")
    assert set(pressed.evaluate_all("(nodes) => nodes.map((node) => node.dataset.run)")) == set(wanted)
    boxes = [panels.nth(slot).bounding_box() for slot in range(4)]
    assert boxes[0]["y"] == boxes[1]["y"] < boxes[2]["y"] == boxes[3]["y"]
    atlas.choose("resnet20")
    assert panels.evaluate_all("(nodes) => nodes.map((node) => node.dataset.run)")[:2] == ["holes", "resnet20"]
    atlas.choose("vgg9")
    assert panels.evaluate_all("(nodes) => nodes.map((node) => node.dataset.run)") == [
        *("holes", "resnet20", "vgg9", "resnet56"),
    ]
    for run in ("holes", "resnet20"):
        atlas.page.locator(f'.card[data-run="{run}"]').click()
    atlas.settle(2)
    atlas.page.locator('.card[data-run="vgg9"]').click()
    atlas.wait("() => document.querySelectorAll('.panel:not([hidden])').length === 1")
    atlas.wait("() => document.querySelectorAll('.gl-container').length === 1")
    atlas.page.get_by_label("Close panel").first.click()
    atlas.page.get_by_role("heading", name="Choose a network").wait_for()
    assert atlas.page.locator("canvas").count() == 0


def test_a_figure_that_cannot_be_drawn_says_why_until_it_can(atlas, monkeypatch):
    def refuse(_survey):
        raise LandscapeError("The surface has changed: close its panel.")

    monkeypatch.setattr(atlas.service, "snapshot", refuse)
    atlas.open("?models=resnet20&points=9")
    figure = atlas.figure()
    expect(figure).to_have_attribute("data-problem", "The surface has changed: close its panel.")
    assert "changed" in figure.evaluate("(node) => getComputedStyle(node, '::after').content")
    monkeypatch.undo()
    atlas.page.get_by_text("Linear", exact=True).click()
    atlas.settle()
    expect(figure).not_to_have_attribute("data-problem", re.compile("."))
    atlas.complaints[:] = [text for text in atlas.complaints if "404" not in text]  # what was refused


def test_the_empty_stage_offers_a_first_picture(atlas):
    atlas.open("?points=9")
    atlas.page.get_by_role("button", name="ResNet-56 with and without skip connections").click()
    atlas.settle(2)
    assert "models=resnet56,resnet56-noshort" in atlas.page.url


def test_a_turned_camera_survives_tiles_and_a_change_of_resolution(atlas):
    atlas.service.hold()
    atlas.open("?models=resnet20&seed=5")
    atlas.service.step(5)
    atlas.wait("() => ((document.querySelector('.figure.surface').data || [{}])[0].meta || {}).heights")
    eye = turned(atlas)
    atlas.service.release()
    atlas.settle()
    assert atlas.ask(CAMERA) == eye
    slider = atlas.page.get_by_role("slider", name="Resolution")
    slider.focus()
    slider.press("ArrowRight")
    atlas.wait("() => document.querySelector('.panel').dataset.side === '65 × 65'")
    atlas.settle()
    assert atlas.ask("(node) => [node._fullData[0].z.length, node._fullData[0].meta.every[0]]") == [129, 2]
    assert atlas.ask(CAMERA) == eye


def test_the_cameras_of_two_surfaces_move_together(atlas):
    atlas.open("?models=resnet20,vgg9&points=9")
    atlas.settle(2)
    eye = turned(atlas)
    other = atlas.figure(slot=1).element_handle()
    atlas.page.wait_for_function(f"([node, eye]) => ({STORED})(node) === eye", arg=[other, eye])


def test_a_hand_is_heeded_as_soon_as_a_surface_is_drawn(atlas):
    atlas.open("?models=resnet20&points=9")
    atlas.settle()
    home = atlas.ask(CAMERA)
    atlas.ask("""async (node) => {
 const { x, y } = node.getBoundingClientRect();
 await Plotly.react(node, node.data, node.layout);
 const at = (type, x, buttons) => node.querySelector('canvas').dispatchEvent(
   new MouseEvent(type, { bubbles: true, clientX: x, clientY: y + 100, buttons }));
 at('mousemove', x + 100, 0);
 at('mousedown', x + 100, 1);
 await new Promise(requestAnimationFrame);
 at('mousemove', x + 160, 1);
 at('mouseup', x + 160, 0);
}""")
    node = atlas.figure().element_handle()
    atlas.page.wait_for_function(f"([node, home]) => ({CAMERA})(node) !== home", arg=[node, home])


def test_a_turn_is_as_wide_as_the_hand_moved_however_slow_the_frames(atlas):
    atlas.open("?models=resnet20,vgg9&points=9")
    atlas.settle(2)
    atlas.page.evaluate("""() => {
 const soon = window.requestAnimationFrame;
 window.requestAnimationFrame = (draw) => setTimeout(soon, 1100, draw);
}""")
    height = atlas.ask("(node) => node.clientHeight")
    before = atlas.ask(ROUND)
    turned(atlas)
    turn = (before - atlas.ask(ROUND)) % math.tau
    assert turn == pytest.approx(math.pi * 120 / height, abs=math.pi * 3 / height)  # to three pixels


def test_cameras_move_together_without_the_quick_way(atlas):
    atlas.open("?models=resnet20&points=9")
    atlas.settle()
    atlas.ask(
        "(node) => { atlas.quick = () => false;"
        "atlas.aim(node, { eye: { x: 2, y: 0, z: 1 }, center: { x: 0, y: 0, z: 0 }, up: { x: 0, y: 0, z: 1 } }); }"
    )
    atlas.wait("() => document.querySelector('.figure.surface').layout.scene.camera.eye.x === 2")


def test_a_zoomed_map_survives_tiles(atlas):
    atlas.service.hold()
    atlas.open("?models=resnet20&view=contour&seed=6")
    atlas.service.step(5)
    atlas.wait("() => ((document.querySelector('.figure.contour').layout || {}).images || []).length === 1")
    shown = "(node) => node._fullLayout.xaxis.range.map((end) => end.toPrecision(6)).join()"
    before = atlas.ask(shown, "contour")
    drag(atlas, "contour")
    zoom = atlas.ask(shown, "contour")
    assert zoom != before
    atlas.service.release()
    atlas.wait("() => location.search.includes('window=')")
    atlas.settle()
    assert atlas.ask("(node) => node.layout.images.length", "contour") == 0
    assert atlas.ask(shown, "contour") == zoom


def test_looking_at_it_differently_evaluates_nothing(atlas):
    atlas.open("?models=resnet20&points=17")
    atlas.settle()
    evaluated = atlas.service.evaluated
    atlas.page.get_by_text("Linear", exact=True).click()
    atlas.wait("() => location.search.includes('height=linear')")
    atlas.page.get_by_text("Accuracy", exact=True).click()
    atlas.wait("() => location.search.includes('quantity=accuracy')")
    atlas.page.get_by_text("Both", exact=True).click()
    atlas.wait("() => location.search.includes('view=both')")
    atlas.settle()
    assert atlas.ask("(node) => node.data[1].marker.colorbar.title.text").startswith("accuracy")
    assert atlas.service.evaluated == evaluated


def test_a_link_reopens_the_view_and_back_goes_back(atlas):
    link = "?models=vgg9,resnet20&view=both&points=17&range=0.5&samples=all&split=test&seed=3&norm=layer&height=linear"
    atlas.open(link)
    atlas.settle(2)
    assert atlas.page.locator(".panel .standing").first.inner_text() == "17 × 17 · done"
    assert atlas.page.locator("#seed").input_value() == "3"
    assert atlas.page.locator("#samples-hint").inner_text() == "360 of 360"
    survey = atlas.page.locator(".panel:not([hidden])").evaluate_all(
        "(nodes) => nodes.map((node) => node.dataset.survey)"
    )
    atlas.page.reload()
    atlas.settle(2)
    assert next(reversed(atlas.service.tabs.values())) == set(survey)
    atlas.page.get_by_label("Close panel").first.click()
    atlas.wait("() => location.search.startsWith('?models=resnet20&')")
    atlas.page.go_back()
    atlas.wait("() => document.querySelectorAll('.panel:not([hidden])').length === 2")
    assert "models=vgg9,resnet20" in atlas.page.url


def test_a_bad_link_says_what_is_wrong(atlas):
    atlas.open("?models=resnet20,nobody&points=12")
    atlas.page.get_by_text("The link's points should be one of 9, 17, 33").wait_for()
    atlas.page.get_by_text("Unknown run 'nobody'").wait_for()
    atlas.settle()
    assert atlas.page.locator(".panel .standing").first.inner_text() == "33 × 33 · done"


def test_only_what_is_on_screen_is_watched(atlas):
    atlas.open("?models=resnet20&points=9")
    atlas.settle()
    atlas.choose("vgg9")
    atlas.settle(2)
    watched = next(reversed(atlas.service.tabs.values()))
    shown = atlas.page.locator(".panel:not([hidden])").evaluate_all("(nodes) => nodes.map((n) => n.dataset.survey)")
    assert watched == set(shown)


def test_numbers_and_meshes_are_saved(atlas):
    atlas.open("?models=resnet20&points=17")
    atlas.settle()
    numbers = save(atlas, "HDF5")
    assert numbers.suggested_filename == "resnet20_loss_seed0_17x17.h5"
    with h5py.File(numbers.path()) as file:
        axis = file["xcoordinates"][:]
        np.testing.assert_allclose(file["train_loss"][:], bowl(axis[None, :], axis[:, None]))
    solid = save(atlas, "GLB")
    assert solid.suggested_filename == "resnet20_loss_seed0_17x17.glb"
    assert len(trimesh.load(solid.path(), file_type="glb", force="mesh").faces) == 2 * 16 * 16


def begin(atlas, seed):
    """Opens a surface of which a few tiles come, and no more."""
    atlas.service.hold()
    atlas.open(f"?models=resnet20&seed={seed}")
    atlas.service.step(6)
    atlas.wait("() => document.querySelector('.panel').dataset.state === 'running'")


def test_work_is_paused_cancelled_and_gone_on_with(atlas):
    begin(atlas, seed=7)
    atlas.page.locator("#pause").click()
    atlas.wait("() => document.querySelector('.panel').dataset.state === 'paused'")
    assert atlas.page.locator(".job-text").inner_text().startswith("Paused at")
    atlas.page.locator("#pause").click()
    atlas.wait("() => ['queued', 'running'].includes(document.querySelector('.panel').dataset.state)")
    atlas.page.locator("#cancel").click()
    atlas.page.locator(".trouble-text", has_text="Cancelled at").wait_for()
    atlas.service.release()
    atlas.page.get_by_role("button", name="Go on").first.click()
    atlas.wait("() => document.querySelector('.panel').dataset.state === 'done'")
    atlas.settle()
    assert atlas.page.locator(".panel").first.get_attribute("data-state") == "done"
    assert not atlas.page.locator(".trouble").first.is_visible()


def test_a_failing_model_shows_its_sentence(atlas):
    atlas.open("?models=broken")
    atlas.page.get_by_text("should have 12 tensors, got 11").wait_for()
    assert atlas.page.locator(".panel").first.get_attribute("data-state") == "failed"


def test_absent_points_are_counted(atlas):
    atlas.open("?models=holes,all_nan&points=17")
    atlas.settle(2)
    counts = atlas.page.locator(".panel:not([hidden]) .nonfinite").all_inner_texts()
    assert counts == [f"{4 * 4 + 3 * 3} NaN or ∞", "289 NaN or ∞"]
    assert atlas.ask("(node) => node.data[0].visible", slot=1) is False
    atlas.page.locator('.card[data-run="all_nan"]').click()
    atlas.choose("resnet20")
    atlas.settle(2)
    assert atlas.ask("(node) => node._fullLayout.scene._scene.glplot.objects.length > 0", slot=1)


def test_figures_follow_the_colour_scheme(atlas):
    atlas.page.emulate_media(color_scheme="dark")
    atlas.open("?models=resnet20&points=9")
    atlas.settle()
    assert atlas.ask("(node) => node.layout.paper_bgcolor") == "#1a1d23"
    assert (
        atlas.page.locator(".panel").first.evaluate("(n) => getComputedStyle(n).backgroundColor") == "rgb(26, 29, 35)"
    )
    atlas.page.get_by_label("Light or dark colours").click()
    atlas.wait("() => document.querySelector('.figure.surface').layout.paper_bgcolor === '#ffffff'")


def test_a_phone_needs_no_sideways_scrolling(atlas):
    atlas.page.set_viewport_size({"width": 390, "height": 844})
    atlas.open()
    atlas.page.get_by_role("button", name="Show the models").click()
    atlas.page.locator('.card[data-run="resnet20"]').click()
    atlas.settle()
    atlas.page.get_by_role("button", name="Controls", exact=True).click()
    atlas.page.get_by_text("Accuracy", exact=True).click()
    atlas.page.keyboard.press("Escape")
    atlas.wait("() => getComputedStyle(document.getElementById('controls')).visibility === 'hidden'")
    atlas.wait("() => location.search.includes('quantity=accuracy')")
    atlas.settle()
    assert atlas.page.evaluate("document.documentElement.scrollWidth") == 390
    for button in atlas.page.locator(".header :is(a, button)").all():
        box = button.bounding_box()
        assert 0 <= box["x"] <= box["x"] + box["width"] <= 390
    ids = atlas.page.evaluate("[...document.querySelectorAll('[id]')].map((node) => node.id)")
    assert len(ids) == len(set(ids))


def test_a_new_server_is_asked_again(atlas):
    atlas.open("?models=resnet20&points=9&seed=8")
    atlas.settle()
    version = atlas.ask("(node) => Number(node.dataset.version)")
    atlas.service.forget()
    atlas.page.evaluate("dash_clientside.set_props('reconnected', { data: 1 })")
    atlas.page.wait_for_function(
        "(version) => Number(document.querySelector('.figure.surface').dataset.version) > version", arg=version
    )
    atlas.settle()
    assert atlas.service.evaluated == 81


def test_cards_are_found_by_words_of_what_they_tell(atlas):
    atlas.open()
    atlas.page.keyboard.press("/")
    field = atlas.page.get_by_role("textbox", name="Find a model")
    expect(field).to_be_focused()
    titles = atlas.page.locator(".card[data-run] .card-title")
    everything = titles.count()
    field.press_sequentially("resn skips")
    expect(titles.filter(visible=True)).to_have_text(["ResNet-56 without skips"])
    field.fill("no such network")
    expect(titles.filter(visible=True)).to_have_count(0)
    expect(atlas.page.get_by_text("Nothing here is called so.")).to_be_visible()
    field.clear()
    expect(titles.filter(visible=True)).to_have_count(everything)


def test_a_cancellation_is_said_once_in_its_panel(atlas):
    begin(atlas, seed=8)
    atlas.page.locator("#cancel").click()
    atlas.page.locator(".trouble-text", has_text="Cancelled at").wait_for()
    expect(atlas.page.locator(".panel .standing").first).to_have_text(re.compile(r"^33 × 33 · \d+ %$"))
    expect(atlas.page.locator("#announcer")).to_have_text("ResNet-20: cancelled")  # which is heard, not seen
    seen = "() => ['stage', 'job'].map((name) => document.getElementById(name).innerText).join()"
    assert len(re.findall("cancelled", atlas.page.evaluate(seen), re.IGNORECASE)) == 1
    atlas.service.release()


def test_the_marks_of_the_resolution_are_those_of_the_range(atlas):
    atlas.open("?models=resnet20&range=0.75&view=contour")
    atlas.settle()
    field = atlas.page.locator("#points")
    expect(field.locator(".mantine-Slider-markLabel")).to_have_text(["7", "13", "25", "49", "97", "193"])
    expect(atlas.page.locator("#points-hint")).to_have_text("25 × 25 points")
    atlas.page.get_by_role("slider", name="Range").press("End")
    expect(atlas.page.locator("#span-hint")).to_have_text("± 8")
    atlas.wait("() => location.search.includes('range=8')")
    expect(field.locator(".mantine-Slider-markLabel").first).to_have_text("17")


def test_a_cut_says_what_to_do_until_it_is_left(atlas):
    atlas.open("?models=resnet20&view=contour")
    atlas.settle()
    words = atlas.page.locator(".cut-words")
    atlas.page.locator("#ask-cut").click()
    expect(words).to_contain_text("Click where the cut begins")
    box = atlas.figure("contour").bounding_box()
    atlas.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(words).to_contain_text("Click where the cut ends")
    atlas.page.keyboard.press("Escape")
    expect(words).to_have_count(0)
