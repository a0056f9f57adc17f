"""Each export of the page, opened again by the library that owns the format."""

import math
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree

import bibtexparser
import numpy as np
import pypdf
import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.saved import chosen, opened, save
from tests.browser.test_explore import turned
from viewer.state import ViewState

pytestmark = pytest.mark.browser

SVG = "{http://www.w3.org/2000/svg}"
EYE = "(node) => { const { eye } = node._fullLayout.scene._scene.getCamera(); return [eye.x, eye.y, eye.z]; }"


def colours(image):
    return len(image.convert("RGB").getcolors(image.width * image.height))


def test_a_panel_is_saved_as_three_times_as_sharp_a_picture(atlas):
    atlas.open("?models=resnet20&points=17")
    atlas.settle()
    saved = save(atlas, "PNG")
    assert saved.suggested_filename == "resnet20_loss_seed0_17x17.png"
    image = Image.open(saved.path())
    assert image.format == "PNG"
    assert image.width == 3 * round(atlas.figure().bounding_box()["width"])
    assert colours(image) > 500
    assert image.convert("RGBA").getpixel((3, 3)) == (255, 255, 255, 255)


def test_a_scene_of_four_thousand_pixels_is_sharp_and_has_no_ground_where_none_is_wished(atlas):
    atlas.open("?models=resnet20&points=17")
    atlas.settle()
    chosen(atlas, "4K", "Transparent")
    image = Image.open(save(atlas, "PNG").path())
    assert image.width == 3840
    assert [image.getpixel(place)[3] for place in ((0, 0), (image.width - 1, image.height - 1))] == [0, 0]
    assert colours(image) > 500
    middle = np.asarray(image.convert("L"), float)[image.height // 3 : 2 * image.height // 3]
    small = np.asarray(image.convert("L").resize((960, 960 * image.height // 3840)).resize(image.size), float)
    assert np.abs(middle - small[image.height // 3 : 2 * image.height // 3]).max() > 40  # detail that 960 pixels lack


def test_a_dark_page_gives_a_dark_picture_or_a_white_one(atlas):
    atlas.page.emulate_media(color_scheme="dark")
    atlas.open("?models=resnet20&points=9&view=contour")
    atlas.settle()
    assert Image.open(save(atlas, "PNG").path()).convert("RGB").getpixel((1, 1)) == (26, 29, 35)
    chosen(atlas, "White")
    assert Image.open(save(atlas, "PNG").path()).convert("RGB").getpixel((1, 1)) == (255, 255, 255)


def test_all_panels_are_one_picture(atlas):
    atlas.open("?models=resnet20,vgg9&points=9&view=both")
    atlas.settle(2)
    saved = save(atlas, "WebP", "Export all")
    assert saved.suggested_filename == "resnet20_vgg9.webp"
    image = Image.open(saved.path())
    assert image.format == "WEBP"
    halves = [image.crop((left, 0, left + image.width // 2, image.height)) for left in (0, image.width // 2)]
    for half in halves:
        for top in (0, half.height // 2):
            assert colours(half.crop((0, top, half.width, top + half.height // 2))) > 100
    expect(atlas.page.locator("#notice")).to_have_text("Saved resnet20_vgg9.webp")


def test_a_map_is_saved_as_paths_and_text(atlas):
    atlas.open("?models=resnet20&points=17&view=contour")
    atlas.settle()
    saved = save(atlas, "SVG")
    assert saved.suggested_filename == "resnet20_loss_seed0_17x17_contour.svg"
    root = ElementTree.parse(saved.path()).getroot()
    assert len(list(root.iter(f"{SVG}path"))) > 10
    assert {"α", "β"} <= {"".join(text.itertext()) for text in root.iter(f"{SVG}text")}


def test_a_pdf_has_one_page_whose_words_can_be_searched(atlas):
    atlas.open("?models=resnet20,vgg9&points=9&view=contour")
    atlas.settle(2)
    pdf = pypdf.PdfReader(save(atlas, "PDF", "Export all").path())
    (page,) = pdf.pages
    text = page.extract_text()
    for words in ("ResNet-20", "VGG-9", "α", "β", "loss (capped at 20), digits 8 × 8"):
        assert words in text
    assert len(page.images) == 0


def test_a_saved_page_opens_without_a_network_and_looks_from_where_one_looked(atlas, browser):
    atlas.open("?models=resnet20&points=9")
    atlas.settle()
    turned(atlas)
    eye = atlas.ask(EYE)
    path = Path(save(atlas, "Web page").path())
    page = path.rename(path.with_name("saved.html"))
    context = browser.new_context(offline=True)
    opened_page, requests, complaints = context.new_page(), [], []
    opened_page.on("request", lambda request: requests.append(urlsplit(request.url).scheme))
    opened_page.on("pageerror", lambda error: complaints.append(str(error)))
    opened_page.goto(page.as_uri())
    opened_page.wait_for_function("() => document.querySelector('.js-plotly-plot')?._fullLayout?.scene?._scene?.glplot")
    away = math.radians(0.001) * math.hypot(*eye)  # links and exports spell degrees to the third decimal
    assert opened_page.locator(".js-plotly-plot").evaluate(EYE) == pytest.approx(eye, abs=away)
    assert "Loss landscape around ResNet-20" in opened_page.locator("figcaption p").inner_text()
    assert "li2018visualizing" in opened_page.locator("pre").text_content()
    assert set(requests) <= {"file", "blob", "data"}
    assert complaints == []
    context.close()


def test_the_words_are_saved(atlas):
    atlas.open("?models=resnet20,vgg9&points=9&seed=4")
    atlas.settle(2)
    caption = Path(save(atlas, "Caption", "Export all").path()).read_text()
    assert caption.startswith("Loss landscapes around ResNet-20 and VGG-9: ")
    assert "seed 4" in caption
    library = bibtexparser.parse_string(Path(save(atlas, "BibTeX", "Export all").path()).read_text())
    assert library.failed_blocks == []
    assert "li2018visualizing" in library.entries_dict


def test_a_copied_link_opens_the_same_view(atlas, context):
    link = "?models=vgg9,resnet20&view=both&points=17&range=0.5&seed=3&height=linear"
    atlas.open(link)
    atlas.settle(2)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    opened(atlas, "Export all")
    atlas.page.get_by_role("menuitem", name="Copy link").click()
    expect(atlas.page.locator("#notice")).to_have_text("Copied")
    copied = atlas.page.evaluate("navigator.clipboard.readText()")
    assert ViewState.read(urlsplit(copied).query) == ViewState.read(link)
    atlas.page.goto("about:blank")
    atlas.page.goto(copied)
    atlas.settle(2)
    assert ViewState.read(urlsplit(atlas.page.url).query) == ViewState.read(link)


def test_a_link_is_copied_where_pages_may_not_write_to_the_clipboard(atlas):
    atlas.open("?models=resnet20&points=9")
    atlas.settle()
    atlas.page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('refused')); }")
    opened(atlas, "Export all")
    atlas.page.get_by_role("menuitem", name="Copy link").click()
    expect(atlas.page.locator("#notice")).to_have_text("Copied")


def test_an_export_that_fails_says_so(atlas):
    atlas.open("?models=resnet20&points=9")
    atlas.settle()
    sentence = "A PDF needs Chromium or Chrome on the server's machine, none was found: install one."
    atlas.page.route("**/api/sheet/pdf", lambda route: route.fulfill(status=404, json={"error": sentence}))
    opened(atlas)
    atlas.page.get_by_role("menuitem", name="PDF").click()
    expect(atlas.page.locator("#notice")).to_have_text(sentence)
    atlas.complaints.clear()  # the browser logs the 404, as it should
