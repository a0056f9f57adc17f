import math
import re
from xml.etree import ElementTree

import h5py
import numpy as np
import pytest
import trimesh
from PIL import Image
from playwright.sync_api import expect

from compute.specs import Quantile
from tests.processes import until
from tests.viewer.fake_service import bowl, steep

pytestmark = pytest.mark.browser

ROUNDED = "Object.values({}).map((x) => x.toFixed(2)).join()"
CAMERA = f"(node) => {ROUNDED.format('node._fullLayout.scene._scene.getCamera().eye')}"
STORED = f"(node) => {ROUNDED.format('node.layout.scene.camera.eye')}"
GREY = "(node) => Boolean(node.data[0].surfacecolor)"


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
    assert atlas.page.get_by_role("heading", name="Choose a network").is_visible()
    assert atlas.page.locator("html").get_attribute("lang") == "en"


def test_a_chosen_network_becomes_a_surface_provisional_first_then_final(atlas):
    atlas.service.hold()
    atlas.open()
    atlas.choose("resnet20")
    atlas.service.step(6)
    atlas.wait("() => (document.querySelector('.figure.surface').data || [{}])[0].surfacecolor")
    assert "%" in atlas.page.locator(".panel .standing").first.inner_text()
    atlas.service.release()
    atlas.settle()
    assert not atlas.ask(GREY)
    assert atlas.page.locator(".panel .bar").first.get_attribute("aria-valuenow") == "100"
    assert atlas.page.locator(".panel .standing").first.inner_text() == "33 × 33 · done"
    assert atlas.page.locator(".job-text").inner_text() == "All points known"


def test_hover_tells_the_true_values(atlas):
    atlas.open("?models=resnet20&view=contour")
    atlas.settle()
    atlas.page.mouse.move(600, 400)
    box = atlas.figure("contour").locator(".nsewdrag").bounding_box()
    atlas.page.mouse.move(box["x"] + box["width"] * 0.75, box["y"] + box["height"] / 2, steps=3)
    told = atlas.figure("contour").locator(".hoverlayer").locator("text").first
    told.wait_for()
    text = told.text_content()
    alpha, beta, loss, error, accuracy = (float(number) for number in re.findall(r"-?[0-9.]+", text.replace("−", "-")))
    assert alpha > 0.1
    assert loss == pytest.approx(bowl(alpha, beta), rel=1e-3)
    assert error == pytest.approx(0.02 * loss, rel=0.05)
    assert accuracy == pytest.approx(10 + 88 * math.exp(-bowl(alpha, beta)), rel=1e-2)


def test_the_panel_tells_on_how_many_examples_it_rests_and_another_statistic_is_another_survey(atlas):
    atlas.open("?models=resnet20&points=9")
    atlas.settle()
    assert atlas.page.locator(".panel .resting").first.inner_text() == "256 of 1\u2009437 examples, ± 0.02"
    mean = atlas.page.locator(".panel").first.get_attribute("data-survey")
    atlas.page.locator("#statistic").click()
    atlas.page.get_by_role("option", name="Quantile 90 %").click()
    atlas.wait(f"() => document.querySelector('.panel').dataset.survey !== '{mean}'")
    atlas.settle()
    asked = atlas.page.locator(".panel").first.get_attribute("data-survey")
    assert atlas.service.survey(asked).statistic == Quantile(0.9)
    assert "statistic=quantile:0.9" in atlas.page.url
    assert atlas.ask("(node) => node._fullLayout.scene.zaxis.title.text") == "loss, quantile 90 % (log)"


def test_two_surfaces_are_compared_in_numbers(atlas):
    atlas.open("?models=resnet20,resnet56_noskip&view=numbers")
    table = atlas.page.locator("#numbers table")
    minima = table.get_by_role("row").filter(has_text="Strict local minima").locator("td")
    atlas.wait("() => [...document.querySelectorAll('.panel:not([hidden])')].every(p => p.dataset.state === 'done')")
    expect(minima.nth(0)).to_have_text("1")
    expect(minima.nth(1)).to_have_text("1")
    rough = table.get_by_role("row").filter(has_text="Roughness").locator("td").all_inner_texts()
    assert float(rough[0].split()[0]) < float(rough[1].split()[0])
    assert table.locator("th[scope=col]").all_inner_texts() == ["ResNet-20", "ResNet-56 without skips"]
    own = table.get_by_role("row").filter(has_text="Loss at the model").locator("td")
    expect(own.nth(0)).to_have_text("0.03")
    assert not atlas.page.locator(".panels").is_visible()


def test_zooming_a_map_tells_the_service_what_is_in_view(atlas):
    atlas.open("?models=resnet20&view=contour&points=9")
    atlas.settle()
    box = atlas.figure("contour").locator(".nsewdrag").bounding_box()
    atlas.page.mouse.move(box["x"] + box["width"] * 0.75, box["y"] + box["height"] / 2)
    atlas.page.mouse.wheel(0, -300)
    with atlas.page.expect_request("**/api/view/*"):
        atlas.page.mouse.wheel(0, -300)
    until(lambda: atlas.service.focused)
    survey, (low, high), _ = atlas.service.focused
    assert survey == atlas.page.locator(".panel").first.get_attribute("data-survey")
    assert -1 < low < high <= 1
    assert (low + high) / 2 > 0


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
        alpha, beta, loss, _ = (float(number) for number in re.findall(r"-?[0-9.]+", text))
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
    for run in ("holes", "mlp"):
        atlas.page.locator(f'.card[data-run="{run}"]').click()
    atlas.settle(2)
    atlas.page.locator('.card[data-run="vgg9"]').click()
    atlas.wait("() => document.querySelectorAll('.panel:not([hidden])').length === 1")
    atlas.wait("() => document.querySelectorAll('.gl-container').length === 1")
    atlas.page.get_by_label("Close panel").first.click()
    atlas.page.get_by_role("heading", name="Choose a network").wait_for()
    assert atlas.page.locator("canvas").count() == 0


def test_a_turned_camera_survives_tiles_and_a_change_of_resolution(atlas):
    atlas.service.hold()
    atlas.open("?models=resnet20&seed=5")
    atlas.service.step(5)
    atlas.wait("() => (document.querySelector('.figure.surface').data || [{}])[0].surfacecolor")
    eye = turned(atlas)
    atlas.service.release()
    atlas.settle()
    assert atlas.ask(CAMERA) == eye
    slider = atlas.page.get_by_role("slider", name="Points a side")
    slider.focus()
    slider.press("ArrowRight")
    atlas.wait("() => document.querySelector('.panel').dataset.side === '65 × 65'")
    atlas.settle()
    assert atlas.ask("(node) => node._fullData[0].z.length") == 65
    assert atlas.ask(CAMERA) == eye


def test_the_cameras_of_two_surfaces_move_together(atlas):
    atlas.open("?models=resnet20,vgg9&points=9")
    atlas.settle(2)
    eye = turned(atlas)
    other = atlas.figure(slot=1).element_handle()
    atlas.page.wait_for_function(f"([node, eye]) => ({STORED})(node) === eye", arg=[other, eye])


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
    before = atlas.ask("(node) => node._fullLayout.xaxis.range.join()", "contour")
    drag(atlas, "contour")
    zoom = atlas.ask("(node) => node._fullLayout.xaxis.range.join()", "contour")
    assert zoom != before
    atlas.service.release()
    atlas.settle()
    assert atlas.ask("(node) => node.layout.images.length", "contour") == 0
    assert atlas.ask("(node) => node._fullLayout.xaxis.range.join()", "contour") == zoom


def test_looking_at_it_differently_evaluates_nothing(atlas):
    atlas.open("?models=resnet20&points=17")
    atlas.settle()
    evaluated = atlas.service.evaluated
    atlas.page.get_by_role("switch", name="Logarithmic height").click()
    atlas.wait("() => location.search.includes('height=linear')")
    atlas.page.get_by_text("Accuracy", exact=True).click()
    atlas.wait("() => location.search.includes('quantity=accuracy')")
    atlas.page.get_by_text("Both", exact=True).click()
    atlas.wait("() => location.search.includes('view=both')")
    atlas.settle()
    assert atlas.ask("(node) => node.data[1].marker.colorbar.title.text") == "accuracy"
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


def test_a_surface_is_saved_as_a_sharp_picture_and_as_a_drawing(atlas):
    atlas.open("?models=resnet20&points=17")
    atlas.settle()
    picture = save(atlas, "Surface as PNG")
    assert picture.suggested_filename == "resnet20_loss_seed0_17x17.png"
    image = Image.open(picture.path())
    assert image.width == 3 * round(atlas.figure().bounding_box()["width"])
    assert len(image.convert("RGB").getcolors(image.width * image.height)) > 500
    assert image.convert("RGB").getpixel((3, 3)) == (255, 255, 255)
    drawing = save(atlas, "Contour map as SVG")
    assert drawing.suggested_filename == "resnet20_loss_seed0_17x17_contour.svg"
    root = ElementTree.parse(drawing.path()).getroot()
    assert len(list(root.iter("{http://www.w3.org/2000/svg}path"))) > 10


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


def save(atlas, entry):
    atlas.page.get_by_label("Export").first.click()
    with atlas.page.expect_download() as saved:
        atlas.page.get_by_role("menuitem", name=entry).click()
    return saved.value


def test_work_is_paused_cancelled_and_gone_on_with(atlas):
    atlas.service.hold()
    atlas.open("?models=resnet20&seed=7")
    atlas.service.step(6)
    atlas.wait("() => document.querySelector('.panel').dataset.state === 'running'")
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
