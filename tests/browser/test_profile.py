"""The Profile page in a browser, over the fake service."""

import csv
import re
from pathlib import Path
from xml.etree import ElementTree

import bibtexparser
import h5py
import numpy as np
import pypdf
import pytest
from PIL import Image
from playwright.sync_api import expect

from compute.specs import Cut, RandomPlane
from tests.browser.saved import save
from tests.processes import until
from tests.viewer.fake_service import BROKEN, bowl, steep
from viewer.address import MAX_SEED
from viewer.profile import ProfileState

pytestmark = pytest.mark.browser

DRAWN = """(count) => {
 const panels = [...document.querySelectorAll('.profile .panel:not([hidden])')];
 const figures = panels.map((panel) => panel.querySelector('.figure'));
 return panels.length === count && figures.every((node) => node.layout && node.layout.meta.state === 'done'
   && decodeURI(node.dataset.url) === decodeURI(atlas.figureUrl(node)));
}"""
"""Whether so many charts show all there is."""


@pytest.fixture
def profile(atlas):
    """Opens the page; waits for so many finished charts."""

    def opened(query="", charts=0):
        atlas.page.goto(f"{atlas.address}profile/{query}")
        atlas.page.wait_for_function("() => window.Plotly && window.atlas && document.querySelector('.card')")
        if charts:
            atlas.page.wait_for_function(DRAWN, arg=charts)
        return atlas.page

    opened.drawn = lambda charts: atlas.page.wait_for_function(DRAWN, arg=charts)
    return opened


def along(page, name):
    page.locator("#view").get_by_text(name, exact=True).click()


def names(page, slot=0):
    return page.locator(f'.panel[data-slot="{slot}"] .figure').evaluate(
        "(node) => node.data.map((trace) => trace.name)"
    )


def test_cards_become_charts_of_directions_and_of_the_line_between_two(profile):
    page = profile()
    expect(page.get_by_role("heading", name="Choose a network")).to_be_visible()
    page.locator('.card[data-run="resnet20"]').click()
    profile.drawn(1)
    assert names(page) == ["train loss", "test loss", "train accuracy", "test accuracy"]
    assert page.locator(".panel h2").first.inner_text() == "ResNet-20 · filter-normalised"
    page.locator('.card[data-run="resnet56"]').click()
    profile.drawn(2)
    along(page, "Two networks")
    profile.drawn(3)
    assert page.locator(".panel h2").first.inner_text() == "ResNet-20 → ResNet-56"
    assert "models=resnet20,resnet56&view=line" in page.url
    page.locator("#swap").click()
    page.wait_for_url("**models=resnet56,resnet20**")
    profile.drawn(3)
    assert page.locator(".panel h2").first.inner_text() == "ResNet-56 → ResNet-20"


def test_batchnorms_three_ways_stand_beside_one_another_with_their_numbers(profile):
    page = profile("?models=resnet20,resnet56&view=line&statistics=all&weights=off&split=train&height=linear", 1)
    assert names(page) == [f"{each}, train loss" for each in ("interpolated", "frozen", "recomputed")]
    readings = page.locator(".readings").first
    assert readings.locator("summary").inner_text().startswith("Barrier: ")
    readings.locator("summary").click()
    expect(readings.locator("table")).to_be_visible()
    cells = "(rows) => rows.map((row) => [...row.cells].map((cell) => cell.textContent))"
    head, first, *_ = readings.locator("tr").evaluate_all(cells)
    assert head[1:] == ["interpolated, train", "frozen, train", "recomputed, train"]
    assert float(first[1]) == pytest.approx(bowl(0.0, -0.5), rel=1e-2)


def test_an_epoch_is_picked_and_the_link_opens_the_same_again(profile):
    page = profile("?models=resnet20&view=line&weights=off", 1)
    assert page.locator(".panel h2").first.inner_text() == "ResNet-20, epoch 0 → ResNet-20"
    page.locator('[id*="epoch"][id*="slot"]').first.click()
    page.get_by_role("option", name="epoch 5", exact=True).click()
    page.wait_for_url("**models=resnet20@5**")
    profile.drawn(1)
    title = page.locator(".panel h2").first.inner_text()
    assert title == "ResNet-20, epoch 0 → ResNet-20, epoch 5"
    profile(page.url.partition("profile/")[2], 1)
    assert page.locator(".panel h2").first.inner_text() == title


@pytest.mark.parametrize(("act", "models"), [("swap", "resnet56,resnet20,mlp"), ("epoch 5", "resnet20@5,resnet56,mlp")])
def test_a_model_chosen_just_after_another_choice_undoes_neither(profile, act, models):
    page, late = profile("?models=resnet20,resnet56&view=line&weights=off&points=17", 1), []

    def hold(route):
        first = '"output":"opened.data@' in (route.request.post_data or "")
        late.append(route) if first else route.continue_()

    page.route("**/_dash-update-component*", hold)
    if act == "swap":
        page.locator("#swap").click()
    else:
        page.locator('[id*="epoch"][id*="slot"]').first.click()
        page.get_by_role("option", name=act, exact=True).click()
    page.locator('.card[data-run="mlp"]').click()
    page.wait_for_url("**mlp**")
    for route in late:
        route.continue_()
    page.wait_for_url(f"**models={models}&view=line**")
    profile.drawn(1)
    expect(page).to_have_url(re.compile(f"models={models}&"))


@pytest.mark.parametrize("hidden", [False, True])
def test_hovering_one_chart_marks_the_same_place_on_the_others(profile, hidden):
    page = profile("?models=resnet20,mlp&split=train&curves=loss&height=linear", 2)
    if hidden:
        along(page, "Cut")
        profile.drawn(0)
        page.wait_for_function("() => ![...document.querySelectorAll('.figure')].some((node) => node._fullLayout)")
        along(page, "Directions")
        profile.drawn(2)
    box = page.locator('.panel[data-slot="0"] .nsewdrag').first.bounding_box()
    page.mouse.move(box["x"] + 0.75 * box["width"], box["y"] + 0.5 * box["height"], steps=4)
    for slot in (0, 1):
        label = page.locator(f'.panel[data-slot="{slot}"] .hoverlayer .legend text').first
        label.wait_for()
        assert "0.5" in label.text_content()


def test_gaps_are_counted_and_a_run_that_cannot_be_shown_is_a_sentence(profile):
    page = profile("?models=all_nan,mlp&split=train&range=1", 0)
    page.wait_for_function("() => document.querySelector('.readings .gaps')")
    assert "losses are NaN or infinite" in page.locator(".gaps").first.text_content()
    along(page, "Cut")
    expect(page.locator("#problems")).to_contain_text("draw one on the map of Explore")


def test_raw_directions_and_seeds_are_chosen_on_the_page(profile):
    page = profile("?models=vgg9&split=train&curves=loss", 1)
    page.locator("#raw").click()
    profile.drawn(2)
    assert page.locator(".panel h2").all_inner_texts()[:2] == ["VGG-9 · filter-normalised", "VGG-9 · raw directions"]
    page.locator("#count [role=slider]").press("ArrowRight")
    page.wait_for_url("**seeds=3**")
    profile.drawn(2)
    assert names(page).count("train loss") == 5  # three seeds, their band and their mean


@pytest.mark.parametrize(
    "query",
    [
        "profile/?models=resnet20&split=train",
        "?models=resnet20&view=seeds&points=17",
        "trajectory/?models=mlp,vgg9&view=apart&points=17",
    ],
    ids=["profile", "seeds", "apart"],
)
def test_what_was_cancelled_where_no_panel_says_so_goes_on(atlas, query):
    atlas.service.hold()
    atlas.open(query)
    atlas.wait("() => document.getElementById('job').dataset.state === 'running'")
    strip = atlas.page.locator("#job")
    go_on, trouble = strip.get_by_role("button", name="Go on"), strip.locator(".job-trouble")
    expect(go_on).to_be_hidden()
    strip.get_by_role("button", name="Cancel").click()
    expect(trouble).to_have_text("Cancelled.")
    atlas.service.release()
    go_on.click()
    expect(strip.locator(".job-text")).to_have_text("Done")
    expect(go_on).to_be_hidden()
    expect(trouble).to_be_hidden()


@pytest.mark.parametrize("width", [1200, 390])
def test_a_network_that_fails_says_why_and_may_be_tried_again(profile, atlas, width):
    page = profile("?models=broken")
    page.set_viewport_size({"width": width, "height": 844})
    expect(page.locator(".job-trouble")).to_have_text(BROKEN)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    before = atlas.service.version
    page.locator("#job").get_by_role("button", name="Go on").click()
    until(lambda: atlas.service.version >= before + 4)  # two curves: waiting again, and failed again


def test_the_page_fits_a_phone(profile, atlas):
    atlas.page.set_viewport_size({"width": 390, "height": 844})
    page = profile("?models=resnet20,resnet56&view=line", 3)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.locator(".panel").first.bounding_box()["width"] > 340


def test_the_numbers_are_those_of_the_landscape(profile):
    assert steep(0.0, 0.0) == pytest.approx(0.002)
    page = profile(f"?models=vgg9&split=train&curves=loss&seed={MAX_SEED - 1}", 1)
    told = page.locator(".readings").first.locator("tr").nth(1).evaluate("(row) => row.lastChild.textContent")
    assert float(told) == pytest.approx(0.002)
    assert ProfileState.read(page.url.partition("?")[2]).state.seed == MAX_SEED - 1


@pytest.mark.parametrize("drag", [True, False])
def test_a_cut_drawn_on_explores_map_opens_as_a_profile(profile, atlas, drag):
    atlas.open("?models=resnet20&view=contour&seed=3&norm=layer")
    atlas.settle()
    page, box = atlas.page, atlas.figure("contour").locator(".nsewdrag").bounding_box()
    page.locator("#ask-cut").click()
    ends = [(box["x"] + across * box["width"], box["y"] + 0.5 * box["height"]) for across in (0.5, 0.75)]
    page.mouse.move(*ends[0])
    page.mouse.down()
    if not drag:
        page.mouse.up()
    page.mouse.move(*ends[1], steps=3)
    if not drag:
        page.mouse.down()
    page.mouse.up()
    page.wait_for_url("**/profile/**")
    profile.drawn(1)
    state = ProfileState.read(page.url.partition("?")[2]).state
    assert (state.models, state.view, state.seed, state.norm) == (("resnet20",), "cut", 3, "layer")
    assert state.cut == pytest.approx((0, 0, 0.5, 0), abs=0.02)
    planes = {job.survey.query.plane for job in atlas.service.jobs.values() if job.survey.lattice.shape[0] == 1}
    assert planes == {Cut(RandomPlane(3, "layer"), state.cut[:2], state.cut[2:])}


def test_a_fifth_model_takes_the_place_of_the_one_chosen_longest_ago(profile):
    page = profile("?models=vgg9,resnet20&view=direction&points=17")
    for run, models in (
        ("vgg9", "resnet20"),
        ("vgg9", "resnet20,vgg9"),
        ("mlp", "resnet20,vgg9,mlp"),
        ("holes", "resnet20,vgg9,mlp,holes"),
        ("resnet56", "resnet56,vgg9,mlp,holes"),
        ("all_nan", "resnet56,all_nan,mlp,holes"),
    ):
        page.locator(f'.card[data-run="{run}"]').click()
        page.wait_for_url(f"**models={models}&points=17")


@pytest.mark.parametrize("path", ["", "profile/", "trajectory/"])
def test_a_bad_link_is_told_until_it_is_put_away_and_leaves_no_step_to_go_back_to(atlas, path):
    page, length = atlas.page, "() => history.length"
    atlas.open(f"{path}?models=vgg9&points=17")
    before = page.evaluate(length)
    atlas.open(f"{path}?models=resnet20,,resnet20&points=17&colour=red")
    page.wait_for_url("**?models=resnet20&points=17")
    assert page.evaluate(length) == before + 1
    told = page.get_by_role("alert").filter(has_text="unknown part 'colour'").locator("button")
    told.click()
    page.locator('.card[data-run="resnet56"]').click()
    page.wait_for_url("**?models=resnet20,resnet56&points=17")
    expect(page.get_by_text("unknown part")).to_be_hidden()
    page.go_back()
    page.wait_for_url("**?models=resnet20&points=17")
    expect(page.locator('.card[data-run="resnet56"]')).to_have_attribute("aria-pressed", "false")


def test_a_card_leaves_its_run_at_whatever_epoch(profile):
    page = profile("?models=vgg9@5,resnet20,vgg9&points=17")
    page.locator('.card[data-run="vgg9"]').click()
    page.wait_for_url("**models=resnet20&points=17")


def test_a_chart_is_saved_as_a_picture_and_as_its_numbers(profile, atlas):
    profile("?models=resnet20,resnet56&view=line&split=train&points=17&height=linear", 3)
    picture = save(atlas, "PNG")
    assert picture.suggested_filename == "resnet20_resnet56_line.png"
    image = Image.open(picture.path())
    assert image.width == 3 * round(atlas.page.locator(".panel .figure").first.bounding_box()["width"])
    texts = {"".join(text.itertext()) for text in ElementTree.parse(save(atlas, "SVG").path()).iter(f"{SVG}text")}
    assert {"α", "loss"} <= texts
    (survey,) = [job.survey for job in atlas.service.jobs.values()]
    alpha, loss = survey.lattice.coordinates("x"), atlas.service.snapshot(survey).loss[0]
    table = save(atlas, "CSV")
    assert table.suggested_filename == "resnet20_resnet56_line.csv"
    rows = list(csv.DictReader(Path(table.path()).read_text().splitlines()[1:]))
    np.testing.assert_allclose([float(row["alpha"]) for row in rows], alpha)
    np.testing.assert_allclose([float(row["loss_1"]) for row in rows], loss)
    with h5py.File(save(atlas, "HDF5").path()) as file:
        np.testing.assert_allclose(file["loss_1"][:], loss)
    np.testing.assert_allclose(np.load(save(atlas, "NumPy").path())["alpha"], alpha)


SVG = "{http://www.w3.org/2000/svg}"


def test_all_charts_are_saved_as_one_figure_and_in_words(profile, atlas):
    profile("?models=resnet20,resnet56&view=line&split=train&points=17", 3)
    (page,) = pypdf.PdfReader(save(atlas, "PDF", "Export all").path()).pages
    text = page.extract_text()
    for words in (
        "ResNet-20 → ResNet-56",
        "α",
        "weight",
        "loss (log)",
        "Norm of the weights",
        "‖θ‖₂",
        "Weights of both ends",
    ):
        assert words in text
    assert len(page.images) == 0
    assert Image.open(save(atlas, "WebP", "Export all").path()).format == "WEBP"
    assert "Weights of both ends" in Path(save(atlas, "Web page", "Export all").path()).read_text()
    assert "ResNet-20 → ResNet-56: train loss" in Path(save(atlas, "Caption", "Export all").path()).read_text()
    library = bibtexparser.parse_string(Path(save(atlas, "BibTeX", "Export all").path()).read_text())
    assert library.failed_blocks == []
    assert "goodfellow2015qualitatively" in library.entries_dict
