"""Printed figures as files: a page as wide as asked, words as text of the size that was asked for."""

import io
import re
import shlex

import pypdf
import pytest
from PIL import Image
from playwright.sync_api import expect

import run
from tests.viewer.test_saving import finish
from viewer import sheet as sheets
from viewer.explore_export import sheet_of
from viewer.paper import Paper
from viewer.screen import screen
from viewer.state import ViewState

pytestmark = pytest.mark.browser
INCHES, POINTS = 3.3, 8


@pytest.fixture(scope="module")
def written(served):
    """A figure of two maps in print, as a file of some kind."""
    service, _ = served
    state = ViewState(models=("resnet20", "vgg9"), view="contour", points=9)
    view = screen(service, state)
    service.watch("print", view.surveys)
    for survey in view.surveys:
        finish(service)(survey)
    paper = Paper(inches=INCHES, points=POINTS, letters=True)
    return lambda kind: sheets.written(service, sheet_of(view, state, paper), kind)


def test_a_pdf_is_as_wide_as_asked_and_its_words_are_text(written):
    (page,) = pypdf.PdfReader(io.BytesIO(written("pdf"))).pages
    assert float(page.mediabox.width) == pytest.approx(72 * INCHES, abs=1)
    words = page.extract_text()
    assert "(a) ResNet-20" in words
    assert "(b) VGG-9" in words
    assert "α" in words


def test_an_svgs_smallest_type_has_the_points_that_were_asked_for(written):
    text = written("svg").decode()
    width = float(re.search(r'<svg[^>]* width="([\d.]+)"', text)[1])
    box = float(re.search(r'viewBox="0 0 ([\d.]+) ', text)[1])
    assert width == pytest.approx(96 * INCHES, abs=1)
    ticks = [float(size) for size in re.findall(r"font-size: ([\d.]+)px", text)]
    smallest = min(size for size in ticks if size > 6)  # a blank line below titles has 6
    assert smallest * width / box * 72 / 96 == pytest.approx(POINTS, rel=0.01)


def test_a_png_has_three_hundred_pixels_an_inch(written):
    with Image.open(io.BytesIO(written("png"))) as picture:
        assert picture.width == pytest.approx(300 * INCHES, abs=2)


def test_the_dialog_saves_what_its_command_says(atlas):
    atlas.open("?models=resnet20,vgg9&view=contour&points=9")
    atlas.settle(2)
    atlas.page.get_by_role("button", name="Export all").click()
    atlas.page.get_by_role("menuitem", name="For print ...").click()
    dialog = atlas.page.get_by_role("dialog", name="Figure for print")
    expect(dialog.get_by_label("Width in inches")).to_be_hidden()
    dialog.get_by_text("Custom", exact=True).click()
    dialog.get_by_label("Width in inches").fill("4.5")
    dialog.get_by_label("Size of type in points").fill("9")
    dialog.get_by_role("switch", name="Panel letters").click()
    dialog.get_by_text("SVG", exact=True).click()
    command = dialog.locator(".command")
    expect(command).to_have_text(re.compile("--letters --out resnet20_vgg9_contour.svg$"))
    options = run.parser().parse_args(shlex.split(command.inner_text())[2:])
    assert (options.link, options.inches, options.points) == ("/?models=resnet20,vgg9&view=contour&points=9", 4.5, 9)
    assert options.letters
    with atlas.page.expect_download() as download:
        dialog.get_by_role("button", name="Save").click()
    assert download.value.suggested_filename == str(options.out[0])
    text = download.value.path().read_text()
    assert float(re.search(r'<svg[^>]* width="([\d.]+)"', text)[1]) == pytest.approx(96 * 4.5, abs=1)
    assert "(b) VGG-9" in text
    expect(dialog).to_be_hidden()
