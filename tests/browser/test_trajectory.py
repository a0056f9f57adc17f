import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.saved import save

pytestmark = pytest.mark.browser

SHOWN = """() => {
 const shown = [...document.querySelectorAll('.figure')].filter((node) => node.clientWidth && node.dataset.address);
 const told = (node, id) => !id || (atlas.news.has(id) && Number(node.dataset.version) >= atlas.news.get(id).version);
 return shown.length && document.getElementById('job').dataset.state === 'idle'
  && shown.every((node) => node._fullLayout && node.dataset.sources.split(',').every((id) => told(node, id)));
}"""
"""Whether every figure on screen shows the last word about its surveys."""
MARKED = """(kind) => {
 const node = document.getElementById(`drawing-${kind}`);
 const trace = node.data.find((each) => each.meta && each.meta.now);
 return { x: trace.x, y: trace.y, all: trace.meta };
}"""


def opened(atlas, query):
    atlas.page.goto(f"{atlas.address}trajectory/{query}")
    atlas.wait(SHOWN)


def test_choosing_a_run_draws_its_path_and_a_second_shares_its_plane(atlas):
    atlas.page.set_viewport_size({"width": 1440, "height": 900})  # a map with room for the whole names of its axes
    atlas.page.goto(f"{atlas.address}trajectory/")
    expect(atlas.page.get_by_role("heading", name="Choose a training run")).to_be_visible()
    atlas.page.locator('.card[data-run="resnet56"]').click()
    atlas.wait(SHOWN)
    atlas.page.locator('.card[data-run="resnet20"]').click()
    atlas.wait("() => document.querySelectorAll('.panel .walker').length === 2")
    atlas.wait(SHOWN)
    atlas.page.wait_for_url("**/trajectory/?models=resnet56,resnet20")
    now = atlas.page.evaluate(MARKED, "contour")
    assert len(now["all"]["epochs"]) == 2
    title = "() => document.getElementById('drawing-contour')._fullLayout.xaxis.title.text"
    assert atlas.page.evaluate(title) == "PC 1: 71 % of the variance"
    atlas.page.locator('.card[data-run="mlp"]').click()  # of another architecture
    atlas.wait("() => document.querySelectorAll('.panel .walker').length === 1")
    atlas.page.wait_for_url("**/trajectory/?models=mlp")


def test_the_scrubber_moves_the_mark_in_every_figure_and_draws_no_surface_anew(atlas):
    opened(atlas, "?models=vgg9&points=9&view=both")
    drawings = atlas.page.evaluate("() => atlas.drawings")
    atlas.page.locator(".player-range").focus()
    for _ in range(3):
        atlas.page.keyboard.press("ArrowLeft")
    expect(atlas.page.locator(".player-epoch")).to_have_text("epoch 15 of 30")
    for kind in ("contour", "surface", "losses", "distances", "lengths"):
        now = atlas.page.evaluate(MARKED, kind)
        assert now["x"] == [now["all"]["x"][0][3]]
        assert now["y"] == [now["all"]["y"][0][3]]
    assert atlas.page.evaluate("() => atlas.drawings") == drawings
    atlas.page.wait_for_url("**at=15")
    opened(atlas, "?models=vgg9&points=9&at=15")
    expect(atlas.page.locator(".player-epoch")).to_have_text("epoch 15 of 30")
    now = atlas.page.evaluate(MARKED, "contour")
    assert now["x"] == [now["all"]["x"][0][3]]


def test_playing_begins_anew_at_the_end_goes_to_the_last_epoch_and_stops(atlas):
    opened(atlas, "?models=resnet56&points=9")
    atlas.page.locator(".player-speed").select_option("10")
    atlas.page.locator("h2").first.click()
    atlas.page.keyboard.press("Space")
    expect(atlas.page.locator(".player")).to_have_attribute("data-playing", "yes")
    expect(atlas.page.locator(".player")).to_have_attribute("data-playing", "")
    expect(atlas.page.locator(".player-epoch")).to_have_text("epoch 20 of 20")
    atlas.page.keyboard.press(",")
    expect(atlas.page.locator(".player-epoch")).to_have_text("epoch 15 of 20")


def test_space_belongs_to_a_button_or_a_switch_that_has_the_focus(atlas):
    opened(atlas, "?models=resnet56&points=9")
    switch = atlas.page.locator("#ignore")
    switch.focus()
    atlas.page.keyboard.press("Space")
    expect(switch).to_be_checked()
    expect(atlas.page.locator(".player")).not_to_have_attribute("data-playing", "yes")
    card = atlas.page.locator('.card[data-run="resnet56"]')
    card.focus()
    atlas.page.keyboard.press("Space")
    expect(card).to_have_attribute("aria-pressed", "false")


def test_a_training_that_goes_on_keeps_its_plane_until_it_is_refitted(atlas):
    opened(atlas, "?models=vgg9&points=9")
    survey = atlas.page.locator(".panel").get_attribute("data-survey")
    refit = atlas.page.get_by_role("button", name="Refit the plane")
    expect(refit).to_be_hidden()
    atlas.service.lengths["vgg9"] += 1
    try:
        expect(refit).to_be_visible()
        assert atlas.page.locator(".panel").get_attribute("data-survey") == survey
        expect(atlas.page.locator(".player-epoch")).to_contain_text("of 35")
        refit.click()
        expect(refit).to_be_hidden()
        assert atlas.page.locator(".panel").get_attribute("data-survey") != survey
    finally:
        atlas.service.lengths["vgg9"] -= 1


def test_each_page_is_found_again_as_it_was_left(atlas):
    atlas.open("?models=resnet20&points=9")
    atlas.page.get_by_role("link", name="Trajectory").click()
    atlas.page.wait_for_url("**/trajectory/")
    atlas.page.locator('.card[data-run="mlp"]').click()
    atlas.page.wait_for_url("**/trajectory/?models=mlp")
    atlas.page.get_by_role("link", name="Explore").click()
    atlas.page.wait_for_url("**/?models=resnet20&points=9")
    atlas.page.get_by_role("link", name="Trajectory").click()
    atlas.page.wait_for_url("**/trajectory/?models=mlp")


@pytest.mark.parametrize("size", [(1440, 900), (390, 844)], ids=["desk", "phone"])
def test_side_by_side_each_run_has_a_map_that_tells_losses_and_nothing_overflows(atlas, size):
    atlas.page.set_viewport_size({"width": size[0], "height": size[1]})
    opened(atlas, "?models=vgg9,mlp&view=apart&points=9")
    assert atlas.page.locator(".apart:visible h3").all_inner_texts() == ["VGG-9", "MLP, two layers"]
    told = """([place, count]) => [...document.querySelectorAll('.apart:not([hidden]) .figure')][place].data
      .flatMap(({ text }) => text || []).filter((words) => /own loss <b>[0-9.]+</.test(words)).length === count"""
    for place, count in enumerate((7, 9)):
        atlas.page.wait_for_function(told, arg=[place, count])
    assert atlas.page.evaluate("() => document.documentElement.scrollWidth") <= size[0]


def test_the_playback_is_saved_as_a_film_and_as_a_page_that_plays(atlas, tmp_path):
    opened(atlas, "?models=resnet56&points=9")
    found = Image.open(save(atlas, "GIF of the playback", "Export all").path())
    assert (found.format, found.n_frames) == ("GIF", 5)
    page = tmp_path / "page.html"
    save(atlas, "Web page", "Export all").save_as(page)
    atlas.page.goto(page.as_uri())
    atlas.page.locator(".player-range").focus()
    atlas.page.keyboard.press("ArrowLeft")
    expect(atlas.page.locator(".player-epoch")).to_have_text("epoch 15 of 20")
    moved = """() => document.querySelector('.plotly-graph-div').data
      .filter((each) => each.meta && each.meta.now).map(({ x, meta }) => x[0] === meta.x[0][3])"""
    assert atlas.page.evaluate(moved) == [True] * 4


@pytest.mark.parametrize("size", [(1440, 900), (1200, 800), (390, 844)], ids=["desk", "narrow", "phone"])
def test_titles_of_charts_and_names_of_runs_are_read_in_full(atlas, size):
    atlas.page.set_viewport_size({"width": size[0], "height": size[1]})
    opened(atlas, "?models=resnet20,resnet56&points=9")
    cut = """(nodes) => nodes.filter((node) => node.clientWidth && (node.scrollWidth > node.clientWidth + 1
      || node.scrollHeight > node.clientHeight + 1)).map((node) => node.textContent)"""
    assert atlas.page.locator(".chart-card h3, .panel h2, .walker").evaluate_all(cut) == []
    assert atlas.page.evaluate("() => document.documentElement.scrollWidth") <= size[0]


CHOSEN = "([runs, run, room]) => atlas.chosen(runs, run, room)"


def test_a_training_too_many_takes_the_place_of_the_one_chosen_longest_ago_and_another_kind_stands_alone(atlas):
    opened(atlas, "?models=resnet20&points=9")
    for runs, run, then in (
        (["resnet20"], "resnet20", []),
        (["resnet20"], "resnet56", ["resnet20", "resnet56"]),
        (["resnet20", "resnet56"], "resnet20", ["resnet56"]),
        (["resnet56"], "resnet20", ["resnet56", "resnet20"]),
        (["resnet56", "resnet20"], "vgg9", ["vgg9"]),
    ):
        assert atlas.page.evaluate(CHOSEN, [runs, run, 8]) == then
    atlas.page.evaluate("() => { document.getElementById('stage').dataset.view = 'apart'; }")
    assert atlas.page.evaluate(CHOSEN, [["resnet56", "resnet20"], "vgg9", 2]) == ["vgg9", "resnet20"]


@pytest.mark.parametrize("page", ["trajectory", "profile"])
def test_a_model_is_found_on_the_rail_of_every_page(atlas, page):
    atlas.open(f"{page}/")
    atlas.page.keyboard.press("/")
    expect(atlas.page.get_by_label("Find a model")).to_be_focused()
    atlas.page.keyboard.type("resnet 56")
    expect(atlas.page.locator(".card:visible .card-title").first).to_have_text("ResNet-56")
    expect(atlas.page.locator('.card[data-run="vgg9"]')).to_be_hidden()
    atlas.page.keyboard.type(" nothing")
    expect(atlas.page.locator(".found-none")).to_be_visible()
